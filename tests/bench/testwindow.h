// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connections.h"
#include "tests/bench/watch.h"
#include "views/mainwindow.h"

#include <QSettings>
#include <QTemporaryDir>

#include <atomic>

namespace treewarden::bench {

// The program's own window on a host, with settings of nobody's. Opens no connection by itself.
class TestWindow
{
public:
    explicit TestWindow(const QString &uri);
    ~TestWindow();

    MainWindow &window() { return m_window; }
    Connection *connection() { return m_connection; }
    // When libvirt had said all it knows of snapshots for the first inventory.
    Clock::time_point firstAnswered() const;

    // Opens the connection with this machine chosen; false: its tree was not drawn in time.
    bool open(const QString &machine, int rows, int patience = 30'000);
    // Clicks on the machine's row on the left.
    void click(const QString &machine);
    // Until so many rows are there, painted, and nothing is painted any more.
    bool untilDrawn(int rows, Clock::time_point since, int patience = 30'000);
    void type(const QString &text); // into the filter

private:
    QTemporaryDir m_folder;
    QSettings m_settings;
    std::shared_ptr<std::atomic<qint64>> m_lastAnswer;
    qint64 m_firstAnswered = 0;
    Connections m_connections;
    Connection *m_connection;
    MainWindow m_window;
};

} // namespace treewarden::bench
