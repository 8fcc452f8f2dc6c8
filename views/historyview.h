// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/task.h"

#include <QAbstractTableModel>
#include <QByteArrayList>
#include <QWidget>

#include <vector>

class QPushButton;
class QSplitter;
class QTreeView;
class QVBoxLayout;

namespace treewarden {

class ToneLabel;

// The history of one host in words, newest first.
class HistoryModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Time, Machine, What, Result, Undo, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setEntries(std::vector<HistoryEntry> entries);
    const HistoryEntry &at(int row) const { return m_entries[size_t(row)]; }
    int rowOf(const QString &entry) const; // -1: none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<HistoryEntry> m_entries;
};

// What was done on a host: each job with its steps, what came of it, and the way back where there is one.
class HistoryView : public QWidget
{
    Q_OBJECT

public:
    explicit HistoryView(QWidget *parent = nullptr);

    // Keeps the chosen entry, unless that is the last one and there is a later one now. `canChange`: whether the host
    // can be asked to undo now; else why not.
    void show(const std::vector<HistoryEntry> &entries, bool canChange);
    using QWidget::show;
    // The widths of the columns, and what is left for the steps beside them.
    QByteArrayList saveState() const;
    void restoreState(const QByteArrayList &state);

Q_SIGNALS:
    void undoWanted(const QString &entry);
    // After the user confirmed.
    void freeRequested(const QString &entry);

private:
    const HistoryEntry *current() const; // null: none
    void showDetails();
    void askToFree();

    HistoryModel m_model;
    bool m_canChange = false;
    QTreeView *m_view;
    QSplitter *m_split;
    ToneLabel *m_empty;
    ToneLabel *m_steps;
    ToneLabel *m_why;
    QPushButton *m_undo;
    QPushButton *m_free;
};

} // namespace treewarden
