// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/eventlog.h"

#include "model/base/visible.h"
#include "views/paddedstyle.h"
#include "views/text/eventtext.h"
#include "views/text/unittext.h"
#include "views/tonelabel.h"

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHeaderView>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QSaveFile>
#include <QScrollBar>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace treewarden {

void EventTextModel::setFilter(const QString &text)
{
    m_filter = text;
    invalidateFilter();
}

const Event &EventTextModel::at(const QModelIndex &index) const
{
    return static_cast<const EventModel *>(sourceModel())->at(mapToSource(index).row());
}

QString EventTextModel::textOf(const Event &event, int column) const
{
    switch (column) {
    case EventModel::Time:
        return UnitText::clock(event.time);
    case EventModel::Machine:
        return visible(event.domainName);
    case EventModel::Source:
        return EventText::source(event.source);
    case EventModel::Name:
        return EventText::name(event);
    case EventModel::Details:
        return EventText::details(event);
    default:
        return {};
    }
}

QVariant EventTextModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return textOf(at(index), index.column());
    case Qt::ToolTipRole:
        return index.column() == EventModel::Details ? textOf(at(index), EventModel::Details) : QString();
    default:
        return QSortFilterProxyModel::data(index, role);
    }
}

QVariant EventTextModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case EventModel::Time:
        return tr("Time");
    case EventModel::Machine:
        return tr("Machine");
    case EventModel::Source:
        return tr("From");
    case EventModel::Name:
        return tr("Event");
    case EventModel::Details:
        return tr("Details");
    default:
        return {};
    }
}

bool EventTextModel::filterAcceptsRow(int row, const QModelIndex &) const
{
    if (m_filter.isEmpty())
        return true;
    const Event &event = static_cast<const EventModel *>(sourceModel())->at(row);
    if (event.name.contains(m_filter, Qt::CaseInsensitive))
        return true;
    for (int column = 0; column < EventModel::ColumnCount; ++column) {
        if (textOf(event, column).contains(m_filter, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

EventLog::EventLog(QWidget *parent)
    : QWidget(parent)
    , m_view(new QTreeView(this))
    , m_empty(new ToneLabel(tr("What libvirt and QEMU announce appears here."), m_view, ColorRole::Muted))
    , m_filter(new QLineEdit(this))
    , m_copy(new QToolButton(this))
    , m_export(new QToolButton(this))
    , m_clear(new QToolButton(this))
{
    m_texts.setSourceModel(&m_events);
    m_view->setModel(&m_texts);
    m_view->setRootIsDecorated(false);
    m_view->setUniformRowHeights(true);
    m_view->setItemsExpandable(false);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setAccessibleName(tr("Events"));
    PaddedStyle::applyTo(m_view);
    const int digit = fontMetrics().horizontalAdvance(u'0');
    const std::pair<int, int> widths[]
        = {{EventModel::Time, 12}, {EventModel::Machine, 20}, {EventModel::Source, 9}, {EventModel::Name, 26}};
    for (const auto &[column, digits] : widths)
        m_view->setColumnWidth(column, digit * digits);

    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setTextInteractionFlags(Qt::NoTextInteraction);
    m_empty->setObjectName(QStringLiteral("empty"));
    auto *over = new QVBoxLayout(m_view->viewport());
    over->addWidget(m_empty);

    m_filter->setPlaceholderText(tr("Filter events"));
    m_filter->setAccessibleName(tr("Filter events"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(digit * 36);
    connect(m_filter, &QLineEdit::textChanged, &m_texts, &EventTextModel::setFilter);
    const auto prepare = [](QToolButton *button, const QString &text, const QString &tip) {
        button->setText(text);
        button->setToolTip(tip);
        button->setAccessibleName(tip);
        button->setAutoRaise(true);
    };
    prepare(m_copy, tr("Copy"), tr("Copies the selected events, or all that are shown"));
    prepare(m_export, tr("Export…"), tr("Writes the events that are shown to a file, one JSON object a line"));
    prepare(m_clear, tr("Clear"), tr("Empties this list"));
    connect(m_copy, &QToolButton::clicked, this, &EventLog::copy);
    connect(m_export, &QToolButton::clicked, this, &EventLog::chooseExport);
    connect(m_clear, &QToolButton::clicked, &m_events, &EventModel::clear);
    auto *copyKey = new QAction(m_view);
    copyKey->setShortcut(QKeySequence::Copy);
    copyKey->setShortcutContext(Qt::WidgetShortcut);
    connect(copyKey, &QAction::triggered, this, &EventLog::copy);
    m_view->addAction(copyKey);

    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 4);
    bar->addWidget(m_filter, 1);
    bar->addStretch();
    bar->addWidget(m_copy);
    bar->addWidget(m_export);
    bar->addWidget(m_clear);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_view);

    // The bar moves when rows come; only what the user does to it counts.
    connect(m_view->verticalScrollBar(), &QScrollBar::valueChanged, this,
        [this](int value) { m_follows = value == m_view->verticalScrollBar()->maximum(); });
    connect(m_view->verticalScrollBar(), &QScrollBar::rangeChanged, this, [this] {
        if (m_follows)
            m_view->scrollToBottom();
    });
    connect(&m_texts, &QAbstractItemModel::rowsInserted, this, &EventLog::showEmpty);
    connect(&m_texts, &QAbstractItemModel::rowsRemoved, this, &EventLog::showEmpty);
    connect(&m_texts, &QAbstractItemModel::modelReset, this, &EventLog::showEmpty);
    showEmpty();
}

QByteArray EventLog::saveState() const
{
    return m_view->header()->saveState();
}

void EventLog::restoreState(const QByteArray &state)
{
    m_view->header()->restoreState(state);
}

void EventLog::showEmpty()
{
    const bool any = m_texts.rowCount() > 0;
    m_copy->setEnabled(any);
    m_export->setEnabled(any);
    m_empty->setVisible(m_events.rowCount() == 0);
    m_clear->setEnabled(m_events.rowCount() > 0);
}

void EventLog::copy()
{
    QModelIndexList rows = m_view->selectionModel()->selectedRows();
    if (rows.isEmpty()) {
        for (int row = 0; row < m_texts.rowCount(); ++row)
            rows.append(m_texts.index(row, 0));
    }
    std::sort(rows.begin(), rows.end());
    QStringList lines;
    for (const QModelIndex &row : std::as_const(rows)) {
        QStringList cells;
        for (int column = 0; column < EventModel::ColumnCount; ++column)
            cells.append(row.siblingAtColumn(column).data().toString());
        lines.append(cells.join(u'\t'));
    }
    QGuiApplication::clipboard()->setText(lines.join(u'\n'));
}

QByteArray EventLog::toJsonLines() const
{
    QByteArray lines;
    for (int row = 0; row < m_texts.rowCount(); ++row) {
        lines += QJsonDocument(toJson(m_texts.at(m_texts.index(row, 0)))).toJson(QJsonDocument::Compact);
        lines += '\n';
    }
    return lines;
}

void EventLog::chooseExport()
{
    auto *dialog = new QFileDialog(this, tr("Export events"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("jsonl"));
    dialog->setNameFilter(tr("JSON lines (*.jsonl)"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        QSaveFile file(path);
        const QByteArray lines = toJsonLines();
        if (!file.open(QIODevice::WriteOnly) || file.write(lines) != lines.size() || !file.commit())
            Q_EMIT exportFailed(path, file.errorString());
    });
    dialog->open();
}

} // namespace treewarden
