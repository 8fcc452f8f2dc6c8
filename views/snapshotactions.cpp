// SPDX-License-Identifier: GPL-3.0-or-later
// The actions of SnapshotView, for its header, its context menu and the window's menus.
#include "views/openfolder.h"
#include "views/snapshottextmodel.h"
#include "views/snapshotview.h"
#include "views/text/filetext.h"
#include "views/text/snapshottext.h"

#include <QActionGroup>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>

namespace treewarden {

namespace {

struct Choice
{
    QString label;
    std::function<void()> run;
};

// One choice is the action itself, several are its menu, none disables it.
void offer(QAction *action, const std::vector<Choice> &choices)
{
    QObject::disconnect(action, &QAction::triggered, action, nullptr);
    if (QMenu *old = action->menu<QMenu *>()) {
        action->setMenu<QMenu *>(nullptr);
        old->deleteLater();
    }
    action->setEnabled(!choices.empty());
    if (choices.size() == 1) {
        QObject::connect(action, &QAction::triggered, action, choices.front().run);
    } else if (!choices.empty()) {
        auto *menu = new QMenu(qobject_cast<QWidget *>(action->parent()));
        for (const Choice &choice : choices) {
            QString label = choice.label;
            menu->addAction(label.replace(u'&', QStringLiteral("&&")), action, choice.run);
        }
        action->setMenu(menu);
    }
}

} // namespace

void SnapshotView::makeActions()
{
    const auto choice = [this](QActionGroup *group, const QString &text, auto arrangeSo) {
        auto *action = new QAction(text, group);
        action->setCheckable(true);
        connect(action, &QAction::triggered, this, arrangeSo);
        return action;
    };
    const auto separator = [this] {
        auto *action = new QAction(this);
        action->setSeparator(true);
        return action;
    };
    auto *order = new QActionGroup(this);
    m_newestFirst = choice(order, tr("&Newest first"), [this] { arrange(true, m_model->options().byName); });
    m_oldestFirst = choice(order, tr("&Oldest first"), [this] { arrange(false, m_model->options().byName); });
    auto *branches = new QActionGroup(this);
    m_byAge = choice(branches, tr("Branches by &age"), [this] { arrange(m_model->options().newestFirst, false); });
    m_byName = choice(branches, tr("Branches by na&me"), [this] { arrange(m_model->options().newestFirst, true); });
    auto *unfoldAll = new QAction(tr("&Unfold all"), this);
    connect(unfoldAll, &QAction::triggered, m_model, &SnapshotModel::unfoldAll);
    m_arrangeActions = {m_newestFirst, m_oldestFirst, separator(), m_byAge, m_byName, separator(), unfoldAll};

    for (int column = SnapshotModel::SnapshotColumn + 1; column < SnapshotModel::ColumnCount; ++column) {
        auto *action = new QAction(SnapshotText::columnTitle(SnapshotModel::Column(column)), this);
        action->setCheckable(true);
        action->setChecked(true);
        action->setData(column);
        connect(action, &QAction::toggled, this, [this, column](bool on) { header()->setSectionHidden(column, !on); });
        m_columnActions += action;
    }

    m_copyName = new QAction(tr("&Copy name"), this);
    m_copyName->setShortcut(QKeySequence::Copy);
    m_copyName->setShortcutContext(Qt::WidgetShortcut);
    connect(
        m_copyName, &QAction::triggered, this, [this] { QGuiApplication::clipboard()->setText(currentItem()->name); });
    m_copyPath = new QAction(tr("Copy &path"), this);
    m_openFolder = new QAction(tr("Open &folder"), this);
    m_fold = new QAction(this);
    connect(m_fold, &QAction::triggered, this,
        [this] { setFolded(currentRow(), !m_model->item(currentRow()).drawing.folded); });
    m_measure = new QAction(tr("&Measure what only it holds"), this);
    connect(m_measure, &QAction::triggered, this,
        [this] { Q_EMIT measureRequested(m_model->domainId(), currentItem()->name); });
    addActions({m_copyName, m_copyPath, m_openFolder, m_fold, m_measure});
}

void SnapshotView::updateActions()
{
    const std::optional<SnapshotItem> item = currentItem();
    m_copyName->setEnabled(item && !item->name.isEmpty());
    const bool hasShare
        = item && item->kind == RowKind::Snapshot && item->snapshotKind == SnapshotKind::Internal && !item->dataMissing;
    const bool runs = m_model->domain() && isActive(m_model->domain()->state);
    m_measure->setEnabled(hasShare && !runs);
    m_measure->setToolTip(hasShare && runs ? FileText::whyNotMeasured() : QString());
    m_fold->setEnabled(item && item->drawing.foldable);
    m_fold->setText(item && item->drawing.folded ? tr("&Unfold what follows") : tr("&Fold what follows"));

    std::vector<Choice> paths;
    std::vector<Choice> folders;
    if (item && m_model->domain()) {
        QStringList seen;
        for (const SnapshotFile &file : filesOf(*m_model->domain(), *item)) {
            paths.push_back({SnapshotText::file(file),
                [path = file.location.name] { QGuiApplication::clipboard()->setText(path); }});
            const QString folder = QFileInfo(file.location.name).absolutePath();
            if (!m_model->inventory()->host.isLocal || !file.location.isLocalPath() || seen.contains(folder))
                continue;
            seen += folder;
            folders.push_back({folder, [this, folder] { openFolder(folder, this); }});
        }
    }
    offer(m_copyPath, paths);
    offer(m_openFolder, folders);
}

void SnapshotView::makeHeader()
{
    QHeaderView *titles = header();
    titles->setStretchLastSection(false);
    titles->setSectionsClickable(true);
    titles->setSortIndicatorShown(true);
    titles->setMinimumSectionSize(fontMetrics().averageCharWidth() * 6);
    titles->setSectionResizeMode(SnapshotModel::SnapshotColumn, QHeaderView::Stretch);
    const std::pair<SnapshotModel::Column, int> widths[] = {{SnapshotModel::StateColumn, 16},
        {SnapshotModel::CreatedColumn, 19}, {SnapshotModel::OnlyHereColumn, 13}, {SnapshotModel::DeleteColumn, 11}};
    for (const auto &[column, characters] : widths)
        titles->resizeSection(column, fontMetrics().averageCharWidth() * characters);
    connect(titles, &QHeaderView::sectionClicked, this, [this](int column) {
        const LaneOptions &options = m_model->options();
        if (column == SnapshotModel::SnapshotColumn)
            arrange(options.newestFirst, true);
        else if (column == SnapshotModel::CreatedColumn)
            arrange(options.byName ? options.newestFirst : !options.newestFirst, false);
        else
            showArrangement();
    });
    connect(titles, &QHeaderView::sectionResized, this, [this](int column) {
        if (column != SnapshotModel::SnapshotColumn)
            fitNames();
    });
    titles->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(titles, &QWidget::customContextMenuRequested, this, [this](const QPoint &position) {
        auto *menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addActions(m_columnActions);
        menu->popup(header()->mapToGlobal(position));
    });
}

void SnapshotView::resizeEvent(QResizeEvent *event)
{
    QTreeView::resizeEvent(event);
    fitNames();
}

// Names take what the other columns leave; where that is too little for a name, the others are scrolled to.
void SnapshotView::fitNames()
{
    QHeaderView *titles = header();
    const int least = fontMetrics().averageCharWidth() * 28;
    const int others = titles->length() - titles->sectionSize(SnapshotModel::SnapshotColumn);
    const auto mode = viewport()->width() - others < least ? QHeaderView::Fixed : QHeaderView::Stretch;
    if (titles->sectionResizeMode(SnapshotModel::SnapshotColumn) != mode)
        titles->setSectionResizeMode(SnapshotModel::SnapshotColumn, mode);
    if (mode == QHeaderView::Fixed)
        titles->resizeSection(SnapshotModel::SnapshotColumn, least);
}

void SnapshotView::contextMenuEvent(QContextMenuEvent *event)
{
    if (!currentIndex().isValid())
        return;
    QPoint position = event->globalPos();
    if (event->reason() == QContextMenuEvent::Keyboard) {
        scrollTo(currentIndex());
        position = viewport()->mapToGlobal(visualRect(currentIndex()).center());
    } else if (!indexAt(event->pos()).isValid()) {
        return;
    }
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true); // a grey entry says why
    menu->addActions(m_operations);
    if (!m_operations.isEmpty())
        menu->addSeparator();
    menu->addActions({m_copyName, m_copyPath, m_openFolder});
    menu->addSeparator();
    menu->addActions({m_measure, m_fold});
    menu->popup(position);
}

} // namespace treewarden
