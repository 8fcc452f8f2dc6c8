// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/detailspanel.h"

#include <QApplication>
#include <QClipboard>
#include <QDateTime>
#include <QLabel>
#include <QPainter>
#include <QScrollBar>
#include <QVBoxLayout>

#include <utility>

namespace treewarden {

DetailsPanel::DetailsPanel(QWidget *parent)
    : QScrollArea(parent)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::Box); // drawn by event(), while the panel has the focus
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Details"));
    setMinimumWidth(fontMetrics().averageCharWidth() * 30);
    // "3 minutes ago" goes on while nothing else changes.
    m_ages.setInterval(60'000);
    connect(&m_ages, &QTimer::timeout, this, [this] { setNow(QDateTime::currentSecsSinceEpoch()); });
    m_ages.start();
    // Where a path may be broken, and where not, is told by characters that are not part of it.
    connect(QGuiApplication::clipboard(), &QClipboard::changed, this, [this](QClipboard::Mode mode) {
        const auto *label = qobject_cast<const QLabel *>(QApplication::focusWidget());
        const QString copied = QGuiApplication::clipboard()->text(mode);
        if (!label || !isAncestorOf(label) || copied.isEmpty() || copied != label->selectedText())
            return;
        QString clean = copied;
        clean.remove(QChar(0x200b)).remove(QChar(0x2060));
        if (clean != copied)
            QGuiApplication::clipboard()->setText(clean, mode);
    });
}

void DetailsPanel::show(std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment,
    const DomainId &domain, const std::optional<SnapshotItem> &item)
{
    if (m_content && inventory == m_inventory && assessment == m_assessment && domain == m_domain && item == m_item)
        return;
    m_inventory = std::move(inventory);
    m_assessment = std::move(assessment);
    m_domain = domain;
    m_item = item;
    const Key key{domain, item && item->kind == RowKind::Snapshot ? item->name : QString()};
    const auto machine = m_inventory->domain(domain);
    if (key != m_differencesOf)
        m_differences = {};
    const bool isNew = key != m_differencesOf || machine != m_differencesIn;
    m_differencesOf = key;
    m_differencesIn = machine;
    setNow(QDateTime::currentSecsSinceEpoch());
    if (isNew && machine && !key.second.isEmpty())
        Q_EMIT differencesWanted(domain, key.second);
}

void DetailsPanel::setMeasured(const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes)
{
    m_measured.insert(*m_inventory, domain, snapshot, bytes);
    if (m_measuring == Key{domain, snapshot})
        m_measuring = {};
    setNow(QDateTime::currentSecsSinceEpoch());
}

void DetailsPanel::setDifferences(
    const DomainId &domain, const QString &snapshot, const Fact<std::vector<DefinitionDifference>> &differences)
{
    if (m_differencesOf != Key{domain, snapshot})
        return;
    if (m_content && differences == m_builtDifferences)
        return;
    m_differences = differences;
    m_builtDifferences = differences;
    rebuild(true); // nothing else has changed
}

void DetailsPanel::setDeletion(
    const DomainId &domain, const QString &snapshot, const std::optional<RowVerdict> &verdict)
{
    const Key key{domain, snapshot};
    if (key == m_deletionOf && verdict == m_deletion)
        return;
    const bool wasShown = m_deletion && m_deletion->verdict >= Verdict::Confirm;
    m_deletionOf = key;
    m_deletion = verdict;
    if (m_content && (wasShown || (verdict && verdict->verdict >= Verdict::Confirm)))
        rebuild(true);
}

void DetailsPanel::setNow(qint64 now)
{
    const auto machine = m_inventory->domain(m_domain);
    std::optional<Details> details;
    if (machine) {
        const auto measured = m_measured.find(*m_inventory, m_domain, m_item ? m_item->name : QString());
        details = detailsOf(*m_inventory, *m_assessment, *machine, m_item, measured, now);
    } else if (m_domain.isEmpty()) {
        details = detailsOfHost(*m_inventory, *m_assessment, now);
    }
    if (details)
        details->isLocal = m_inventory->host.isLocal;
    if (m_content && details == m_details && m_differences == m_builtDifferences && m_measuring == m_builtMeasuring)
        return;
    const bool sameSubject = details && m_details && details->title == m_details->title;
    if (m_content && details && m_differences == m_builtDifferences && m_measuring == m_builtMeasuring
        && say(*details)) {
        return;
    }
    m_details = std::move(details);
    m_builtDifferences = m_differences;
    m_builtMeasuring = m_measuring;
    rebuild(sameSubject);
}

