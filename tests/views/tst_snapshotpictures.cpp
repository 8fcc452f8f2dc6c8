// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the snapshot view to pictures in the build folder, for a person to look at, and checks what can be checked.
#include "tests/support/snapshottrees.h"
#include "views/colors.h"
#include "views/snapshotview.h"

#include <QApplication>
#include <QDateTime>
#include <QDir>
#include <QHeaderView>
#include <QStyleFactory>
#include <QTest>

using namespace treewarden;
using namespace treewarden::test;

namespace {

QPalette darkPalette()
{
    QPalette palette(QColor(0x25, 0x28, 0x2c));
    palette.setColor(QPalette::Base, QColor(0x1c, 0x1f, 0x22));
    palette.setColor(QPalette::Text, QColor(0xf0, 0xf2, 0xf4));
    palette.setColor(QPalette::WindowText, QColor(0xf0, 0xf2, 0xf4));
    palette.setColor(QPalette::Highlight, QColor(0x30, 0x8c, 0xc6));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    return palette;
}

Sight bushy(qint64 now)
{
    std::vector<Snapshot> snapshots{internal(u"base"_s, {}, now - 900000)};
    for (int branch = 0; branch < 6; ++branch) {
        QString parent = u"base"_s;
        for (int step = 0; step <= branch % 4; ++step) {
            const QString name = u"branch %1, step %2"_s.arg(branch + 1).arg(step + 1);
            snapshots.push_back(branch % 2
                    ? external(name, parent, now - 800000 + branch * 60000 + step * 7000, {u"vda"_s, u"vdb"_s})
                    : internal(name, parent, now - 800000 + branch * 60000 + step * 7000));
            if (step == 1)
                snapshots.push_back(internal(name + u" aside"_s, parent, now - 500000 + branch));
            parent = name;
        }
    }
    return see(std::move(snapshots), u"branch 3, step 2"_s, {}, {image(u"/images/vda.qcow2"_s, 3 * GiB)});
}

Sight odd(qint64 now)
{
    std::vector<Snapshot> snapshots{internal(u"<b>not bold</b> & \"quoted\""_s, {}, now - 40),
        internal(QString(300, u'W'), u"<b>not bold</b> & \"quoted\""_s, now - 30),
        internal(u"לפני העדכון"_s, QString(300, u'W'), now + 864000), external(u"lost"_s, u"לפני העדכון"_s, 0),
        external(u"two disks and memory"_s, u"lost"_s, now - 100000000, {u"vda"_s, u"vdb"_s}, true)};
    snapshots[0].description = u"A <i>description</i> with two\nlines"_s;
    snapshots[4].description = u"before the long weekend"_s;
    Sight sight = see(std::move(snapshots), u"two disks and memory"_s,
        {{OrphanKind::Metadata, {}, {}, u"lost"_s, {}, {}},
            {OrphanKind::Memory, {}, u"/images/old.memory"_s, u"old.memory"_s, 2 * GiB, {}}});
    auto assessment = std::make_shared<Assessment>(*sight.assessment);
    assessment->problems.push_back({u"image-missing"_s, Severity::Danger, machine, u"lost"_s, {}});
    sight.assessment = assessment;
    return sight;
}

} // namespace

class TestSnapshotPictures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QApplication::setStyle(QStyleFactory::create(u"fusion"_s));
        m_light = QApplication::style()->standardPalette();
    }
    void draws_data();
    void draws();

private:
    QPalette m_light;
};

void TestSnapshotPictures::draws_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("dark");
    QTest::addColumn<int>("scale");
    QTest::addColumn<int>("fewestRows");
    const auto add = [](const QString &name, bool dark, int scale, int rows) {
        const QString row = u"%1-%2-%3"_s.arg(name, dark ? u"dark"_s : u"light"_s).arg(scale * 100);
        QTest::newRow(qPrintable(row)) << name << dark << scale << rows;
    };
    for (const bool dark : {false, true}) {
        add(u"mixed"_s, dark, 1, 8);
        add(u"mixed"_s, dark, 2, 8);
        add(u"bushy"_s, dark, 1, 10);
        add(u"odd"_s, dark, 1, 6);
        add(u"empty"_s, dark, 1, 0);
    }
    add(u"mixed-newest"_s, false, 1, 8);
    add(u"bushy"_s, false, 2, 10);
    add(u"bushy-newest"_s, false, 1, 10);
    add(u"bushy-filtered"_s, false, 1, 3);
    add(u"bushy-folded"_s, false, 1, 3);
    add(u"bushy-rtl"_s, false, 1, 10);
    add(u"chain"_s, false, 1, 61);
    add(u"odd"_s, false, 2, 6);
    add(u"unreadable"_s, false, 1, 0);
}

void TestSnapshotPictures::draws()
{
    QFETCH(QString, name);
    QFETCH(bool, dark);
    QFETCH(int, scale);
    QFETCH(int, fewestRows);
    QApplication::setPalette(dark ? darkPalette() : m_light);
    const qint64 now = QDateTime::currentSecsSinceEpoch();

    SnapshotView view;
    view.resize(704, 540);
    if (name.endsWith(u"-rtl"))
        view.setLayoutDirection(Qt::RightToLeft);
    Sight sight = name.startsWith(u"mixed") ? seeMixed(now)
        : name.startsWith(u"bushy")         ? bushy(now)
        : name == u"odd"                    ? odd(now)
        : name == u"chain"                  ? seeChain(60, now)
        : name == u"empty"                  ? see({}, {})
                                            : seeUnknown(Fact<SnapshotTree>::unknown({ErrorCode::ConnectionLost, {},
                                                u"End of file while reading data: Input/output error"_s}));
    view.show(sight.inventory, sight.assessment, machine);
    if (name.endsWith(u"-newest"))
        view.arrangeActions().first()->trigger();
    if (name.endsWith(u"-filtered"))
        view.setFilter(u"step 3"_s);
    view.show();
    view.setFocus();
    view.activateWindow();
    if (name.startsWith(u"mixed"))
        QVERIFY(view.setCurrentSnapshot(u"before-upgrade"_s));
    if (name.endsWith(u"-folded")) {
        QVERIFY(view.setCurrentSnapshot(u"branch 4, step 1"_s));
        view.foldAction()->trigger();
    }
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QVERIFY(view.model()->rowCount() >= fewestRows);

    QImage picture(view.size() * scale, QImage::Format_RGB32);
    picture.setDevicePixelRatio(scale);
    view.render(&picture);
    const QDir folder(u"" TREEWARDEN_BIN "/../screenshots"_s);
    QVERIFY(folder.mkpath(u"."_s));
    QVERIFY(picture.save(folder.filePath(u"snapshots-%1.png"_s.arg(QString::fromUtf8(QTest::currentDataTag())))));

    // The colours of the marks must be on the picture, and nothing but words where there are no rows.
    QHash<QRgb, int> pixels;
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x)
            ++pixels[picture.pixel(x, y)];
    }
    const bool hasHere = pixels.value(color(ColorRole::Here, QApplication::palette()).rgb()) > 20;
    QCOMPARE(hasHere, fewestRows > 0 && name != u"bushy-filtered");
    if (fewestRows > 0)
        QVERIFY(pixels.value(color(ColorRole::Internal, QApplication::palette()).rgb()) > 50);
}

QTEST_MAIN(TestSnapshotPictures)
#include "tst_snapshotpictures.moc"
