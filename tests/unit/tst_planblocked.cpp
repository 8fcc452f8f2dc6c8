// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a plan is blocked so far is what the plan would say if it ended there.
#include "model/plan/builder.h"
#include "tests/support/plantexts.h"

#include <QRandomGenerator>
#include <QTest>

#include <map>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

// Two machines, whose snapshots froze layers or have tags in them, on what they may share; some of it is missing,
// cannot be read, or is written by the other one.
class RandomHost
{
public:
    explicit RandomHost(QRandomGenerator &random)
        : m_random(random)
    {
    }

    QString text()
    {
        m_text = u"libvirt %1\n"_s.arg(any({u"9.0.0"_s, u"10.0.0"_s, u"11.3.0"_s, u"12.8.0"_s}));
        if (oneIn(4))
            m_text += u"free %1\n"_s.arg(m_random.bounded(300));
        m_text += u"image golden allocated=50\n"_s;
        m_images += u"golden"_s;
        addMachine(u"m"_s, u"golden"_s);
        addMachine(u"n"_s, any(m_images));
        return m_text;
    }

private:
    bool oneIn(int count) { return m_random.bounded(count) == 0; }
    QString any(const QStringList &list) { return list[m_random.bounded(list.size())]; }

    void addMachine(const QString &name, const QString &base)
    {
        std::map<QString, QStringList> tags;
        QStringList made;
        QString snapshots;
        QString current;
        const auto makeOn = [&](const QString &below) {
            const QString image = u"%1%2"_s.arg(name).arg(made.size());
            m_text += u"image %1 on=%2 size=200 allocated=%3%4%5"_s.arg(image, below)
                          .arg(1 + m_random.bounded(100))
                          .arg(oneIn(3) ? any({u" bitmaps=b"_s, u" bitmaps=b."_s}) : QString())
                          .arg(oneIn(30)      ? u" unreadable"_s
                                  : oneIn(40) ? u" absent"_s
                                              : QString());
            m_text += u" tags=%"_s + image + u'\n';
            made += image;
            return image;
        };
        QString top = makeOn(base);
        for (int i = m_random.bounded(7); i > 0; --i) {
            const QString snapshot = u"s%1"_s.arg(i);
            const QString parent = current.isEmpty() ? QString() : QString(u" parent="_s + current);
            if (oneIn(2)) {
                const QString overlay = makeOn(top);
                snapshots += u"external %1%2 vda=%3>%4\n"_s.arg(snapshot, parent, top, overlay);
                top = overlay;
            } else {
                tags[top] += snapshot;
                snapshots += u"internal %1%2 vda=%3\n"_s.arg(snapshot, parent, top);
            }
            current = snapshot;
            if (oneIn(4)) // it goes on elsewhere
                top = oneIn(2) ? any(made) : makeOn(any(made));
        }
        for (const QString &image : std::as_const(made))
            m_text.replace(u"tags=%"_s + image + u'\n', u"tags="_s + tags[image].join(u',') + u'\n');
        m_images += made;
        m_text += u"machine %1%2%3\ndisk vda %4\n"_s.arg(
            name, oneIn(3) ? u" running"_s : QString(), oneIn(8) ? u" nosnapshots"_s : QString(), top);
        m_text += oneIn(5) ? u"checkpoint c vda=b\n"_s : QString();
        m_text += snapshots;
        if (!current.isEmpty())
            m_text += u"current %1\n"_s.arg(current);
    }

    QRandomGenerator &m_random;
    QString m_text;
    QStringList m_images;
};

// Most can be done, some make no sense.
Step anyStep(const Draft &draft, QRandomGenerator &random)
{
    QStringList names{u"none"_s};
    for (const auto &snapshot : draft.domain(DomainId(u"m"_s))->snapshots)
        names += snapshot->name;
    QStringList paths;
    QStringList made;
    for (const auto &[id, image] : draft.images())
        (isMade(id) ? made : paths) += image->location.name;
    paths.sort();
    const auto any = [&random](const QStringList &list) { return list[random.bounded(list.size())]; };
    const QString path = any(made.isEmpty() || random.bounded(2) ? paths : made);
    const std::vector<ImageId> chain = draft.chain(draft.idAt({SourceKind::File, path}));
    const QString below = draft.image(chain[random.bounded(int(chain.size()))])->location.name;
    switch (random.bounded(12)) {
    case 0:
    case 1:
    case 2:
        return {.kind = StepKind::DeleteSnapshot, .name = any(names)};
    case 3:
        return {.kind = StepKind::ForgetSnapshot, .name = any(names)};
    case 4:
        return {.kind = StepKind::CommitOffline, .path = path, .base = below};
    case 5:
        return {.kind = StepKind::RemoveTag, .name = any(names), .path = path};
    case 6:
        return {.kind = StepKind::RemoveFile, .path = path};
    case 7:
        return {
            .kind = StepKind::CreateOverlay, .path = test::path(u"new%1"_s.arg(random.bounded(1000))), .base = path};
    case 8:
        return {.kind = StepKind::PointDisks, .disks = {{u"vda"_s, path, {}, u"qcow2"_s}}};
    case 9:
        return {.kind = StepKind::RepointOverlay, .path = path, .base = below};
    case 10:
        return {.kind = StepKind::RevertToSnapshot, .name = any(names)};
    default:
        return {.kind = random.bounded(2) ? StepKind::ForceOff : StepKind::Start};
    }
}

} // namespace

