// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"
#include "model/plan/plan.h"

#include <QWidget>

class QButtonGroup;
class QCheckBox;
class QComboBox;
class QLineEdit;
class QPlainTextEdit;

namespace treewarden {

// The part of a guarded dialog in which somebody says what is wanted. What it gives is planned and judged below it,
// anew with every change.
class IntentForm : public QWidget
{
    Q_OBJECT

public:
    using QWidget::QWidget;

    virtual Intent intent() const = 0;
    virtual QString windowTitle() const; // of its dialog
    // Why there is nothing to plan yet ("Give it a name."); empty: there is.
    virtual QString complaint() const { return {}; }
    // Whether it stands above the plan, as what is filled in first, or below it, as options.
    virtual bool isFirst() const { return false; }
    // Whether Enter may do it while nothing is lost: of what only adds.
    virtual bool isHarmless() const { return false; }
    // What came of it, for what the form says about it.
    virtual void setPlan(const Plan &) { }
    // Where the keyboard starts; null: at Cancel.
    virtual QWidget *firstField() const { return nullptr; }

Q_SIGNALS:
    void changed();
};

// An intent without options.
class FixedForm : public IntentForm
{
    Q_OBJECT

public:
    explicit FixedForm(Intent intent, QWidget *parent = nullptr);
    Intent intent() const override { return m_intent; }

private:
    Intent m_intent;
};

// What is to be undone.
class UndoForm : public FixedForm
{
    Q_OBJECT

public:
    using FixedForm::FixedForm;
    QString windowTitle() const override { return tr("Undo"); }
};

// "Take a snapshot of the current state first", ticked; and what becomes of the machine afterwards.
class RevertForm : public IntentForm
{
    Q_OBJECT

public:
    RevertForm(const Domain &domain, const QString &snapshot, QWidget *parent = nullptr);
    Intent intent() const override;

private:
    DomainId m_domain;
    QString m_snapshot;
    QString m_safetyName;
    QCheckBox *m_safety;
    QComboBox *m_then;
};

// One, with what follows, only what follows, metadata only: folded, for those who look for it.
class DeleteForm : public IntentForm
{
    Q_OBJECT

public:
    DeleteForm(const Domain &domain, const QString &snapshot, QWidget *parent = nullptr);
    Intent intent() const override;

private:
    DomainId m_domain;
    QString m_snapshot;
    QButtonGroup *m_scope;
    QCheckBox *m_metadataOnly;
};

class RenameForm : public IntentForm
{
    Q_OBJECT

public:
    RenameForm(const Inventory &inventory, const Domain &domain, const QString &snapshot, QWidget *parent = nullptr);
    Intent intent() const override;
    QString complaint() const override;
    bool isFirst() const override { return true; }
    bool isHarmless() const override { return true; }
    QWidget *firstField() const override;

private:
    DomainId m_domain;
    QString m_snapshot;
    QStringList m_taken;
    QLineEdit *m_name;
};

class DescribeForm : public IntentForm
{
    Q_OBJECT

public:
    DescribeForm(const DomainId &domain, const Snapshot &snapshot, QWidget *parent = nullptr);
    Intent intent() const override;
    bool isFirst() const override { return true; }
    bool isHarmless() const override { return true; }
    QWidget *firstField() const override;

private:
    DomainId m_domain;
    QString m_snapshot;
    QPlainTextEdit *m_text;
};

class UniformForm : public IntentForm
{
    Q_OBJECT

public:
    UniformForm(const Domain &domain, QWidget *parent = nullptr);
    Intent intent() const override;

private:
    DomainId m_domain;
    QButtonGroup *m_kind;
};

// Names that a new snapshot of this machine cannot have: its snapshots', and those of tags in its images, whose data a
// snapshot of the same name would be mistaken for.
QStringList takenNames(const Inventory &inventory, const Domain &domain);
// Why a snapshot cannot have this name; empty: it can.
QString nameComplaint(const QString &name, const QStringList &taken);
// `wanted`, or with a number behind it where that is taken.
QString freeName(const QString &wanted, const QStringList &taken);

} // namespace treewarden
