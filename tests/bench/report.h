// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>
#include <vector>

namespace treewarden::bench {

// One line of the table. Values are medians, in `unit`; times are the clock's. By them alone the figure is met or
// missed.
struct Figure
{
    QString name;
    QString unit; // "ms", "MB"
    double own = 0;
    std::optional<double> peer; // virt-manager, doing the same
    std::optional<double> bound; // own must stay below it
    std::optional<double> ratioBound; // own must stay below this share of the peer's
    QString note; // says more, and decides nothing
};

class Report
{
public:
    void add(Figure figure);
    // What could not be measured, and why.
    void fail(const QString &name, const QString &why);

    void print() const;
    bool isComplete() const { return m_failures.empty(); }

private:
    std::vector<Figure> m_figures;
    std::vector<std::pair<QString, QString>> m_failures;
};

// Of at least one value.
double median(std::vector<double> values);

} // namespace treewarden::bench
