// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the guarded dialogs to pictures in the build folder, for a person to look at, and checks what can be checked:
// that nothing is cut off and that text keeps its contrast.
#include "tests/support/sampleplans.h"
#include "tests/support/snapshottrees.h"
#include "views/createform.h"
#include "views/plandialog.h"
#include "views/tonelabel.h"

#include <QApplication>
#include <QDate>
#include <QDir>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStyleFactory>
#include <QTest>
#include <QToolButton>

using namespace treewarden;
using namespace treewarden::test;

namespace {

QPalette darkPalette()
{
    QPalette palette(QColor(0x25, 0x28, 0x2c));
    palette.setColor(QPalette::Base, QColor(0x1c, 0x1f, 0x22));
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
        palette.setColor(role, QColor(0xf0, 0xf2, 0xf4));
    palette.setColor(QPalette::Highlight, QColor(0x30, 0x8c, 0xc6));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x6c, 0xb6, 0xf2));
    palette.setColor(QPalette::Disabled, QPalette::ButtonText, QColor(0x8b, 0x93, 0x9a));
    return palette;
}

qreal luminance(const QColor &color)
{
    const auto linear
        = [](float part) { return part <= 0.03928F ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

qreal contrast(const QColor &a, const QColor &b)
{
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

} // namespace

class TestDialogPictures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QApplication::setStyle(QStyleFactory::create(u"fusion"_s));
        m_light = QApplication::style()->standardPalette();
        const Sight mixed = seeMixed(1'700'000'000);
        auto inventory = std::make_shared<Inventory>(*mixed.inventory);
        inventory->host.libvirt = {10, 7, 0};
        inventory->images = std::make_shared<ImageGraph>(std::vector<Image>{
            image(file(u"disk.qcow2"_s), 7'945'689'497), image(file(u"disk.before-upgrade"_s), 900 * MiB)});
        inventory->fileSystems = {{u"1"_s, {u"/var/lib/libvirt/images"_s}, Fact<Bytes>(240 * GiB)}};
        m_inventory = inventory;
    }
    void draws_data();
    void draws();
    void coloursKeepTheirContrast()
    {
        for (const QPalette &palette : {m_light, darkPalette()}) {
            for (const auto &[ground, ink] : {std::pair(ColorRole::BadgeSafe, ColorRole::BadgeSafeText),
                     std::pair(ColorRole::BadgeWarning, ColorRole::BadgeWarningText),
                     std::pair(ColorRole::BadgeDanger, ColorRole::BadgeDangerText)}) {
                QVERIFY(contrast(color(ground, palette), color(ink, palette)) >= 4.5);
                // The shield on it is a mark.
            }
            QVERIFY(contrast(color(ColorRole::Danger, palette), color(ColorRole::BadgeDanger, palette)) >= 3);
            QVERIFY(contrast(color(ColorRole::Warning, palette), color(ColorRole::BadgeWarning, palette)) >= 3);
            QVERIFY(contrast(color(ColorRole::Muted, palette), color(ColorRole::BadgeSafe, palette)) >= 3);
            QVERIFY(contrast(color(ColorRole::Muted, palette), palette.color(QPalette::Window)) >= 4.5);
            QVERIFY(contrast(color(ColorRole::Warning, palette), palette.color(QPalette::Window)) >= 4.5);
        }
        // A box that has to be ticked is seen, and so is the mark in it. (In a light palette the style outlines it.)
        const QPalette boxes = withVisibleBoxes(darkPalette());
        QVERIFY(contrast(boxes.color(QPalette::Base), boxes.color(QPalette::Window)) >= 2.8);
        QVERIFY(contrast(boxes.color(QPalette::Base), boxes.color(QPalette::Text)) >= 3);
    }

private:
    QPalette m_light;
    std::shared_ptr<const Inventory> m_inventory;
};

void TestDialogPictures::draws_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("dark");
    QTest::addColumn<int>("scale");
    for (const bool dark : {false, true}) {
        for (const int scale : {1, 2}) {
            for (const QString &name :
                {u"blocked"_s, u"revert"_s, u"revert-unsafe"_s, u"delete"_s, u"create"_s, u"create-complaint"_s,
                    u"alternative"_s, u"reading"_s, u"changed"_s, u"delete-more"_s, u"uniform"_s})
                QTest::addRow("%s-%s-%d", qPrintable(name), dark ? "dark" : "light", scale * 100)
                    << name << dark << scale;
        }
    }
}

void TestDialogPictures::draws()
{
    QFETCH(QString, name);
    QFETCH(bool, dark);
    QFETCH(int, scale);
    QApplication::setPalette(dark ? darkPalette() : m_light);
    Domain domain = *m_inventory->domains.front();
    domain.uuid = DomainId(u"issue-811"_s);

    const bool isRevert = name.startsWith(u"revert");
    const bool isCreate = name.startsWith(u"create");
    bool isChanged = false;
    std::function<void(const Error *)> fresh;
    PlanHost host;
    host.machine = isRevert ? u"web-staging"_s : u"issue-811"_s;
    host.inventory = [this] { return m_inventory; };
    host.propose = [&](const Intent &intent, std::function<void(Proposal)> answer) {
        Proposal proposal = isRevert                                             ? revert(intent)
            : isCreate                                                           ? create(intent)
            : name == u"blocked" || name == u"alternative" || name == u"uniform" ? blockedDelete(intent)
                                                                                 : plainDelete(intent);
        if (isChanged)
            proposal.plan.effects.push_back({EffectKind::Remove, file(u"disk.qcow2"_s), {}});
        answer(std::move(proposal));
    };
    host.readFresh = [&](std::function<void(const Error *)> answer) { fresh = std::move(answer); };
    host.run = [](std::shared_ptr<const Plan>, const QStringList &) {};
    IntentForm *form = nullptr;
    if (isRevert)
        form = new RevertForm(domain, u"updates-june"_s);
    else if (isCreate)
        form = new CreateForm(*m_inventory, domain, QDate(2026, 11, 27));
    else if (name == u"uniform")
        form = new UniformForm(domain);
    else
        form = new DeleteForm(domain,
            name.startsWith(u"delete") || name == u"changed" || name == u"reading" ? u"clean-install"_s
                                                                                   : u"before-upgrade"_s);
    PlanDialog dialog(host, form);
    dialog.openPlanned();
    QVERIFY(QTest::qWaitForWindowExposed(&dialog));
    QApplication::setActiveWindow(&dialog);
    if (name != u"reading")
        fresh(nullptr);
    const auto press = [&](const QString &text) {
        for (QAbstractButton *button : dialog.findChildren<QAbstractButton *>()) {
            if (button->text().contains(text) && button->isVisible())
                button->click();
        }
    };
    if (name == u"revert-unsafe")
        press(u"current state first"_s);
    if (name == u"revert")
        press(u"virsh"_s);
    if (name == u"alternative")
        press(u"Save and delete"_s);
    if (name == u"delete-more")
        press(u"More"_s);
    if (name == u"create-complaint")
        dialog.findChild<QLineEdit *>()->setText(u"../etc"_s);
    if (name == u"changed") {
        isChanged = true;
        dialog.replan();
    }
    QCoreApplication::processEvents();

    QImage picture(dialog.size() * scale, QImage::Format_RGB32);
    picture.setDevicePixelRatio(scale);
    dialog.render(&picture);
    const QDir folder(u"" TREEWARDEN_BIN "/../screenshots"_s);
    QVERIFY(folder.mkpath(u"."_s));
    QVERIFY(picture.save(folder.filePath(u"dialog-%1.png"_s.arg(QString::fromUtf8(QTest::currentDataTag())))));

    // Nothing is cut off: every text has the room it asks for, and nothing is wider than the dialog.
    auto *area = dialog.findChild<QScrollArea *>();
    QVERIFY(area->widget()->width() <= area->viewport()->width());
    for (const ToneLabel *label : dialog.findChildren<ToneLabel *>()) {
        if (!label->isVisible() || label->text().isEmpty())
            continue;
        QVERIFY2(label->height() >= label->heightForWidth(label->width()), qPrintable(label->text()));
        QVERIFY2(label->mapTo(&dialog, QPoint(label->width(), 0)).x() <= dialog.width(), qPrintable(label->text()));
    }
    for (const QPushButton *button : dialog.findChildren<QPushButton *>()) {
        if (button->isVisible())
            QVERIFY2(button->width() >= button->sizeHint().width(), qPrintable(button->text()));
    }
}

QTEST_MAIN(TestDialogPictures)
#include "tst_dialogpictures.moc"
