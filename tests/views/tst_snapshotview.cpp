// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/snapshottrees.h"
#include "views/snapshotview.h"

#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDateTime>
#include <QDesktopServices>
#include <QElapsedTimer>
#include <QHeaderView>
#include <QMenu>
#include <QRandomGenerator>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QUrl>

using namespace treewarden;
using namespace treewarden::test;

namespace {

const qint64 now = QDateTime::currentSecsSinceEpoch();

class ShownView : public SnapshotView
{
public:
    ShownView()
    {
        resize(700, 500);
        QWidget::show();
        setFocus();
    }
    void look(const Sight &sight) { show(sight.inventory, sight.assessment, machine); }
    QString currentName() const
    {
        const std::optional<SnapshotItem> item = currentItem();
        return !item ? u"-"_s : item->kind == RowKind::Here ? u"@"_s : item->name;
    }
    QString text(int row, int role, int column = 0) const { return model()->index(row, column).data(role).toString(); }
    using SnapshotView::show;
};

} // namespace

class TestSnapshotView : public QObject
{
    Q_OBJECT

public Q_SLOTS:
    void openUrl(const QUrl &url) { m_opened += url; } // in the place of the desktop

private:
    QList<QUrl> m_opened;

private Q_SLOTS:
    void walksByKeyboard();
    void mirrorsKeysFromRightToLeft();
    void findsByTyping();
    void keepsSelectionAndScroll();
    void repaintsWhatChanged();
    void bringsBackWhatAFilterHid();
    void takesTheNeighbourOfWhatIsGone();
    void remembersEachMachine();
    void speaksEveryRow();
    void saysWhyItIsEmpty_data();
    void saysWhyItIsEmpty();
    void neverInterpretsNames();
    void copies();
    void opensTheFolder();
    void foldsByMouse();
    void hidesColumnsAndRemembers();
    void leavesNamesTheirRoom();
    void measures();
    void staysQuick_data();
    void staysQuick();
};

// In a narrow window, too; the columns beside it are scrolled to.
void TestSnapshotView::leavesNamesTheirRoom()
{
    ShownView view;
    view.look(seeMixed(now));
    const QHeaderView *titles = view.header();
    const int least = view.fontMetrics().averageCharWidth() * 28;
    const auto width = [&] { return titles->sectionSize(SnapshotModel::SnapshotColumn); };
    const auto fills = [&] { return titles->length() == view.viewport()->width(); };
    QVERIFY(fills());
    const int ofOthers = titles->length() - width();
    view.resize(ofOthers + least / 2, 500);
    QTRY_COMPARE(width(), least);
    QVERIFY(!fills());
    QByteArray narrow = view.saveState();
    view.resize(ofOthers + least * 2, 500);
    QTRY_VERIFY(fills());
    QVERIFY(width() > least);
    QVERIFY(view.restoreState(narrow));
    QTRY_VERIFY(fills());
    // What another column takes or gives back counts as well.
    view.header()->resizeSection(SnapshotModel::StateColumn, ofOthers + least);
    QTRY_COMPARE(width(), least);
    view.header()->setSectionHidden(SnapshotModel::StateColumn, true);
    QTRY_VERIFY(fills());
    QVERIFY(width() > least);
}

void TestSnapshotView::walksByKeyboard()
{
    ShownView view;
    QSignalSpy spy(&view, &SnapshotView::currentSnapshotChanged);
    view.look(seeMixed(now));
    QCOMPARE(view.currentName(), u"@"_s);
    QCOMPARE(spy.size(), 1);
    QTest::keyClick(&view, Qt::Key_Up);
    QCOMPARE(view.currentName(), u"after-upgrade"_s);
    QTest::keyClick(&view, Qt::Key_Left);
    QCOMPARE(view.currentName(), u"before-upgrade"_s);
    QTest::keyClick(&view, Qt::Key_Left);
    QCOMPARE(view.model()->rowCount(), 7);
    QVERIFY(view.currentItem()->drawing.folded);
    QTest::keyClick(&view, Qt::Key_Left);
    QCOMPARE(view.currentName(), u"updates-june"_s);
    QTest::keyClick(&view, Qt::Key_Right);
    QCOMPARE(view.currentName(), u"before-upgrade"_s);
    QTest::keyClick(&view, Qt::Key_Right);
    QCOMPARE(view.model()->rowCount(), 8);
    QTest::keyClick(&view, Qt::Key_Right);
    QCOMPARE(view.currentName(), u"after-upgrade"_s);
    QTest::keyClick(&view, Qt::Key_Home);
    QCOMPARE(view.currentName(), u"clean-install"_s);
    QTest::keyClick(&view, Qt::Key_End);
    QCOMPARE(view.currentName(), u"disk.1719650000"_s);
    QCOMPARE(spy.last().first().value<std::optional<SnapshotItem>>()->name, u"disk.1719650000"_s);
    // A fold above "You are here" leaves it on the screen, and current.
    QVERIFY(view.setCurrentSnapshot(u"clean-install"_s));
    QTest::keyClick(&view, Qt::Key_Left);
    QCOMPARE(view.model()->rowCount(), 4);
    QCOMPARE(view.currentName(), u"clean-install"_s);
}

