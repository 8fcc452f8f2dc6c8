// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/screen.h"

#include <QElapsedTimer>
#include <QGuiApplication>
#include <QPixmap>
#include <QScreen>
#include <QSet>
#include <QThread>

#include <csignal>
#include <cstring>

#include <sys/prctl.h>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr int PollMilliseconds = 3;
// A window's background and border are fewer; a line of smooth text has more.
constexpr int ColoursOfContents = 16;

double milliseconds(const QElapsedTimer &timer)
{
    return double(timer.nsecsElapsed()) / 1e6;
}

bool hasContents(const QImage &before, const QImage &now)
{
    QSet<QRgb> colours;
    for (int y = 0; y < now.height(); ++y) {
        const auto *then = reinterpret_cast<const QRgb *>(before.constScanLine(y));
        const auto *row = reinterpret_cast<const QRgb *>(now.constScanLine(y));
        if (std::memcmp(then, row, size_t(now.width()) * sizeof(QRgb)) == 0)
            continue;
        for (int x = 0; x < now.width(); ++x) {
            if (row[x] == then[x] || (x > 0 && row[x] == row[x - 1]))
                continue;
            colours.insert(row[x]);
            if (colours.size() >= ColoursOfContents)
                return true;
        }
    }
    return false;
}

} // namespace

VirtualDisplay::~VirtualDisplay()
{
    if (m_server.state() == QProcess::NotRunning)
        return;
    m_server.terminate();
    m_server.waitForFinished(3000);
}

bool VirtualDisplay::start()
{
    m_server.setProcessChannelMode(QProcess::SeparateChannels);
    m_server.setStandardErrorFile(QProcess::nullDevice());
    m_server.setChildProcessModifier([] { prctl(PR_SET_PDEATHSIG, SIGTERM); });
    m_server.start(
        u"Xvfb"_s, {u"-displayfd"_s, u"1"_s, u"-screen"_s, u"0"_s, u"1600x1000x24"_s, u"-nolisten"_s, u"tcp"_s});
    if (!m_server.waitForStarted() || !m_server.waitForReadyRead(10000))
        return false;
    m_name = u':' + QString::fromLatin1(m_server.readAllStandardOutput().trimmed());
    qputenv("DISPLAY", m_name.toLatin1());
    qputenv("QT_QPA_PLATFORM", "xcb");
    return true;
}

QImage grab(const QRect &part)
{
    QScreen *screen = QGuiApplication::primaryScreen();
    const QRect area = part.isValid() ? part : screen->geometry();
    return screen->grabWindow(0, area.x(), area.y(), area.width(), area.height())
        .toImage()
        .convertToFormat(QImage::Format_RGB32);
}

std::optional<double> untilPainted(const QImage &before, const std::function<void()> &act, int patience)
{
    QElapsedTimer timer;
    timer.start();
    act();
    while (timer.elapsed() < patience) {
        const QImage now = grab();
        if (now.size() == before.size() && hasContents(before, now))
            return milliseconds(timer);
        QThread::msleep(PollMilliseconds);
    }
    return std::nullopt;
}

std::optional<Change> watchChange(const QRect &part, const std::function<void()> &act, int quiet, int patience)
{
    QImage last = grab(part);
    std::optional<Change> change;
    QElapsedTimer timer;
    timer.start();
    act();
    while (timer.elapsed() < patience) {
        QImage now = grab(part);
        const double time = milliseconds(timer);
        if (now != last) {
            if (!change)
                change = Change{time, time};
            change->last = time;
            last = std::move(now);
        } else if (change && time - change->last > quiet) {
            break;
        }
        QThread::msleep(PollMilliseconds);
    }
    return change;
}

void untilQuiet(int quiet, int patience)
{
    QImage last = grab();
    QElapsedTimer total;
    QElapsedTimer still;
    total.start();
    still.start();
    while (still.elapsed() < quiet && total.elapsed() < patience) {
        QThread::msleep(20);
        QImage now = grab();
        if (now != last) {
            last = std::move(now);
            still.restart();
        }
    }
}

} // namespace treewarden::bench
