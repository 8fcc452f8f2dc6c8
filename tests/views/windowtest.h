// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/samplehost.h"
#include "views/mainwindow.h"
#include "views/plandialog.h"

#include <QDateTime>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

namespace treewarden::test {

using namespace Qt::StringLiterals;

inline constexpr int Patience = 15'000;
inline const QString System = u"qemu:///system"_s;

// What tests of the whole window share: the window, and a connection to the host of samplehost.h.
class WindowTest : public QObject
{
protected:
    void makeHost()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_settings = std::make_unique<QSettings>(m_folder->filePath(u"settings.ini"_s), QSettings::IniFormat);
        m_state = m_folder->filePath(u"state"_s);
        m_host = sampleHost(QDateTime::currentSecsSinceEpoch());
    }
    void makeConnections()
    {
        m_window.reset();
        m_connections = std::make_unique<Connections>([this](const QString &) { return backend(); });
    }
    Backend backend() const
    {
        Backend made = m_host->backend();
        made.stateFolder = m_state; // not the user's
        return made;
    }
    // On the connections that there are.
    void openWindow()
    {
        if (m_connections->all().empty())
            m_connections->add(System);
        m_window = std::make_unique<MainWindow>(m_connections.get(), m_settings.get());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->activateWindow();
        connection()->open();
    }
    // As if the program had begun anew, once it has read the host.
    void startAnew()
    {
        makeConnections();
        openWindow();
        QTRY_VERIFY_WITH_TIMEOUT(connection()->inventory()->generation > 0, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(!connection()->activity(), Patience);
    }
    void closeAll()
    {
        m_host->release();
        m_window.reset();
        m_connections.reset();
    }
    Connection *connection() const { return m_connections->find(System); }
    PlanDialog *judgedDialog() const
    {
        auto *dialog = m_window->findChild<PlanDialog *>();
        return dialog && dialog->isVisible() && dialog->isJudged() ? dialog : nullptr;
    }
    static QPushButton *verb(const PlanDialog *dialog) { return dialog->findChild<QPushButton *>(u"verb"_s); }
    std::optional<Outcome> lastOutcome() const
    {
        return connection()->tasks().empty() ? std::nullopt : connection()->tasks().back().outcome;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QSettings> m_settings;
    QString m_state; // folder of the journal
    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<Connections> m_connections;
    std::unique_ptr<MainWindow> m_window;
};

} // namespace treewarden::test
