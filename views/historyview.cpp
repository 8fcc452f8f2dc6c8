// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/historyview.h"

#include "model/base/visible.h"
#include "views/askbox.h"
#include "views/paddedstyle.h"
#include "views/text/tasktext.h"
#include "views/text/unittext.h"
#include "views/tonelabel.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace treewarden {

void HistoryModel::setEntries(std::vector<HistoryEntry> entries)
{
    beginResetModel();
    m_entries = std::move(entries);
    endResetModel();
}

int HistoryModel::rowOf(const QString &entry) const
{
    const auto found = std::find_if(
        m_entries.begin(), m_entries.end(), [&entry](const HistoryEntry &each) { return each.entry == entry; });
    return found == m_entries.end() ? -1 : int(found - m_entries.begin());
}

int HistoryModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_entries.size());
}

int HistoryModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant HistoryModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return {};
    const HistoryEntry &entry = at(index.row());
    switch (index.column()) {
    case Time:
        return UnitText::clock(entry.time);
    case Machine:
        return visible(entry.domainName);
    case What:
        return visible(TaskText::what(entry));
    case Result:
        return TaskText::outcome(entry);
    case Undo:
        return role == Qt::ToolTipRole ? TaskText::undoHelp(entry) : TaskText::undo(entry);
    default:
        return {};
    }
}

QVariant HistoryModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time:
        return tr("Time");
    case Machine:
        return tr("Machine");
    case What:
        return tr("What");
    case Result:
        return tr("Outcome");
    case Undo:
        return tr("Undo", "column: whether that is possible");
    default:
        return {};
    }
}

HistoryView::HistoryView(QWidget *parent)
    : QWidget(parent)
    , m_view(new QTreeView(this))
    , m_split(new QSplitter(this))
    , m_empty(new ToneLabel(tr("What was done on this host, from the window or the command line, appears here."),
          m_view, ColorRole::Muted))
    , m_steps(new ToneLabel({}, this))
    , m_why(new ToneLabel({}, this, ColorRole::Muted))
    , m_undo(new QPushButton(tr("Undo…"), this))
    , m_free(new QPushButton(tr("Free now…"), this))
{
    m_undo->setObjectName(QStringLiteral("undo"));
    m_free->setObjectName(QStringLiteral("free"));
    m_view->setModel(&m_model);
    m_view->setRootIsDecorated(false);
    m_view->setItemsExpandable(false);
    m_view->setUniformRowHeights(true);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setAccessibleName(tr("History"));
    PaddedStyle::applyTo(m_view);
    const int digit = fontMetrics().horizontalAdvance(u'0');
    const std::pair<int, int> widths[]
        = {{HistoryModel::Time, 18}, {HistoryModel::Machine, 18}, {HistoryModel::Result, 14}, {HistoryModel::Undo, 22}};
    for (const auto &[column, digits] : widths)
        m_view->setColumnWidth(column, digit * digits);
    m_view->header()->setStretchLastSection(false);
    m_view->header()->setMinimumSectionSize(digit * 8);
    m_view->header()->setSectionResizeMode(HistoryModel::What, QHeaderView::Stretch);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setTextInteractionFlags(Qt::NoTextInteraction);
    m_empty->setObjectName(QStringLiteral("empty"));
    auto *over = new QVBoxLayout(m_view->viewport());
    over->addWidget(m_empty);

    auto *content = new QWidget;
    auto *texts = new QVBoxLayout(content);
    texts->setContentsMargins(12, 8, 12, 8);
    texts->setSpacing(6);
    texts->addWidget(m_steps);
    texts->addWidget(m_why);
    texts->addStretch();
    auto *details = new QScrollArea(this);
    details->setWidget(content);
    details->setWidgetResizable(true);
    details->setFrameShape(QFrame::NoFrame);
    details->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    details->setAccessibleName(tr("The steps of the chosen entry"));
    // What can be done stays in sight, however long the text is and however low the pane.
    auto *buttons = new QHBoxLayout;
    buttons->setContentsMargins(12, 0, 12, 8);
    buttons->addWidget(m_undo);
    buttons->addWidget(m_free);
    buttons->addStretch();
    auto *right = new QWidget(this);
    auto *below = new QVBoxLayout(right);
    below->setContentsMargins(0, 0, 0, 0);
    below->addWidget(details, 1);
    below->addLayout(buttons);

    m_split->addWidget(m_view);
    m_split->addWidget(right);
    m_split->setChildrenCollapsible(false);
    m_split->setHandleWidth(1);
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 2);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_split);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &HistoryView::showDetails);
    connect(m_undo, &QPushButton::clicked, this, [this] {
        if (const HistoryEntry *entry = current())
            Q_EMIT undoWanted(entry->entry);
    });
    connect(m_free, &QPushButton::clicked, this, &HistoryView::askToFree);
    showDetails();
}

QByteArrayList HistoryView::saveState() const
{
    return {m_view->header()->saveState(), m_split->saveState()};
}

void HistoryView::restoreState(const QByteArrayList &state)
{
    m_view->header()->restoreState(state.value(0));
    m_split->restoreState(state.value(1));
    m_split->setChildrenCollapsible(false); // a state has that too
}

void HistoryView::show(const std::vector<HistoryEntry> &entries, bool canChange)
{
    const HistoryEntry *chosen = current();
    // Who looks at the last job goes on doing so.
    const bool isLast = m_view->currentIndex().row() <= 0;
    const QString entry = chosen && !isLast ? chosen->entry : QString();
    m_canChange = canChange;
    m_model.setEntries(entries);
    m_empty->setVisible(entries.empty());
    const int row = std::max(0, m_model.rowOf(entry));
    if (!entries.empty())
        m_view->setCurrentIndex(m_model.index(row, 0));
    showDetails();
}

const HistoryEntry *HistoryView::current() const
{
    const QModelIndex index = m_view->currentIndex();
    return index.isValid() ? &m_model.at(index.row()) : nullptr;
}

void HistoryView::showDetails()
{
    const HistoryEntry *entry = current();
    QStringList steps;
    QString why;
    if (entry) {
        for (const HistoryEntry::Done &done : entry->steps)
            steps += TaskText::step(*entry, done);
        if (const QString words = TaskText::theirWords(entry->error); !words.isEmpty())
            steps += words;
        why = QStringList({TaskText::undoHelp(*entry), TaskText::pinned(*entry)}).join(u'\n').trimmed();
    }
    m_steps->say(steps.join(u'\n'));
    m_why->say(why);
    const bool canUndo = entry && m_canChange && entry->undo != HistoryEntry::Undo::No && !entry->isUndone;
    m_undo->setEnabled(canUndo);
    m_undo->setToolTip(entry && !m_canChange ? tr("The host is not connected") : why);
    m_undo->setAccessibleDescription(m_undo->toolTip());
    m_free->setEnabled(entry && m_canChange && entry->pinned > 0);
    m_free->setToolTip(entry && entry->pinned == 0 ? tr("Nothing is held for this entry") : QString());
    m_free->setAccessibleDescription(m_free->toolTip());
    for (QPushButton *button : {m_undo, m_free})
        button->setVisible(entry);
}

void HistoryView::askToFree()
{
    const HistoryEntry *entry = current();
    if (!entry)
        return;
    ask(this,
        {tr("Free space"), tr("Free %1?").arg(UnitText::bytes(entry->pinned)),
            tr("On %1 this can then not be undone any more: %2", "machine, what")
                .arg(visible(entry->domainName), TaskText::what(*entry)),
            tr("Free now")},
        [this, name = entry->entry] { Q_EMIT freeRequested(name); });
}

} // namespace treewarden
