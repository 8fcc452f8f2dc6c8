// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/intentform.h"

class QPushButton;
class QSpinBox;

namespace treewarden {

class ToneLabel;

// A backup: where to, and of which level, with the one that is chosen and the reason for it.
class BackupForm : public IntentForm
{
    Q_OBJECT

public:
    // `folder`: the one that it proposes; empty: none.
    BackupForm(const Domain &domain, const QString &folder, QWidget *parent = nullptr);

    Intent intent() const override;
    QString complaint() const override;
    bool isFirst() const override { return true; }
    bool isHarmless() const override { return true; }
    void setPlan(const Plan &plan) override;
    QWidget *firstField() const override;

private:
    void choose();

    DomainId m_domain;
    QLineEdit *m_folder;
    QPushButton *m_choose;
    QComboBox *m_level;
    ToneLabel *m_reason;
    QCheckBox *m_quiesce;
    QCheckBox *m_compress;
    QSpinBox *m_speed;
};

} // namespace treewarden
