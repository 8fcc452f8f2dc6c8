// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/snapshotview.h"

#include "views/colors.h"
#include "views/paddedstyle.h"
#include "views/snapshotdelegate.h"
#include "views/snapshottextmodel.h"

#include <QDataStream>
#include <QDateTime>
#include <QHeaderView>
#include <QIODevice>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>

namespace treewarden {

namespace {

constexpr qint32 StateVersion = 2;
constexpr qint64 LongestAgeWait = 3600; // seconds; a computer that slept catches up within this

} // namespace

SnapshotView::SnapshotView(QWidget *parent)
    : QTreeView(parent)
    , m_model(new SnapshotTextModel(this))
{
    makeActions();
    setAccessibleName(tr("Snapshots"));
    setModel(m_model);
    setItemDelegate(new SnapshotDelegate(this));
    setRootIsDecorated(false);
    setItemsExpandable(false);
    setIndentation(0);
    setUniformRowHeights(true);
    setSelectionBehavior(SelectRows);
    setSelectionMode(SingleSelection);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    setEditTriggers(NoEditTriggers);
    setTextElideMode(Qt::ElideRight);
    setMouseTracking(true);
    PaddedStyle::applyTo(this);
    makeHeader();
    showArrangement();

    connect(m_model, &SnapshotModel::aboutToUpdate, this, &SnapshotView::keepPlace);
    connect(m_model, &SnapshotModel::updated, this, &SnapshotView::restorePlace);
    m_ages.setSingleShot(true);
    m_ages.setTimerType(Qt::VeryCoarseTimer);
    connect(&m_ages, &QTimer::timeout, this, &SnapshotView::scheduleAges);
    showContent();
    updateActions();
}

SnapshotView::~SnapshotView() = default;

void SnapshotView::show(
    std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment, const DomainId &domain)
{
    if (!domain.isEmpty() && (m_looked.isEmpty() || m_looked.last() != domain)) {
        m_looked.removeOne(domain);
        m_looked.append(domain);
    }
    m_model->show(std::move(inventory), std::move(assessment), domain);
    scheduleAges();
}

void SnapshotView::setMeasured(const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes)
{
    m_model->setMeasured(domain, snapshot, bytes);
}

void SnapshotView::setVerdicts(Verdicts *verdicts)
{
    m_model->setVerdicts(verdicts);
}

void SnapshotView::setFilter(const QString &text)
{
    m_model->setFilter(text.trimmed());
}

int SnapshotView::currentRow() const
{
    return currentIndex().row();
}

std::optional<SnapshotItem> SnapshotView::currentItem() const
{
    if (!currentIndex().isValid())
        return std::nullopt;
    return m_model->item(currentRow());
}

bool SnapshotView::setCurrentSnapshot(const QString &name)
{
    SnapshotItem wanted;
    wanted.name = name;
    const int row = m_model->find(wanted);
    if (row < 0)
        return false;
    setCurrentIndex(m_model->index(row, 0));
    scrollTo(currentIndex());
    return true;
}

// --- Arrangement

void SnapshotView::arrange(bool newestFirst, bool byName)
{
    m_model->setOrder(newestFirst, byName);
    showArrangement();
}

void SnapshotView::showArrangement()
{
    const LaneOptions &options = m_model->options();
    (options.newestFirst ? m_newestFirst : m_oldestFirst)->setChecked(true);
    (options.byName ? m_byName : m_byAge)->setChecked(true);
    if (options.byName)
        header()->setSortIndicator(SnapshotModel::SnapshotColumn, Qt::AscendingOrder);
    else
        header()->setSortIndicator(
            SnapshotModel::CreatedColumn, options.newestFirst ? Qt::DescendingOrder : Qt::AscendingOrder);
}

QByteArray SnapshotView::saveState() const
{
    QByteArray state;
    QDataStream stream(&state, QIODevice::WriteOnly);
    stream << StateVersion << m_model->options().newestFirst << m_model->options().byName << header()->saveState();
    return state;
}

bool SnapshotView::restoreState(const QByteArray &state)
{
    QDataStream stream(state);
    qint32 version = 0;
    bool newestFirst = false;
    bool byName = false;
    QByteArray columns;
    stream >> version >> newestFirst >> byName >> columns;
    if (stream.status() != QDataStream::Ok || version != StateVersion || !header()->restoreState(columns))
        return false;
    header()->setSectionHidden(SnapshotModel::SnapshotColumn, false);
    fitNames();
    for (QAction *action : m_columnActions)
        action->setChecked(!header()->isSectionHidden(action->data().toInt()));
    arrange(newestFirst, byName);
    return true;
}

// --- Updates keep the place

void SnapshotView::keepPlace()
{
    m_updating = true;
    executeDelayedItemsLayout();
    const QRect screen = viewport()->rect();
    QModelIndex anchor = currentIndex().siblingAtColumn(0);
    if (!anchor.isValid() || !visualRect(anchor).intersects(screen))
        anchor = indexAt(QPoint(screen.center().x(), 0)).siblingAtColumn(0);
    m_place = {anchor, anchor.isValid() ? visualRect(anchor).top() : 0, currentRow()};
}

void SnapshotView::restorePlace()
{
    const DomainId domain = m_model->domainId();
    const int rows = m_model->rowCount();
    const auto chosen = m_chosen.constFind(domain);
    int row = chosen == m_chosen.constEnd() ? -1 : m_model->find(*chosen);
    const bool switched = domain != m_reportedDomain;
    if (row < 0 && switched) {
        SnapshotItem here;
        here.kind = RowKind::Here;
        row = m_model->find(here);
    }
    if (row < 0 && rows > 0)
        row = currentIndex().isValid() ? currentRow() : std::clamp(m_place.currentRow, 0, rows - 1);
    const bool returns = row >= 0 && row != currentRow();
    executeDelayedItemsLayout();
    if (returns)
        setCurrentIndex(m_model->index(row, 0));
    if (m_place.anchor.isValid()) {
        const int moved = visualRect(m_place.anchor).top() - m_place.anchorY;
        verticalScrollBar()->setValue(verticalScrollBar()->value() + moved);
    }
    if (returns)
        scrollTo(currentIndex());
    m_place = {};
    m_updating = false;
    // What is gone for good gives its place to its neighbour; what a filter hides comes back.
    if (rows > 0 && m_model->options().filter.isEmpty())
        m_chosen.insert(domain, m_model->item(row));
    showContent();
    report();
}

void SnapshotView::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QTreeView::currentChanged(current, previous);
    if (m_updating)
        return;
    if (current.isValid())
        m_chosen.insert(m_model->domainId(), m_model->item(current.row()));
    report();
}

