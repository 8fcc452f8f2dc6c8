// SPDX-License-Identifier: GPL-3.0-or-later
// What the details panel is built of: labels and cards.
#include "model/base/visible.h"
#include "views/card.h"
#include "views/colors.h"
#include "views/detailspanel.h"
#include "views/openfolder.h"
#include "views/shield.h"
#include "views/snapshotglyph.h"
#include "views/text/errortext.h"
#include "views/text/filetext.h"
#include "views/text/snapshottext.h"

#include <QClipboard>
#include <QFileInfo>
#include <QFontDatabase>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>

namespace treewarden {

namespace {

// A label that takes the width it is given. A QLabel lays its text out at several widths to propose one, and again each
// time it is asked for its height; and one whose text can be selected holds a document for that. With a panel full of
// them, that was most of choosing a row: text can be selected from the moment the pointer comes.
class TextLabel : public QLabel
{
public:
    using QLabel::QLabel;

    QSize sizeHint() const override { return wordWrap() ? QSize(0, fontMetrics().height()) : QLabel::sizeHint(); }
    QSize minimumSizeHint() const override { return sizeHint(); }
    int heightForWidth(int width) const override
    {
        if (m_measuredText != text()) {
            m_measuredText = text();
            m_heights.clear();
        }
        auto height = m_heights.constFind(width);
        if (height == m_heights.constEnd())
            height = m_heights.insert(width, QLabel::heightForWidth(width));
        return *height;
    }

protected:
    void enterEvent(QEnterEvent *event) override
    {
        setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        QLabel::enterEvent(event);
    }
    void changeEvent(QEvent *event) override
    {
        QLabel::changeEvent(event);
        if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
            m_heights.clear();
    }

private:
    mutable QString m_measuredText;
    mutable QHash<int, int> m_heights; // of it by width: layouts ask for the same few again and again
};

// A label in the muted colour of whatever palette is in force.
class MutedLabel : public TextLabel
{
public:
    using TextLabel::TextLabel;

protected:
    void changeEvent(QEvent *event) override
    {
        TextLabel::changeEvent(event);
        if (event->type() == QEvent::PaletteChange && !m_changing)
            mute();
    }
    void showEvent(QShowEvent *event) override
    {
        mute();
        TextLabel::showEvent(event);
    }

private:
    void mute()
    {
        m_changing = true;
        QPalette muted = parentWidget()->palette();
        muted.setColor(QPalette::WindowText, color(ColorRole::Muted, muted));
        setPalette(muted);
        m_changing = false;
    }
    bool m_changing = false;
};

class GlyphLabel : public QWidget
{
public:
    GlyphLabel(SnapshotItem item, QWidget *parent)
        : QWidget(parent)
        , m_item(std::move(item))
    {
        const int side = fontMetrics().height() + 4;
        setFixedSize(side, side);
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        paintGlyph(painter, glyphFor(m_item), rect(), palette());
    }

private:
    SnapshotItem m_item;
};

// A path in a text is not broken behind the slash that it begins with. The joiner is not seen and has no width.
QString joined(QString text)
{
    static const QRegularExpression start(QStringLiteral("(^|[\\s(“])/(?=[^\\s/])"));
    return text.replace(start, QStringLiteral("\\1/\u2060"));
}

// Lets a label break a path where a reader would, and a word that is longer than any line behind its signs or where it
// must, by characters that a copy of the text is cleaned of.
QString breakable(const QString &text)
{
    constexpr qsizetype Longest = 20; // of what stays together
    constexpr qsizetype Piece = 12; // of what does not
    static const QRegularExpression ends(QStringLiteral("[/\\s]"));
    const QString whole = joined(text);
    QString broken;
    qsizetype end = 0; // of the part at hand: a word, or what is between two slashes
    qsizetype together = 0;
    bool isLong = false;
    for (qsizetype i = 0; i < whole.size(); ++i) {
        if (i == end) {
            const qsizetype next = whole.indexOf(ends, i);
            end = next < 0 ? whole.size() : next + 1;
            isLong = end - i > Longest;
            together = 0;
        }
        broken += whole[i];
        ++together;
        const QChar next = i + 1 < whole.size() ? whole[i + 1] : QChar(u' ');
        const bool isSign = whole[i] == u'-' || whole[i] == u'.' || whole[i] == u'_';
        const bool mayBreak = whole[i] == u'/' ? next != QChar(0x2060) : isLong && (isSign || together >= Piece);
        if (mayBreak && !next.isSpace() && !next.isLowSurrogate() && !next.isMark()) {
            broken += QChar(0x200b);
            together = 0;
        }
    }
    return broken;
}

} // namespace

QWidget *DetailsPanel::makeLabel(const QString &text, QWidget *parent, bool muted)
{
    TextLabel *label = muted ? new MutedLabel(parent) : new TextLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setText(breakable(text));
    label->setWordWrap(true);
    label->setAccessibleName(text);
    label->setMinimumWidth(0);
    return label;
}

QWidget *DetailsPanel::makeHeader()
{
    auto *header = new QWidget(m_content);
    auto *layout = new QVBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 4);
    layout->setSpacing(4);
    auto *row = new QHBoxLayout;
    row->setSpacing(8);
    if (m_details->item)
        row->addWidget(new GlyphLabel(*m_details->item, header), 0, Qt::AlignTop);
    QWidget *title = makeLabel(visible(m_details->title), header);
    QFont big = title->font();
    big.setBold(true);
    big.setPointSizeF(big.pointSizeF() * 1.25);
    title->setFont(big);
    row->addWidget(title, 1);
    layout->addLayout(row);
    layout->addWidget(makeLabel(m_details->subtitle, header, true));
    return header;
}

