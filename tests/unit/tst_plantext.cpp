// SPDX-License-Identifier: GPL-3.0-or-later
// Everything the guard, the planner and the runner can say has a sentence.
#include "views/text/findingtext.h"
#include "views/text/plantext.h"
#include "views/text/steptext.h"
#include "views/text/tasktext.h"
#include "views/text/waytext.h"

#include <QDirIterator>
#include <QRegularExpression>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

QString root()
{
    return QDir::cleanPath(QStringLiteral(TREEWARDEN_TEST_DATA "/../.."));
}

QString contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

// Findings as the headers list them: "// id   Block   subject ..." in the comment above what makes them.
QStringList idsIn(const QString &text)
{
    static const QRegularExpression row(
        u"^//\\s+([a-z0-9]+(?:-[a-z0-9]+)+)\\s+(?:Block|Confirm|Warn)\\b"_s, QRegularExpression::MultilineOption);
    QStringList ids;
    for (auto match = row.globalMatch(text); match.hasNext();)
        ids += match.next().captured(1);
    return ids;
}

QStringList documentedIds()
{
    QStringList ids;
    for (const QString &folder : {u"/model/guard"_s, u"/model/plan"_s, u"/model/job"_s}) {
        QDirIterator it(root() + folder, {u"*.h"_s, u"*.cpp"_s}, QDir::Files, QDirIterator::Subdirectories);
        while (it.hasNext())
            ids += idsIn(contents(it.next()));
    }
    ids.removeDuplicates();
    return ids;
}

Finding lost(const QString &owner, const QString &kind, const QString &disk = u"vda"_s)
{
    return {u"state-lost"_s, Verdict::Block, owner, {kind, disk, u"/images/disk.qcow2"_s}};
}

Plan planOf(Intent::What what)
{
    Plan plan;
    plan.intent = {DomainId(u"m"_s), std::move(what)};
    plan.way = u"libvirt"_s;
    return plan;
}

const std::vector<Intent::What> &everyIntent()
{
    static const std::vector<Intent::What> all = {CreateIntent{u"new"_s}, RevertIntent{u"a"_s},
        RevertIntent{u"a"_s, RevertIntent::Then::Start, u"before"_s}, DeleteIntent{u"a"_s},
        DeleteIntent{u"a"_s, DeleteIntent::Scope::WithChildren},
        DeleteIntent{u"a"_s, DeleteIntent::Scope::ChildrenOnly}, DeleteIntent{u"a"_s, DeleteIntent::Scope::One, true},
        RenameIntent{u"a"_s, u"b"_s}, DescribeIntent{u"a"_s, {}}, PolicyIntent{}, UniformIntent{},
        UniformIntent{SnapshotKind::Internal}, PowerIntent{PowerIntent::To::Start}, PowerIntent{PowerIntent::To::Pause},
        PowerIntent{PowerIntent::To::Resume}, PowerIntent{PowerIntent::To::ShutDown},
        PowerIntent{PowerIntent::To::ForceOff}, RemoveOrphanIntent{u"/images/x"_s},
        RemoveOrphanIntent{u"/images/x"_s, u"T"_s}};
    return all;
}

} // namespace

