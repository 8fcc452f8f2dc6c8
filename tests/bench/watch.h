// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <functional>

namespace treewarden::bench {

using Clock = std::chrono::steady_clock;

double millisecondsBetween(Clock::time_point from, Clock::time_point to);

// Knows when a widget was last painted: the end of the event that painted it and gave it to the display.
class Application : public QApplication
{
public:
    using QApplication::QApplication;
    static Application *instance() { return static_cast<Application *>(QCoreApplication::instance()); }

    void watch(const QObject *widget) { m_watched = widget; }
    Clock::time_point lastPaint() const { return m_lastPaint; }

    bool notify(QObject *receiver, QEvent *event) override;

private:
    const QObject *m_watched = nullptr;
    Clock::time_point m_lastPaint;
    int m_depth = 0;
    bool m_painted = false;
};

// How long the GUI thread could not be reached, by a timer that wants to fire each millisecond. All in milliseconds.
class Heartbeat
{
public:
    struct Stall
    {
        double wall = 0; // by the clock
        double processor = 0; // of which this thread ran
        double queued = 0; // of which it was ready to run and another thread or program had the processor
        // At least what it ran: the wait before it is told along with it.
        double own() const { return std::max(wall - queued, processor); }
    };

    Heartbeat();
    void restart();
    // The longest one since restart(): by the clock, and without what other programs took. They need not be the same.
    const Stall &longest() const { return m_longest; }
    const Stall &longestOwn() const { return m_longestOwn; }

private:
    void beat();

    QTimer m_timer;
    Clock::time_point m_last;
    double m_lastProcessor = 0;
    double m_lastQueued = 0;
    Stall m_longest;
    Stall m_longestOwn;
};

// Milliseconds that this thread has run.
double threadProcessorTime();
// Milliseconds that this thread was ready to run and did not, by the kernel's scheduler; 0 where it does not say.
double threadQueuedTime();

// Lets events happen.
void spin(int milliseconds);
bool spinUntil(const std::function<bool()> &reached, int patience);

} // namespace treewarden::bench
