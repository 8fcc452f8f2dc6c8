// SPDX-License-Identifier: GPL-3.0-or-later
// What the window does to snapshots, by keyboard, against a host in memory: actions, dialogs, tasks, history, recovery.
#include "model/job/journal.h"
#include "tests/support/heartbeat.h"
#include "tests/views/windowtest.h"
#include "views/detailspanel.h"
#include "views/findingrow.h"
#include "views/hazardsdialog.h"
#include "views/historyview.h"
#include "views/machineview.h"
#include "views/noticebar.h"
#include "views/operations.h"
#include "views/snapshotview.h"
#include "views/tasksview.h"
#include "views/text/findingtext.h"

#include <QAction>
#include <QCheckBox>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QTabWidget>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTreeView>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

class TestOperations : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { makeHost(); }
    void cleanup() { closeAll(); }

    void aGreyActionSaysWhy()
    {
        startAnew();
        m_window->machines()->setCurrent(connection(), {});
        QVERIFY(!actions()->createAction()->isEnabled());
        QCOMPARE(actions()->createAction()->toolTip(), u"Choose a machine first"_s);
        choose(u"new"_s);
        QVERIFY(actions()->createAction()->isEnabled());
        QVERIFY(!actions()->deleteAction()->isEnabled());
        QCOMPARE(actions()->deleteAction()->toolTip(), u"Choose a snapshot first"_s);
        QCOMPARE(actions()->uniformAction()->toolTip(), u"This machine has no snapshots"_s);
        choose(u"issue-811"_s, u"drivers"_s);
        QVERIFY(actions()->deleteAction()->isEnabled());
        QVERIFY(actions()->revertAction()->isEnabled());
        QVERIFY(!actions()->renameAction()->isEnabled());
        QVERIFY(actions()->renameAction()->toolTip().contains(u"cannot be renamed"_s));
        m_connections->find(System)->close();
        QTRY_VERIFY(!actions()->createAction()->isEnabled());
        QCOMPARE(actions()->createAction()->toolTip(), u"The host is not connected"_s);
    }
    void rowsAreJudgedBehindTheWindow()
    {
        startAnew();
        choose(u"issue-811"_s, u"before-upgrade"_s);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->details()->findChild<QWidget *>(u"deletion"_s), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(!shieldOf(u"clean-install"_s).isEmpty(), Patience);
        QVERIFY(shieldOf(u"before-upgrade"_s) != shieldOf(u"clean-install"_s));
        // The keyboard goes along the first column alone.
        const QModelIndex row = m_window->snapshots()->currentIndex().siblingAtColumn(0);
        QVERIFY(row.data(Qt::AccessibleTextRole).toString().endsWith(shieldOf(u"before-upgrade"_s)));
    }
    void theDeleteKeyAsksAndEnterCancels()
    {
        startAnew();
        choose(u"issue-811"_s, u"drivers"_s);
        QTest::keyClick(m_window->snapshots(), Qt::Key_Delete);
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QVERIFY(verb(dialog)->isEnabled());
        QVERIFY(!verb(dialog)->isDefault());
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY(!m_window->findChild<PlanDialog *>());
        QCOMPARE(m_host->changes(), QStringList());
        // In another pane the key is another one's.
        QTest::keyClick(m_window->machines(), Qt::Key_Delete);
        QVERIFY(!m_window->findChild<PlanDialog *>());
    }
    void aRefusedDeleteOffersOtherWays()
    {
        startAnew();
        choose(u"issue-811"_s, u"before-upgrade"_s);
        QTest::keyClick(m_window->snapshots(), Qt::Key_Delete);
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QVERIFY(!verb(dialog)->isVisible());
        QVERIFY(!verb(dialog)->isEnabled());
        const auto ways = dialog->findChildren<QPushButton *>(u"way"_s);
        QVERIFY(!ways.isEmpty());
        for (QPushButton *way : ways)
            QVERIFY(!way->accessibleDescription().isEmpty());
        // One that loses nothing but what tells other programs of the chain, by keyboard alone.
        ways.first()->setFocus();
        QTest::keyClick(ways.first(), Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isVisible(), Patience);
        QVERIFY(!verb(dialog)->isEnabled());
        const auto boxes = dialog->findChildren<QCheckBox *>();
        QVERIFY(!boxes.isEmpty());
        for (QCheckBox *box : boxes) {
            if (box->isVisible() && !box->isChecked())
                QTest::keyClick(box, Qt::Key_Space);
        }
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isEnabled(), Patience);
        QCOMPARE(m_host->changes(), QStringList());
        verb(dialog)->setFocus();
        QTest::keyClick(verb(dialog), Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        QVERIFY(m_host->snapshot(sampleMachine(0), u"before-upgrade"_s).isNull());
        QVERIFY(m_host->has(u"/var/lib/libvirt/images/issue-811.qcow2"_s));
        QCOMPARE(m_host->tags(u"/var/lib/libvirt/images/issue-811.qcow2"_s).size(), 4);
    }
    void aRefusedRevertSaysWhoWouldDoWhat()
    {
        startAnew();
        choose(u"issue-811"_s, u"before-upgrade"_s);
        actions()->revertAction()->trigger();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QVERIFY(!verb(dialog)->isVisible());
        const QString text = dialog->plainText();
        const qsizetype ours = text.indexOf(u"What Treewarden would do first, to keep the current state"_s);
        QVERIFY2(ours >= 0, qPrintable(text));
        QVERIFY2(text.indexOf(u"before-revert-to-before-upgrade"_s) > ours, qPrintable(text));
        QVERIFY2(text.indexOf(u"What libvirt"_s) < 0 || text.indexOf(u"What libvirt"_s) > ours, qPrintable(text));
    }
    // The branch that the machine has left: what goes with the snapshot is named, ticked, and can be put back.
    void aDeadBranchGoesWithItsFiles()
    {
        startAnew();
        choose(u"issue-811"_s, u"before-upgrade"_s);
        QTest::keyClick(m_window->snapshots(), Qt::Key_Delete);
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        auto *way = dialog->findChildren<QPushButton *>(u"way"_s).last();
        QVERIFY2(way->accessibleName().contains(u"Delete the whole branch, with its files"_s),
            qPrintable(way->accessibleName()));
        way->click();
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isVisible(), Patience);
        QCOMPARE(verb(dialog)->text(), u"Delete 2 snapshots"_s);
        QVERIFY(!verb(dialog)->isEnabled());
        QVERIFY2(dialog->plainText().contains(u"The snapshot “after-upgrade” is gone afterwards."_s),
            qPrintable(dialog->plainText()));
        agree();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome(), Patience);
        const Task &task = connection()->tasks().back();
        QVERIFY2(task.outcome == Outcome::Succeeded, qPrintable(task.error.subject + u' ' + task.error.detail));
        const QString images = u"/var/lib/libvirt/images/issue-811"_s;
        for (const QString &name : {u"before-upgrade"_s, u"after-upgrade"_s})
            QVERIFY(m_host->snapshot(sampleMachine(0), name).isNull());
        for (const QString &file : {u".before-upgrade"_s, u".after-upgrade"_s, u".after-upgrade.mem"_s})
            QVERIFY2(!m_host->has(images + file), qPrintable(file));
        QVERIFY(m_host->has(images + u".qcow2"_s));
        QTRY_VERIFY_WITH_TIMEOUT(orphanRows(u"after-upgrade"_s).isEmpty(), Patience);
        undoLast();
        QVERIFY(m_host->has(images + u".before-upgrade"_s));
        QVERIFY(!m_host->snapshot(sampleMachine(0), u"before-upgrade"_s).isNull());
    }
    void oneKeyTakesASnapshot()
    {
        startAnew();
        choose(u"new"_s);
        actions()->createAction()->trigger();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QVERIFY(verb(dialog)->isDefault());
        const QString name = dialog->findChild<QLineEdit *>()->text();
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        QVERIFY(!m_host->snapshot(sampleMachine(7), name).isNull());
        QCOMPARE(m_window->tasks()->underWay(), 0);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->selectSnapshot(name), Patience);
        auto *history = m_window->history()->findChild<QTreeView *>();
        QTRY_COMPARE_WITH_TIMEOUT(history->model()->rowCount(), 1, Patience);
        QVERIFY(history->model()->index(0, HistoryModel::What).data().toString().contains(name));
        undoLast();
        QVERIFY(m_host->snapshot(sampleMachine(7), name).isNull());
        QTRY_COMPARE_WITH_TIMEOUT(history->model()->rowCount(), 2, Patience);
        QVERIFY(history->model()->index(0, HistoryModel::What).data().toString().startsWith(u"Undo"_s));
    }
    void whatIsAskedForTwiceIsAskedBackOnce()
    {
        startAnew();
        choose(u"web-staging"_s);
        QAction *off = actions()->powerAction(PowerIntent::To::ForceOff);
        QTRY_VERIFY_WITH_TIMEOUT(off->isEnabled(), Patience);
        off->trigger();
        off->trigger();
        QCOMPARE(m_window->findChildren<PlanDialog *>().size(), 1);
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        dialog->reject();
        QTRY_VERIFY(!m_window->findChild<PlanDialog *>());
        off->trigger(); // not for ever
        QTRY_VERIFY_WITH_TIMEOUT(judgedDialog(), Patience);
    }
    void aGuestThatDoesNotShutDownCanBeForcedOff()
    {
        startAnew();
        choose(u"web-staging"_s);
        m_host->setFault(u"stop"_s, {FakeHost::Fault::Kind::Lie, {}}); // it was asked, and goes on
        QAction *shutDown = actions()->powerAction(PowerIntent::To::ShutDown);
        QAction *off = actions()->powerAction(PowerIntent::To::ForceOff);
        QTRY_VERIFY_WITH_TIMEOUT(shutDown->isEnabled(), Patience);
        shutDown->trigger();
        if (PlanDialog *dialog = nullptr;
            QTest::qWaitFor([&] { return m_window->tasks()->underWay() > 0 || (dialog = judgedDialog()); }, Patience)
            && dialog)
            agree();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->tasks()->underWay(), 1, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(!shutDown->isEnabled(), Patience);
        QVERIFY2(off->isEnabled(), qPrintable(off->toolTip()));
        QTRY_VERIFY_WITH_TIMEOUT(m_host->changes().contains(u"stop"_s), Patience);
        off->trigger();
        agree();
        QTRY_COMPARE_WITH_TIMEOUT(m_host->state(sampleMachine(1)), DomainState::ShutOff, Patience);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->tasks()->underWay(), 0, Patience);
        const std::vector<Task> &tasks = connection()->tasks();
        QVERIFY(tasks[tasks.size() - 2].outcome == Outcome::Cancelled);
        QVERIFY(tasks.back().outcome == Outcome::Succeeded);
    }
    void aDescriptionIsSavedOnlyWhereItChanged()
    {
        startAnew();
        choose(u"issue-811"_s, u"drivers"_s);
        actions()->describeAction()->trigger();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QVERIFY(!verb(dialog)->isEnabled());
        QVERIFY2(dialog->plainText().contains(u"Nothing is changed yet."_s), qPrintable(dialog->plainText()));
        auto *text = dialog->findChild<QPlainTextEdit *>();
        const QString before = text->toPlainText();
        text->setPlainText(before + u" and more"_s);
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isEnabled(), Patience);
        text->setPlainText(before);
        QTRY_VERIFY_WITH_TIMEOUT(!verb(dialog)->isEnabled(), Patience);
    }
    void aTaskUnderWayIsSeenAndKeepsOthersOut()
    {
        startAnew();
        choose(u"new"_s);
        m_window->showBottom(false);
        m_host->hold(u"createSnapshot"_s);
        take();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->tasks()->underWay(), 1, Patience);
        QVERIFY(m_window->tasks()->isVisible());
        QVERIFY(m_host->waitUntilHeld());
        QTRY_VERIFY(!actions()->createAction()->isEnabled());
        QCOMPARE(actions()->createAction()->toolTip(), u"A job is under way on this machine"_s);
        const QAction *start = actions()->powerAction(PowerIntent::To::Start);
        QVERIFY(!start->isEnabled());
        QCOMPARE(start->toolTip(), u"A job is under way on this machine"_s);
        choose(u"issue-811"_s, u"drivers"_s);
        QVERIFY(actions()->deleteAction()->isEnabled()); // another machine, other files
        m_host->release();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->tasks()->underWay(), 0, Patience);
        choose(u"new"_s);
        QTRY_VERIFY(actions()->createAction()->isEnabled());
    }
    void theDialogOpensWhileTheHostIsReadAnew()
    {
        startAnew();
        choose(u"issue-811"_s, u"drivers"_s);
        const Heartbeat heartbeat;
        m_host->hold(u"*"_s);
        QElapsedTimer clock;
        clock.start();
        actions()->deleteAction()->trigger();
        QVERIFY(QTest::qWaitFor([this] { return m_window->findChild<PlanDialog *>()->isVisible(); }, Patience));
        qInfo("from click to dialog: %lld ms", clock.elapsed());
        auto *dialog = m_window->findChild<PlanDialog *>();
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isVisible(), Patience);
        QVERIFY(!verb(dialog)->isEnabled());
        QVERIFY(dialog->plainText().contains(u"Reading the host anew"_s));
        QVERIFY(heartbeat.longestGap() < 100);
        m_host->release();
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isEnabled(), Patience);
    }
    void whatChangedMeanwhileIsShown()
    {
        startAnew();
        choose(u"chain"_s, u"step-12"_s);
        m_host->hold(u"*"_s);
        actions()->deleteAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->findChild<PlanDialog *>()->isVisible(), Patience);
        auto *dialog = m_window->findChild<PlanDialog *>();
        QTRY_VERIFY_WITH_TIMEOUT(dialog->plainText().contains(u"step-12"_s), Patience);
        m_host->removeSnapshot(sampleMachine(6), u"step-12"_s); // by virsh
        m_host->release();
        QTRY_VERIFY_WITH_TIMEOUT(dialog->plainText().contains(u"Something changed"_s), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->plainText().contains(
                                     FindingText::sentence({u"no-such-snapshot"_s, Verdict::Block, u"step-12"_s, {}})),
            Patience);
        QVERIFY(!verb(dialog)->isEnabled());
        QVERIFY(!verb(dialog)->isVisible());
    }
    void aLostHostLetsNothingThrough()
    {
        startAnew();
        choose(u"issue-811"_s, u"drivers"_s);
        m_host->hold(u"*"_s);
        actions()->deleteAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->findChild<PlanDialog *>()->isVisible(), Patience);
        auto *dialog = m_window->findChild<PlanDialog *>();
        m_host->fail(u"open"_s, {ErrorCode::ConnectionFailed, {}, {}});
        m_host->breakConnections({ErrorCode::ConnectionLost, {}, {}});
        m_host->release();
        QTRY_VERIFY_WITH_TIMEOUT(dialog->plainText().contains(u"could not be read anew"_s), Patience);
        QVERIFY(!verb(dialog)->isEnabled());
        // Not for ever.
        m_host->mend(u"open"_s);
        connection()->retry();
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isEnabled(), Patience);
        QVERIFY(!dialog->plainText().contains(u"could not be read anew"_s));
    }
    void theWindowIsNotClosedOverATaskUnasked()
    {
        startAnew();
        choose(u"new"_s);
        m_host->hold(u"createSnapshot"_s);
        take();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->tasks()->underWay(), 1, Patience);
        QVERIFY(!m_window->close());
        auto *box = m_window->findChild<QMessageBox *>();
        QVERIFY(box);
        QCOMPARE(box->defaultButton(), box->button(QMessageBox::Cancel));
        QTest::keyClick(box, Qt::Key_Return);
        QTRY_VERIFY(!m_window->findChild<QMessageBox *>());
        QVERIFY(m_window->isVisible());
        // Nor is the host left so.
        m_window->machines()->disconnectAction()->trigger();
        box = m_window->findChild<QMessageBox *>();
        QVERIFY(box);
        box->reject();
        QTRY_VERIFY(!m_window->findChild<QMessageBox *>());
        QCOMPARE(connection()->status(), Connection::Status::Open);
        QVERIFY(!m_window->close());
        clickVerb(m_window->findChild<QMessageBox *>());
        QTRY_VERIFY(!m_window->isVisible());
        m_host->release();
    }
    void undoingACreateSaysThatItDeletes()
    {
        startAnew();
        choose(u"new"_s);
        take();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        const QString name = takenName();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->selectSnapshot(name), Patience);
        const QStringList before = m_host->changes();
        PlanDialog *dialog = nullptr;
        askToUndo();
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QCOMPARE(dialog->windowTitle(), u"Undo"_s);
        QVERIFY2(dialog->plainText().contains(u"Undo this on new: Take the snapshot “%1”?"_s.arg(name)),
            qPrintable(dialog->plainText()));
        QVERIFY(dialog->plainText().contains(u"Let libvirt delete “%1” and its data"_s.arg(name)));
        // What goes has to be ticked, and Enter cancels.
        auto *box = dialog->findChild<FindingRow *>()->box();
        QVERIFY(box);
        QVERIFY(!verb(dialog)->isEnabled());
        QVERIFY(!verb(dialog)->isDefault());
        box->click();
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isEnabled(), Patience);
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY(!m_window->findChild<PlanDialog *>());
        QCOMPARE(m_host->changes(), before);
        undoLast();
        QVERIFY(m_host->snapshot(sampleMachine(7), name).isNull());
    }
    void whatIsLeftOverCanBeRemovedAndPutBack()
    {
        // While a disk's base is missing nobody knows what that rests on.
        m_host->addImage(u"/var/lib/libvirt/images/lost-base.qcow2"_s, qcow2Bytes({GiB, {}, {}, {}}), MiB);
        startAnew();
        const QString stray = u"/var/lib/libvirt/images/issue-811.1719650000"_s;
        choose(u"issue-811"_s);
        chooseOrphan(u"issue-811.1719650000"_s);
        QCOMPARE(actions()->revertAction()->toolTip(), u"Choose a snapshot first"_s);
        QTest::keyClick(m_window->snapshots(), Qt::Key_Delete);
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QVERIFY2(dialog->plainText().contains(u"Remove issue-811.1719650000?"_s), qPrintable(dialog->plainText()));
        QVERIFY(!verb(dialog)->isEnabled()); // until it is ticked
        QVERIFY(dialog->findChild<QPushButton *>(u"cancel"_s)->isDefault());
        agree();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        QVERIFY(!m_host->has(stray));
        QTRY_VERIFY_WITH_TIMEOUT(orphanRows(u"issue-811.1719650000"_s).isEmpty(), Patience);
        undoLast();
        QVERIFY(m_host->has(stray));
    }
    // Until the job has ended that may put it back or go on with it.
    void whatAnUnfinishedJobNamesIsNotRemoved()
    {
        const QString name = u"issue-811.1719650000"_s;
        m_host->addImage(u"/var/lib/libvirt/images/lost-base.qcow2"_s, qcow2Bytes({GiB, {}, {}, {}}), MiB);
        Journal journal(m_state, System);
        const JournalEntry entry = entryThatNames(name);
        QVERIFY(journal.begin(entry, {}));
        startAnew();
        QTRY_COMPARE_WITH_TIMEOUT(connection()->recoveries().size(), size_t(1), Patience);
        choose(u"issue-811"_s);
        chooseOrphan(name);
        QTest::keyClick(m_window->snapshots(), Qt::Key_Delete);
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QVERIFY(!verb(dialog)->isVisible());
        QVERIFY2(
            dialog->plainText().contains(u"belongs to a job that has not ended"_s), qPrintable(dialog->plainText()));
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!m_window->findChild<PlanDialog *>());
        noticeButton(u"Leave as it is"_s)->click();
        QTRY_VERIFY_WITH_TIMEOUT(connection()->surroundings().jobFiles.isEmpty(), Patience);
        actions()->deleteAction()->trigger();
        agree();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        QVERIFY(!m_host->has(u"/var/lib/libvirt/images/"_s + name));
    }
    // Of jobs of other programs the window hears nothing: it looks when it is asked.
    void jobsOfOtherProgramsAreKnownWhenTheyCount_data()
    {
        QTest::addColumn<bool>("hasEnded");
        QTest::addRow("ended") << true;
        QTest::addRow("began") << false;
    }
    void jobsOfOtherProgramsAreKnownWhenTheyCount()
    {
        QFETCH(bool, hasEnded);
        const QString name = u"issue-811.1719650000"_s;
        m_host->addImage(u"/var/lib/libvirt/images/lost-base.qcow2"_s, qcow2Bytes({GiB, {}, {}, {}}), MiB);
        Journal journal(m_state, System);
        const JournalEntry entry = entryThatNames(name);
        if (hasEnded)
            QVERIFY(journal.begin(entry, {}));
        startAnew();
        QTRY_COMPARE_WITH_TIMEOUT(connection()->recoveries().size(), size_t(hasEnded ? 1 : 0), Patience);
        QTRY_COMPARE_WITH_TIMEOUT(connection()->surroundings().jobFiles.isEmpty(), !hasEnded, Patience);
        if (hasEnded)
            QVERIFY(journal.end(entry.entry, Outcome::Failed, {ErrorCode::Cancelled, {}, {}}, false));
        else
            QVERIFY(journal.begin(entry, {}));
        choose(u"issue-811"_s);
        chooseOrphan(name);
        QTest::keyClick(m_window->snapshots(), Qt::Key_Delete);
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QVERIFY(verb(dialog)->isVisible() == hasEnded);
        QVERIFY2(dialog->plainText().contains(u"belongs to a job that has not ended"_s) != hasEnded,
            qPrintable(dialog->plainText()));
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!m_window->findChild<PlanDialog *>());
    }
    void aTagThatLibvirtDoesNotKnowCanBeRemoved()
    {
        startAnew();
        choose(u"issue-811"_s);
        chooseOrphan(u"try-nvidia"_s);
        actions()->deleteAction()->trigger();
        agree();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        QVERIFY(!m_host->tags(u"/var/lib/libvirt/images/issue-811.qcow2"_s).contains(u"try-nvidia"_s));
        QCOMPARE(m_host->tags(u"/var/lib/libvirt/images/issue-811.qcow2"_s).size(), 3);
    }
    void aRefusedUndoSaysWhy()
    {
        startAnew();
        choose(u"new"_s);
        take();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        m_host->removeSnapshot(sampleMachine(7), takenName()); // by virsh
        PlanDialog *dialog = nullptr;
        askToUndo();
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(!verb(dialog)->isVisible(), Patience);
        QVERIFY2(dialog->plainText().contains(u"This cannot be undone on new"_s), qPrintable(dialog->plainText()));
        QVERIFY2(dialog->plainText().contains(u"There is no snapshot"_s), qPrintable(dialog->plainText()));
    }
    // Files that this user cannot rewrite.
    void whatAnOrdinaryUserCannotUndoIsNotOffered()
    {
        m_host->fail(u"check"_s, {ErrorCode::Unsupported, {}, {}});
        startAnew();
        choose(u"chain"_s);
        actions()->createAction()->trigger();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()) && verb(dialog)->isEnabled(), Patience);
        verb(dialog)->click();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        auto *history = m_window->history()->findChild<QTreeView *>();
        QTRY_COMPARE_WITH_TIMEOUT(history->model()->rowCount(), 1, Patience);
        const QModelIndex row = history->model()->index(0, HistoryModel::Undo);
        QCOMPARE(row.data().toString(), u"Cannot be undone"_s);
        QVERIFY2(row.data(Qt::ToolTipRole).toString().startsWith(u"You may not write to"_s),
            qPrintable(row.data(Qt::ToolTipRole).toString()));
        m_window->showBottom(MainWindow::Bottom::History);
        QVERIFY(!undoButton()->isEnabled());
    }
    void aFailedJobIsSaidInPlace()
    {
        startAnew();
        choose(u"new"_s);
        m_host->setFault(u"createSnapshot"_s, {});
        take();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Failed, Patience);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->notices()->keys().size(), 1, Patience);
        const QString text = m_window->notices()->textOf(m_window->notices()->keys().first());
        QVERIFY2(text.contains(u"of new: "_s), qPrintable(text));
    }
    void thePolicyIsSetAndShown()
    {
        startAnew();
        choose(u"new"_s);
        const QList<QAction *> policies = actions()->policyActions();
        QVERIFY(policies[0]->isChecked());
        policies[2]->trigger();
        QVERIFY(policies[0]->isChecked()); // nothing is set before it is done
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        verb(dialog)->click();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(policies[2]->isChecked(), Patience);
        QVERIFY(m_host->definition(sampleMachine(7)).contains("external"));
    }
    void whatWasLeftInTheMiddleIsSaid()
    {
        startAnew();
        choose(u"new"_s);
        take();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        interruptLast();
        startAnew();
        NoticeBar *notices = m_window->notices();
        QTRY_COMPARE_WITH_TIMEOUT(notices->keys().size(), 1, Patience);
        QVERIFY(notices->textOf(notices->keys().first()).contains(u"Interrupted on new"_s));
        QVERIFY(notices->textOf(notices->keys().first()).contains(u"1 of 2 steps"_s));
        // The history offers the same.
        m_window->showBottom(MainWindow::Bottom::History);
        QTRY_VERIFY_WITH_TIMEOUT(undoButton() && undoButton()->isEnabled(), Patience);
        // Shown first, and Enter cancels.
        noticeButton(u"Put back…"_s)->click();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY(!m_window->findChild<PlanDialog *>());
        QCOMPARE(notices->keys().size(), 1);
        noticeButton(u"Put back…"_s)->click();
        agree();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        QTRY_COMPARE_WITH_TIMEOUT(notices->keys().size(), 0, Patience);
        QCOMPARE(m_host->tags(u"/var/lib/libvirt/images/new.qcow2"_s), QStringList());
    }
    void whatIsLeftAsItIsIsNotAskedAgain()
    {
        startAnew();
        choose(u"new"_s);
        take();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        interruptLast();
        startAnew();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->notices()->keys().size(), 1, Patience);
        noticeButton(u"Leave as it is"_s)->click();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->notices()->keys().size(), 0, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(connection()->recoveries().empty(), Patience);
        QVERIFY(!m_host->tags(u"/var/lib/libvirt/images/new.qcow2"_s).isEmpty());
    }
    void theGuardsPageOpensAtTheFinding()
    {
        for (const QString &id : {u"state-lost"_s, u"no-space"_s, u"libvirt-refuses-internal-parent"_s}) {
            const HazardsDialog dialog(id);
            QVERIFY2(dialog.heading().contains(id), qPrintable(id));
        }
        QCOMPARE(HazardsDialog(QString()).heading(), QString());
    }
    void theGuardsPageCanBeReadAtAGlance()
    {
        const HazardsDialog dialog(u"state-lost"_s);
        const auto *page = dialog.findChild<QTextBrowser *>()->document();
        int headings = 0;
        int advices = 0;
        for (QTextBlock block = page->begin(); block.isValid(); block = block.next()) {
            if (block.blockFormat().headingLevel() > 0) {
                ++headings;
                const QTextCharFormat format = block.begin().fragment().charFormat();
                QVERIFY2(format.fontPointSize() > page->defaultFont().pointSizeF(), qPrintable(block.text()));
                QVERIFY2(format.fontWeight() == QFont::Bold, qPrintable(block.text()));
            }
            advices += block.text().startsWith(u"What to do:"_s);
            QVERIFY2(block.text().lastIndexOf(u"What to do:"_s) <= 0, qPrintable(block.text()));
        }
        QVERIFY(headings > 50 && advices > 50);
    }

