// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/inventorybuilder.h"
#include "views/detailspanel.h"

#include <QApplication>
#include <QClipboard>
#include <QDesktopServices>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QUrl>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

const QString Mixed = uR"(
image disk.qcow2 tags=clean,drivers:64,stray allocated=7000
image disk.before on=disk.qcow2 allocated=900
machine vm
disk vda disk.qcow2
internal clean vda=disk.qcow2
internal drivers parent=clean memory vda=disk.qcow2
external before parent=drivers vda=disk.qcow2>disk.before
current drivers
)"_s;

SnapshotItem snapshotItem(const QString &name, SnapshotKind kind)
{
    SnapshotItem item;
    item.name = name;
    item.snapshotKind = kind;
    return item;
}

} // namespace

class TestDetailsPanel : public QObject
{
    Q_OBJECT

public Q_SLOTS:
    void openUrl(const QUrl &url) { m_opened += url; } // in the place of the desktop

private:
    QList<QUrl> m_opened;

private Q_SLOTS:
    void init() { m_panel = std::make_unique<DetailsPanel>(); }

    void anExternalSnapshotHasTwoFilesByTheirRoles()
    {
        show(Mixed, snapshotItem(u"before"_s, SnapshotKind::External));
        const QStringList lines = shownLines();
        QVERIFY(lines.contains(u"before"_s));
        const auto frozen = lines.indexOf(u"Frozen state"_s);
        const auto after = lines.indexOf(u"What came after"_s);
        QVERIFY(frozen >= 0);
        QVERIFY(after > frozen);
        QCOMPARE(lines.at(frozen + 1), test::path(u"disk.qcow2"_s));
        QCOMPARE(lines.at(after + 1), test::path(u"disk.before"_s));
        // Who else relies on the frozen file, and that the machine writes to it.
        QVERIFY(contains(u"Is what the machine runs on now"_s));
        QVERIFY(contains(u"Also holds clean, drivers"_s));
        QVERIFY(contains(u"frozen state of “before” on disk vda lies in"_s));
    }
    void anInternalSnapshotNamesItsTagAndImage()
    {
        show(Mixed, snapshotItem(u"drivers"_s, SnapshotKind::Internal));
        QVERIFY(contains(u"Tag “drivers” in"_s));
        QVERIFY(contains(test::path(u"disk.qcow2"_s)));
        QVERIFY(contains(u"of saved memory"_s));
    }
    void eachSnapshotTellsOfTheTpm()
    {
        const QString host = QString(Mixed).replace(u"disk vda disk.qcow2\n"_s, u"disk vda disk.qcow2\nhas tpm\n"_s);
        const QString kept = u"TPM’s state is kept with the memory"_s;
        const QString lost = u"TPM’s state is not kept"_s;
        show(host, snapshotItem(u"drivers"_s, SnapshotKind::Internal)); // with its memory
        QVERIFY(contains(kept) && !contains(lost));
        show(host, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        QVERIFY(contains(lost) && !contains(kept));
        show(host, snapshotItem(u"before"_s, SnapshotKind::External));
        QVERIFY(contains(lost) && !contains(kept));
        show(Mixed, snapshotItem(u"drivers"_s, SnapshotKind::Internal));
        QVERIFY(!contains(u"TPM"_s));
    }
    void measuring()
    {
        show(Mixed, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        QSignalSpy wanted(m_panel.get(), &DetailsPanel::measureRequested);
        auto *button = m_panel->findChild<QPushButton *>();
        QVERIFY(button);
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted.at(0).at(1).toString(), u"clean"_s);
        m_panel->setMeasured(DomainId(u"vm"_s), u"clean"_s, Bytes(5 * MiB));
        QVERIFY(contains(u"would free 5.0 MiB"_s));
        m_panel->setMeasured(DomainId(u"vm"_s), u"clean"_s, Fact<Bytes>::unknown({ErrorCode::Busy, {}, {}}));
        QVERIFY(contains(u"could not be measured: busy"_s));

        // The same answer as before ends the waiting too.
        button = m_panel->findChild<QPushButton *>();
        QTest::mouseClick(button, Qt::LeftButton);
        m_panel->setMeasured(DomainId(u"vm"_s), u"clean"_s, Fact<Bytes>::unknown({ErrorCode::Busy, {}, {}}));
        QVERIFY(m_panel->findChild<QPushButton *>()->isEnabled());

        // The image was written to since.
        m_panel->setMeasured(DomainId(u"vm"_s), u"clean"_s, Bytes(5 * MiB));
        show(QString(Mixed).replace(u"stray allocated"_s, u"stray,more allocated"_s),
            snapshotItem(u"clean"_s, SnapshotKind::Internal));
        QVERIFY(!m_panel->plainText().contains(u"would free"_s));
    }
    void aMachineThatRunsIsNotMeasured()
    {
        show(QString(Mixed).replace(u"machine vm"_s, u"machine vm running"_s),
            snapshotItem(u"clean"_s, SnapshotKind::Internal));
        QVERIFY(contains(u"shut it down to measure"_s));
        auto *button = m_panel->findChild<QPushButton *>();
        QVERIFY(button && !button->isEnabled());
        QVERIFY(button->accessibleDescription().contains(u"shut it down to measure"_s));
        show(Mixed, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        QVERIFY(m_panel->findChild<QPushButton *>()->isEnabled());
    }
    void aLayerWithoutRoomHasItsMarkBelow()
    {
        const auto heightOf = [](const QString &name, const QString &mark) {
            LayerBox box;
            box.name = name;
            box.mark = mark;
            const LayersView view({box});
            return view.heightForWidth(view.fontMetrics().averageCharWidth() * 30);
        };
        const QString mark = u"you are here"_s;
        const int one = heightOf(u"disk"_s, {});
        QCOMPARE(heightOf(u"disk"_s, mark), one);
        QVERIFY(heightOf(QString(26, u'm'), mark) > heightOf(QString(26, u'm'), {}));
        QVERIFY(heightOf(QString(26, u'm'), {}) > one); // the whole name
        QCOMPARE(heightOf(QString(4000, u'm'), {}), heightOf(QString(400, u'm'), {}));
    }
    void namesStandInOrder()
    {
        QString shared = u"image base.qcow2\n"_s;
        const QStringList names{u"vm"_s, u"zebra"_s, u"ant"_s, u"mole"_s};
        for (const QString &name : names)
            shared += u"image %1.qcow2 on=base.qcow2\n"_s.arg(name);
        for (const QString &name : names)
            shared += u"machine %1\ndisk vda %1.qcow2\n"_s.arg(name);
        show(shared, {});
        QVERIFY(contains(u"Shared with ant, mole, zebra"_s));
    }
    void aPathIsNotBrokenBehindItsFirstSlash()
    {
        show(Mixed, snapshotItem(u"before"_s, SnapshotKind::External));
        int paths = 0;
        for (const QLabel *label : m_panel->findChildren<QLabel *>()) {
            for (qsizetype at = label->text().indexOf(u'/'); at >= 0; at = label->text().indexOf(u'/', at + 1)) {
                if (at > 0 && !label->text()[at - 1].isSpace())
                    continue;
                ++paths;
                QCOMPARE(label->text()[at + 1], QChar(0x2060));
            }
        }
        QVERIFY(paths > 2);
    }
    void aPathIsCopiedAsItIs()
    {
        show(Mixed, snapshotItem(u"before"_s, SnapshotKind::External));
        const QString path = test::path(u"disk.qcow2"_s);
        QLabel *found = nullptr;
        for (QLabel *label : m_panel->findChildren<QLabel *>()) {
            if (label->accessibleName() == path)
                found = label;
        }
        QVERIFY(found && found->text() != path);
        QGuiApplication::clipboard()->clear();
        m_panel->QWidget::show();
        m_panel->activateWindow();
        QTRY_VERIFY(m_panel->isActiveWindow());
        found->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        found->setFocus();
        QTRY_COMPARE(QApplication::focusWidget(), found);
        found->setSelection(0, int(found->text().size()));
        QTest::keyClick(found, Qt::Key_C, Qt::ControlModifier);
        QTRY_COMPARE(QGuiApplication::clipboard()->text(), path);
    }
    // By the buttons beside it, with the desktop's own way in.
    void aPathIsCopiedAndItsFolderOpened()
    {
        QDesktopServices::setUrlHandler(u"file"_s, this, "openUrl");
        const SnapshotItem item = snapshotItem(u"before"_s, SnapshotKind::External);
        const QString path = test::path(u"disk.qcow2"_s);
        const auto press = [&](const QString &name) {
            for (QToolButton *button : m_panel->findChildren<QToolButton *>()) {
                if (button->accessibleName() == name) {
                    button->click();
                    return true;
                }
            }
            return false;
        };
        // A folder of another host cannot be opened here.
        show(Mixed, item);
        QVERIFY(press(u"Copy the path "_s + path));
        QVERIFY(!press(u"Open the folder of "_s + path));
        show(Mixed, item, true);
        QGuiApplication::clipboard()->clear();
        QVERIFY(press(u"Copy the path "_s + path));
        QCOMPARE(QGuiApplication::clipboard()->text(), path);
        QVERIFY(press(u"Open the folder of "_s + path));
        QDesktopServices::unsetUrlHandler(u"file"_s);
        QCOMPARE(m_opened, QList<QUrl>{QUrl::fromLocalFile(QFileInfo(path).path())});
    }
    void aStrayTagIsExplained()
    {
        SnapshotItem item;
        item.kind = RowKind::Orphan;
        item.orphanKind = OrphanKind::Tag;
        item.name = u"stray"_s;
        item.path = test::path(u"disk.qcow2"_s);
        show(Mixed, item);
        QVERIFY(contains(u"libvirt has no snapshot of it"_s));
        QVERIFY(contains(test::path(u"disk.qcow2"_s)));
    }
    void hereIsTheMachine()
    {
        SnapshotItem here;
        here.kind = RowKind::Here;
        show(Mixed, here);
        QVERIFY(contains(u"mixes internal and external"_s));
        QVERIFY(contains(u"Active image"_s));
    }
    void unknownIsSaidWithItsReason()
    {
        show(u"image disk.qcow2 unreadable\nmachine vm\ndisk vda disk.qcow2\n"_s, {});
        QVERIFY(contains(u"Contents unknown: permission denied"_s));
    }
    void aMissingLayerIsDrawnAsSuch()
    {
        show(u"image top.qcow2 on=gone.qcow2\nimage gone.qcow2 absent\nmachine vm\ndisk vda top.qcow2\n"_s, {});
        QVERIFY(contains(u"This file is not there"_s));
        const auto boxes = layersOf(*m_inventory, *m_assessment, *m_inventory->domains.front(),
            {SourceKind::File, test::path(u"top.qcow2"_s)}, {});
        QCOMPARE(boxes.size(), size_t(2));
        QCOMPARE(boxes.at(0).look, LayerBox::Look::Overlay);
        QCOMPARE(boxes.at(1).look, LayerBox::Look::Missing);
    }
    void aLongStackIsFolded()
    {
        QString text = u"image l0\n"_s;
        for (int i = 1; i < 60; ++i)
            text += u"image l%1 on=l%2\n"_s.arg(i).arg(i - 1);
        show(text + u"machine vm\ndisk vda l59\n"_s, {});
        auto *layers = m_panel->findChild<LayersView *>();
        QVERIFY(layers);
        QVERIFY(layers->isFolded());
        const int folded = layers->heightForWidth(300);
        layers->setFocus();
        QTest::keyClick(layers, Qt::Key_Space);
        QVERIFY(!layers->isFolded());
        QVERIFY(layers->heightForWidth(300) > 4 * folded);
        QVERIFY(layers->accessibleDescription().contains(u"l37"_s));
    }
    void ofManyOwnersTheFirstAreNamed()
    {
        QStringList tags;
        QString snapshots;
        for (int i = 1; i <= 300; ++i) {
            tags += u"s%1"_s.arg(i);
            snapshots += u"internal s%1 vda=disk.qcow2\n"_s.arg(i);
        }
        show(u"image disk.qcow2 tags=%1\nmachine vm\ndisk vda disk.qcow2\n"_s.arg(tags.join(u',')) + snapshots,
            snapshotItem(u"s2"_s, SnapshotKind::Internal));
        QVERIFY(contains(u"Also holds s1, s3, s4, s5 and 295 more"_s));
        QVERIFY(contains(u"Needed by s1, s2, s3, s4 and 296 more"_s));
    }
    void aChangedFileIsShownAtAllThatLieOnTop_data()
    {
        QTest::addColumn<QString>("how");
        QTest::addColumn<QString>("atFirst");
        QTest::addColumn<QString>("above");
        QTest::newRow("certain") << u"changed"_s << u"is not as it was when “E1” came to rest on it"_s
                                 << u"“E2” lies on top of %1, which is not as it was when “E1” came to rest on it"_s;
        QTest::newRow("perhaps") << u"touched"_s << u"was written to since “E1” came to rest on it"_s
                                 << u"“E2” lies on top of %1, which was written to since “E1” came to rest on it"_s;
    }
    void aChangedFileIsShownAtAllThatLieOnTop()
    {
        QFETCH(const QString, how);
        QFETCH(const QString, atFirst);
        QFETCH(const QString, above);
        const QString host = u"image d %1=vm/E1\nimage d.E1 on=d\nimage d.E2 on=d.E1\nmachine vm\ndisk vda d.E2\n"
                             "external E1 vda=d>d.E1\nexternal E2 parent=E1 vda=d.E1>d.E2\ncurrent E2"_s.arg(how);
        show(host, snapshotItem(u"E1"_s, SnapshotKind::External));
        QVERIFY(contains(atFirst));
        QVERIFY(!m_panel->plainText().contains(u"lies on top of"_s));
        show(host, snapshotItem(u"E2"_s, SnapshotKind::External));
        QVERIFY(contains(above.arg(test::path(u"d"_s))));
        show(host, {}); // of the machine it is one
        QCOMPARE(m_panel->plainText().count(u"came to rest on it"_s), 1);
    }
    void ofManyProblemsTheGravestAreShown()
    {
        show(Mixed, {});
        auto assessment = std::make_shared<Assessment>(*m_assessment);
        assessment->problems.clear();
        for (int i = 0; i < 500; ++i) {
            const Severity severity = i == 400 ? Severity::Danger : Severity::Warning;
            assessment->problems.push_back({i == 400 ? u"image-missing"_s : u"image-dirty"_s, severity,
                DomainId(u"vm"_s), u"/images/%1"_s.arg(i), {u"vda"_s}, {}});
        }
        m_panel->show(m_inventory, assessment, DomainId(u"vm"_s), {});
        QVERIFY(contains(u"/images/400"_s));
        QVERIFY(contains(u"/images/0"_s));
        QVERIFY(contains(u"480 more problem"_s));
        QVERIFY(!m_panel->plainText().contains(u"/images/300"_s));
    }
    void textCanBeSelected()
    {
        show(Mixed, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        m_panel->resize(400, 600);
        m_panel->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_panel.get()));
        const auto labels = m_panel->widget()->findChildren<QLabel *>();
        const auto path = std::find_if(labels.begin(), labels.end(),
            [](const QLabel *label) { return label->accessibleName() == test::path(u"disk.qcow2"_s); });
        QVERIFY(path != labels.end());
        const QRect before = (*path)->geometry();
        QEnterEvent enter(QPointF(1, 1), QPointF(1, 1), QPointF(1, 1));
        QCoreApplication::sendEvent(*path, &enter);
        QCoreApplication::processEvents();
        QCOMPARE((*path)->geometry(), before); // nothing moves under the pointer
        QTest::mouseDClick(*path, Qt::LeftButton, {}, QPoint(20, before.height() / 2));
        QVERIFY((*path)->hasSelectedText());
    }
    void differencesThenAndNow()
    {
        QSignalSpy wanted(m_panel.get(), &DetailsPanel::differencesWanted);
        show(Mixed, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        QCOMPARE(wanted.size(), 1);
        QVERIFY(m_panel->isReading());
        m_panel->setDifferences(
            DomainId(u"vm"_s), u"drivers"_s, std::vector<DefinitionDifference>{{u"vcpu"_s, u"1"_s, u"2"_s}});
        QVERIFY(m_panel->isReading()); // an answer about another snapshot
        m_panel->setDifferences(
            DomainId(u"vm"_s), u"clean"_s, std::vector<DefinitionDifference>{{u"memory"_s, u"2048"_s, u"4096"_s}});
        QVERIFY(!m_panel->isReading());
        QVERIFY(contains(u"memory\n2048\n4096"_s));
    }
    void aReadingThatFoundNothingNewChangesNothing()
    {
        show(Mixed, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        const QWidget *content = m_panel->widget();
        show(Mixed, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        QCOMPARE(m_panel->widget(), content);
        show(Mixed, snapshotItem(u"drivers"_s, SnapshotKind::Internal));
        QVERIFY(m_panel->widget() != content);
    }
    void anAgeThatGoesOnTakesAwayNothing()
    {
        show(Mixed, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        m_panel->setNow(500 + 3 * 60); // the snapshot was taken at 500
        m_panel->show();
        QVERIFY(QTest::qWaitForWindowActive(m_panel.get()));
        auto *button = m_panel->findChild<QPushButton *>();
        button->setFocus();
        const QString before = m_panel->plainText();
        m_panel->setNow(500 + 5 * 60);
        QVERIFY(m_panel->plainText() != before);
        QVERIFY(contains(u"Taken 5 minute"_s));
        const auto labels = m_panel->findChildren<QLabel *>();
        QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel *label) {
            return label->text().contains(u"Taken 5 minute"_s) && label->accessibleName() == label->text();
        }));
        QCOMPARE(m_panel->findChild<QPushButton *>(), button);
        QCOMPARE(QApplication::focusWidget(), button);
    }
    void whatIsBuiltAnewKeepsTheFocus()
    {
        show(Mixed, snapshotItem(u"clean"_s, SnapshotKind::Internal));
        m_panel->show();
        QVERIFY(QTest::qWaitForWindowActive(m_panel.get()));
        m_panel->findChild<QPushButton *>()->setFocus();
        const QString name = QApplication::focusWidget()->accessibleName();
        const QWidget *content = m_panel->widget();
        QString host = Mixed;
        show(host.replace(u"tags=clean"_s, u"tags=other,clean"_s), snapshotItem(u"clean"_s, SnapshotKind::Internal));
        QVERIFY(m_panel->widget() != content);
        QVERIFY(QApplication::focusWidget());
        QCOMPARE(QApplication::focusWidget()->accessibleName(), name);
    }
    void whatNoMachineUsesIsShownForTheHost()
    {
        m_inventory = std::make_shared<Inventory>(
            test::inventoryOf(u"image base\nimage gone.s1 on=base\nimage a\nmachine vm\ndisk vda a"_s));
        m_assessment = std::make_shared<Assessment>(assess(*m_inventory));
        m_panel->show(m_inventory, m_assessment, {}, {});
        QVERIFY(contains(u"Files that no machine uses"_s));
        QVERIFY(contains(test::path(u"gone.s1"_s)));
        QVERIFY(contains(u"Overlay that nothing refers to"_s));
        m_inventory = std::make_shared<Inventory>(
            test::inventoryOf(u"image broken malformed\nimage a\nmachine vm\ndisk vda a"_s));
        m_assessment = std::make_shared<Assessment>(assess(*m_inventory));
        m_panel->show(m_inventory, m_assessment, {}, {});
        QVERIFY(contains(test::path(u"broken"_s) + u" is not a valid disk image"_s));
        show(u"image a\nmachine vm\ndisk vda a"_s, {});
        m_panel->show(m_inventory, m_assessment, {}, {});
        QCOMPARE(m_panel->plainText(), QString());
    }
    void saysWhatCouldNotBeLookedAt()
    {
        const auto plain = [&] { return m_panel->plainText(); };
        show(u"image a\nmachine vm nosnapshots\ndisk vda a"_s, {});
        QVERIFY2(plain().contains(u"could be read: “vm”."_s), qPrintable(plain()));
        SnapshotItem stray;
        stray.kind = RowKind::Orphan;
        stray.orphanKind = OrphanKind::Overlay;
        stray.isCertain = false;
        stray.name = u"b"_s;
        stray.path = test::path(u"b"_s);
        show(u"image a\nimage b on=a\nmachine vm\ndisk vda a\nmachine dark unreadable"_s, stray);
        QVERIFY2(plain().contains(u"Overlay that nothing refers to (not certain)"_s), qPrintable(plain()));
        QVERIFY2(plain().contains(u"could be read: “dark”."_s), qPrintable(plain()));
        show(u"image a\nmachine vm\ndisk vda a"_s, {});
        QVERIFY(!plain().contains(u"could be read"_s));
    }
    void nothingIsWiderThanThePanel_data()
    {
        QTest::addColumn<int>("width");
        QTest::newRow("narrow") << 240;
        QTest::newRow("wide") << 700;
    }
    void nothingIsWiderThanThePanel()
    {
        QFETCH(int, width);
        const QString longName = QString(90, u'x');
        show(u"image %1\nimage %1.2 on=%1\nmachine vm\ndisk vda %1.2\nexternal %1 vda=%1>%1.2\ncurrent %1\n"_s.arg(
                 longName),
            snapshotItem(longName, SnapshotKind::External));
        m_panel->resize(width, 600);
        m_panel->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_panel.get()));
        const auto widgets = m_panel->widget()->findChildren<QWidget *>();
        QVERIFY(!widgets.isEmpty());
        for (const QWidget *widget : widgets) {
            const int right = widget->mapTo(m_panel->widget(), QPoint(widget->width(), 0)).x();
            QVERIFY2(right <= m_panel->viewport()->width(), qPrintable(widget->accessibleName()));
            // Nor is what it says: a word that does not fit would be cut.
            const auto *label = qobject_cast<const QLabel *>(widget);
            if (label && label->wordWrap() && !label->text().isEmpty()) {
                const QRect needed = label->fontMetrics().boundingRect(
                    QRect(0, 0, label->contentsRect().width(), 10000), Qt::TextWordWrap, label->text());
                QVERIFY2(needed.width() <= label->contentsRect().width(), qPrintable(label->text()));
            }
        }
    }

private:
    void show(const QString &host, const std::optional<SnapshotItem> &item, bool isLocal = false)
    {
        Inventory inventory = test::inventoryOf(host);
        inventory.host.isLocal = isLocal;
        m_inventory = std::make_shared<Inventory>(std::move(inventory));
        m_assessment = std::make_shared<Assessment>(assess(*m_inventory));
        m_panel->show(m_inventory, m_assessment, DomainId(u"vm"_s), item);
    }
    QStringList shownLines() const { return m_panel->plainText().split(u'\n'); }
    bool contains(const QString &text) const
    {
        const bool found = m_panel->plainText().contains(text);
        if (!found)
            qDebug().noquote() << m_panel->plainText();
        return found;
    }

    std::unique_ptr<DetailsPanel> m_panel;
    std::shared_ptr<const Inventory> m_inventory;
    std::shared_ptr<const Assessment> m_assessment;
};

QTEST_MAIN(TestDetailsPanel)
#include "tst_detailspanel.moc"
