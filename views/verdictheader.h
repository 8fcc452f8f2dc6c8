// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/finding.h"

#include <QWidget>

namespace treewarden {

class ShieldMark;
class ToneLabel;

// The coloured band on top of a guarded dialog: shield, what it is about, the verdict in one sentence.
class VerdictHeader : public QWidget
{
    Q_OBJECT

public:
    explicit VerdictHeader(QWidget *parent = nullptr);

    void show(Verdict verdict, const QString &title, const QString &summary);
    using QWidget::show;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Verdict m_verdict = Verdict::Allow;
    ShieldMark *m_shield;
    ToneLabel *m_title;
    ToneLabel *m_summary;
};

} // namespace treewarden
