// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QTimer>

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

// The longest time that the GUI thread could not be reached, by a timer that wants to fire each millisecond.
class Heartbeat
{
public:
    Heartbeat();
    void restart();
    double longest() const { return m_longest; } // milliseconds since restart()
    double processor() const { return m_processor; } // of which this thread ran so long; the rest it waited for others

private:
    void beat();

    QTimer m_timer;
    Clock::time_point m_last;
    double m_lastProcessor = 0;
    double m_longest = 0;
    double m_processor = 0;
};

// Milliseconds that this thread has run.
double threadProcessorTime();

// Lets events happen.
void spin(int milliseconds);
bool spinUntil(const std::function<bool()> &reached, int patience);

} // namespace treewarden::bench
