// SPDX-License-Identifier: GPL-3.0-or-later
// A backup by the window, against a host in memory: the form with the level and its reason, the task with its bar, the
// next one as an increment. Leaves pictures.
#include "tests/views/windowtest.h"
#include "views/backupform.h"
#include "views/operations.h"
#include "views/tasksview.h"
#include "views/tonelabel.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QLineEdit>
#include <QProgressBar>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const QString Folder = u"/backups"_s;

} // namespace

class TestBackupWindow : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeHost();
        m_host->giveMonitors();
        m_host->addFolder(Folder);
        m_host->setState(sampleMachine(7), DomainState::Running); // "new"
        startAnew();
        m_window->resize(1280, 820);
    }
    void cleanup() { closeAll(); }

    void onlyOfARunningMachine()
    {
        choose(u"issue-811"_s);
        QVERIFY(!action()->isEnabled());
        QCOMPARE(action()->toolTip(), u"This machine is off"_s);
        choose(u"web-staging"_s);
        QVERIFY(action()->isEnabled());
    }

    void fullThenAnIncrement()
    {
        choose(u"new"_s);
        action()->trigger();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = m_window->findChild<PlanDialog *>()) && dialog->isVisible(), Patience);
        auto *form = dialog->findChild<BackupForm *>();
        QVERIFY(form);
        QVERIFY(!form->complaint().isEmpty());
        QVERIFY(!verb(dialog)->isEnabled());
        form->findChild<QLineEdit *>()->setText(u"backups"_s);
        QVERIFY(!form->complaint().isEmpty());
        form->findChild<QLineEdit *>()->setText(Folder);
        QVERIFY(form->complaint().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isEnabled(), Patience);
        QVERIFY(form->findChild<ToneLabel *>()->text().contains(u"the first one in this folder"_s));
        QCOMPARE(verb(dialog)->text(), u"Back up in full"_s);
        save(u"backup-dialog"_s, *dialog);
        // An increment on nothing is refused, with the other way beside it.
        form->findChild<QComboBox *>()->setCurrentIndex(int(BackupIntent::Level::Incremental));
        QTRY_VERIFY_WITH_TIMEOUT(!verb(dialog)->isVisible(), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->findChildren<QPushButton *>(u"way"_s).isEmpty(), Patience);
        save(u"backup-refused"_s, *dialog);
        form->findChild<QComboBox *>()->setCurrentIndex(int(BackupIntent::Level::Auto));
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isVisible() && verb(dialog)->isEnabled(), Patience);
        m_host->setBlockJobLooks(40);
        verb(dialog)->click();
        // Its bar has a true portion, and it can be stopped.
        QTRY_VERIFY_WITH_TIMEOUT(hasPortion(), Patience);
        QVERIFY(connection()->tasks().back().canCancel);
        QVERIFY(!action()->isEnabled());
        save(u"backup-running"_s, *m_window);
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience * 2);
        QVERIFY(m_host->has(Folder + u"/new/chain-0001/0000-full-vda.qcow2"_s));
        // The folder is the same, and now there is something to rest on.
        m_host->setBlockJobLooks(2);
        QTRY_VERIFY_WITH_TIMEOUT(action()->isEnabled() && !connection()->history().empty(), Patience);
        action()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT((dialog = m_window->findChild<PlanDialog *>()) && dialog->isVisible(), Patience);
        form = dialog->findChild<BackupForm *>();
        QCOMPARE(form->findChild<QLineEdit *>()->text(), Folder);
        QTRY_VERIFY2_WITH_TIMEOUT(verb(dialog)->text() == u"Back up what changed"_s && verb(dialog)->isEnabled(),
            qPrintable(dialog->plainText()), Patience);
        save(u"backup-increment"_s, *dialog);
        verb(dialog)->click();
        QTRY_VERIFY_WITH_TIMEOUT(connection()->tasks().size() == 2 && lastOutcome() == Outcome::Succeeded, Patience);
        QVERIFY(m_host->has(Folder + u"/new/chain-0001/0001-inc-vda.qcow2"_s));
    }

    void cancelled()
    {
        choose(u"new"_s);
        m_host->setBlockJobLooks(100);
        action()->trigger();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = m_window->findChild<PlanDialog *>()) && dialog->isVisible(), Patience);
        dialog->findChild<BackupForm *>()->findChild<QLineEdit *>()->setText(Folder);
        QTRY_VERIFY_WITH_TIMEOUT(verb(dialog)->isEnabled(), Patience);
        verb(dialog)->click();
        QTRY_VERIFY_WITH_TIMEOUT(hasPortion(), Patience);
        connection()->cancel(connection()->tasks().back().id);
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome().has_value(), Patience);
        QCOMPARE(lastOutcome(), std::optional(Outcome::Cancelled));
        save(u"backup-cancelled"_s, *m_window);
        QVERIFY(m_host->files().filter(Folder).isEmpty());
    }

private:
    QAction *action() const { return m_window->operations()->backupAction(); }
    void choose(const QString &machine) { m_window->selectMachine(System, machine); }
    bool hasPortion() const
    {
        if (connection()->tasks().empty())
            return false;
        const Task &task = connection()->tasks().back();
        for (const QProgressBar *bar : m_window->findChildren<QProgressBar *>()) {
            if (bar->isVisible() && bar->maximum() > 0 && bar->value() > 0 && bar->value() < bar->maximum())
                return task.step == 1 && task.done.isKnown();
        }
        return false;
    }
    static void save(const QString &name, QWidget &widget)
    {
        QCoreApplication::processEvents();
        const QDir folder(u"" TREEWARDEN_BIN "/../screenshots"_s);
        QVERIFY(folder.mkpath(u"."_s));
        QVERIFY(widget.grab().save(folder.filePath(name + u".png"_s)));
    }
};

QTEST_MAIN(TestBackupWindow)
#include "tst_backupwindow.moc"
