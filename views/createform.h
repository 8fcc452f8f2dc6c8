// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/intentform.h"

namespace treewarden {

class ToneLabel;

// A new snapshot: filled in so that one click is right, with the kind that suits the tree and the reason for it.
class CreateForm : public IntentForm
{
    Q_OBJECT

public:
    // `today`: for the name that it proposes, "snapshot-2026-11-27".
    CreateForm(const Inventory &inventory, const Domain &domain, const QDate &today, QWidget *parent = nullptr);

    Intent intent() const override;
    QString complaint() const override;
    bool isFirst() const override { return true; }
    bool isHarmless() const override { return true; }
    void setPlan(const Plan &plan) override;
    QWidget *firstField() const override;

private:
    void update();

    DomainId m_domain;
    QStringList m_taken;
    bool m_isActive;
    bool m_hasAgent;
    QLineEdit *m_name;
    QPlainTextEdit *m_description;
    QComboBox *m_kind;
    ToneLabel *m_reason;
    QComboBox *m_memory;
    QCheckBox *m_quiesce;
};

} // namespace treewarden