void TestSnapshotView::mirrorsKeysFromRightToLeft()
{
    ShownView view;
    view.setLayoutDirection(Qt::RightToLeft);
    view.look(seeMixed(now));
    QVERIFY(view.setCurrentSnapshot(u"after-upgrade"_s));
    QTest::keyClick(&view, Qt::Key_Right);
    QCOMPARE(view.currentName(), u"before-upgrade"_s);
    QTest::keyClick(&view, Qt::Key_Left);
    QCOMPARE(view.currentName(), u"after-upgrade"_s);
}

void TestSnapshotView::findsByTyping()
{
    ShownView view;
    view.look(seeMixed(now));
    QTest::keyClicks(&view, u"up"_s);
    QCOMPARE(view.currentName(), u"updates-june"_s);
}

void TestSnapshotView::keepsSelectionAndScroll()
{
    ShownView view;
    view.look(seeChain(60, now));
    QVERIFY(view.setCurrentSnapshot(u"daily-50"_s));
    view.foldAction()->trigger();
    const auto rows = [&view] { return view.model()->rowCount(); };
    QCOMPARE(rows(), 51); // and where the machine is
    QVERIFY(view.setCurrentSnapshot(u"daily-30"_s));
    const auto top = [&view] { return view.visualRect(view.currentIndex()).top(); };
    const auto settled = [&](const char *what) {
        if (view.currentName() != u"daily-30" || view.selectionModel()->selectedRows().size() != 1
            || view.selectionModel()->selectedRows().first().row() != view.currentIndex().row()) {
            qWarning("%s: %s", what, qPrintable(view.currentName()));
            return false;
        }
        return true;
    };
    const int before = top();
    QVERIFY(before >= 0 && before < view.viewport()->height());
    // As many rows above it go as the view could show.
    std::vector<Snapshot> fewer;
    for (int i = 10; i <= 60; ++i)
        fewer.push_back(
            internal(u"daily-%1"_s.arg(i), i > 10 ? u"daily-%1"_s.arg(i - 1) : QString(), now - (61 - i) * 86400));
    view.look(see(fewer, u"daily-60"_s));
    QVERIFY(settled("removed"));
    QCOMPARE(top(), before);
    QCOMPARE(rows(), 42);
    view.look(seeChain(61, now));
    QVERIFY(settled("inserted"));
    QCOMPARE(top(), before);
    QCOMPARE(rows(), 51);
    view.arrangeActions().at(0)->trigger();
    QVERIFY(settled("newest first"));
    QCOMPARE(top(), before);
    QVERIFY(view.arrangeActions().at(0)->isChecked());
    view.arrangeActions().at(4)->trigger();
    QVERIFY(settled("by name"));
    QCOMPARE(top(), before);
    // Out of sight, what is on the screen stays there.
    view.verticalScrollBar()->setValue(0);
    const QString first = view.indexAt({20, 5}).data().toString();
    view.look(seeChain(62, now));
    QVERIFY(settled("out of sight"));
    QCOMPARE(view.indexAt({20, 5}).data().toString(), first);
}

void TestSnapshotView::repaintsWhatChanged()
{
    ShownView view;
    std::vector<Snapshot> snapshots;
    for (int i = 0; i < 60; ++i)
        snapshots.push_back(internal(u"s%1"_s.arg(i), i ? u"s%1"_s.arg(i - 1) : QString(), now - 100 + i));
    view.look(see(snapshots, u"s59"_s));
    QVERIFY(view.setCurrentSnapshot(u"s30"_s));
    // What the screen shows, drawn by paint events alone: grab() would draw everything anew.
    const auto repainted = [&view](int node) {
        class Watch : public QObject
        {
        public:
            bool eventFilter(QObject *, QEvent *event) override
            {
                painted = painted || event->type() == QEvent::Paint;
                return false;
            }
            bool painted = false;
        } watch;
        QCoreApplication::processEvents();
        view.viewport()->installEventFilter(&watch);
        const QModelIndex index = view.model()->index(node, 0);
        Q_EMIT view.model()->dataChanged(index, index.siblingAtColumn(SnapshotModel::ColumnCount - 1));
        QCoreApplication::processEvents();
        return watch.painted;
    };
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QVERIFY(repainted(30));
    QVERIFY(!repainted(0));
    QVERIFY(!repainted(59));
}

