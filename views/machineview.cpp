// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/machineview.h"

#include "model/base/visible.h"
#include "views/askbox.h"
#include "views/colors.h"
#include "views/machinedelegate.h"
#include "views/text/connectiontext.h"
#include "views/text/machinetext.h"

#include <QAction>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDateTime>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QResizeEvent>

#include <algorithm>

namespace treewarden {

namespace {

// What somebody who leaves a host should know; empty: nothing.
QString tasksUnderWay(const Connection &connection)
{
    const auto count = std::count_if(
        connection.tasks().begin(), connection.tasks().end(), [](const Task &task) { return !task.outcome; });
    return count == 0
        ? QString()
        : MachineView::tr("%n task(s) are under way there. Here they are not shown any more, and they stop "
                          "in the middle when Treewarden is closed.",
            nullptr, int(count));
}

} // namespace

void MachineTextModel::setFilter(const QString &text)
{
    m_filter = text;
    invalidateFilter();
}

QVariant MachineTextModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const auto plain = [&](int wanted) { return QSortFilterProxyModel::data(index, wanted); };
    const auto addCounts = [&](QStringList &parts) {
        if (const int problems = plain(MachineModel::ProblemCountRole).toInt())
            parts += MachineText::problems(problems);
        if (const int leftOver = plain(MachineModel::LeftOverCountRole).toInt())
            parts += MachineText::leftOver(leftOver);
    };
    const bool isMachine = index.parent().isValid();
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole && role != Qt::ToolTipRole)
        return plain(role);
    if (!isMachine) {
        const Connection *connection = MachineModel::connectionOf(index);
        const QString name = ConnectionText::name(connection->uri());
        if (role == Qt::DisplayRole)
            return name;
        const QString status = ConnectionText::statusLine(
            *connection, plain(MachineModel::MachineCountRole).toInt(), QDateTime::currentMSecsSinceEpoch());
        const bool isShort = role == Qt::ToolTipRole && !name.contains(connection->uri());
        QStringList parts{isShort ? QString(name + u'\n' + visible(connection->uri())) : name,
            status.isEmpty() ? ConnectionText::status(connection->status()) : status};
        addCounts(parts);
        if (role == Qt::ToolTipRole && !connection->error().detail.isEmpty())
            parts += connection->error().detail;
        return parts.join(role == Qt::ToolTipRole ? QStringLiteral("\n") : QStringLiteral(", "));
    }
    const QString name = visible(plain(Qt::DisplayRole).toString());
    if (role == Qt::DisplayRole)
        return name;
    QStringList parts{name,
        MachineText::state(
            DomainState(plain(MachineModel::StateRole).toInt()), PausedBy(plain(MachineModel::PausedByRole).toInt())),
        MachineText::kind(TreeKind(plain(MachineModel::KindRole).toInt()))};
    addCounts(parts);
    return parts.join(role == Qt::ToolTipRole ? QStringLiteral("\n") : QStringLiteral(", "));
}

