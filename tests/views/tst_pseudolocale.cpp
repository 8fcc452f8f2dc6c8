// SPDX-License-Identifier: GPL-3.0-or-later
// Finds what a user of the window can read and no translator can change; see pseudolocale.h.
#include "model/job/journal.h"
#include "tests/support/pseudolocale.h"
#include "tests/support/samplehost.h"
#include "views/connectiondialog.h"
#include "views/detailspanel.h"
#include "views/findingrow.h"
#include "views/hazardsdialog.h"
#include "views/historyview.h"
#include "views/layersview.h"
#include "views/machineview.h"
#include "views/mainwindow.h"
#include "views/noticebar.h"
#include "views/operations.h"
#include "views/plandialog.h"
#include "views/snapshotview.h"
#include "views/tasksview.h"

#include <QAbstractButton>
#include <QAction>
#include <QDateTime>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocumentFragment>
#include <QTimer>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int Patience = 15'000;
const QString System = u"qemu:///system"_s;

// As people see it.
QString plain(const QString &text)
{
    return Qt::mightBeRichText(text) ? QTextDocumentFragment::fromHtml(text).toPlainText() : text;
}

} // namespace

class TestPseudoLocale : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QCoreApplication::installTranslator(&m_brackets);
        m_host = sampleHost(QDateTime::currentSecsSinceEpoch());
        m_settings = std::make_unique<QSettings>(m_folder.filePath(u"settings.ini"_s), QSettings::IniFormat);
        m_data = {u"Treewarden"_s, System, u"sandbox"_s, u"vda"_s, u"qemu"_s, u"root@nas.lan"_s, u"qemu+ssh://"_s,
            u"qemu:///session"_s, u"qemu+ssh://root@nas.lan/system"_s, u"qemu+tls://host/system"_s,
            // libvirt's own names and values, in what differs between then and now
            u"memory"_s, u"2048 MiB"_s, u"4096 MiB"_s, u"devices/disk[vda]/source@file"_s};
    }
    void cleanupTestCase()
    {
        QCoreApplication::removeTranslator(&m_brackets);
        m_window.reset();
        m_connections.reset();
    }

    void init() { m_missed.clear(); }

    // Else the others could pass by finding nothing.
    void findsWhatIsMissed()
    {
        QWidget widget;
        QLabel label(u"Not translated"_s, &widget);
        check(&widget);
        QCOMPARE(m_missed.size(), 1);
    }
    void withoutConnections()
    {
        makeWindow(m_folder.path());
        check(m_window.get());
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }
    void everyMachineAndSnapshot()
    {
        Connection *connection = m_connections->add(System);
        connection->open();
        QTRY_VERIFY_WITH_TIMEOUT(connection->inventory()->domains.size() == 8, Patience);
        const auto inventory = connection->inventory(); // the connection may drop it for a newer one
        learnData(*inventory);
        int snapshots = 0;
        for (const auto &domain : inventory->domains) {
            m_window->selectMachine(System, domain->name);
            QTRY_VERIFY(m_window->machines()->currentMachine() == domain->uuid);
            const auto *tree = m_window->snapshots()->model();
            check(m_window.get());
            for (int row = 0; row < tree->rowCount(); ++row) {
                m_window->snapshots()->setCurrentIndex(tree->index(row, 0));
                QTRY_VERIFY_WITH_TIMEOUT(!m_window->details()->isReading(), Patience);
                check(m_window->details());
                ++snapshots;
            }
        }
        QVERIFY(snapshots >= 20);
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }
    void eventsAndNotices()
    {
        m_host->setState(sampleMachine(7), DomainState::Running);
        m_host->fail(u"start"_s, {ErrorCode::Busy, {}, {}});
        m_connections->find(System)->start(sampleMachine(0));
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->notices()->keys().isEmpty(), Patience);
        m_host->hold(u"*"_s);
        m_connections->find(System)->refresh();
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<QLabel *>(u"waiting"_s)->text().isEmpty(), Patience);
        check(m_window.get());
        m_host->release();
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }
    void failedAndLost_data()
    {
        QTest::addColumn<int>("code");
        for (int code = 0; code <= int(ErrorCode::Cancelled); ++code)
            QTest::addRow("%d", code) << code;
    }
    void failedAndLost()
    {
        QFETCH(int, code);
        const QString uri = u"qemu+ssh://root@nas.lan/system"_s;
        m_host->fail(u"open"_s, {ErrorCode(code), {}, {}});
        Connection *failing = m_connections->add(uri);
        failing->open();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->notices()->keys().contains(u"status "_s + uri), Patience);
        check(m_window.get());
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
        m_connections->remove(failing);
        m_host->mend(u"open"_s);
    }
    void dialogs()
    {
        ConnectionDialog dialog({});
        check(&dialog);
        m_window->selectMachine(System, u"new"_s);
        QAction *forceOff = m_window->operations()->powerAction(PowerIntent::To::ForceOff);
        QTRY_VERIFY_WITH_TIMEOUT(forceOff->isEnabled(), Patience);
        forceOff->trigger();
        PlanDialog *plan = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((plan = m_window->findChild<PlanDialog *>()) && plan->isJudged(), Patience);
        check(plan);
        plan->reject();
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }

    void guardedDialogs()
    {
        const Operations *actions = m_window->operations();
        const QList<QAction *> ofSnapshots{actions->deleteAction(), actions->revertAction(), actions->describeAction()};
        // Files that are to be made, the longer names first.
        for (const QString &snapshot : {u"nightly-6"_s, u"nightly-7"_s})
            m_data
                = QStringList{u"web.before-revert-to-"_s + snapshot + u".mem"_s, u"web.before-revert-to-"_s + snapshot}
                + m_data;
        for (const QString &machine : {u"issue-811"_s, u"web-staging"_s}) {
            m_window->selectMachine(System, machine);
            const auto *tree = m_window->snapshots()->model();
            for (int row = 0; row < tree->rowCount(); ++row) {
                m_window->snapshots()->setCurrentIndex(tree->index(row, 0));
                for (QAction *action : ofSnapshots + QList<QAction *>{actions->createAction()}) {
                    if (action->isEnabled())
                        checkDialog(action);
                }
            }
            checkDialog(actions->uniformAction());
        }
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }

    // A job under way, one that ended and one that failed; what is asked before one is undone or its files are freed.
    void tasksAndHistory()
    {
        const Operations *actions = m_window->operations();
        m_window->selectMachine(System, u"new"_s);
        m_host->setState(sampleMachine(7), DomainState::ShutOff);
        connection()->refresh();
        const auto state = [this] { return connection()->inventory()->domain(sampleMachine(7))->state; };
        QTRY_COMPARE_WITH_TIMEOUT(state(), DomainState::ShutOff, Patience);
        m_host->hold(u"createSnapshot"_s);
        agree(actions->createAction());
        QTRY_COMPARE_WITH_TIMEOUT(m_window->tasks()->underWay(), 1, Patience);
        const auto *create = std::get_if<CreateIntent>(&connection()->tasks().back().intent.what);
        QVERIFY(create);
        m_data = QStringList{u"new."_s + create->name, create->name} + m_data;
        m_window->showBottom(MainWindow::Bottom::Tasks);
        check(m_window.get());
        m_window->close();
        checkQuestion();
        m_host->release();
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome(), Patience);
        QVERIFY2(lastOutcome() == Outcome::Succeeded, qPrintable(connection()->tasks().back().error.detail));
        check(m_window.get());
        checkHistory(1);
        checkUndo();

        m_host->setFault(u"createSnapshot"_s, {FakeHost::Fault::Kind::Fail, {ErrorCode::Failed, {}, {}}});
        agree(actions->createAction());
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Failed, Patience);
        m_data.prepend(std::get<CreateIntent>(connection()->tasks().back().intent.what).name);
        check(m_window.get());
        checkHistory(2);

        // A whole branch with its files, which are held for an undo.
        m_window->selectMachine(System, u"issue-811"_s);
        QVERIFY(m_window->selectSnapshot(u"before-upgrade"_s));
        agree(actions->deleteAction(),
            [](PlanDialog *dialog) { dialog->findChildren<QPushButton *>(u"way"_s).last()->click(); });
        QTRY_VERIFY_WITH_TIMEOUT(lastOutcome() == Outcome::Succeeded, Patience);
        checkHistory(3);
        auto *free = m_window->history()->findChild<QPushButton *>(u"free"_s);
        QTRY_VERIFY_WITH_TIMEOUT(free->isEnabled(), Patience);
        free->click();
        checkQuestion();
        checkUndo();
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }
    // Found when the connection opens again: what a program that ended left in the middle of its work.
    void recovery()
    {
        const auto read = Journal(m_folder.path(), System).read();
        QVERIFY(read && !read->entries.empty());
        JournalEntry left = read->entries.front();
        left.outcome.reset();
        left.time = QDateTime::currentMSecsSinceEpoch();
        const JournalStep first = left.steps.front();
        left.steps.push_back({first.step});
        const QString elsewhere = m_folder.filePath(u"interrupted"_s);
        Journal journal(elsewhere, System);
        QVERIFY(journal.begin(left, {}));
        QVERIFY(journal.stepBegun(left.entry, 0, first));
        QVERIFY(journal.stepDone(left.entry, 0, first));
        m_window.reset();
        m_connections.reset();
        makeWindow(elsewhere);
        m_connections->add(System)->open();
        QTRY_VERIFY_WITH_TIMEOUT(!connection()->recoveries().empty(), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->notices()->keys().isEmpty(), Patience);
        check(m_window.get());
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }
    void folderThatIsInNoPool()
    {
        const QString disk = u"/srv/elsewhere/left.qcow2"_s;
        m_data = QStringList{disk, u"/srv/elsewhere"_s, u"left.qcow2"_s, u"elsewhere"_s, u"outside"_s} + m_data;
        m_host->addDomain(oneDiskMachine(u"outside"_s, u"0e9bd0a8-1c5e-4c0f-9d0a-0000000000ee"_s, disk));
        m_host->addImage(disk, qcow2Bytes({}), MiB);
        m_host->setUnreadable(disk, {ErrorCode::PermissionDenied, disk, {}});
        m_window->selectMachine(System, u"outside"_s);
        connection()->refresh();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->notices()->keys().contains(u"folder"_s), Patience);
        check(m_window.get());
        const QList<QAction *> all = m_window->findChildren<QAction *>();
        for (QAction *action : all) {
            if (action->text().contains(u"Make this folder a storage pool"_s))
                action->trigger();
        }
        checkQuestion();
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }
    void aboutAndHazards()
    {
        const QList<QAction *> all = m_window->findChildren<QAction *>();
        const auto about = std::find_if(
            all.begin(), all.end(), [](const QAction *action) { return action->menuRole() == QAction::AboutRole; });
        QVERIFY(about != all.end());
        m_data.prepend(QStringLiteral(TREEWARDEN_VERSION));
        QTimer::singleShot(0, this, &TestPseudoLocale::checkQuestion); // the box has an event loop of its own
        m_wasAsked = false;
        (*about)->trigger();
        QTRY_VERIFY(m_wasAsked);
        // The document in it is one of the project's, in English as the others are.
        m_window->operations()->explain(u"state-lost"_s);
        auto *hazards = m_window->findChild<HazardsDialog *>();
        QVERIFY(hazards);
        check(hazards);
        delete hazards;
        QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n')));
    }