class TestPlanBlocked : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void asTheWholePlanSays()
    {
        std::map<QString, int> blockedFor; // alone
        int open = 0;
        for (quint32 seed = 0; seed < 1500; ++seed) {
            QRandomGenerator random(seed);
            const QString host = RandomHost(random).text();
            const Draft base = draftOf(host);
            Declared declared{DomainId(u"m"_s)};
            declared.currentState = random.bounded(2);
            if (random.bounded(2))
                declared.snapshots = {u"s1"_s, u"s2"_s, u"s3"_s};
            PlanBuilder builder(base, {DomainId(u"m"_s), PowerIntent{}}, u"any"_s, declared);
            for (int step = 0; step < 8 && !builder.hasFailed(); ++step) {
                const Plan plan = PlanBuilder(builder).finish();
                if (builder.isBlocked() != (plan.verdict == Verdict::Block))
                    qInfo("seed %u, step %d: %s\n%s", seed, step, qPrintable(planText(plan)), qPrintable(host));
                QCOMPARE(builder.isBlocked(), plan.verdict == Verdict::Block);
                QSet<QString> why;
                for (const Finding &finding : plan.findings) {
                    if (finding.severity == Verdict::Block)
                        why.insert(finding.id);
                }
                if (why.size() == 1)
                    ++blockedFor[*why.cbegin()];
                open += why.isEmpty();
                builder.add(anyStep(builder.draft(), random));
            }
            QCOMPARE(builder.isBlocked(), PlanBuilder(builder).finish().verdict == Verdict::Block);
        }
        // These were the only reason at times, so that none of them can be forgotten.
        for (const char *id :
            {"state-lost", "frozen-would-be-written", "not-verified", "file-missing", "users-unknown"})
            QVERIFY2(blockedFor[QString::fromLatin1(id)] > 0, id);
        QVERIFY2(open > 500, qPrintable(QString::number(open)));
    }

    // Reasons that hardly ever come alone by chance.
    void asTheWholePlanSaysOf_data()
    {
        QTest::addColumn<QString>("reason");
        QTest::addColumn<QString>("host");
        QTest::addColumn<std::vector<Step>>("steps");
        QTest::addRow("another machine's bitmap")
            << u"bitmaps-lost"_s << u"libvirt 12.8.0\nimage d bitmaps=b.\nmachine m\nmachine n\ndisk vda d"_s
            << std::vector<Step>{{.kind = StepKind::CreateOverlay, .path = path(u"new"_s), .base = path(u"d"_s)},
                   {.kind = StepKind::CommitOffline, .path = path(u"new"_s), .base = path(u"d"_s)}};
        QTest::addRow("no room for a merge")
            << u"no-space"_s
            << u"libvirt 12.8.0\nfree 1\nimage d size=100 allocated=5\nimage d.A on=d size=100 allocated=50\n"
               "machine m\ndisk vda d.A\nexternal A vda=d>d.A\ncurrent A"_s
            << std::vector<Step>{{.kind = StepKind::DeleteSnapshot, .name = u"A"_s}};
    }
    void asTheWholePlanSaysOf()
    {
        QFETCH(const QString, reason);
        QFETCH(const QString, host);
        QFETCH(const std::vector<Step>, steps);
        Declared declared{DomainId(u"m"_s)};
        declared.snapshots = {u"A"_s};
        PlanBuilder builder(draftOf(host), {DomainId(u"m"_s), PowerIntent{}}, u"any"_s, declared);
        for (const Step &step : steps) {
            QVERIFY(!builder.isBlocked());
            builder.add(step);
        }
        QVERIFY(builder.isBlocked());
        QVERIFY(builder.finish().findings.front().id == reason);
    }
};

QTEST_APPLESS_MAIN(TestPlanBlocked)
#include "tst_planblocked.moc"
