// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/machinedelegate.h"

#include "views/colors.h"
#include "views/machineview.h"
#include "views/text/connectiontext.h"
#include "views/text/machinetext.h"

#include <QApplication>
#include <QDateTime>
#include <QPainter>

namespace treewarden {

namespace {

constexpr int Margin = 12;
constexpr int MarkSize = 10;

QFont smaller(QFont font)
{
    font.setPointSizeF(font.pointSizeF() * 0.9);
    return font;
}

QString statusLine(const QModelIndex &index)
{
    return ConnectionText::statusLine(*MachineModel::connectionOf(index),
        index.data(MachineModel::MachineCountRole).toInt(), QDateTime::currentMSecsSinceEpoch());
}

bool canRetry(const QModelIndex &index)
{
    const auto status = Connection::Status(index.data(MachineModel::StatusRole).toInt());
    return status == Connection::Status::Failed || status == Connection::Status::Lost
        || status == Connection::Status::Closed;
}

QString retryText(const QModelIndex &index)
{
    const auto status = Connection::Status(index.data(MachineModel::StatusRole).toInt());
    return status == Connection::Status::Closed ? MachineDelegate::tr("Connect") : MachineDelegate::tr("Retry now");
}

// Running: a green triangle; off: a hollow square; paused: two bars; else a hollow circle. Shape as well as colour.
void paintState(QPainter *painter, const QRectF &rect, DomainState state, const QPalette &palette, bool faded)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (faded)
        painter->setOpacity(0.5);
    const QColor muted = color(ColorRole::Muted, palette);
    switch (state) {
    case DomainState::Running:
    case DomainState::Blocked:
        painter->setPen(Qt::NoPen);
        painter->setBrush(color(ColorRole::Here, palette));
        painter->drawPolygon(QPolygonF{rect.topLeft() + QPointF(1, 0), QPointF(rect.right(), rect.center().y()),
            rect.bottomLeft() + QPointF(1, 0)});
        break;
    case DomainState::Paused:
    case DomainState::PmSuspended: {
        const qreal bar = rect.width() * 0.3;
        painter->fillRect(QRectF(rect.left() + 1, rect.top() + 0.5, bar, rect.height() - 1), muted);
        painter->fillRect(QRectF(rect.right() - bar - 1, rect.top() + 0.5, bar, rect.height() - 1), muted);
        break;
    }
    case DomainState::ShutOff:
        painter->setPen(QPen(muted, 1.5));
        painter->drawRect(rect.adjusted(1.25, 1.25, -1.25, -1.25));
        break;
    case DomainState::Crashed:
        painter->setPen(QPen(color(ColorRole::Danger, palette), 2));
        painter->drawLine(rect.topLeft() + QPointF(1, 1), rect.bottomRight() - QPointF(1, 1));
        painter->drawLine(rect.topRight() + QPointF(-1, 1), rect.bottomLeft() + QPointF(1, -1));
        break;
    case DomainState::ShuttingDown:
    case DomainState::Unknown:
        painter->setPen(QPen(muted, 1.5));
        painter->drawEllipse(rect.adjusted(1.25, 1.25, -1.25, -1.25));
        break;
    }
    painter->restore();
}

// Draws a badge in the middle of `line` that ends at `right`, and gives back where it begins.
int paintBadge(QPainter *painter, const QStyleOptionViewItem &option, const QRect &line, int right, const QString &text,
    ColorRole ground, ColorRole ink)
{
    const QFont font = smaller(option.font);
    const QFontMetrics metrics(font);
    const QSize size(metrics.horizontalAdvance(text) + 14, metrics.height() + 2);
    const QRect rect(right - size.width(), line.center().y() - size.height() / 2, size.width(), size.height());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(color(ground, option.palette));
    painter->drawRoundedRect(rect, size.height() / 2.0, size.height() / 2.0);
    painter->setFont(font);
    painter->setPen(color(ink, option.palette));
    painter->drawText(rect, Qt::AlignCenter, text);
    painter->restore();
    return rect.left() - 4;
}

} // namespace

void MachineDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const QWidget *widget = option.widget;
    widget->style()->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter, widget);
    if (index.parent().isValid())
        paintMachine(painter, option, index);
    else
        paintConnection(painter, option, index);
    if (option.state & QStyle::State_HasFocus) {
        QStyleOptionFocusRect focus;
        focus.QStyleOption::operator=(option);
        focus.rect = option.rect.adjusted(1, 1, -1, -1);
        focus.backgroundColor = option.palette.color(QPalette::Base);
        widget->style()->drawPrimitive(QStyle::PE_FrameFocusRect, &focus, painter, widget);
    }
}

