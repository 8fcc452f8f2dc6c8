// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/machinemodel.h"

#include <QPointer>
#include <QSortFilterProxyModel>
#include <QTimer>
#include <QTreeView>

class QAction;

namespace treewarden {

// The machine model in words, and filtered: a machine stays when its name or one of its snapshots' contains the text.
// Connections always stay.
class MachineTextModel : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setFilter(const QString &text);
    bool isFiltered() const { return !m_filter.isEmpty(); }
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    QString m_filter;
};

// The left of the window: machines by connection. Status and reason of a connection stand in place. Owns the actions
// on the current row, but its power, which the window's menus and toolbar use too.
class MachineView : public QTreeView
{
    Q_OBJECT

public:
    explicit MachineView(Connections *connections, QWidget *parent = nullptr);

    void setFilter(const QString &text);
    bool matchesNothing() const; // there is a filter, and no machine passes it
    Connection *currentConnection() const; // null: none
    DomainId currentMachine() const; // empty: none
    bool setCurrent(const Connection *connection, const DomainId &machine);
    // What a machine's menu begins with.
    void setPower(const QList<QAction *> &actions) { m_power = actions; }

    QAction *copyUuidAction() const { return m_copyUuid; }
    QAction *refreshAction() const { return m_refresh; }
    QAction *connectAction() const { return m_connect; }
    QAction *disconnectAction() const { return m_disconnect; }
    QAction *removeAction() const { return m_remove; }

Q_SIGNALS:
    // Another machine, another connection, or none.
    void currentMachineChanged();
    // After the user confirmed.
    void removeRequested(treewarden::Connection *connection);

protected:
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    void rowsInserted(const QModelIndex &parent, int start, int end) override;
    void rowsAboutToBeRemoved(const QModelIndex &parent, int start, int end) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void drawRow(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    QAction *makeAction(const QString &text, void (MachineView::*slot)());
    void updateActions();
    void showMatches();
    void tick();
    void copyUuid();
    void refresh();
    void open();
    void close();
    void remove();

    MachineModel m_machines;
    MachineTextModel m_texts;
    QTimer m_seconds; // for what is told in seconds
    // What the user chose; kept while a filter hides it or another program has removed it.
    std::pair<QPointer<Connection>, DomainId> m_chosen;
    QList<QAction *> m_power;
    QAction *m_copyUuid;
    QAction *m_refresh;
    QAction *m_connect;
    QAction *m_disconnect;
    QAction *m_remove;
};

} // namespace treewarden
