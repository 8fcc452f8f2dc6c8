// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"
#include "model/guard/unlistedfolders.h"

#include <QPointer>

#include <optional>

class QAction;
class QWidget;

namespace treewarden {

class NoticeBar;

// Where images of the machine in view may not be read because their folder lies in no storage pool: offers to make it
// one, in a notice and as an action, and does so after the user confirmed. One folder at a time.
class PoolOffer : public QObject
{
    Q_OBJECT

public:
    // Dialogs belong to `window`.
    PoolOffer(NoticeBar *notices, QWidget *window);

    // To be called with every new inventory as well as when another machine is chosen. Null: no connection.
    void show(Connection *connection, const DomainId &machine);
    void showFailure(const Error &error); // of Connection::makePool()

    QAction *action() const { return m_action; } // enabled while there is a folder to offer

private:
    void ask();

    NoticeBar *m_notices;
    QWidget *m_window;
    QAction *m_action;
    QPointer<Connection> m_connection;
    std::optional<UnlistedFolder> m_folder;
    QStringList m_dismissed; // folders that the user wants to hear no more of
};

} // namespace treewarden
