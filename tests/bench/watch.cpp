// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/watch.h"

#include <QEvent>
#include <QEventLoop>

#include <ctime>

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
    m_longest = 0;
    m_processor = 0;
}

void Heartbeat::beat()
{
    const auto now = Clock::now();
    const double processor = threadProcessorTime();
    const double gap = millisecondsBetween(m_last, now);
    if (gap > m_longest) {
        m_longest = gap;
        m_processor = processor - m_lastProcessor;
    }
    m_last = now;
    m_lastProcessor = processor;
}

double threadProcessorTime()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
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
