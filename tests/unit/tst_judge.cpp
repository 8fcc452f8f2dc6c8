// SPDX-License-Identifier: GPL-3.0-or-later
// What a change costs whom: each finding and loss of the judge, by changes made by hand.
#include "model/guard/judge.h"
#include "tests/support/plantexts.h"

#include <QTest>

#include <functional>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const DomainId machine(u"m"_s);

// "severity id@subject(argument,...)" in alphabetical order.
QStringList textOf(const std::vector<Finding> &findings)
{
    QStringList lines;
    for (const Finding &finding : findings) {
        QString line = verdictName(finding.severity) + u' ' + finding.id + u'@' + finding.subject;
        if (!finding.arguments.isEmpty())
            line += u'(' + finding.arguments.join(u',') + u')';
        lines += line.remove(u"/images/"_s);
    }
    lines.sort();
    return lines;
}

// "what subject file MiB", and "kept by N".
QString textOf(const Loss &loss)
{
    static const char *const words[] = {"present", "memory", "snapshot", "snapshot memory", "saved", "other"};
    QStringList parts{QString::fromLatin1(words[int(loss.what)]), loss.subject};
    if (!loss.path.isEmpty())
        parts += fileName(loss.path);
    if (loss.bytes.isKnown())
        parts += QString::number(*loss.bytes / MiB);
    if (loss.keptBy >= 0)
        parts += u"kept by %1"_s.arg(loss.keptBy);
    return parts.join(u' ');
}

using Change = std::function<void(Draft &)>;

struct Verdicts
{
    QStringList findings;
    QStringList losses;
};

// Each change is one step.
Verdicts judged(const QString &host, const Declared &declared, const std::vector<Change> &changes)
{
    const Draft before = draftOf(host);
    Judge judge(before, declared);
    Draft after = before;
    for (size_t step = 0; step < changes.size(); ++step) {
        changes[step](after);
        judge.look(after, int(step));
    }
    judge.finish(after);
    Verdicts verdicts{textOf(judge.findings()), {}};
    for (const Loss &loss : judge.losses())
        verdicts.losses += textOf(loss);
    verdicts.losses.sort();
    return verdicts;
}

Declared nothing()
{
    return {machine};
}

Change removeFile(const QString &name)
{
    return [=](Draft &draft) { draft.remove(draft.idAt({SourceKind::File, path(name)})); };
}

Change writeFile(const QString &name)
{
    return [=](Draft &draft) { draft.write(draft.idAt({SourceKind::File, path(name)})); };
}

Change pointTo(const QString &name)
{
    return [=](Draft &draft) {
        auto next = std::make_shared<DomainDefinition>(*draft.domain(machine)->definition);
        next->disks.front().source.location.name = path(name);
        draft.define(machine, next);
    };
}

const auto external = u"image d allocated=10\n"
                      "image d.A on=d allocated=3\n"
                      "machine m\n"
                      "disk vda d.A\n"
                      "external A vda=d>d.A\n"
                      "current A"_s;
const auto internal = u"image d tags=S:8 allocated=10\n"
                      "machine m%1\n"
                      "disk vda d\n"
                      "internal S memory vda=d\n"
                      "current S"_s;

} // namespace