void TestSnapshotView::bringsBackWhatAFilterHid()
{
    ShownView view;
    view.look(seeChain(60, now));
    QVERIFY(view.setCurrentSnapshot(u"daily-40"_s));
    view.setFilter(u"daily-12"_s);
    QCOMPARE(view.model()->rowCount(), 1);
    view.setFilter(u"nothing like it"_s);
    QCOMPARE(view.currentName(), u"-"_s);
    view.setFilter({});
    QCOMPARE(view.currentName(), u"daily-40"_s);
    QVERIFY(view.viewport()->rect().contains(view.visualRect(view.currentIndex()).center()));
}

void TestSnapshotView::takesTheNeighbourOfWhatIsGone()
{
    ShownView view;
    std::vector<Snapshot> snapshots{
        internal(u"a"_s, {}, now), internal(u"b"_s, u"a"_s, now), internal(u"c"_s, u"a"_s, now)};
    view.look(see(snapshots, u"a"_s));
    QVERIFY(view.setCurrentSnapshot(u"c"_s));
    QSignalSpy spy(&view, &SnapshotView::currentSnapshotChanged);
    snapshots.pop_back();
    view.look(see(snapshots, u"a"_s));
    QCOMPARE(spy.size(), 1);
    QVERIFY(view.currentName() != u"c" && view.currentName() != u"-");
    view.look(see({}, {}));
    QCOMPARE(view.currentName(), u"-"_s);
    QVERIFY(!spy.last().first().value<std::optional<SnapshotItem>>());
}

void TestSnapshotView::remembersEachMachine()
{
    ShownView view;
    view.look(seeChain(20, now));
    QVERIFY(view.setCurrentSnapshot(u"daily-3"_s));
    view.show(nullptr, nullptr, {});
    QCOMPARE(view.currentName(), u"-"_s);
    view.look(seeChain(20, now));
    QCOMPARE(view.currentName(), u"daily-3"_s);
}

void TestSnapshotView::speaksEveryRow()
{
    ShownView view;
    view.look(seeMixed(now));
    const QString spoken = view.text(4, Qt::AccessibleTextRole);
    for (const QString &part : {u"after-upgrade"_s, u"External disk and memory"_s, u"Running"_s, u"ago"_s})
        QVERIFY2(spoken.contains(part), qPrintable(spoken));
    const QString place = view.text(4, Qt::AccessibleDescriptionRole);
    QVERIFY2(place.contains(u"before-upgrade"_s) && place.contains(u"row 5 of 8"_s), qPrintable(place));
    for (int row = 0; row < view.model()->rowCount(); ++row) {
        for (int column = 0; column < view.model()->columnCount(); ++column) {
            if (!view.text(row, Qt::DisplayRole, column).isEmpty())
                QVERIFY(
                    view.text(row, Qt::AccessibleTextRole, column).contains(view.text(row, Qt::DisplayRole, column)));
        }
    }
    QAccessibleInterface *accessible = QAccessible::queryAccessibleInterface(&view);
    QVERIFY(accessible && accessible->tableInterface());
    QCOMPARE(accessible->text(QAccessible::Name), u"Snapshots"_s);
    QCOMPARE(accessible->tableInterface()->rowCount(), 8);
    QCOMPARE(accessible->tableInterface()->cellAt(4, 0)->text(QAccessible::Name), spoken);
    for (QAction *action : view.actions())
        QVERIFY(!action->text().isEmpty());
}

void TestSnapshotView::saysWhyItIsEmpty_data()
{
    QTest::addColumn<int>("which");
    QTest::addColumn<QString>("words");
    QTest::newRow("no machine") << 0 << u"No machine chosen"_s;
    QTest::newRow("gone") << 1 << u"no longer there"_s;
    QTest::newRow("reading") << 2 << u"Reading"_s;
    QTest::newRow("unreadable") << 3 << u"End of file"_s;
    QTest::newRow("no snapshots") << 4 << u"has no snapshots"_s;
    QTest::newRow("no match") << 5 << u"Nothing matches"_s;
}