// An age goes on each minute: that must not take away the focus, nor text that somebody selects.
bool DetailsPanel::say(const Details &details)
{
    if (!m_details)
        return false;
    Details would = *m_details;
    if (would.blocks.size() != details.blocks.size())
        return false;
    for (const auto &[index, label] : m_texts)
        would.blocks[index].lines = details.blocks[index].lines;
    if (would != details)
        return false;
    for (const auto &[index, label] : m_texts) {
        const QString text = details.blocks[index].lines.join(u'\n');
        if (label->text() == text)
            continue;
        label->setText(text);
        label->setAccessibleName(text);
    }
    m_details = details;
    return true;
}

void DetailsPanel::rebuild(bool sameSubject)
{
    const int position = sameSubject ? verticalScrollBar()->value() : 0;
    // What had the focus is known by its name, which is that of a file or of what is measured.
    QWidget *focused = sameSubject && m_content ? m_content->focusWidget() : nullptr;
    const QString focus = focused && focused->hasFocus() ? focused->accessibleName() : QString();
    m_texts.clear();
    m_content = new QWidget;
    m_content->setObjectName(QStringLiteral("detailsContent"));
    m_content->resize(viewport()->width(), 0); // the width it will have, so that nothing is laid out for another
    auto *layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(16, 14, 16, 16);
    layout->setSpacing(8);
    if (m_details) {
        layout->addWidget(makeHeader());
        // Before the files: where it is refused, that is what somebody wants to know first.
        QWidget *deletion = makeDeletion();
        for (std::size_t index = 0; index < m_details->blocks.size(); ++index) {
            const DetailsBlock &block = m_details->blocks[index];
            using Kind = DetailsBlock::Kind;
            const bool isWords = block.kind == Kind::Text || block.kind == Kind::Warning || block.kind == Kind::Danger;
            if (deletion && !isWords)
                layout->addWidget(std::exchange(deletion, nullptr));
            QWidget *widget = makeBlock(block);
            if (auto *label = qobject_cast<QLabel *>(widget); label && block.kind == Kind::Text)
                m_texts.emplace_back(index, label);
            if (widget)
                layout->addWidget(widget);
        }
        if (deletion)
            layout->addWidget(deletion);
    }
    layout->addStretch();
    setWidget(m_content); // deletes what was there
    // After the panel itself, not behind all that was there before.
    QWidget *before = this;
    for (QWidget *widget : m_content->findChildren<QWidget *>()) {
        if (!(widget->focusPolicy() & Qt::TabFocus))
            continue;
        setTabOrder(before, widget);
        before = widget;
        if (!focus.isEmpty() && widget->accessibleName() == focus)
            widget->setFocus();
    }
    m_content->setMaximumWidth(viewport()->width());
    layout->activate();
    verticalScrollBar()->setValue(position);
}

// A word that cannot be broken must not make the content wider than what is seen of it.
void DetailsPanel::resizeEvent(QResizeEvent *event)
{
    if (m_content)
        m_content->setMaximumWidth(viewport()->width());
    QScrollArea::resizeEvent(event);
}

bool DetailsPanel::event(QEvent *event)
{
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut)
        QWidget::update();
    if (event->type() != QEvent::Paint)
        return QScrollArea::event(event);
    if (hasFocus()) {
        QPainter painter(this);
        painter.setPen(palette().color(QPalette::Highlight));
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
    return true;
}

bool DetailsPanel::isReading() const
{
    return !m_differencesOf.second.isEmpty() && m_differences.isUnknown()
        && m_differences.why().code == ErrorCode::NotRead;
}

QString DetailsPanel::plainText() const
{
    if (!m_details)
        return {};
    QStringList lines{m_details->title, m_details->subtitle};
    for (const DetailsBlock &block : m_details->blocks) {
        if (!block.title.isEmpty())
            lines += block.title;
        if (!block.path.isEmpty())
            lines += block.path;
        lines += block.lines;
        for (const LayerBox &layer : block.layers)
            lines += QStringList{layer.name, layer.mark} + layer.lines;
    }
    if (m_differences.isKnown()) {
        for (const DefinitionDifference &difference : *m_differences)
            lines += QStringList{difference.path, difference.then, difference.now};
    }
    lines.removeAll({});
    return lines.join(u'\n');
}

} // namespace treewarden
