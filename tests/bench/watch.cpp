// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/watch.h"

#include <QEvent>
#include <QEventLoop>

#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <unistd.h>

namespace treewarden::bench {

double millisecondsBetween(Clock::time_point from, Clock::time_point to)
{
    return std::chrono::duration<double, std::milli>(to - from).count();
}

bool Application::notify(QObject *receiver, QEvent *event)
{
    if (event->type() == QEvent::Paint && receiver == m_watched)
        m_painted = true;
    ++m_depth;
    const bool result = QApplication::notify(receiver, event);
    --m_depth;
    if (m_depth == 0 && m_painted) {
        m_lastPaint = Clock::now();
        m_painted = false;
    }
    return result;
}

Heartbeat::Heartbeat()
{
    m_timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { beat(); });
    m_timer.start(1);
    restart();
}

void Heartbeat::restart()
{
    m_last = Clock::now();
    m_lastProcessor = threadProcessorTime();
    m_lastQueued = threadQueuedTime();
    m_longest = {};
    m_longestOwn = {};
}

void Heartbeat::beat()
{
    const auto now = Clock::now();
    const double processor = threadProcessorTime();
    const double queued = threadQueuedTime();
    const Stall stall{millisecondsBetween(m_last, now), processor - m_lastProcessor, queued - m_lastQueued};
    if (stall.wall > m_longest.wall)
        m_longest = stall;
    if (stall.own() > m_longestOwn.own())
        m_longestOwn = stall;
    m_last = now;
    m_lastProcessor = processor;
    m_lastQueued = queued;
}

double threadProcessorTime()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
}

double threadQueuedTime()
{
    // "<ns on the processor> <ns in its queue> <slices>"
    static thread_local const int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    char text[96] = {};
    if (file < 0 || pread(file, text, sizeof text - 1, 0) <= 0)
        return 0;
    unsigned long long queued = 0;
    return std::sscanf(text, "%*u %llu", &queued) == 1 ? double(queued) / 1e6 : 0;
}

void spin(int milliseconds)
{
    QEventLoop loop;
    QTimer::singleShot(milliseconds, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
}

bool spinUntil(const std::function<bool()> &reached, int patience)
{
    const auto start = Clock::now();
    while (!reached()) {
        if (millisecondsBetween(start, Clock::now()) > patience)
            return false;
        spin(2);
    }
    return true;
}

} // namespace treewarden::bench