void TestSnapshotView::saysWhyItIsEmpty()
{
    QFETCH(int, which);
    QFETCH(QString, words);
    ShownView view;
    switch (which) {
    case 1:
        view.show(nullptr, nullptr, machine);
        break;
    case 2:
        view.look(seeUnknown({}));
        break;
    case 3:
        view.look(seeUnknown(Fact<SnapshotTree>::unknown({ErrorCode::ConnectionLost, {}, u"End of file"_s})));
        break;
    case 4:
        view.look(see({}, {}));
        break;
    case 5:
        view.look(seeMixed(now));
        view.setFilter(u"<b>&"_s);
        break;
    default:
        break;
    }
    QVERIFY2(view.accessibleDescription().contains(words), qPrintable(view.accessibleDescription()));
    const QImage empty = view.viewport()->grab().toImage();
    view.setFilter({});
    view.look(seeMixed(now));
    QVERIFY(view.accessibleDescription().isEmpty());
    QVERIFY(view.viewport()->grab().toImage() != empty);
}

// What the desktop is asked to open, by the desktop's own way in.
void TestSnapshotView::opensTheFolder()
{
    QDesktopServices::setUrlHandler(u"file"_s, this, "openUrl");
    ShownView view;
    view.look(seeMixed(now));
    QVERIFY(view.setCurrentSnapshot(u"after-upgrade"_s));
    QVERIFY(view.openFolderAction()->isEnabled());
    view.openFolderAction()->trigger(); // all its files are in one
    QCOMPARE(m_opened, QList<QUrl>{QUrl(u"file:///images"_s)});

    // A folder for each that there is, named as it is.
    Snapshot spread = external(u"spread"_s, {}, now, {u"vda"_s, u"vdb"_s});
    spread.disks[0].overlay.location.name = u"/srv/a b/100%25 #1/over?lay.qcow2"_s;
    view.look(see({spread}, u"spread"_s));
    QVERIFY(view.setCurrentSnapshot(u"spread"_s));
    const QMenu *menu = view.openFolderAction()->menu();
    QVERIFY(menu);
    QStringList folders;
    for (QAction *action : menu->actions()) {
        action->trigger();
        folders += m_opened.last().toLocalFile();
    }
    folders.sort();
    QCOMPARE(folders, (QStringList{u"/images"_s, u"/srv/a b/100%25 #1"_s}));

    // Of another host no folder can be opened here, and its paths can still be copied.
    Sight remote = seeMixed(now);
    auto inventory = std::make_shared<Inventory>(*remote.inventory);
    inventory->host.isLocal = false;
    remote.inventory = inventory;
    view.look(remote);
    QVERIFY(view.setCurrentSnapshot(u"after-upgrade"_s));
    QVERIFY(!view.openFolderAction()->isEnabled());
    QVERIFY(view.copyPathAction()->isEnabled());
    const qsizetype before = m_opened.size();
    view.openFolderAction()->trigger();
    QCOMPARE(m_opened.size(), before);
    QDesktopServices::unsetUrlHandler(u"file"_s);
}

void TestSnapshotView::neverInterpretsNames()
{
    ShownView view;
    const QString name = u"<b>x</b> & \"y\" "_s + QString(5000, u'W');
    view.look(see({internal(name, {}, now), internal(u"לפני\nהעדכון"_s, name, now)}, name));
    QCOMPARE(view.text(0, Qt::DisplayRole), name);
    QVERIFY(view.text(0, Qt::ToolTipRole).contains(u"&lt;b&gt;x&lt;/b&gt; &amp;"_s));
    QVERIFY(!view.viewport()->grab().isNull());
    QVERIFY(view.horizontalScrollBar()->maximum() == 0);
}

void TestSnapshotView::copies()
{
    ShownView view;
    view.look(seeMixed(now));
    QVERIFY(view.setCurrentSnapshot(u"after-upgrade"_s));
    QTest::keySequence(&view, QKeySequence::Copy);
    QCOMPARE(QApplication::clipboard()->text(), u"after-upgrade"_s);
    const QList<QAction *> files = view.copyPathAction()->menu()->actions();
    QCOMPARE(files.size(), 3);
    files.last()->trigger();
    QCOMPARE(QApplication::clipboard()->text(), u"/images/after-upgrade.memory"_s);
    QVERIFY(view.openFolderAction()->isEnabled());
    QVERIFY(view.setCurrentSnapshot(u"drivers"_s)); // whose file is not recorded
    QVERIFY(!view.copyPathAction()->isEnabled());
    QTest::keyClick(&view, Qt::Key_End);
    QVERIFY(!view.copyPathAction()->menu());
    view.copyPathAction()->trigger();
    QCOMPARE(QApplication::clipboard()->text(), u"/images/disk.1719650000"_s);
}

