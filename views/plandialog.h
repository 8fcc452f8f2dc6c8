// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/intentform.h"

#include <QDialog>
#include <QTimer>

#include <functional>
#include <optional>

class QPlainTextEdit;
class QPushButton;
class QScrollArea;
class QToolButton;
class QVBoxLayout;

namespace treewarden {

class PlanView;
class ToneLabel;
class VerdictHeader;

// What a guarded dialog needs of a host. All is called on the GUI thread, and none of it may block.
struct PlanHost
{
    QString machine; // its name
    std::function<std::shared_ptr<const Inventory>()> inventory; // the warm one; never null
    // Plans on the warm inventory and answers on the GUI thread, perhaps before it returns.
    std::function<void(const Intent &intent, std::function<void(Proposal)> answer)> propose;
    // Reads the host anew, and answers when that is in the warm inventory: with an error, or nullptr.
    std::function<void(std::function<void(const Error *error)> answer)> readFresh;
    // The user said yes.
    std::function<void(std::shared_ptr<const Plan> plan, const QStringList &acknowledged)> run;
};

// Shows what an intent would do, and does it only with an explicit yes: verdict, steps, losses, findings, other ways.
// Opens at once with what is known; the verb is enabled when a fresh reading gave the same plan and all that has to be
// ticked is ticked. Cancel is the default, and a Block has no verb at all.
class PlanDialog : public QDialog
{
    Q_OBJECT

public:
    // Takes the form.
    PlanDialog(PlanHost host, IntentForm *form, QWidget *parent = nullptr);
    ~PlanDialog() override;

    // Opens with the plan in it; where planning takes longer than a blink, before.
    void openPlanned();
    // The warm inventory changed.
    void replan();
    // The host is there again, perhaps after it could not be read.
    void hostIsBack();

    // Whether what it shows is what a fresh reading gave, or cannot give.
    bool isJudged() const { return m_proposal && !m_isPlanning && m_reading != Reading::UnderWay; }

    QString plainText() const; // all that it says, without buttons

Q_SIGNALS:
    void moreWanted(const QString &findingId);

private:
    enum class Reading { UnderWay, Fresh, Failed };

    void makeLayout();
    QWidget *makeFooter();
    void readFresh();
    void change();
    void take(const Intent &intent, Proposal proposal);
    const Plan *shownPlan() const; // null: none yet
    void showPlan();
    void showStatus();
    void choose(const QString &way);
    void fit();
    void run();

    PlanHost m_host;
    IntentForm *m_form;
    VerdictHeader *m_header;
    QScrollArea *m_area;
    QWidget *m_content;
    QPushButton *m_back;
    PlanView *m_view;
    ToneLabel *m_status;
    QCheckBox *m_seen; // that something changed
    QToolButton *m_fold;
    QWidget *m_commandBox;
    QPlainTextEdit *m_commands;
    QPushButton *m_verb;
    QPushButton *m_cancel;
    QTimer m_blink;

    std::optional<Proposal> m_proposal;
    QString m_way; // of the alternative that is shown; empty: the plan itself
    Reading m_reading = Reading::UnderWay;
    Error m_readError;
    quint64 m_asked = 0; // number of the last question to the planner
    bool m_isPlanning = false;
    bool m_wasShown = false;
};

} // namespace treewarden
