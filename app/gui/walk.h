// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connections.h"
#include "views/mainwindow.h"

#include <functional>

class QAction;

namespace treewarden {

class PlanDialog;

// Goes through the window as a user would and takes a picture of each view. What it changes it changes in the sandbox
// only, and undoes it. Every step fails, with the reason on stderr, where the window does not get there.
class Walk
{
public:
    Walk(MainWindow &window, Connections &connections, QString directory)
        : m_window(window)
        , m_connections(connections)
        , m_directory(std::move(directory))
    {
    }

    bool run(const QString &uri);

private:
    static constexpr int SettlingSeconds = 30;

    bool waitFor(const char *what, int seconds, const std::function<bool()> &done);
    bool waitForHost(const Connection *connection);
    // Nothing is under way, for long enough that a delayed layout has happened too.
    bool settle();
    bool shoot(const QString &name);
    bool save(const QString &name, QWidget &widget) const;

    bool shootHost(const Connection &host);
    bool shootEvents(Connection &sandbox);
    bool shootEmptyHost();
    bool shootFailure();

    // dialogshots.cpp
    bool shootDialogs(const Connection &sandbox);
    bool shootDialog(const QString &name, QAction *action);
    bool shootOtherWay(const QString &name, QAction *action);
    bool shootHazards();
    bool shootTask(Connection &sandbox);
    bool undoByHand();
    PlanDialog *judgedDialog(); // on a fresh reading; null: it did not come
    PlanDialog *openDialog(QAction *action); // judged on a fresh reading; null: it did not come

    MainWindow &m_window;
    Connections &m_connections;
    QString m_directory;
};

} // namespace treewarden
