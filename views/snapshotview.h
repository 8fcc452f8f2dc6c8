// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotmodel.h"
#include "views/text/snapshottext.h"

#include <QTimer>
#include <QTreeView>

class QAction;

namespace treewarden {

class SnapshotTextModel;
class Verdicts;

// The centre of the window: the snapshots of one machine, drawn in lanes. Keeps selection, folds and scroll position
// through every update. Where there is nothing to show it says why.
class SnapshotView : public QTreeView
{
    Q_OBJECT

public:
    explicit SnapshotView(QWidget *parent = nullptr);
    ~SnapshotView() override;

    // To be called with every new inventory as well as when another machine is chosen. An empty id: no machine.
    void show(std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment,
        const DomainId &domain);
    using QTreeView::show;
    // What Connection::measured() answered.
    void setMeasured(const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes);
    // Where the shields of the column "Delete" come from: see SnapshotModel::setVerdicts().
    void setVerdicts(Verdicts *verdicts);
    void setFilter(const QString &text);

    // Nothing when no row is current.
    std::optional<SnapshotItem> currentItem() const;
    // Makes a snapshot the current row and scrolls to it; false when it is not shown.
    bool setCurrentSnapshot(const QString &name);

    // For the window's View menu: "Newest first", "Oldest first", (separator) "Branches by age", "Branches by name",
    // (separator) "Unfold all". The view owns them.
    QList<QAction *> arrangeActions() const { return m_arrangeActions; }
    // One checkable action for each column that may be hidden.
    QList<QAction *> columnActions() const { return m_columnActions; }
    // For the current row, enabled as it allows: the view's context menu has the same ones.
    QAction *copyNameAction() const { return m_copyName; }
    QAction *copyPathAction() const { return m_copyPath; } // has a menu where there are several files
    QAction *openFolderAction() const { return m_openFolder; }
    QAction *foldAction() const { return m_fold; }
    // What is said where no machine is chosen.
    void setNoMachine(const SnapshotText::Empty &words);
    QAction *measureAction() const { return m_measure; }

    // What can be done to the current row, first in the context menu.
    void setOperations(const QList<QAction *> &actions) { m_operations = actions; }

    // Column widths, order and visibility, arrangement: for QSettings.
    QByteArray saveState() const;
    bool restoreState(const QByteArray &state);
    // Which row is chosen and what is folded, on the machines that were looked at last. To be restored before anything
    // is shown.
    QByteArray savePlaces() const;
    bool restorePlaces(const QByteArray &places);

Q_SIGNALS:
    // Another row became current, none is, or what is known of the current one changed.
    void currentSnapshotChanged(const std::optional<treewarden::SnapshotItem> &item);
    // The user wants to know what only this snapshot holds; see Connection::measure().
    void measureRequested(const treewarden::DomainId &domain, const QString &snapshot);

public Q_SLOTS:
    void dataChanged(const QModelIndex &topLeft, const QModelIndex &bottomRight, const QList<int> &roles = {}) override;

protected:
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    void drawRow(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    void keyPressEvent(QKeyEvent *event) override;
    QItemSelectionModel::SelectionFlags selectionCommand(
        const QModelIndex &index, const QEvent *event = nullptr) const override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    // What an update must not move.
    struct Place
    {
        QPersistentModelIndex anchor; // the row that stays where it is on the screen
        int anchorY = 0;
        int currentRow = -1;
    };

    void makeActions();
    void makeHeader();
    void fitNames();
    void arrange(bool newestFirst, bool byName);
    void showArrangement();
    void keepPlace();
    void restorePlace();
    void report();
    SnapshotText::Empty emptyWords() const;
    void showContent();
    void scheduleAges();
    void updateActions();
    int currentRow() const;
    bool isOnFoldMark(const QPoint &position, const QModelIndex &index) const;
    void setFolded(int row, bool folded);
    int firstChildRow(int row) const;

    SnapshotTextModel *m_model;
    SnapshotText::Empty m_noMachine = SnapshotText::noMachine(nullptr);
    QTimer m_ages;

    QList<QAction *> m_arrangeActions;
    QList<QAction *> m_columnActions;
    QList<QAction *> m_operations;
    QAction *m_newestFirst = nullptr;
    QAction *m_oldestFirst = nullptr;
    QAction *m_byAge = nullptr;
    QAction *m_byName = nullptr;
    QAction *m_copyName = nullptr;
    QAction *m_copyPath = nullptr;
    QAction *m_openFolder = nullptr;
    QAction *m_fold = nullptr;
    QAction *m_measure = nullptr;

    // What the user chose on each machine; kept while a filter hides it.
    QHash<DomainId, SnapshotItem> m_chosen;
    QList<DomainId> m_looked; // at which machines, the last one last
    std::optional<SnapshotItem> m_reported;
    DomainId m_reportedDomain;
    Place m_place;
    bool m_updating = false;
};

} // namespace treewarden