void MachineDelegate::paintConnection(
    QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const bool selected = option.state & QStyle::State_Selected;
    const QColor ink
        = selected ? option.palette.color(QPalette::HighlightedText) : color(ColorRole::Muted, option.palette);
    const QFont font = smaller(option.font);
    const QFontMetrics metrics(font);
    QRect line(option.rect.left() + Margin, option.rect.top() + 8, option.rect.width() - 2 * Margin, metrics.height());
    const int problems = index.data(MachineModel::ProblemCountRole).toInt();
    const int leftOver = index.data(MachineModel::LeftOverCountRole).toInt();
    if (problems + leftOver > 0) {
        QString text = MachineText::badge(problems, leftOver);
        if (metrics.horizontalAdvance(index.data().toString() + text) + 18 > line.width())
            text = option.locale.toString(problems + leftOver);
        line.setRight(paintBadge(
            painter, option, line, line.right(), text, ColorRole::BadgeWarning, ColorRole::BadgeWarningText));
    }
    painter->save();
    painter->setFont(font);
    painter->setPen(ink);
    painter->drawText(
        line, Qt::AlignVCenter, metrics.elidedText(index.data().toString(), Qt::ElideRight, line.width()));
    const QString status = statusLine(index);
    if (!status.isEmpty()) {
        const QRect retry = retryRect(option, index);
        QRect below(line.left() + 4, line.bottom() + 5, line.width() - 4, option.fontMetrics.height());
        if (retry.isValid())
            below.setBottom(retry.top() - 1);
        painter->setFont(option.font);
        painter->drawText(below, Qt::AlignTop | Qt::TextWordWrap, status);
        if (retry.isValid()) {
            QFont link = option.font;
            link.setUnderline(true);
            painter->setFont(link);
            painter->setPen(selected ? ink : option.palette.color(QPalette::Link));
            painter->drawText(retry, Qt::AlignVCenter, retryText(index));
        }
    }
    painter->restore();
}

QRect MachineDelegate::retryRect(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    if (index.parent().isValid() || !canRetry(index))
        return {};
    const int width = option.fontMetrics.horizontalAdvance(retryText(index));
    const int height = option.fontMetrics.height();
    return {option.rect.left() + Margin + 4, option.rect.bottom() - height - 5, width, height};
}

void MachineDelegate::paintMachine(
    QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const bool selected = option.state & QStyle::State_Selected;
    const bool stale = index.data(MachineModel::StatusRole).toInt() != int(Connection::Status::Open);
    const QRect rect = option.rect;
    QPalette palette = option.palette;
    const QRectF mark(rect.left() + Margin + 6, rect.center().y() - MarkSize / 2.0 + 0.5, MarkSize, MarkSize);
    paintState(painter, mark, DomainState(index.data(MachineModel::StateRole).toInt()), palette, stale);

    int right = rect.right() - Margin;
    const bool mixed = index.data(MachineModel::KindRole).toInt() == int(TreeKind::Mixed);
    const int problems = index.data(MachineModel::ProblemCountRole).toInt();
    const int leftOver = index.data(MachineModel::LeftOverCountRole).toInt();
    if (const int count = problems + leftOver; count > 0) {
        const bool danger = index.data(MachineModel::DangerRole).toBool();
        // The name comes first: where there is little room, the count alone stands in the badge.
        QString text = MachineText::badge(problems, leftOver);
        const QFontMetrics metrics(smaller(option.font));
        const int badges
            = metrics.horizontalAdvance(text) + (mixed ? metrics.horizontalAdvance(MachineText::mixed()) + 18 : 0) + 18;
        if (int(mark.right()) + 10 + option.fontMetrics.horizontalAdvance(index.data().toString()) + badges > right)
            text = option.locale.toString(count);
        right
            = paintBadge(painter, option, rect, right, text, danger ? ColorRole::BadgeDanger : ColorRole::BadgeWarning,
                danger ? ColorRole::BadgeDangerText : ColorRole::BadgeWarningText);
    }
    if (mixed)
        right = paintBadge(
            painter, option, rect, right, MachineText::mixed(), ColorRole::BadgeWarning, ColorRole::BadgeWarningText);

    const int left = int(mark.right()) + 10;
    const QRect text(left, rect.top(), right - left, rect.height());
    painter->save();
    painter->setFont(option.font);
    painter->setPen(selected ? palette.color(QPalette::HighlightedText)
            : stale          ? color(ColorRole::Muted, palette)
                             : palette.color(QPalette::Text));
    painter->drawText(
        text, Qt::AlignVCenter, option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, text.width()));
    painter->restore();
}

QSize MachineDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const int height = option.fontMetrics.height();
    if (index.parent().isValid())
        return {height * 8, height + 13};
    int total = 8 + QFontMetrics(smaller(option.font)).height() + 6;
    if (const QString status = statusLine(index); !status.isEmpty()) {
        const auto *view = qobject_cast<const QAbstractItemView *>(option.widget);
        const int width = (view ? view->viewport()->width() : 200) - 2 * Margin - 4;
        total += option.fontMetrics.boundingRect(QRect(0, 0, width, 1000), Qt::TextWordWrap, status).height() + 6;
        if (canRetry(index))
            total += height + 4;
    }
    return {height * 8, total};
}

} // namespace treewarden
