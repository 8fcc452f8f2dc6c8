// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/task.h"

#include <QScrollArea>

#include <map>
#include <vector>

class QVBoxLayout;

namespace treewarden {

class ToneLabel;

// Jobs under way and those that have just ended, newest first: what, which step, how far, and a way to stop it where
// there is one. A row is changed in place, so that the focus stays.
class TasksView : public QScrollArea
{
    Q_OBJECT

public:
    explicit TasksView(QWidget *parent = nullptr);

    // All tasks of one host; `host` names it. What is no more among them goes.
    void show(const QString &host, const std::vector<Task> &tasks);
    using QScrollArea::show;
    int underWay() const;

Q_SIGNALS:
    void cancelRequested(const QString &host, quint64 task);
    void pauseRequested(const QString &host, quint64 task, bool isWanted);

private:
    class Row;
    using Key = std::pair<QString, quint64>;

    std::map<Key, Row *> m_rows;
    QWidget *m_content;
    QVBoxLayout *m_layout;
    ToneLabel *m_empty;
};

} // namespace treewarden
