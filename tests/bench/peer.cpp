// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/peer.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QSettings>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

// Where virt-manager 4 and 5 have the button and the list, in a window of their own size and theme. The list leaves
// out the button's tool tip.
const QPoint SnapshotButton(304, 48);
const QRect SnapshotList(14, 84, 196, 680);

void xdotool(const QStringList &arguments)
{
    QProcess::execute(u"xdotool"_s, arguments);
}

} // namespace

Programs::Programs(const Workplace &workplace, const VirtualDisplay &display)
    : m_workplace(workplace)
    , m_display(display.name())
    , m_ownHome(workplace.folder(u"treewarden"_s))
    , m_peerHome(workplace.folder(u"virt-manager"_s))
    , m_treewarden(m_ownHome + u"/treewarden"_s)
{
    QFile::copy(QCoreApplication::applicationDirPath() + u"/treewarden"_s, m_treewarden);
    for (const QString &home : {m_ownHome, m_peerHome}) {
        for (const QString &folder : {u"config"_s, u"cache"_s, u"data"_s, u"state"_s, u"run"_s})
            QDir(home).mkdir(folder);
        workplace.handOver(home);
    }
    m_bus = workplace.start(
        u"dbus-daemon"_s, {u"--session"_s, u"--nofork"_s, u"--print-address=1"_s}, environment(m_peerHome));
    m_bus->waitForReadyRead(10'000);
    m_busAddress = QString::fromLatin1(m_bus->readAllStandardOutput().trimmed());
}

Programs::~Programs()
{
    end(*m_bus);
}

QProcessEnvironment Programs::environment(const QString &home) const
{
    QProcessEnvironment environment = m_workplace.environment(home);
    environment.insert(u"DISPLAY"_s, m_display);
    environment.insert(u"DBUS_SESSION_BUS_ADDRESS"_s, m_busAddress);
    environment.insert(u"GSETTINGS_BACKEND"_s, u"memory"_s);
    // There is no accessibility bus here, and looking for it would cost time that users do not wait.
    environment.insert(u"NO_AT_BRIDGE"_s, u"1"_s);
    return environment;
}

std::unique_ptr<QProcess> Programs::startTreewarden(const QString &uri, const QString &machine) const
{
    if (!machine.isEmpty()) {
        const QString folder = m_ownHome + u"/config/treewarden"_s;
        QDir().mkpath(folder);
        {
            QSettings settings(folder + u"/treewarden.conf"_s, QSettings::IniFormat);
            settings.setValue(u"chosen/connection"_s, uri);
            settings.setValue(u"chosen/machine"_s, machine);
        }
        m_workplace.handOver(folder);
    }
    return m_workplace.start(m_treewarden, {u"--connect"_s, uri}, environment(m_ownHome));
}

std::unique_ptr<QProcess> Programs::startVirtManager(const QString &uri, const QString &machine) const
{
    QStringList arguments{u"--connect"_s, uri, u"--no-fork"_s};
    if (!machine.isEmpty())
        arguments << u"--show-domain-editor"_s << machine;
    return m_workplace.start(u"virt-manager"_s, arguments, environment(m_peerHome));
}

std::optional<Change> Programs::openSnapshotPage()
{
    xdotool({u"mousemove"_s, QString::number(SnapshotButton.x()), QString::number(SnapshotButton.y())});
    untilQuiet(1500, 10'000); // its tool tip has come
    return watchChange(
        SnapshotList,
        [] {
            xdotool({u"click"_s, u"1"_s});
        },
        2000, 30'000);
}

double residentMemory(const QProcess &process)
{
    QFile status(u"/proc/%1/status"_s.arg(process.processId()));
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : status.readAll().split('\n')) {
        if (line.startsWith("VmRSS:"))
            return line.mid(6).trimmed().split(' ').front().toDouble() * 1024 / 1e6;
    }
    return 0;
}

} // namespace treewarden::bench