void SnapshotView::report()
{
    updateActions();
    std::optional<SnapshotItem> item = currentItem();
    if (item == m_reported && m_model->domainId() == m_reportedDomain)
        return;
    m_reported = item;
    m_reportedDomain = m_model->domainId();
    Q_EMIT currentSnapshotChanged(item);
}

// QTreeView looks where each cell of the range is, on the screen or not. Rows have one height and no children here, so
// that nothing but what is on the screen matters.
void SnapshotView::dataChanged(const QModelIndex &topLeft, const QModelIndex &bottomRight, const QList<int> &roles)
{
    if (m_updating) {
        viewport()->update(); // where things are on the screen is not known yet
        return;
    }
    const QRect screen = viewport()->rect();
    const QModelIndex top = indexAt({screen.center().x(), screen.top()});
    const QModelIndex bottom = indexAt({screen.center().x(), screen.bottom()});
    const int first = std::max(topLeft.row(), top.row());
    const int last = bottom.isValid() ? std::min(bottomRight.row(), bottom.row()) : bottomRight.row();
    if (first <= last)
        QTreeView::dataChanged(topLeft.siblingAtRow(first), bottomRight.siblingAtRow(last), roles);
}

// --- Folding

int SnapshotView::firstChildRow(int row) const
{
    const int rows = m_model->rowCount();
    if (m_model->options().newestFirst) {
        for (int child = row - 1; child >= 0; --child) {
            if (m_model->parentRow(child) == row)
                return child;
        }
        return -1;
    }
    return row + 1 < rows && m_model->parentRow(row + 1) == row ? row + 1 : -1;
}