private:
    Connection *connection() const { return m_connections->find(System); }
    std::optional<Outcome> lastOutcome() const
    {
        return connection()->tasks().empty() ? std::nullopt : connection()->tasks().back().outcome;
    }
    void makeWindow(const QString &stateFolder)
    {
        m_connections = std::make_unique<Connections>([this, stateFolder](const QString &) {
            Backend backend = m_host->backend();
            backend.stateFolder = stateFolder; // not the user's
            return backend;
        });
        m_window = std::make_unique<MainWindow>(m_connections.get(), m_settings.get());
        m_window->show();
    }
    PlanDialog *judged() const
    {
        auto *dialog = m_window->findChild<PlanDialog *>();
        return dialog && dialog->isVisible() && dialog->isJudged() ? dialog : nullptr;
    }
    // Says yes to all that is asked.
    void agree(QAction *action, const std::function<void(PlanDialog *)> &choose = {})
    {
        QTRY_VERIFY_WITH_TIMEOUT(action->isEnabled(), Patience);
        action->trigger();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judged()), Patience);
        if (choose)
            choose(dialog);
        for (FindingRow *row : dialog->findChildren<FindingRow *>()) {
            if (row->box())
                row->box()->click();
        }
        check(dialog);
        auto *verb = dialog->findChild<QPushButton *>(u"verb"_s);
        QTRY_VERIFY_WITH_TIMEOUT(verb->isEnabled(), Patience);
        verb->click();
    }
    void checkHistory(int entries)
    {
        m_window->showBottom(MainWindow::Bottom::History);
        QTRY_COMPARE_WITH_TIMEOUT(int(connection()->history().size()), entries, Patience);
        check(m_window->history());
    }
    void checkUndo()
    {
        auto *undo = m_window->history()->findChild<QPushButton *>(u"undo"_s);
        QTRY_VERIFY_WITH_TIMEOUT(undo->isEnabled(), Patience);
        undo->click();
        PlanDialog *dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = judged()), Patience);
        check(dialog);
        delete dialog;
    }
    void checkQuestion()
    {
        const auto visible = [this] {
            const auto boxes = m_window->findChildren<QMessageBox *>();
            const auto found
                = std::find_if(boxes.begin(), boxes.end(), [](const QMessageBox *each) { return each->isVisible(); });
            return found == boxes.end() ? nullptr : *found;
        };
        QMessageBox *box = visible();
        QVERIFY(box);
        check(box);
        m_wasAsked = true;
        box->reject();
        QVERIFY(!visible());
    }
    void checkDialog(QAction *action)
    {
        action->trigger();
        auto *dialog = m_window->findChild<PlanDialog *>();
        QVERIFY(dialog);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isVisible() && dialog->isJudged(), Patience);
        check(dialog);
        delete dialog;
    }
    void learnData(const Inventory &inventory)
    {
        for (const auto &domain : inventory.domains) {
            m_data += domain->name;
            m_data += domain->uuid.value;
            for (int node = 0; domain->snapshots.isKnown() && node < domain->snapshots->size(); ++node)
                m_data += domain->snapshots->at(node).name;
        }
        for (const Image &image : inventory.images->images()) {
            m_data += image.location.name;
            m_data += image.location.name.section(u'/', -1);
            if (image.facts.isKnown()) {
                for (const Tag &tag : image.facts->tags)
                    m_data += tag.name;
            }
        }
        // Longer ones first: a name may be part of another.
        std::sort(m_data.begin(), m_data.end(), [](const QString &a, const QString &b) { return a.size() > b.size(); });
    }
    void text(const QObject *where, const QString &text)
    {
        const QString rest = untranslated(plain(text), m_data);
        if (hasWords(rest))
            m_missed += QLatin1String(where->metaObject()->className()) + u": "_s + text;
    }
    void check(const QWidget *top)
    {
        checkOne(top);
        for (const QWidget *widget : top->findChildren<QWidget *>())
            checkOne(widget);
        for (const QAction *action : top->findChildren<QAction *>()) {
            text(action, action->text());
            text(action, action->toolTip());
            text(action, action->statusTip());
        }
        m_missed.removeDuplicates();
    }
    void checkOne(const QWidget *widget)
    {
        text(widget, widget->windowTitle());
        text(widget, widget->toolTip());
        text(widget, widget->accessibleName());
        text(widget, widget->accessibleDescription());
        if (const auto *label = qobject_cast<const QLabel *>(widget))
            text(label, label->text());
        else if (const auto *button = qobject_cast<const QAbstractButton *>(widget))
            text(button, button->text());
        else if (const auto *edit = qobject_cast<const QLineEdit *>(widget))
            text(edit, edit->placeholderText());
        else if (const auto *menu = qobject_cast<const QMenu *>(widget))
            text(menu, menu->title());
        else if (const auto *tabs = qobject_cast<const QTabBar *>(widget)) {
            for (int tab = 0; tab < tabs->count(); ++tab)
                text(tabs, tabs->tabText(tab));
        } else if (const auto *view = qobject_cast<const QAbstractItemView *>(widget)) {
            if (view->model())
                checkModel(view, *view->model(), {});
        }
    }
    void checkModel(const QObject *where, const QAbstractItemModel &model, const QModelIndex &parent)
    {
        for (int column = 0; column < model.columnCount(parent); ++column) {
            text(where, model.headerData(column, Qt::Horizontal).toString());
            for (int row = 0; row < model.rowCount(parent); ++row) {
                const QModelIndex index = model.index(row, column, parent);
                for (const int role : {int(Qt::DisplayRole), int(Qt::ToolTipRole), int(Qt::AccessibleTextRole),
                         int(Qt::AccessibleDescriptionRole)})
                    text(where, index.data(role).toString());
                if (column == 0)
                    checkModel(where, model, index);
            }
        }
    }

    PseudoLocale m_brackets{PseudoLocale::Arguments::AreTranslated};
    QTemporaryDir m_folder;
    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<Connections> m_connections;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<MainWindow> m_window;
    QStringList m_data;
    QStringList m_missed;
    bool m_wasAsked = false;
};

QTEST_MAIN(TestPseudoLocale)
#include "tst_pseudolocale.moc"
