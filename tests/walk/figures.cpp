// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/figures.h"

#include <QHash>

using namespace Qt::StringLiterals;

namespace treewarden::test {

void WalkFigures::add(const WalkFigures &other)
{
    QHash<QByteArray, int> numbers;
    forEach(other, [&](const char *name, int number) { numbers.insert(name, number); });
    forEach(*this, [&](const char *name, int &number) { number += numbers.value(name); });
    for (auto each = other.withoutWay.cbegin(); each != other.withoutWay.cend(); ++each)
        withoutWay[each.key()] += *each;
    reports += other.reports;
}

QJsonObject WalkFigures::toJson() const
{
    QJsonObject json;
    forEach(*this, [&](const char *name, int number) { json.insert(QLatin1StringView(name), number); });
    QJsonObject without;
    for (auto each = withoutWay.cbegin(); each != withoutWay.cend(); ++each)
        without.insert(each.key(), *each);
    json.insert("withoutWay"_L1, without);
    return json;
}

WalkFigures WalkFigures::fromJson(const QJsonObject &json)
{
    WalkFigures figures;
    forEach(figures, [&](const char *name, int &number) { number = json.value(QLatin1StringView(name)).toInt(); });
    const QJsonObject without = json.value("withoutWay"_L1).toObject();
    for (auto each = without.constBegin(); each != without.constEnd(); ++each)
        figures.withoutWay.insert(each.key(), each->toInt());
    return figures;
}

bool WalkFigures::isGood() const
{
    const bool isExact = losses == 0 && missed == 0 && surprises == 0 && failures == 0 && stopped == 0 && misread == 0;
    return isExact && (!isEnough() || (isSparing() && isHelpful()));
}

QString WalkFigures::table() const
{
    const auto share = [](int part, int whole) {
        return whole > 0 ? u"%1 (%2 %)"_s.arg(part).arg(100.0 * part / whole, 0, 'f', 1) : QString::number(part);
    };
    const auto held = [&](const QString &value, const QString &bound, bool isHeld) {
        return u"%1, %2: %3"_s.arg(value, bound,
            !isEnough()  ? u"too few to say"_s
                : isHeld ? u"held"_s
                         : u"NOT HELD"_s);
    };
    std::vector<std::pair<QString, QString>> rows = {
        {u"walks"_s, QString::number(walks)},
        {u"  that could not go on"_s, QString::number(stopped)},
        {u"operations"_s, QString::number(operations)},
        {u"plans run, guard obeyed"_s, QString::number(ran)},
        {u"  of them another way than libvirt's"_s, QString::number(alternatives)},
        {u"  undone again"_s, QString::number(undone)},
        {u"  reverts whose safety snapshot can be read"_s, QString::number(safeties)},
        {u"  refused, no other way"_s, QString::number(refused)},
        {u"  losses that were not declared"_s, QString::number(losses)},
        {u"  jobs that did not reach their end"_s, QString::number(failures)},
        {u"effects unlike predicted"_s, QString::number(surprises)},
        {u"images at the end, read as qemu-img does"_s, QString::number(images)},
        {u"  fields read wrongly"_s, QString::number(misread)},
        {u"operations judged, guard defied"_s, QString::number(judged)},
        {u"losses by plain libvirt"_s, QString::number(lostByLibvirt)},
        {u"  by which its daemon crashed"_s, QString::number(crashes)},
        {u"  missed by the guard"_s, QString::number(missed)},
        {u"  blocks"_s, QString::number(blocks)},
        {u"  blocks where nothing would have been lost"_s,
            held(share(harmless, judged), u"at most 2 %"_s, isSparing())},
        {u"  blocks with another way"_s, held(share(withAlternative, blocks), u"at least 95 %"_s, isHelpful())},
        {u"    ways run to another end, which they name"_s, share(otherEnds, triedInstead)},
        {u"    ways run that reached the end, no loss"_s, share(reachedInstead, triedInstead)},
    };
    for (auto each = withoutWay.cbegin(); each != withoutWay.cend(); ++each)
        rows.emplace_back(u"    without: "_s + each.key(), QString::number(*each));
    QString text;
    for (const auto &[name, value] : rows)
        text += name.leftJustified(46) + value + u'\n';
    return text;
}

} // namespace treewarden::test