void SnapshotView::setFolded(int row, bool folded)
{
    // A row that is about to be hidden cannot stay the current one.
    for (int ancestor = currentRow(); folded && ancestor >= 0; ancestor = m_model->parentRow(ancestor)) {
        if (ancestor == row && m_model->item(currentRow()).kind == RowKind::Snapshot)
            setCurrentIndex(m_model->index(row, 0));
    }
    m_model->setFolded(row, folded);
}

bool SnapshotView::isOnFoldMark(const QPoint &position, const QModelIndex &index) const
{
    if (!index.isValid() || index.column() != SnapshotModel::SnapshotColumn)
        return false;
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    return SnapshotDelegate::foldMark(visualRect(index), option, m_model->item(index.row())).contains(position);
}

// --- Events

void SnapshotView::keyPressEvent(QKeyEvent *event)
{
    const int row = currentRow();
    if (row < 0 || event->modifiers().testAnyFlags(Qt::ControlModifier | Qt::AltModifier | Qt::ShiftModifier)
        || (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)) {
        QTreeView::keyPressEvent(event);
        return;
    }
    const LaneDrawing drawing = m_model->item(row).drawing;
    const bool outwards = (event->key() == Qt::Key_Left) != isRightToLeft();
    int target = row;
    if (outwards && drawing.foldable && !drawing.folded)
        setFolded(row, true);
    else if (outwards)
        target = m_model->parentRow(row);
    else if (drawing.folded)
        setFolded(row, false);
    else
        target = firstChildRow(row);
    if (target >= 0 && target != row)
        setCurrentIndex(m_model->index(target, 0));
    event->accept();
}

QItemSelectionModel::SelectionFlags SnapshotView::selectionCommand(const QModelIndex &index, const QEvent *event) const
{
    // A click on empty space leaves chosen what the details show.
    return index.isValid() ? QTreeView::selectionCommand(index, event) : QItemSelectionModel::NoUpdate;
}

void SnapshotView::mousePressEvent(QMouseEvent *event)
{
    const QModelIndex index = indexAt(event->pos());
    if (event->button() == Qt::LeftButton && isOnFoldMark(event->pos(), index)) {
        setFolded(index.row(), !m_model->item(index.row()).drawing.folded);
        event->accept();
        return;
    }
    QTreeView::mousePressEvent(event);
}

void SnapshotView::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (isOnFoldMark(event->pos(), indexAt(event->pos())))
        mousePressEvent(event);
    else
        QTreeView::mouseDoubleClickEvent(event);
}

void SnapshotView::drawRow(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem soft = option;
    soft.palette = withSoftSelection(option.palette);
    QTreeView::drawRow(painter, soft, index);
    if (index.row() != currentRow() || !hasFocus())
        return;
    // The style's focus frame would cover marks and text with a tint.
    painter->save();
    painter->setPen(QPen(option.palette.color(QPalette::Highlight), 1));
    painter->setBrush(Qt::NoBrush);
    painter->drawRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5));
    painter->restore();
}

void SnapshotView::changeEvent(QEvent *event)
{
    QTreeView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        scheduleDelayedItemsLayout();
}

// --- Ages

void SnapshotView::showEvent(QShowEvent *event)
{
    QTreeView::showEvent(event);
    scheduleAges();
}

void SnapshotView::hideEvent(QHideEvent *event)
{
    QTreeView::hideEvent(event);
    m_ages.stop();
}

void SnapshotView::scheduleAges()
{
    m_model->setNow(QDateTime::currentSecsSinceEpoch());
    const qint64 wait = m_model->agesLast();
    if (wait > 0 && isVisible())
        m_ages.start(int(std::min(wait, LongestAgeWait)) * 1000);
    else
        m_ages.stop();
}

} // namespace treewarden
