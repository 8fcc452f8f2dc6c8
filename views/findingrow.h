// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/finding.h"

#include <QFrame>

class QCheckBox;

namespace treewarden {

// One finding of the guard: its shield, what it says, why; a tick box where somebody has to say yes to it. The keyboard
// stops at it, and it is read out whole.
class FindingRow : public QFrame
{
    Q_OBJECT

public:
    // `explains`: with why and what helps, which need not be said twice for findings of one kind.
    FindingRow(const Finding &finding, bool explains, bool asks, QWidget *parent = nullptr);

    const Finding &finding() const { return m_finding; }
    QCheckBox *box() const { return m_box; } // null: nothing is asked
    QString plainText() const;

Q_SIGNALS:
    void ticked();
    // The user wants to read more about this kind of finding.
    void moreWanted(const QString &id);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Finding m_finding;
    QCheckBox *m_box = nullptr;
};

} // namespace treewarden