class TestPlanText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyDocumentedFindingHasASentence()
    {
        const QStringList ids = documentedIds();
        QVERIFY2(ids.size() >= 9, "the headers' lists were not understood");
        for (const QString &id : ids) {
            QVERIFY2(FindingText::isKnown(id), qPrintable(id + u" has no sentence in views/text/findingtext.cpp"_s));
            const QString sentence
                = FindingText::sentence({id, Verdict::Block, u"subject"_s, {u"first"_s, u"second"_s}});
            QVERIFY2(!sentence.contains(u'%') && sentence != id, qPrintable(sentence));
        }
    }
    void everyFindingThatIsMadeHasASentence()
    {
        static const QRegularExpression made(
            u"(?:u\"([a-z0-9]+(?:-[a-z0-9]+)+)\"_s,\\s*Verdict::|refuses\\(u\"([a-z0-9-]+)\"_s|(?:add|block)\\(u\"([a-z0-9-]+)\"_s,)"_s);
        QSet<QString> ids;
        for (const QString &folder : {u"/model/guard"_s, u"/model/plan"_s, u"/model/job"_s}) {
            QDirIterator it(root() + folder, {u"*.cpp"_s}, QDir::Files, QDirIterator::Subdirectories);
            while (it.hasNext()) {
                for (auto match = made.globalMatch(contents(it.next())); match.hasNext();)
                    ids += match.next().captured(0).section(u'"', 1, 1);
            }
        }
        QVERIFY2(ids.size() >= 60, "the sources were not understood");
        for (const QString &id : std::as_const(ids))
            QVERIFY2(FindingText::isKnown(id), qPrintable(id + u" has no sentence in views/text/findingtext.cpp"_s));
    }
    void everyWayHasWords()
    {
        static const QRegularExpression begun(u"(?:begin|plain|PlanBuilder)\\([^)]*?u\"([a-z-]+)\"_s"_s);
        QSet<QString> ways;
        QDirIterator it(root() + u"/model/plan/ways"_s, {u"*.cpp"_s}, QDir::Files);
        while (it.hasNext()) {
            for (auto match = begun.globalMatch(contents(it.next())); match.hasNext();)
                ways += match.next().captured(1);
        }
        QVERIFY2(ways.contains(u"extract"_s) && ways.contains(u"shut-down-first"_s), "the sources were not understood");
        for (const QString &way : std::as_const(ways))
            QVERIFY2(WayText::isKnown(way), qPrintable(way + u" has no words in views/text/waytext.cpp"_s));
    }
    // Else the test above could pass by understanding nothing.
    void aNewRowIsUnderstood()
    {
        QCOMPARE(
            idsIn(u"// id   severity  subject\n// brand-new-id  Block  machine   path\nint x; // one-two three\n"_s),
            QStringList{u"brand-new-id"_s});
        QVERIFY(!FindingText::isKnown(u"brand-new-id"_s));
    }
    void aFindingWithoutASentenceIsStillShown()
    {
        QCOMPARE(FindingText::sentence({u"brand-new-id"_s, Verdict::Block, u"vda"_s}), u"brand-new-id: vda"_s);
        QCOMPARE(FindingText::sentence({u"brand-new-id"_s, Verdict::Block, {}}), u"brand-new-id"_s);
    }
    void findingsSayWhoAndWhere()
    {
        QCOMPARE(FindingText::sentence(lost(u"clean"_s, u"snapshot"_s)),
            u"“clean” would lose what it keeps of disk vda, in disk.qcow2."_s);
        QCOMPARE(FindingText::sentence(lost(u"clean"_s, u"snapshot"_s, {})), u"“clean” would lose its saved memory."_s);
        QCOMPARE(FindingText::sentence(lost(u"/images/stray.qcow2"_s, u"image"_s)),
            u"stray.qcow2 would no longer hold what it holds."_s);
        QCOMPARE(FindingText::sentence(
                     {u"no-space"_s, Verdict::Block, u"/images"_s, {QString::number(3 * GiB), QString::number(GiB)}}),
            u"3.0 GiB are needed in /images, and 1.0 GiB are free."_s);
        QCOMPARE(FindingText::sentence({u"kind-chosen"_s, Verdict::Allow, u"a"_s, {u"external"_s, u"same-kind"_s}}),
            u"It will be external, like the rest of this tree."_s);
        // A percent sign in a name is only a percent sign.
        QCOMPARE(FindingText::sentence({u"snapshot-lost"_s, Verdict::Confirm, u"100%2"_s, {}}),
            u"The snapshot “100%2” is gone afterwards."_s);
    }
    // A machine may have dozens of checkpoints: the first few are named.
    void whatMayBeManyIsListed()
    {
        const auto sentence = [](const QStringList &names) {
            return FindingText::sentence({u"bitmaps-lost"_s, Verdict::Confirm, u"web"_s, names});
        };
        QCOMPARE(
            sentence({u"C1"_s, u"C2"_s}), u"The checkpoints and bitmaps of “web” are of no use afterwards: C1, C2."_s);
        QCOMPARE(sentence({u"C1"_s, u"C2"_s, u"C3"_s, u"C4"_s, u"C5"_s, u"C6"_s}),
            u"The checkpoints and bitmaps of “web” are of no use afterwards: C1, C2, C3, C4 and 2 more."_s);
    }

    void everyIntentHasWords()
    {
        for (const Intent::What &what : everyIntent()) {
            for (const Verdict verdict : {Verdict::Allow, Verdict::Warn, Verdict::Confirm, Verdict::Block}) {
                Plan plan = planOf(what);
                plan.verdict = verdict;
                QVERIFY(!PlanText::windowTitle(plan.intent).isEmpty());
                QVERIFY(!PlanText::title(plan, u"web"_s).isEmpty());
                QVERIFY(!PlanText::summary(plan).isEmpty());
                QVERIFY(!WayText::verb(plan).isEmpty());
                Task task;
                task.intent = plan.intent;
                task.domainName = u"web"_s;
                QVERIFY(TaskText::title(task).contains(u"web"_s));
            }
        }
    }
    void theVerdictIsOneSentence()
    {
        Plan plan = planOf(DeleteIntent{u"before-upgrade"_s});
        plan.verdict = Verdict::Block;
        plan.findings = {lost(u"a"_s, u"snapshot"_s), lost(u"b"_s, u"snapshot"_s), lost(u"web"_s, u"machine"_s)};
        QCOMPARE(PlanText::title(plan, u"web"_s), u"“before-upgrade” cannot be deleted this way"_s);
        QCOMPARE(PlanText::summary(plan),
            u"It would take disk.qcow2, and with it 2 snapshots and the present state of web."_s);
        QCOMPARE(PlanText::neededBy(plan, {EffectKind::Remove, u"/images/disk.qcow2"_s, {}}),
            u"needed by a, b, the machine “web” itself"_s);
        QCOMPARE(PlanText::neededBy(plan, {EffectKind::Remove, u"/images/other.qcow2"_s, {}}), QString());
    }
    void whatIsWorthKnowingIsCounted()
    {
        Plan plan = planOf(DeleteIntent{u"a"_s});
        QCOMPARE(PlanText::summary(plan), u"Nothing is lost."_s);
        plan.verdict = Verdict::Warn;
        plan.findings = {{u"not-verified"_s, Verdict::Warn, u"d"_s}, {u"not-verified"_s, Verdict::Warn, u"e"_s},
            {u"resumes-saved-state"_s, Verdict::Allow, u"m"_s}};
        QVERIFY2(PlanText::summary(plan).contains(u"2 "_s), qPrintable(PlanText::summary(plan)));
    }
    void whatIsTakenOutOfTheTreeIsNotCalledDeleted()
    {
        for (const auto scope :
            {DeleteIntent::Scope::One, DeleteIntent::Scope::WithChildren, DeleteIntent::Scope::ChildrenOnly}) {
            Plan plan = planOf(DeleteIntent{u"a"_s, scope, true});
            Task task;
            task.intent = plan.intent;
            HistoryEntry entry;
            entry.intent = intentWords(plan.intent);
            QStringList texts{PlanText::windowTitle(plan.intent), PlanText::title(plan, u"web"_s),
                TaskText::title(task), TaskText::what(entry)};
            plan.verdict = Verdict::Block;
            texts += PlanText::title(plan, u"web"_s);
            QCOMPARE(texts.filter(u"delet"_s, Qt::CaseInsensitive), QStringList());
        }
    }
    void undoingWhatTookASnapshotSaysSo()
    {
        HistoryEntry entry;
        entry.undo = HistoryEntry::Undo::Possible;
        entry.steps = {{Step{StepKind::DescribeSnapshot, DomainId(u"m"_s), u"a"_s}, true}};
        QVERIFY(TaskText::undoHelp(entry).contains(u"still kept"_s));
        entry.steps.push_back({Step{StepKind::CreateSnapshot, DomainId(u"m"_s), u"new"_s}, true});
        QVERIFY(TaskText::undoHelp(entry).contains(u"“new”"_s));
        QVERIFY(TaskText::undoHelp(entry).contains(u"still kept"_s));
        entry.intent = {u"create"_s, u"new"_s};
        QVERIFY(TaskText::undoHelp(entry).contains(u"“new”"_s));
        QVERIFY(!TaskText::undoHelp(entry).contains(u"still kept"_s));
    }
    void whatIsKeptIsNotCalledLost()
    {
        Plan plan = planOf(RevertIntent{u"a"_s});
        plan.verdict = Verdict::Confirm;
        plan.losses = {{Loss::What::CurrentState, u"web"_s, {}, Fact<Bytes>(GiB), 0}};
        QCOMPARE(PlanText::fate(plan, plan.losses[0]), u"kept by step 1"_s);
        QCOMPARE(PlanText::summary(plan), u"Nothing is lost: what goes is kept first."_s);
        plan.losses.push_back({Loss::What::Memory, u"web"_s});
        QCOMPARE(PlanText::summary(plan), u"Lost: what “web” has in memory now. The rest is kept."_s);
        QCOMPARE(PlanText::fate(plan, plan.losses[1]), u"lost"_s);
    }
    void eachLossIsSaidOnce()
    {
        Plan plan = planOf(DeleteIntent{u"a"_s});
        plan.verdict = Verdict::Confirm;
        plan.losses = {{Loss::What::Snapshot, u"a"_s, u"/images/a.qcow2"_s, Fact<Bytes>(GiB)},
            {Loss::What::Snapshot, u"a"_s, u"/images/a.mem"_s, Fact<Bytes>(GiB)}};
        const std::vector<Loss> losses = PlanText::losses(plan);
        QCOMPARE(losses.size(), size_t(1));
        QCOMPARE(PlanText::lossSize(losses[0]), u"2.0 GiB"_s);
        QCOMPARE(PlanText::summary(plan), u"Lost: the state that “a” keeps."_s);
        plan.losses[1].bytes = Fact<Bytes>::unknown({ErrorCode::PermissionDenied, {}, {}});
        QCOMPARE(PlanText::lossSize(PlanText::losses(plan)[0]), u"size unknown"_s);
        plan.losses[1].subject = u"b"_s;
        QCOMPARE(PlanText::losses(plan).size(), size_t(2));
    }
    void aForgottenSnapshotKeepsItsFiles()
    {
        Plan plan = planOf(DeleteIntent{u"a"_s});
        plan.way = u"forget"_s;
        plan.steps = {{Step{StepKind::ForgetSnapshot, DomainId(u"m"_s), u"a"_s}, {}, true}};
        plan.losses = {{Loss::What::Snapshot, u"a"_s, u"/images/a.qcow2"_s, Fact<Bytes>(GiB), 0}};
        QCOMPARE(PlanText::fate(plan, plan.losses[0]), u"its files stay"_s);
        QCOMPARE(PlanText::summary(plan), u"No data is lost: its files stay."_s);
    }
    void everyStepAndEffectHasWords()
    {
        QSet<QString> sentences;
        for (int kind = 0; kind <= int(StepKind::RepointOverlay); ++kind) {
            Step step{StepKind(kind), DomainId(u"m"_s), u"snap"_s, u"other"_s, u"/images/a.qcow2"_s,
                u"/images/b.qcow2"_s, u"qcow2"_s, {{u"vda"_s, u"/images/c.qcow2"_s, u"/images/d.qcow2"_s, u"qcow2"_s}},
                0};
            const QString sentence = StepText::sentence(step, u"web"_s);
            QVERIFY(!sentence.isEmpty());
            QVERIFY2(!sentences.contains(sentence), qPrintable(sentence));
            sentences += sentence;
        }
        for (int kind = 0; kind <= int(EffectKind::ChangeDefinition); ++kind)
            QVERIFY(!StepText::sentence({EffectKind(kind), u"/images/a.qcow2"_s, u"x"_s}).isEmpty());
        QCOMPARE(StepText::sentence(Effect{EffectKind::RemoveTag, u"/images/a.qcow2"_s, u"x"_s}),
            u"removes the internal snapshot “x” in a.qcow2"_s);
    }
    void keptFilesAreNamedByWhatTheyWere()
    {
        const QString file = u"/images/a.qcow2"_s;
        const QString kept = u"/images/.treewarden/3f2a-a.qcow2"_s;
        const auto sentence = [](const QString &from, const QString &to) {
            return StepText::sentence({.kind = StepKind::CopyFile, .path = to, .base = from}, u"web"_s);
        };
        QCOMPARE(sentence(kept, file), u"Put a.qcow2 back"_s);
        QCOMPARE(sentence(file, kept), u"Put a.qcow2 aside again"_s);
        QCOMPARE(sentence(file, u"/images/b.qcow2"_s), u"Copy a.qcow2 to b.qcow2"_s);
        QCOMPARE(
            StepText::sentence(
                {.kind = StepKind::CopyFile, .path = u"/n/v"_s, .base = u"/n/c"_s, .flags = Step::Replace}, u"web"_s),
            u"Put a copy of c in the place of v"_s);
    }
    void waysAreExplainedByIntent()
    {
        Plan plan = planOf(RevertIntent{u"a"_s});
        plan.way = u"extract"_s;
        QCOMPARE(WayText::verb(plan), u"Copy and revert"_s);
        plan.intent.what = DeleteIntent{u"a"_s};
        QCOMPARE(WayText::verb(plan), u"Save and delete"_s);
        plan.way = u"a-new-way"_s;
        QCOMPARE(WayText::title(plan), u"a-new-way"_s);
        QCOMPARE(WayText::verb(plan), u"Delete"_s);
    }
    void progressIsNeverInvented()
    {
        Task task;
        task.domainName = u"web"_s;
        task.steps = {Step{StepKind::ForceOff, DomainId(u"m"_s)}, Step{StepKind::Start, DomainId(u"m"_s)}};
        QCOMPARE(TaskText::progress(task), QString());
        QVERIFY(TaskText::step(task).startsWith(u"Step 1 of 2: Stop “web”"_s));
        task.done = Bytes(GiB);
        task.total = Bytes(3 * GiB);
        QCOMPARE(TaskText::progress(task), u"1.0 GiB of 3.0 GiB"_s);
        task.rate = 512 * MiB;
        QCOMPARE(TaskText::progress(task), u"1.0 GiB of 3.0 GiB, 512 MiB/s, 5 s left"_s);
        task.step = 2;
        QCOMPARE(TaskText::step(task), u"Checking that everything is as it should be"_s);
        task.outcome = Outcome::Failed;
        task.error = {ErrorCode::Busy, {}, {}};
        QCOMPARE(TaskText::progress(task), QString());
        QVERIFY(TaskText::step(task).startsWith(u"Failed: busy"_s));
    }
    void aRefusedJobDidNothing()
    {
        Task task;
        task.domainName = u"web"_s;
        task.isUndo = true;
        task.outcome = Outcome::Failed;
        task.error = {ErrorCode::Unsupported, u"not-undoable"_s, u"delete-snapshot"_s};
        QCOMPARE(TaskText::failure(task).text, u"Nothing was done."_s);
        QVERIFY(TaskText::failure(task).title.contains(u"cannot be taken back"_s));
        QCOMPARE(TaskText::theirWords(task.error), QString());
        task.entry = u"1"_s;
        task.error = {ErrorCode::Failed, {}, u"internal error"_s};
        QVERIFY(TaskText::failure(task).text.contains(u"put back"_s));
        QCOMPARE(TaskText::theirWords(task.error), u"internal error"_s);
        QCOMPARE(TaskText::leftAsItIs(task), QString());
    }
    void whatIsNotPutBackIsSaid()
    {
        Task task;
        task.domainName = u"web"_s;
        task.entry = u"1"_s;
        task.outcome = Outcome::Failed;
        task.error = {ErrorCode::Failed, {}, u"internal error"_s};
        task.whyNotPutBack = Error{ErrorCode::Unsupported, u"not-undoable"_s, u"force-off"_s};
        const QString text = TaskText::failure(task).text;
        QVERIFY2(text.contains(u"left as it is (A step of this job cannot be taken back"_s), qPrintable(text));
        QVERIFY(!text.contains(u"put back"_s));
        task.outcome = Outcome::Cancelled;
        task.error = {ErrorCode::Cancelled, {}, {}};
        QVERIFY(TaskText::step(task).contains(u"left as it is"_s));
        task.whyNotPutBack.reset();
        QCOMPARE(TaskText::step(task), u"Cancelled"_s);
    }
    void historyReadsTheWordsOfTheCommandLine()
    {
        HistoryEntry entry;
        entry.intent = {u"delete"_s, u"a"_s, u"--children"_s};
        QCOMPARE(TaskText::what(entry), u"Delete “a” and all that follows"_s);
        QCOMPARE(TaskText::outcome(entry), u"Interrupted"_s);
        entry.outcome = Outcome::Succeeded;
        QCOMPARE(TaskText::outcome(entry), u"Done"_s);
        entry.intent = {u"something"_s, u"new"_s};
        QCOMPARE(TaskText::what(entry), u"something new"_s);
    }
};

QTEST_GUILESS_MAIN(TestPlanText)
#include "tst_plantext.moc"