QWidget *DetailsPanel::makeBlock(const DetailsBlock &block)
{
    switch (block.kind) {
    case DetailsBlock::Kind::Heading: {
        QWidget *heading = makeLabel(block.title, m_content, true);
        QFont bold = heading->font();
        bold.setBold(true);
        heading->setFont(bold);
        heading->setContentsMargins(0, 8, 0, 0);
        return heading;
    }
    case DetailsBlock::Kind::Text:
        return makeLabel(block.lines.join(u'\n'), m_content);
    case DetailsBlock::Kind::File:
        return makeFile(block);
    case DetailsBlock::Kind::Layers:
        return new LayersView(block.layers, m_content);
    case DetailsBlock::Kind::Warning:
    case DetailsBlock::Kind::Danger: {
        auto *card
            = new Card(block.kind == DetailsBlock::Kind::Danger ? ColorRole::Danger : ColorRole::Warning, m_content);
        auto *layout = new QVBoxLayout(card);
        layout->setContentsMargins(11, 8, 11, 8);
        QWidget *text = makeLabel(block.title, card);
        layout->addWidget(text);
        return card;
    }
    case DetailsBlock::Kind::Measure:
        return makeMeasure(block);
    case DetailsBlock::Kind::Differences:
        return makeDifferences();
    }
    return nullptr;
}

QWidget *DetailsPanel::makeFile(const DetailsBlock &block)
{
    auto *card = new Card(ColorRole::Line, m_content);
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(11, 8, 6, 8);
    layout->setSpacing(3);

    QWidget *title = makeLabel(block.title, card);
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    layout->addWidget(title);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(2);
    const auto button = [&](const QString &text, const QString &name) {
        auto *made = new QToolButton(card);
        made->setText(text);
        made->setAutoRaise(true);
        made->setAccessibleName(name.arg(visible(block.path)));
        made->setToolTip(made->accessibleName());
        buttons->addWidget(made);
        return made;
    };
    connect(button(tr("Copy path"), tr("Copy the path %1")), &QToolButton::clicked, this,
        [path = block.path] { QGuiApplication::clipboard()->setText(path); });
    // A folder of another host cannot be opened here.
    if (m_details->isLocal && block.path.startsWith(u'/')) {
        connect(button(tr("Open folder"), tr("Open the folder of %1")), &QToolButton::clicked, this,
            [this, path = block.path] { openFolder(QFileInfo(path).path(), this); });
    }
    buttons->addStretch();

    QWidget *path = makeLabel(visible(block.path), card);
    QFont mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    mono.setPointSizeF(font().pointSizeF() * 0.95);
    path->setFont(mono);
    layout->addWidget(path);
    if (!block.lines.isEmpty())
        layout->addWidget(makeLabel(block.lines.join(u'\n'), card, true));
    layout->addLayout(buttons);
    return card;
}

