// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"
#include "model/plan/plan.h"

#include <QWidget>

class QVBoxLayout;

namespace treewarden {

class FindingRow;
class PlanSection;

// Whether a Confirm finding says no more than the intent itself does ("delete a" loses a): then its verb is the yes.
bool isNamedBy(const Intent &intent, const Finding &finding);

// What a plan does, loses and needs, and the other ways: the middle of a guarded dialog.
class PlanView : public QWidget
{
    Q_OBJECT

public:
    explicit PlanView(QWidget *parent = nullptr);

    // `others` are offered as cards. `wanted`: what was wanted first, of which another way may do more.
    void show(const Plan &plan, const Intent &wanted, const std::vector<Plan> &others, const Inventory &inventory,
        const QString &machine);
    using QWidget::show;

    // "id@subject" of every Confirm finding that is ticked, or named by the intent.
    QStringList acknowledged() const;
    bool isAccepted() const; // nothing is left to tick
    // All that it says, for tests and for the clipboard.
    QString plainText() const;

Q_SIGNALS:
    void acceptedChanged();
    void wayChosen(int other);
    void moreWanted(const QString &id);

private:
    void addSection(PlanSection *section);
    void addHeading(const QString &text);
    void addEffects(const Plan &plan, const Inventory &inventory);
    void addEffects(
        const QString &title, const Plan &plan, const std::vector<Effect> &effects, const Inventory &inventory);
    void addSteps(const Plan &plan, const QString &machine, const Inventory &inventory);
    void addLosses(const Plan &plan, const Inventory &inventory);
    void addSpace(const Plan &plan, const Inventory &inventory);
    void addFindings(const Plan &plan, const Intent &wanted);
    void addOthers(const std::vector<Plan> &others);

    QWidget *m_content = nullptr;
    QVBoxLayout *m_layout; // of what is in this view: the content
    QVBoxLayout *m_rows = nullptr; // of the content
    std::vector<FindingRow *> m_findings;
    QStringList m_named;
    QStringList m_lines;
};

} // namespace treewarden