void TestSnapshotView::foldsByMouse()
{
    ShownView view;
    view.look(seeMixed(now));
    const QRect row = view.visualRect(view.model()->index(0, 0));
    const QPoint mark(row.right() - 16, row.center().y());
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, mark);
    QCOMPARE(view.model()->rowCount(), 4);
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, mark);
    QCOMPARE(view.model()->rowCount(), 8);
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, QPoint(row.left() + 60, row.center().y()));
    QCOMPARE(view.model()->rowCount(), 8);
    QCOMPARE(view.currentName(), u"clean-install"_s);
}

void TestSnapshotView::hidesColumnsAndRemembers()
{
    QByteArray state;
    {
        ShownView view;
        QCOMPARE(view.columnActions().size(), 4); // with the shields'
        view.columnActions().at(1)->trigger();
        QVERIFY(view.isColumnHidden(SnapshotModel::CreatedColumn));
        view.arrangeActions().at(0)->trigger();
        state = view.saveState();
    }
    ShownView view;
    QVERIFY(!view.restoreState("nonsense"));
    QVERIFY(view.restoreState(state));
    QVERIFY(view.isColumnHidden(SnapshotModel::CreatedColumn));
    QVERIFY(!view.columnActions().at(1)->isChecked());
    QVERIFY(view.arrangeActions().at(0)->isChecked());
}

void TestSnapshotView::measures()
{
    ShownView view;
    view.look(seeMixed(now));
    QSignalSpy spy(&view, &SnapshotView::measureRequested);
    QVERIFY(view.setCurrentSnapshot(u"before-upgrade"_s));
    QVERIFY(!view.measureAction()->isEnabled());
    QVERIFY(view.setCurrentSnapshot(u"clean-install"_s));
    view.measureAction()->trigger();
    QCOMPARE(spy.size(), 1);
    QCOMPARE(spy.first().at(1).toString(), u"clean-install"_s);

    // Not of a machine that runs.
    Sight running = seeMixed(now);
    auto inventory = std::make_shared<Inventory>(*running.inventory);
    auto domain = std::make_shared<Domain>(*inventory->domains.front());
    domain->state = DomainState::Running;
    inventory->domains.front() = domain;
    running.inventory = inventory;
    view.look(running);
    QCOMPARE(view.currentName(), u"clean-install"_s);
    QVERIFY(!view.measureAction()->isEnabled());
    QVERIFY(view.measureAction()->toolTip().contains(u"shut it down to measure"_s));
    view.look(seeMixed(now));
    QVERIFY(view.measureAction()->isEnabled());
}

void TestSnapshotView::staysQuick_data()
{
    QTest::addColumn<bool>("chain");
    QTest::newRow("chain") << true;
    QTest::newRow("bushy") << false;
}

void TestSnapshotView::staysQuick()
{
    QFETCH(bool, chain);
    QRandomGenerator random(3);
    std::vector<Snapshot> snapshots;
    for (int i = 0; i < 10000; ++i)
        snapshots.push_back(internal(
            u"s%1"_s.arg(i), i ? u"s%1"_s.arg(chain ? i - 1 : random.bounded(i)) : QString(), now - 10000 + i));
    const Sight sight = see(snapshots, u"s9999"_s);
    snapshots.push_back(internal(u"new"_s, u"s9999"_s, now));
    const Sight later = see(snapshots, u"new"_s);
    ShownView view;
    QElapsedTimer timer;
    const auto measured
        = [&timer](const char *what) { qInfo("%s: %.1f ms", what, double(timer.nsecsElapsed()) / 1e6); };
    timer.start();
    view.look(sight);
    measured("show");
    timer.start();
    view.viewport()->grab();
    measured("first painting");
    timer.start();
    view.viewport()->grab();
    measured("painting");
    QVERIFY(view.setCurrentSnapshot(u"s5000"_s));
    timer.start();
    view.look(later);
    measured("one more snapshot");
    timer.start();
    view.setFilter(u"77"_s);
    measured("filter");
    timer.start();
    view.setFilter({});
    measured("no filter");
    timer.start();
    view.arrangeActions().at(0)->trigger();
    measured("turned over");
    QCOMPARE(view.currentName(), u"s5000"_s);
}

QTEST_MAIN(TestSnapshotView)
#include "tst_snapshotview.moc"