QWidget *DetailsPanel::makeMeasure(const DetailsBlock &block)
{
    auto *row = new QWidget(m_content);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(makeLabel(block.lines.join(u'\n'), row, true), 1);
    const Key key{m_domain, m_details->title};
    const bool busy = m_measuring == key;
    auto *button = new QPushButton(busy ? tr("Measuring…") : tr("Measure"), row);
    button->setEnabled(!busy && block.isPossible);
    if (!block.isPossible) {
        button->setToolTip(FileText::whyNotMeasured());
        button->setAccessibleDescription(button->toolTip());
    }
    button->setAccessibleName(tr("Measure what only this snapshot holds"));
    connect(button, &QPushButton::clicked, this, [this, key, button] {
        m_measuring = key;
        m_builtMeasuring = key; // done by hand here: a button is not to be replaced while it is pressed
        button->setEnabled(false);
        button->setText(tr("Measuring…"));
        Q_EMIT measureRequested(key.first, key.second);
    });
    layout->addWidget(button, 0, Qt::AlignTop);
    return row;
}

QWidget *DetailsPanel::makeDeletion()
{
    const bool isShown = m_item && m_item->kind == RowKind::Snapshot && m_deletionOf == Key{m_domain, m_item->name};
    if (!isShown || !m_deletion || m_deletion->verdict < Verdict::Confirm)
        return nullptr;
    const bool blocked = m_deletion->verdict == Verdict::Block;
    auto *card = new Card(blocked ? ColorRole::Danger : ColorRole::Warning, m_content);
    card->setObjectName(QStringLiteral("deletion"));
    auto *layout = new QHBoxLayout(card);
    layout->setContentsMargins(11, 8, 11, 8);
    layout->setSpacing(8);
    layout->addWidget(new ShieldMark(m_deletion->verdict, 1.25, card), 0, Qt::AlignTop);
    auto *texts = new QVBoxLayout;
    texts->setSpacing(3);
    QWidget *title = makeLabel(SnapshotText::deletion(*m_deletion), card);
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    texts->addWidget(title);
    if (const QString reason = SnapshotText::deletionReason(*m_deletion); !reason.isEmpty())
        texts->addWidget(makeLabel(reason, card, true));
    layout->addLayout(texts, 1);
    return card;
}

QWidget *DetailsPanel::makeDifferences()
{
    auto *block = new QWidget(m_content);
    auto *layout = new QVBoxLayout(block);
    layout->setContentsMargins(0, 8, 0, 0);
    QWidget *heading = makeLabel(tr("The machine then and now"), block, true);
    QFont bold = heading->font();
    bold.setBold(true);
    heading->setFont(bold);
    layout->addWidget(heading);
    if (!m_differences.isKnown()) {
        layout->addWidget(makeLabel(isReading() ? tr("Reading…")
                : m_differences.isAbsent()      ? tr("libvirt did not record what the machine was like.")
                                                : tr("Unknown: %1.").arg(ErrorText::reason(m_differences.why())),
            block, true));
        return block;
    }
    if (m_differences->empty()) {
        layout->addWidget(makeLabel(tr("Its definition is the same."), block, true));
        return block;
    }
    for (const DefinitionDifference &difference : *m_differences) {
        auto *card = new Card(ColorRole::Line, block);
        auto *grid = new QGridLayout(card);
        grid->setContentsMargins(11, 6, 11, 6);
        grid->setVerticalSpacing(2);
        grid->setColumnStretch(1, 1);
        grid->addWidget(makeLabel(difference.path, card), 0, 0, 1, 2);
        grid->addWidget(new MutedLabel(tr("Then"), card), 1, 0, Qt::AlignTop);
        grid->addWidget(makeLabel(difference.then.isEmpty() ? tr("was not there") : difference.then, card), 1, 1);
        grid->addWidget(new MutedLabel(tr("Now"), card), 2, 0, Qt::AlignTop);
        grid->addWidget(makeLabel(difference.now.isEmpty() ? tr("is not there") : difference.now, card), 2, 1);
        layout->addWidget(card);
    }
    return block;
}

} // namespace treewarden