class TestJudge : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nothingDoneIsNothingLost()
    {
        const Verdicts verdicts = judged(external, nothing(), {});
        QCOMPARE(verdicts.findings, QStringList());
        QCOMPARE(verdicts.losses, QStringList());
    }

    // state-lost, by kind of owner
    void snapshotThatNobodyNamed()
    {
        const Verdicts verdicts = judged(external, nothing(), {writeFile(u"d"_s)});
        // Whoever lies above reads something else as well.
        QCOMPARE(verdicts.findings,
            (QStringList{u"block state-lost@A(snapshot,vda,d)"_s, u"block state-lost@m(machine,vda,d.A)"_s}));
        QCOMPARE(verdicts.losses, QStringList());
    }
    void tagThatNobodyNamed()
    {
        const Verdicts verdicts = judged(
            internal.arg(QString()), nothing(), {[](Draft &draft) { draft.removeTag(imageId(u"d"_s), u"S"_s); }});
        QCOMPARE(verdicts.findings,
            (QStringList{u"block state-lost@S(snapshot,,)"_s, u"block state-lost@S(snapshot,vda,d)"_s}));
    }
    void anotherMachine()
    {
        const Verdicts verdicts
            = judged(QString(external + u"\nimage c on=d\nmachine n\ndisk vda c"_s), nothing(), {writeFile(u"d"_s)});
        QVERIFY(verdicts.findings.contains(u"block state-lost@n(machine,vda,c)"_s));
    }
    void nextStart()
    {
        const QString host = u"image d\nimage e\nmachine m running\ndisk vda d\nnext vda e"_s;
        QCOMPARE(judged(host, nothing(), {removeFile(u"e"_s)}).findings,
            QStringList{u"block state-lost@m(next-start,vda,e)"_s});
        // It ends, and what was next is now.
        const Verdicts verdicts = judged(host, {machine, true}, {[](Draft &draft) { draft.stop(machine, false); }});
        QCOMPARE(verdicts.findings, (QStringList{u"confirm current-state-lost@m"_s, u"confirm memory-lost@m"_s}));
    }
    void overlayOfNobody()
    {
        const QString host = u"image d\nimage stray on=d\nmachine m\ndisk vda d"_s;
        QCOMPARE(judged(host, {machine, true}, {writeFile(u"d"_s)}).findings,
            (QStringList{u"block state-lost@stray(image,,stray)"_s, u"confirm current-state-lost@m"_s}));
        // Somebody's now, with the same contents: nothing lost.
        QCOMPARE(judged(host, {machine, true}, {pointTo(u"stray"_s)}).findings,
            QStringList{u"confirm current-state-lost@m"_s});
    }

    void sameContentsInAnotherFileAreNoLoss()
    {
        const Verdicts verdicts = judged(u"image d\nmachine m\ndisk vda d"_s, nothing(),
            {[](Draft &draft) { draft.createOverlay(path(u"o"_s), imageId(u"d"_s)); }, pointTo(u"o"_s)});
        QCOMPARE(verdicts.findings, QStringList());
    }

    // What lies on a base that changes reads something else, whatever the header says; a merge below changes nothing.
    void mergedLayersReadTheSame()
    {
        const Verdicts verdicts = judged(external, {machine, false, false, false, {u"A"_s}},
            {[](Draft &draft) { draft.commit(imageId(u"d.A"_s), imageId(u"d"_s), Draft::Committer::QemuImg); },
                pointTo(u"d"_s), [](Draft &draft) { draft.forgetSnapshot(machine, u"A"_s); }, removeFile(u"d.A"_s)});
        QCOMPARE(verdicts.findings, QStringList{u"confirm snapshot-lost@A"_s});
        QCOMPARE(verdicts.losses, QStringList{u"snapshot A d 10"_s});
    }

    // Declared losses
    void declaredSnapshot()
    {
        const Declared declared{machine, false, false, false, {u"S"_s}};
        const Verdicts verdicts = judged(
            internal.arg(QString()), declared, {[](Draft &draft) { draft.removeTag(imageId(u"d"_s), u"S"_s); }});
        QCOMPARE(verdicts.findings, QStringList{u"confirm snapshot-lost@S"_s});
        // Its disk and its memory.
        QCOMPARE(verdicts.losses, (QStringList{u"snapshot S"_s, u"snapshot S d 8"_s}));
    }
    void declaredPresent()
    {
        const Verdicts verdicts = judged(internal.arg(u" running"_s), {machine, true},
            {[](Draft &draft) { draft.stop(machine, false); },
                [](Draft &draft) {
                    draft.write(imageId(u"d"_s), Content(draft.image(imageId(u"d"_s))->tags.front().content));
                }});
        QCOMPARE(verdicts.findings, (QStringList{u"confirm current-state-lost@m"_s, u"confirm memory-lost@m"_s}));
        QCOMPARE(verdicts.losses, (QStringList{u"memory m"_s, u"present m d 10"_s}));
    }
    void memoryAlone()
    {
        const Verdicts verdicts = judged(
            internal.arg(u" running"_s), {machine, false, true}, {[](Draft &draft) { draft.stop(machine, false); }});
        QCOMPARE(verdicts.findings, QStringList{u"confirm memory-lost@m"_s});
        QCOMPARE(
            judged(internal.arg(u" running"_s), nothing(), {[](Draft &draft) { draft.stop(machine, false); }}).findings,
            QStringList{u"block state-lost@m(machine,,)"_s});
    }
    void aGuestThatShutsDownLosesNothing()
    {
        const Verdicts verdicts
            = judged(internal.arg(u" running"_s), nothing(), {[](Draft &draft) { draft.stop(machine, true); }});
        QCOMPARE(verdicts.findings, QStringList());
    }
    void savedState()
    {
        const Change drop = [](Draft &draft) { draft.dropSavedMemory(machine); };
        const QString host = internal.arg(u" managedsave"_s);
        QCOMPARE(
            judged(host, {machine, false, false, true}, {drop}).findings, QStringList{u"confirm saved-state-lost@m"_s});
        QCOMPARE(judged(host, {machine, false, false, true}, {drop}).losses, QStringList{u"saved m"_s});
        QCOMPARE(judged(host, {machine, true}, {drop}).findings, QStringList{u"block state-lost@m(machine,,)"_s});
    }
    void anotherMachinesStateCannotBeDeclared()
    {
        const QString host = u"image d\nmachine m\ndisk vda d\nmachine n\ndisk vda d"_s;
        QCOMPARE(judged(host, {machine, true}, {writeFile(u"d"_s)}).findings,
            (QStringList{u"block state-lost@n(machine,vda,d)"_s, u"confirm current-state-lost@m"_s}));
    }

    // Whoever kept it first is named.
    void keptByASnapshotBefore()
    {
        Snapshot safety;
        safety.name = u"safety"_s;
        safety.disks = {{u"vda"_s, SnapshotDiskKind::Internal, {}, false}};
        const Change keep = [&](Draft &draft) {
            draft.addTag(imageId(u"d"_s), u"safety"_s, 0, 0);
            Snapshot made = safety;
            made.definition = draft.domain(machine)->definition;
            draft.addSnapshot(machine, made, true);
        };
        const Change back = [](Draft &draft) {
            draft.write(imageId(u"d"_s), Content(draft.image(imageId(u"d"_s))->tags.front().content));
        };
        const Verdicts verdicts = judged(internal.arg(QString()), {machine, true}, {keep, back});
        QCOMPARE(verdicts.findings, QStringList());
        QCOMPARE(verdicts.losses, QStringList{u"present m d 10 kept by 0"_s});
        // What the plan made itself and then breaks is a loss like any other.
        const Verdicts broken = judged(internal.arg(QString()), {machine, true},
            {keep, back, [](Draft &draft) { draft.removeTag(imageId(u"d"_s), u"safety"_s); }});
        QVERIFY(broken.findings.contains(u"block state-lost@safety(snapshot,vda,)"_s)
            || broken.findings.contains(u"block state-lost@safety(snapshot,vda,d)"_s));
        QVERIFY(broken.findings.contains(u"confirm current-state-lost@m"_s));
    }

    // What the machine writes into already is damaged: another change of it is no reason to refuse.
    void damagedState()
    {
        const QString host = u"image d tags=S\nimage d.E on=d\nmachine m\ndisk vda d\ninternal S vda=d\n"
                             "external E parent=S vda=d>d.E\ncurrent S"_s;
        QCOMPARE(judged(host, {machine, true}, {writeFile(u"d"_s)}).findings,
            (QStringList{u"confirm current-state-lost@m"_s, u"confirm damaged-state-changes@E(vda,d)"_s}));
    }

    void frozenWouldBeWritten()
    {
        // Nothing changes yet, but the machine would write into what A froze.
        const Verdicts verdicts = judged(external, {machine, true}, {pointTo(u"d"_s)});
        QVERIFY(verdicts.findings.contains(u"block frozen-would-be-written@A(snapshot,vda,d)"_s));
        // Its clone lies above.
        const Verdicts clones
            = judged(u"image d\nimage e on=d\nimage c on=d\nmachine m\ndisk vda e\nmachine n\ndisk vda c"_s,
                {machine, true}, {pointTo(u"d"_s)});
        QVERIFY(clones.findings.contains(u"block frozen-would-be-written@n(machine,vda,c)"_s));
        // It did so before already: that is not what the plan does.
        const Verdicts before
            = judged(u"image d\nimage c on=d\nmachine m\ndisk vda d\nmachine n\ndisk vda c"_s, nothing(), {});
        QCOMPARE(before.findings, QStringList());
    }

    // What removes or rewrites something is refused, what only makes something is not.
    void whatIsNotKnown_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("expected");
        QTest::newRow("image") << u"image d unreadable\nmachine m\ndisk vda d"_s << u"not-verified@d(image)"_s;
        QTest::newRow("base") << u"image b unreadable\nimage d on=b\nmachine m\ndisk vda d"_s
                              << u"not-verified@b(image)"_s;
        QTest::newRow("not an image") << u"image d malformed\nmachine m\ndisk vda d"_s << u"not-verified@d(image)"_s;
        QTest::newRow("snapshots") << u"image d\nmachine m nosnapshots\ndisk vda d"_s << u"not-verified@m(snapshots)"_s;
        QTest::newRow("definition") << u"image d\nmachine m unreadable\ndisk vda d"_s
                                    << u"not-verified@m(definition)"_s;
    }
    void whatIsNotKnown()
    {
        QFETCH(QString, host);
        QFETCH(QString, expected);
        QCOMPARE(judged(host, nothing(), {}).findings, QStringList{u"warn "_s + expected});
        QCOMPARE(judged(host, nothing(), {[](Draft &draft) { draft.createFile(path(u"n"_s), u"raw"_s, 1); }}).findings,
            QStringList{u"warn "_s + expected});
        QVERIFY(judged(host, {machine, true}, {}).findings.contains(u"block "_s + expected));
        const Change forget = [](Draft &draft) {
            Snapshot made;
            made.name = u"made"_s;
            draft.addSnapshot(machine, made, true);
            draft.forgetSnapshot(machine, u"made"_s);
        };
        QVERIFY(judged(host, nothing(), {forget}).findings.contains(u"block "_s + expected));
    }
    void whatIsKnownToBeGone()
    {
        const QString host = u"image d\nimage b absent\nimage x on=b tags=S\nmachine m\ndisk vda x\ninternal S vda=x"_s;
        QCOMPARE(judged(host, nothing(), {}).findings, QStringList());
        QVERIFY(judged(host, {machine, false, false, false, {u"S"_s}}, {[](Draft &draft) {
            draft.removeTag(imageId(u"x"_s), u"S"_s);
        }}).findings.contains(u"block file-missing@b"_s));
        QVERIFY(judged(host, {machine, true}, {}).findings.contains(u"block file-missing@b"_s));
        // Its entry may go.
        QCOMPARE(judged(host, {machine, false, false, false, {u"S"_s}}, {[](Draft &draft) {
            draft.forgetSnapshot(machine, u"S"_s);
        }}).findings,
            QStringList{u"confirm snapshot-lost@S"_s});
    }
    void othersThatAreNotKnown_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("expected");
        QTest::newRow("another machine") << u"image d\nmachine m\ndisk vda d\nmachine n unreadable\ndisk vda d"_s
                                         << u"warn users-unknown@n()"_s;
        QTest::newRow("another machine's snapshots")
            << u"image d\nmachine m\ndisk vda d\nmachine n nosnapshots\ndisk vda d"_s << u"warn users-unknown@n()"_s;
        QTest::newRow("another's image is not this one's business")
            << u"image d\nimage e unreadable\nmachine m\ndisk vda d\nmachine n\ndisk vda e"_s << QString();
    }
    void othersThatAreNotKnown()
    {
        QFETCH(QString, host);
        QFETCH(QString, expected);
        QCOMPARE(judged(host, nothing(), {}).findings.join(u'\n'), expected);
    }
    // Who may record what changed, and until when.
    void bitmaps_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("changes");
        QTest::addColumn<QString>("lost");
        const QString both = u"image d bitmaps=%1\nimage d.A on=d bitmaps=%2\nmachine m%3\ndisk vda d.A\n"
                             "external A vda=d>d.A\ncurrent A\n"_s;
        const QString checkpoints = u"checkpoint C vda=B\ncheckpoint D vda=E"_s;
        const auto row = [](const char *name, const QString &host, const QString &changes, const QString &lost) {
            QTest::newRow(name) << host << changes << lost;
        };
        const QString only = both.arg(QString(), u"B,E"_s, QString());
        row("nothing happens", QString(only + checkpoints), QString(), QString());
        row("qemu-img merges", QString(only + checkpoints), u"offline point remove"_s, u"C,D"_s);
        row("qemu-img merges, and removes nothing", QString(only + checkpoints), u"offline point"_s, u"C,D"_s);
        row("qemu-img merges, the base has one", QString(both.arg(u"B"_s, u"B,E"_s, QString()) + checkpoints),
            u"offline point remove"_s, u"D"_s);
        row("qemu-img merges into one that stands still", both.arg(u"B."_s, u"B"_s, QString()),
            u"offline point remove"_s, u"B"_s);
        row("libvirt merges", QString(only + checkpoints), u"live point remove"_s, QString());
        row("the machine goes elsewhere", only, u"other"_s, u"B,E"_s);
        row("in a layer below, of a checkpoint", QString(both.arg(u"B"_s, QString(), QString()) + checkpoints),
            u"other"_s, u"C"_s);
        row("in a layer below, of nobody", both.arg(u"B"_s, QString(), QString()), u"other"_s, QString());
        row("in another overlay", QString(only + checkpoints), u"overlay"_s, QString());
        row("of no use already", both.arg(QString(), u"B!,E?"_s, QString()), u"other"_s, QString());
        row("in use by a machine that runs", both.arg(QString(), u"E?"_s, u" running"_s), u"other"_s, u"E"_s);
        row("only QEMU knows it yet", QString(both.arg(QString(), QString(), u" running"_s) + checkpoints), u"other"_s,
            u"C,D"_s);
        row("its checkpoint knows it, nobody else", QString(both.arg(QString(), QString(), QString()) + checkpoints),
            u"other"_s, QString());
    }

    void bitmaps()
    {
        QFETCH(QString, host);
        QFETCH(QString, changes);
        QFETCH(QString, lost);
        const ImageId top = imageId(u"d.A"_s);
        const ImageId base = imageId(u"d"_s);
        std::vector<Change> steps;
        for (const QString &word : changes.split(u' ', Qt::SkipEmptyParts)) {
            if (word == "offline"_L1)
                steps.push_back([=](Draft &draft) { draft.commit(top, base, Draft::Committer::QemuImg); });
            else if (word == "live"_L1)
                steps.push_back([=](Draft &draft) { draft.commit(top, base, Draft::Committer::Libvirt); });
            else if (word == "point"_L1)
                steps.push_back(pointTo(u"d"_s));
            else if (word == "remove"_L1)
                steps.push_back(removeFile(u"d.A"_s));
            else if (word == "overlay"_L1)
                steps.insert(
                    steps.end(), {[=](Draft &draft) { draft.createOverlay(path(u"d.B"_s), top); }, pointTo(u"d.B"_s)});
            else
                steps.insert(steps.end(),
                    {[=](Draft &draft) { draft.createCopy(path(u"e"_s), u"qcow2"_s, 0, {}, draft.freshView()); },
                        pointTo(u"e"_s)});
        }
        Declared declared = nothing();
        declared.currentState = true;
        declared.snapshots = {u"A"_s};
        const QStringList found = judged(u"libvirt 12.8.0\n"_s + host, declared, steps).findings.filter(u"bitmaps"_s);
        QCOMPARE(found, lost.isEmpty() ? QStringList() : QStringList(u"confirm bitmaps-lost@m(%1)"_s.arg(lost)));
    }

    void aSavedStateThatGoesOn()
    {
        const Change start = [](Draft &draft) { draft.start(machine, draft.domain(machine)->savedMemory); };
        const Change boot = [](Draft &draft) { draft.start(machine); };
        QCOMPARE(judged(internal.arg(u" managedsave"_s), nothing(), {start}).findings, QStringList());
        QCOMPARE(judged(internal.arg(u" managedsave"_s), nothing(), {boot}).findings,
            QStringList{u"block state-lost@m(machine,,)"_s});
    }
    void usersThatAreNotKnownForbidChanges()
    {
        const QString host = u"image d\nmachine m\ndisk vda d\nmachine n unreadable"_s;
        QCOMPARE(judged(host, {machine, true}, {writeFile(u"d"_s)}).findings,
            (QStringList{u"block users-unknown@n()"_s, u"confirm current-state-lost@m"_s}));
        // A new file is nobody's.
        QCOMPARE(judged(host, nothing(), {[](Draft &draft) {
            draft.createOverlay(path(u"o"_s), imageId(u"d"_s));
        }}).findings,
            QStringList{u"warn users-unknown@n()"_s});
    }
};

QTEST_GUILESS_MAIN(TestJudge)
#include "tst_judge.moc"
