// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimerEvent>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace treewarden::test {

// Whether this thread's event loop goes on turning. Counts its timer's ticks and, beside them, those of a thread that
// only sleeps: what a busy computer takes from one it takes from the other, so that only a call that blocks this thread
// lets it fall behind. Both tick every 10 ms.
class Heartbeat : public QObject
{
public:
    Heartbeat()
        : m_reference([this] {
            while (!m_ended) {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
                ++m_elsewhere;
            }
        })
    {
        startTimer(10, Qt::PreciseTimer);
    }
    ~Heartbeat() override
    {
        m_ended = true;
        m_reference.join();
    }

    int ticks() const { return m_ticks; }
    // The most ticks of the other thread between two of this one: 1 or 2 where nothing blocks.
    int longestGap() const { return std::max(m_longest, m_elsewhere - m_last); }

protected:
    void timerEvent(QTimerEvent *) override
    {
        const int now = m_elsewhere;
        m_longest = std::max(m_longest, now - m_last);
        m_last = now;
        ++m_ticks;
    }

private:
    std::atomic<int> m_elsewhere = 0;
    std::atomic<bool> m_ended = false;
    int m_ticks = 0;
    int m_last = 0;
    int m_longest = 0;
    std::thread m_reference; // last: it uses all of the above
};

} // namespace treewarden::test