private:
    void choose(const QString &machine, const QString &snapshot = {})
    {
        m_window->selectMachine(System, machine);
        if (!snapshot.isEmpty())
            QVERIFY(m_window->selectSnapshot(snapshot));
        m_window->snapshots()->setFocus();
    }
    QModelIndexList orphanRows(const QString &name) const
    {
        const auto *model = m_window->snapshots()->model();
        return model->match(model->index(0, 0), Qt::DisplayRole, name, 1, Qt::MatchExactly);
    }
    void chooseOrphan(const QString &name)
    {
        const auto rows = orphanRows(name);
        QCOMPARE(rows.size(), 1);
        m_window->snapshots()->setCurrentIndex(rows.first());
        QTRY_VERIFY(actions()->deleteAction()->isEnabled());
    }
    Operations *actions() const { return m_window->operations(); }
    QString shieldOf(const QString &snapshot) const
    {
        const auto *model = m_window->snapshots()->model();
        for (int row = 0; row < model->rowCount(); ++row) {
            if (model->index(row, 0).data().toString() == snapshot)
                return model->index(row, SnapshotModel::DeleteColumn).data(Qt::AccessibleTextRole).toString();
        }
        return {};
    }
    void take()
    {
        actions()->createAction()->trigger();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()) && verb(dialog)->isEnabled(), Patience);
        verb(dialog)->click();
    }
    static void clickVerb(const QMessageBox *box)
    {
        QVERIFY(box);
        for (QAbstractButton *button : box->buttons()) {
            if (box->buttonRole(button) == QMessageBox::DestructiveRole)
                button->click();
        }
    }
    QPushButton *noticeButton(const QString &text) const
    {
        for (QPushButton *button : m_window->notices()->findChildren<QPushButton *>()) {
            if (button->text() == text && button->isVisible())
                return button;
        }
        return nullptr;
    }
    QPushButton *undoButton() const
    {
        for (QPushButton *button : m_window->history()->findChildren<QPushButton *>()) {
            if (button->text() == u"Undo…"_s)
                return button;
        }
        return nullptr;
    }
    QString takenName() const
    {
        const auto &tasks = connection()->tasks();
        const auto *create = tasks.empty() ? nullptr : std::get_if<CreateIntent>(&tasks.back().intent.what);
        return create ? create->name : QString();
    }
    void askToUndo()
    {
        m_window->showBottom(MainWindow::Bottom::History);
        QVERIFY(undoButton());
        // However low the pane is, and however long the text.
        QTRY_COMPARE_WITH_TIMEOUT(undoButton()->visibleRegion().boundingRect(), undoButton()->rect(), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(undoButton()->isEnabled(), Patience);
        undoButton()->click();
    }
    // Says yes to all that is asked.
    void agree()
    {
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judgedDialog()), Patience);
        for (FindingRow *row : dialog->findChildren<FindingRow *>()) {
            if (row->box())
                row->box()->click();
        }
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isEnabled(), Patience);
        verb(dialog)->click();
    }
    // The last job, by the history's button.
    void undoLast()
    {
        const size_t before = connection()->tasks().size();
        askToUndo();
        agree();
        QTRY_VERIFY_WITH_TIMEOUT(
            connection()->tasks().size() > before && lastOutcome() == Outcome::Succeeded, Patience);
    }
    // Of a job on another machine.
    static JournalEntry entryThatNames(const QString &image)
    {
        JournalEntry entry;
        entry.entry = Journal::newName();
        entry.domain = sampleMachine(7);
        entry.domainName = u"new"_s;
        entry.intent = {u"revert"_s, u"before"_s};
        entry.steps = {{{.kind = StepKind::CreateOverlay, .path = u"/var/lib/libvirt/images/"_s + image}}};
        return entry;
    }
    // As if the program had ended before the second step of the last job, which is made up.
    void interruptLast()
    {
        m_window.reset();
        m_connections.reset();
        const auto read = Journal(m_state, System).read();
        QVERIFY(read && !read->entries.empty());
        JournalEntry entry = read->entries.back();
        entry.outcome.reset();
        entry.time = QDateTime::currentMSecsSinceEpoch();
        const JournalStep first = entry.steps.front();
        Step second = first.step;
        second.kind = StepKind::DescribeSnapshot;
        second.text = u"never written"_s;
        entry.steps.push_back({second});
        m_state = m_folder->filePath(u"interrupted"_s);
        Journal journal(m_state, System);
        QVERIFY(journal.begin(entry, {}));
        QVERIFY(journal.stepBegun(entry.entry, 0, first));
        QVERIFY(journal.stepDone(entry.entry, 0, first));
    }
};

QTEST_MAIN(TestOperations)
#include "tst_operations.moc"
