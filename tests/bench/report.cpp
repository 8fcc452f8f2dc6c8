// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/report.h"

#include <algorithm>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr int NameWidth = 72; // of the longest

QString number(double value, const QString &unit)
{
    return QString::number(value, 'f', value < 10 ? 2 : value < 100 ? 1 : 0) + u' ' + unit;
}

QString bound(const Figure &figure)
{
    if (figure.bound)
        return u"< "_s + number(*figure.bound, figure.unit);
    if (figure.ratioBound)
        return u"<= 1/%1 of the peer"_s.arg(qRound(1 / *figure.ratioBound));
    return u"-"_s;
}

QString verdict(const Figure &figure)
{
    if (figure.bound)
        return figure.own < *figure.bound ? u"met"_s : u"MISSED"_s;
    if (figure.ratioBound)
        return figure.peer ? (figure.own <= *figure.peer * *figure.ratioBound ? u"met"_s : u"MISSED"_s) : u"no peer"_s;
    return u"-"_s;
}

void line(const QString &name, const QString &own, const QString &peer, const QString &ratio, const QString &limit,
    const QString &met)
{
    const QString text = name.leftJustified(NameWidth) + own.rightJustified(11) + peer.rightJustified(15)
        + ratio.rightJustified(8) + u"  "_s + limit.leftJustified(20) + met;
    std::printf("%s\n", qUtf8Printable(text));
}

} // namespace

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const size_t middle = values.size() / 2;
    return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void Report::add(Figure figure)
{
    const QString peer = figure.peer ? u", peer "_s + number(*figure.peer, figure.unit) : QString();
    std::fprintf(stderr, "  %s: %s%s\n", qUtf8Printable(figure.name), qUtf8Printable(number(figure.own, figure.unit)),
        qUtf8Printable(peer));
    m_figures.push_back(std::move(figure));
}

void Report::fail(const QString &name, const QString &why)
{
    std::fprintf(stderr, "  %s: %s\n", qUtf8Printable(name), qUtf8Printable(why));
    m_failures.emplace_back(name, why);
}

void Report::print() const
{
    line(u"figure"_s, u"Treewarden"_s, u"virt-manager"_s, u"ratio"_s, u"bound"_s, u"met"_s);
    line(QString(NameWidth, u'-'), QString(10, u'-'), QString(14, u'-'), QString(7, u'-'), QString(19, u'-'),
        u"------"_s);
    for (const Figure &figure : m_figures) {
        const QString ratio = figure.peer ? u"1/"_s + QString::number(*figure.peer / figure.own, 'f', 1) : u"-"_s;
        line(figure.name, number(figure.own, figure.unit), figure.peer ? number(*figure.peer, figure.unit) : u"-"_s,
            ratio, bound(figure), verdict(figure));
        if (!figure.note.isEmpty())
            std::printf("    %s\n", qUtf8Printable(figure.note));
    }
    for (const auto &[name, why] : m_failures)
        std::printf("NOT MEASURED %s: %s\n", qUtf8Printable(name), qUtf8Printable(why));
}

} // namespace treewarden::bench
