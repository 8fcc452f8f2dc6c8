// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QGridLayout;

namespace treewarden {

class ToneLabel;

// A heading and rows below it: a short word on the left, what it is about on the right. The keyboard stops at it, and
// it is read out whole.
class PlanSection : public QFrame
{
    Q_OBJECT

public:
    explicit PlanSection(const QString &heading, QWidget *parent = nullptr);

    // `strong` is set bold behind the text, `second` muted below it; both may be empty.
    void addRow(const QString &key, const QString &text, const QString &strong = {}, const QString &second = {});
    // A line across both columns, with what comes after it apart: the point of no return.
    void addMark(const QString &text);
    QStringList lines() const { return m_lines; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void say();

    QGridLayout *m_grid;
    QStringList m_lines;
    QString m_heading;
};

} // namespace treewarden
