// SPDX-License-Identifier: GPL-3.0-or-later
// Finds what a user can read and no translator can change: everything that goes through tr() is put in brackets; what
// stands outside of brackets and is not data of the host was missed.
#include "tests/support/samplehost.h"
#include "views/connectiondialog.h"
#include "views/detailspanel.h"
#include "views/layersview.h"
#include "views/machineview.h"
#include "views/mainwindow.h"
#include "views/noticebar.h"
#include "views/operations.h"
#include "views/plandialog.h"
#include "views/snapshotview.h"

#include <QAbstractButton>
#include <QAction>
#include <QDateTime>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QSettings>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocumentFragment>
#include <QTranslator>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

constexpr int Patience = 15'000;
const QString System = u"qemu:///system"_s;
const QChar Open(0x27e6);
const QChar Close(0x27e7);

class Brackets : public QTranslator
{
public:
    QString translate(const char *, const char *source, const char *, int) const override
    {
        return Open + QString::fromUtf8(source) + Close;
    }
    bool isEmpty() const override { return false; }
};

// What is left of a text without its translated parts and without the data.
QString untranslated(QString text, const QStringList &data)
{
    if (Qt::mightBeRichText(text))
        text = QTextDocumentFragment::fromHtml(text).toPlainText();
    QString outside;
    int depth = 0;
    for (const QChar c : text) {
        depth += c == Open;
        if (depth == 0)
            outside += c;
        depth -= c == Close;
    }
    outside.remove(QChar(0x200b)).remove(QChar(0x2060)); // where a path may be broken, and where not
    for (const QString &value : data)
        outside.replace(value, u" "_s);
    return outside;
}

bool hasWords(const QString &text)
{
    return std::any_of(text.begin(), text.end(), [](QChar c) { return c.isLetter(); });
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
        m_connections = std::make_unique<Connections>([this](const QString &) {
            Backend backend = m_host->backend();
            backend.stateFolder = m_folder.path(); // not the user's
            return backend;
        });
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
        m_window = std::make_unique<MainWindow>(m_connections.get(), m_settings.get());
        m_window->show();
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

private:
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
        const QString rest = untranslated(text, m_data);
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

    Brackets m_brackets;
    QTemporaryDir m_folder;
    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<Connections> m_connections;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<MainWindow> m_window;
    QStringList m_data;
    QStringList m_missed;
};

QTEST_MAIN(TestPseudoLocale)
#include "tst_pseudolocale.moc"
