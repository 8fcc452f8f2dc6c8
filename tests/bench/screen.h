// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QProcess>
#include <QRect>

#include <functional>
#include <optional>

namespace treewarden::bench {

// A display of the bench's own, which nothing but the bench and what it starts can see.
class VirtualDisplay
{
public:
    ~VirtualDisplay();

    // Starts the server and points this process, and what it starts, at it. Before the application object is made.
    bool start();
    QString name() const { return m_name; }

private:
    QProcess m_server;
    QString m_name;
};

// The contents of the display now, or of a part of it.
QImage grab(const QRect &part = {});

// Milliseconds from `act` until the display shows more than `before` with a flat fill on it: letters, icons.
std::optional<double> untilPainted(const QImage &before, const std::function<void()> &act, int patience);

// From `act` on: when the part first changed, and when it last did before it stayed the same for `quiet` milliseconds.
struct Change
{
    double first = 0;
    double last = 0;
};
std::optional<Change> watchChange(const QRect &part, const std::function<void()> &act, int quiet, int patience);
// Waits until nothing changes for `quiet` milliseconds.
void untilQuiet(int quiet, int patience);

} // namespace treewarden::bench