bool MachineTextModel::filterAcceptsRow(int row, const QModelIndex &parent) const
{
    if (m_filter.isEmpty() || !parent.isValid())
        return true;
    const QModelIndex index = sourceModel()->index(row, 0, parent);
    if (index.data().toString().contains(m_filter, Qt::CaseInsensitive))
        return true;
    const auto machine = MachineModel::connectionOf(index)->inventory()->domain(MachineModel::machineOf(index));
    if (!machine || !machine->snapshots.isKnown())
        return false;
    for (int node = 0; node < machine->snapshots->size(); ++node) {
        if (machine->snapshots->at(node).name.contains(m_filter, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

MachineView::MachineView(Connections *connections, QWidget *parent)
    : QTreeView(parent)
    , m_machines(connections)
    , m_copyUuid(makeAction(tr("Copy UUID"), &MachineView::copyUuid))
    , m_refresh(makeAction(tr("Refresh"), &MachineView::refresh))
    , m_connect(makeAction(tr("Connect"), &MachineView::open))
    , m_disconnect(makeAction(tr("Disconnect"), &MachineView::close))
    , m_remove(makeAction(tr("Remove connection…"), &MachineView::remove))
{
    m_refresh->setShortcut(QKeySequence::Refresh);

    m_texts.setSourceModel(&m_machines);
    setModel(&m_texts);
    setItemDelegate(new MachineDelegate(this));
    setHeaderHidden(true);
    setRootIsDecorated(false);
    setIndentation(0);
    setItemsExpandable(false);
    setExpandsOnDoubleClick(false);
    setFrameShape(QFrame::NoFrame);
    setEditTriggers(NoEditTriggers);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(ScrollPerPixel);
    header()->setSectionResizeMode(QHeaderView::Stretch);
    viewport()->setBackgroundRole(QPalette::Window);
    setAccessibleName(tr("Machines"));
    expandAll();

    connect(&m_texts, &QAbstractItemModel::dataChanged, this, [this] { updateActions(); });
    // A connection's row grows and shrinks with its status line.
    connect(&m_texts, &QAbstractItemModel::dataChanged, this, [this](const QModelIndex &top) {
        if (!top.parent().isValid())
            scheduleDelayedItemsLayout();
    });
    connect(&m_texts, &QAbstractItemModel::rowsRemoved, this, [this] {
        updateActions();
        showMatches();
    });
    m_seconds.setInterval(1000);
    connect(&m_seconds, &QTimer::timeout, this, &MachineView::tick);
    m_seconds.start();
    updateActions();
}

QAction *MachineView::makeAction(const QString &text, void (MachineView::*slot)())
{
    auto *action = new QAction(text, this);
    connect(action, &QAction::triggered, this, slot);
    return action;
}

// Words that are wrapped take another height then, as when a scroll bar comes.
void MachineView::resizeEvent(QResizeEvent *event)
{
    QTreeView::resizeEvent(event);
    if (event->size().width() != event->oldSize().width())
        scheduleDelayedItemsLayout();
}

void MachineView::setFilter(const QString &text)
{
    m_texts.setFilter(text);
    expandAll();
    showMatches();
    if (currentIndex().isValid()) {
        if (text.isEmpty())
            m_chosen = {currentConnection(), currentMachine()};
        scrollTo(currentIndex());
        return;
    }
    // What the filter found is shown, yet does not replace what the user chose.
    for (int row = 0; row < m_texts.rowCount(); ++row) {
        const QModelIndex found = m_texts.index(0, 0, m_texts.index(row, 0));
        if (!found.isValid())
            continue;
        const auto chosen = m_chosen;
        setCurrentIndex(found);
        m_chosen = chosen;
        return;
    }
}

bool MachineView::matchesNothing() const
{
    if (!m_texts.isFiltered())
        return false;
    for (int row = 0; row < m_texts.rowCount(); ++row) {
        if (m_texts.hasChildren(m_texts.index(row, 0)))
            return false;
    }
    return true;
}

void MachineView::showMatches()
{
    setAccessibleDescription(matchesNothing() ? tr("Nothing matches") : QString());
    viewport()->update();
}

Connection *MachineView::currentConnection() const
{
    return MachineModel::connectionOf(currentIndex());
}

DomainId MachineView::currentMachine() const
{
    return MachineModel::machineOf(currentIndex());
}

bool MachineView::setCurrent(const Connection *connection, const DomainId &machine)
{
    const QModelIndex source
        = machine.isEmpty() ? m_machines.indexOf(connection) : m_machines.indexOf(connection, machine);
    const QModelIndex index = m_texts.mapFromSource(source);
    if (index.isValid())
        setCurrentIndex(index);
    return index.isValid();
}

void MachineView::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QTreeView::currentChanged(current, previous);
    if (current.isValid())
        m_chosen = {MachineModel::connectionOf(current), MachineModel::machineOf(current)};
    updateActions();
    Q_EMIT currentMachineChanged();
}

void MachineView::rowsInserted(const QModelIndex &parent, int start, int end)
{
    QTreeView::rowsInserted(parent, start, end);
    if (parent.isValid())
        expand(parent);
    else
        expandAll();
    if (!currentIndex().isValid() && m_chosen.first)
        setCurrent(m_chosen.first, m_chosen.second);
    showMatches();
}

void MachineView::rowsAboutToBeRemoved(const QModelIndex &parent, int start, int end)
{
    // The next machine must not take its place unasked: what is started or forced off would be another one.
    const QModelIndex current = currentIndex();
    if (parent.isValid() && current.parent() == parent && current.row() >= start && current.row() <= end) {
        const bool closed = currentConnection()->status() == Connection::Status::Closed;
        setCurrentIndex(closed ? parent : QModelIndex());
    }
    QTreeView::rowsAboutToBeRemoved(parent, start, end);
}

void MachineView::paintEvent(QPaintEvent *event)
{
    QTreeView::paintEvent(event);
    if (!matchesNothing())
        return;
    const int em = fontMetrics().height();
    QRect below = viewport()->rect().adjusted(em, 0, -em, 0);
    below.setTop(visualRect(m_texts.index(m_texts.rowCount() - 1, 0)).bottom() + em);
    QPainter painter(viewport());
    painter.setPen(color(ColorRole::Muted, palette()));
    painter.drawText(below, Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap, accessibleDescription());
}

void MachineView::mouseReleaseEvent(QMouseEvent *event)
{
    QTreeView::mouseReleaseEvent(event);
    const QModelIndex index = indexAt(event->position().toPoint());
    if (!index.isValid() || event->button() != Qt::LeftButton)
        return;
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    option.rect = visualRect(index);
    const auto *delegate = static_cast<const MachineDelegate *>(itemDelegate());
    if (delegate->retryRect(option, index).contains(event->position().toPoint()))
        open();
}

void MachineView::keyPressEvent(QKeyEvent *event)
{
    const bool enters = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enters && currentMachine().isEmpty() && m_connect->isEnabled())
        open();
    else
        QTreeView::keyPressEvent(event);
}

void MachineView::drawRow(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    // As in the tree beside it: badges and marks keep their colours on the chosen row.
    QStyleOptionViewItem soft = option;
    soft.palette = withSoftSelection(option.palette);
    QTreeView::drawRow(painter, soft, index);
}

void MachineView::contextMenuEvent(QContextMenuEvent *event)
{
    if (!currentConnection())
        return;
    QMenu menu(this);
    if (!currentMachine().isEmpty()) {
        menu.addActions(m_power);
        menu.addSeparator();
        menu.addAction(m_copyUuid);
        menu.addSeparator();
    }
    menu.addActions({m_refresh, m_connect, m_disconnect, m_remove});
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    menu.exec(byKey ? viewport()->mapToGlobal(visualRect(currentIndex()).center()) : event->globalPos());
}

void MachineView::updateActions()
{
    const Connection *connection = currentConnection();
    const bool isOpen = connection && connection->status() == Connection::Status::Open;
    m_copyUuid->setEnabled(!currentMachine().isEmpty());
    m_refresh->setEnabled(isOpen);
    const auto status = connection ? connection->status() : Connection::Status::Closed;
    m_connect->setEnabled(connection
        && (status == Connection::Status::Closed || status == Connection::Status::Failed
            || status == Connection::Status::Lost));
    m_connect->setText(status == Connection::Status::Closed ? tr("Connect") : tr("Retry now"));
    m_disconnect->setEnabled(connection && status != Connection::Status::Closed);
    m_remove->setEnabled(connection);
}

void MachineView::tick()
{
    for (int row = 0; row < m_texts.rowCount(); ++row) {
        const QModelIndex index = m_texts.index(row, 0);
        if (MachineModel::connectionOf(index)->retryAt() > 0)
            QTreeView::update(index);
    }
}

void MachineView::copyUuid()
{
    QGuiApplication::clipboard()->setText(currentMachine().value);
}

void MachineView::refresh()
{
    currentConnection()->refresh();
}

void MachineView::open()
{
    Connection *connection = currentConnection();
    if (connection->status() == Connection::Status::Closed)
        connection->open();
    else
        connection->retry();
}

void MachineView::close()
{
    Connection *connection = currentConnection();
    const QString underWay = tasksUnderWay(*connection);
    if (underWay.isEmpty()) {
        connection->close();
        return;
    }
    ask(this,
        {tr("Disconnect"), tr("Disconnect from %1?").arg(ConnectionText::name(connection->uri())), underWay,
            tr("Disconnect")},
        [connection = QPointer<Connection>(connection)] {
            if (connection)
                connection->close();
        });
}

void MachineView::remove()
{
    Connection *connection = currentConnection();
    QStringList more{tr("Nothing on the host changes. The connection can be added again.")};
    if (const QString underWay = tasksUnderWay(*connection); !underWay.isEmpty())
        more.prepend(underWay);
    ask(this,
        {tr("Remove connection"), tr("Remove the connection to %1?").arg(ConnectionText::name(connection->uri())),
            more.join(u'\n'), tr("Remove")},
        [this, connection = QPointer<Connection>(connection)] {
            if (connection)
                Q_EMIT removeRequested(connection);
        });
}

} // namespace treewarden
