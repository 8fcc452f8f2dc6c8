// SPDX-License-Identifier: GPL-3.0-or-later
// The guarded dialogs by keyboard: nothing is done without an explicit yes, and nothing at all where the guard refuses.
#include "tests/support/sampleplans.h"
#include "tests/support/snapshottrees.h"
#include "views/announce.h"
#include "views/createform.h"
#include "views/findingrow.h"
#include "views/plandialog.h"

#include <QAccessible>
#include <QCheckBox>
#include <QComboBox>
#include <QDate>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QScopeGuard>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace treewarden;
using namespace treewarden::test;

namespace {

const DomainId Machine(u"issue-811"_s);

} // namespace

class TestPlanDialog : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_answerReading = {};
        m_propose = {};
        m_run.reset();
        m_acknowledged.clear();
        m_isDelayed = false;
        m_waiting.clear();
        m_sight = seeMixed(1'700'000'000);
    }
    void cleanup() { m_dialog.reset(); }

    void cancelIsTheDefaultAndEnterCancels()
    {
        openRevert();
        answerReading();
        QCOMPARE(QApplication::focusWidget(), cancel());
        QVERIFY(cancel()->isDefault());
        QVERIFY(!verb()->isDefault());
        QTest::keyClick(m_dialog.get(), Qt::Key_Return);
        QVERIFY(!m_dialog->isVisible());
        QVERIFY(!m_run);
    }
    void escapeCancels()
    {
        openRevert();
        answerReading();
        QTest::keyClick(m_dialog.get(), Qt::Key_Escape);
        QVERIFY(!m_dialog->isVisible());
        QVERIFY(!m_run);
    }
    void aBlockHasNoWayThrough()
    {
        openBlocked();
        answerReading();
        QVERIFY(!verb()->isVisible());
        QVERIFY(!verb()->isEnabled());
        verb()->click(); // not even where somebody finds it
        QVERIFY(!m_run);
        // No key reaches it: every stop of the keyboard is tried with Enter and with Space.
        const QStringList before = stops();
        QVERIFY(before.size() >= 5);
        for (int stop = 0; stop < before.size(); ++stop) {
            for (const Qt::Key key : {Qt::Key_Return, Qt::Key_Space}) {
                openBlocked();
                answerReading();
                for (int step = 0; step < stop; ++step)
                    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
                QTest::keyClick(QApplication::focusWidget(), key);
                QVERIFY2(!m_run, qPrintable(before[stop]));
            }
        }
    }
    void theVerbWaitsForAFreshReading()
    {
        openDelete();
        QVERIFY(verb()->isVisible());
        QVERIFY(!verb()->isEnabled());
        QVERIFY(m_dialog->plainText().contains(u"Reading the host anew"_s));
        answerReading();
        QVERIFY(verb()->isEnabled()); // what it loses is what it names: no box to tick
        QVERIFY(!m_dialog->findChild<FindingRow *>());
        verb()->click();
        QVERIFY(m_run);
        QCOMPARE(m_acknowledged, QStringList{u"snapshot-lost@drivers"_s});
    }
    void aFailedReadingLetsNothingThrough()
    {
        openDelete();
        const Error error{ErrorCode::ConnectionLost, {}, {}};
        m_answerReading(&error);
        QVERIFY(!verb()->isEnabled());
        QVERIFY(m_dialog->plainText().contains(u"could not be read anew"_s));
        // Until the host is back.
        m_answerReading = nullptr;
        m_dialog->hostIsBack();
        QVERIFY(!verb()->isEnabled());
        answerReading();
        QVERIFY(verb()->isEnabled());
        m_answerReading = nullptr;
        m_dialog->hostIsBack();
        QVERIFY(!m_answerReading); // what was read stays so
    }
    void ticksEnableTheVerb()
    {
        openRevert();
        answerReading();
        QVERIFY(!verb()->isEnabled());
        QList<QCheckBox *> boxes = findingBoxes();
        QCOMPARE(boxes.size(), 1);
        boxes.first()->setFocus();
        QTest::keyClick(boxes.first(), Qt::Key_Space);
        QVERIFY(verb()->isEnabled());
        QCOMPARE(verb()->text(), u"Branch"_s);
        QVERIFY(!verb()->isDefault());
        verb()->setFocus();
        QTest::keyClick(verb(), Qt::Key_Space);
        QVERIFY(m_run);
        QCOMPARE(m_acknowledged, QStringList{u"damaged-state-changes@nightly-7"_s});
    }
    void withoutTheSafetySnapshotMoreNeedsAYes()
    {
        openRevert();
        answerReading();
        QVERIFY(m_dialog->plainText().contains(u"kept by step 1"_s));
        findingBoxes().first()->setChecked(true);
        auto *safety = m_dialog->findChild<RevertForm *>()->findChild<QCheckBox *>();
        QVERIFY(safety->isChecked());
        safety->click();
        QVERIFY(std::get<RevertIntent>(m_lastIntent.what).safetySnapshot.isEmpty());
        QVERIFY(!m_dialog->plainText().contains(u"kept by step 1"_s));
        // What was ticked for the other plan counts no more.
        QCOMPARE(findingBoxes().size(), 3);
        QVERIFY(!verb()->isEnabled());
        for (QCheckBox *box : findingBoxes())
            box->click();
        QVERIFY(verb()->isEnabled());
        verb()->click();
        QCOMPARE(m_acknowledged.size(), 3);
    }
    void aChangeBehindTheDialogIsSaid()
    {
        openDelete();
        answerReading();
        QVERIFY(verb()->isEnabled());
        // The same plan again: nothing to see.
        m_dialog->replan();
        QVERIFY(verb()->isEnabled());
        m_propose = [](const Intent &intent) {
            Proposal changed = plainDelete(intent);
            changed.plan.effects.push_back({EffectKind::Remove, file(u"disk.qcow2"_s), {}});
            return changed;
        };
        m_dialog->replan();
        QVERIFY(!verb()->isEnabled());
        QVERIFY(m_dialog->plainText().contains(u"Something changed"_s));
        QCheckBox *seen = nullptr;
        for (QCheckBox *box : m_dialog->findChildren<QCheckBox *>()) {
            if (box->text() == u"I have looked at what changed")
                seen = box;
        }
        QVERIFY(seen && seen->isVisible());
        seen->click();
        QVERIFY(verb()->isEnabled());
        verb()->click();
        QCOMPARE(m_run->effects.size(), size_t(1)); // what was shown last
    }
    void anotherWayIsShownInTheSameDialog()
    {
        openBlocked();
        answerReading();
        QPushButton *extract = button(u"Save and delete…"_s);
        QVERIFY(extract);
        extract->setFocus();
        QTest::keyClick(extract, Qt::Key_Return);
        QVERIFY(m_dialog->isVisible());
        QVERIFY(!m_run);
        QVERIFY(m_dialog->plainText().startsWith(u"Save its contents first, then delete it"_s));
        QCOMPARE(QApplication::focusWidget(), cancel());
        QVERIFY(verb()->isVisible() && verb()->isEnabled());
        QVERIFY(cancel()->isDefault());
        // And back.
        QPushButton *back = button(u"← &Back to what you wanted first"_s);
        QVERIFY(back && back->isVisible());
        back->click();
        QVERIFY(m_dialog->plainText().startsWith(u"“before-upgrade” cannot be deleted this way"_s));
        QVERIFY(!verb()->isVisible());
        button(u"Save and delete…"_s)->click();
        verb()->click();
        QVERIFY(m_run);
        QCOMPARE(m_run->way, u"extract"_s);
    }
    void anotherWayHasItsOwnTicks()
    {
        openBlocked();
        answerReading();
        button(u"Make uniform…"_s)->click();
        // "after-upgrade" is not what was asked to be deleted.
        QCOMPARE(findingBoxes().size(), 1);
        QVERIFY(!verb()->isEnabled());
        findingBoxes().first()->click();
        QVERIFY(verb()->isEnabled());
    }
    void aWayThatIsGoneIsNoneAnyMore()
    {
        openBlocked();
        answerReading();
        button(u"Forget it…"_s)->click();
        m_propose = [](const Intent &intent) {
            Proposal changed = blockedDelete(intent);
            changed.alternatives.clear();
            return changed;
        };
        m_dialog->replan();
        QVERIFY(!verb()->isVisible());
        QVERIFY(m_dialog->plainText().contains(u"cannot be deleted"_s));
        QVERIFY(m_dialog->plainText().contains(u"Something changed"_s));
    }
    void slowPlanningIsSaidAndLateAnswersAreDropped()
    {
        m_isDelayed = true;
        openDelete(false);
        QTRY_VERIFY_WITH_TIMEOUT(m_dialog->isVisible(), 15'000);
        QVERIFY(m_dialog->plainText().contains(u"Working out what this would do"_s));
        QVERIFY(!verb()->isVisible());
        m_answerReading(nullptr); // plans again
        QCOMPARE(m_waiting.size(), size_t(2));
        m_waiting[0](blockedDelete(m_lastIntent)); // of the reading before
        QVERIFY(!verb()->isVisible());
        m_waiting[1](plainDelete(m_lastIntent));
        QVERIFY(verb()->isVisible() && verb()->isEnabled());
    }
    void theVerdictIsReadOutAndSoIsWhatChanges()
    {
        openBlocked();
        answerReading();
        QVERIFY(m_dialog->accessibleDescription().contains(u"“before-upgrade” cannot be deleted this way"_s));
        QStringList announced;
        setAnnouncementListener([&announced](const QString &text) { announced += text; });
        const auto hush = qScopeGuard([] { setAnnouncementListener({}); });
        m_propose = plainDelete;
        m_dialog->replan();
        QVERIFY2(announced.join(u'\n').contains(m_dialog->accessibleDescription()), qPrintable(announced.join(u'\n')));
        QVERIFY(!m_dialog->accessibleDescription().contains(u"cannot be deleted"_s));
        QVERIFY2(announced.join(u'\n').contains(u"Something changed since this was opened"_s),
            qPrintable(announced.join(u'\n')));
    }
    void everyFindingHasAccessibleText()
    {
        openBlocked();
        answerReading();
        const QList<FindingRow *> rows = m_dialog->findChildren<FindingRow *>();
        QCOMPARE(rows.size(), 4);
        QSet<QWidget *> reached;
        cancel()->setFocus();
        for (int step = 0; step < 60; ++step) {
            reached.insert(QApplication::focusWidget());
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        }
        for (FindingRow *row : rows) {
            QVERIFY(reached.contains(row));
            QAccessibleInterface *accessible = QAccessible::queryAccessibleInterface(row);
            QVERIFY(accessible);
            QVERIFY(accessible->text(QAccessible::Name).startsWith(u"Refused: "_s));
            QVERIFY(!accessible->text(QAccessible::Description).isEmpty());
        }
        for (QWidget *widget : std::as_const(reached)) {
            QAccessibleInterface *accessible = QAccessible::queryAccessibleInterface(widget);
            QVERIFY(accessible);
            QVERIFY2(!accessible->text(QAccessible::Name).isEmpty(), widget->metaObject()->className());
        }
    }
    void commandsCanBeUnfolded()
    {
        openRevert();
        answerReading();
        auto *commands = m_dialog->findChild<QPlainTextEdit *>();
        QVERIFY(!commands->isVisible());
        for (QToolButton *fold : m_dialog->findChildren<QToolButton *>()) {
            if (fold->text().contains(u"virsh"_s))
                fold->click();
        }
        QVERIFY(commands->isVisible());
        QVERIFY(commands->toPlainText().contains(u"virsh destroy --domain issue-811"_s));
        // Those of what is refused are not.
        openBlocked();
        QCOMPARE(m_dialog->findChild<QPlainTextEdit *>()->toPlainText(), QString());
        for (QToolButton *fold : m_dialog->findChildren<QToolButton *>())
            QVERIFY(!fold->text().contains(u"virsh"_s) || !fold->isVisible());
    }
    void whatIsOnlyWorthKnowingIsNotAskedFor()
    {
        m_propose = [](const Intent &intent) {
            Proposal proposal = revert(intent);
            proposal.plan.findings.push_back({u"not-verified"_s, Verdict::Warn, u"/images/d"_s});
            return proposal;
        };
        open(new RevertForm(domain(), u"drivers"_s));
        const QString text = m_dialog->plainText();
        QVERIFY(text.indexOf(u"What needs your yes"_s) > 0);
        QVERIFY(text.indexOf(u"Worth knowing\n"_s) > text.indexOf(u"What needs your yes"_s));
    }
    void moreIsAskedFor()
    {
        openBlocked();
        QSignalSpy wanted(m_dialog.get(), &PlanDialog::moreWanted);
        for (QLabel *label : m_dialog->findChildren<QLabel *>()) {
            if (label->textFormat() == Qt::RichText && label->text().contains(u"href"_s)) {
                Q_EMIT label->linkActivated(u"#"_s);
                break;
            }
        }
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].toString(), u"state-lost"_s);
    }
    void deletingChildrenIsUnderMore()
    {
        m_propose = plainDelete;
        open(new DeleteForm(domain(), u"clean-install"_s));
        auto *form = m_dialog->findChild<DeleteForm *>();
        QVERIFY(!form->findChild<QRadioButton *>()->isVisible());
        form->findChild<QToolButton *>()->click();
        QList<QRadioButton *> scopes = form->findChildren<QRadioButton *>();
        QVERIFY(scopes[1]->isVisible() && scopes[1]->isEnabled());
        scopes[1]->click();
        QCOMPARE(std::get<DeleteIntent>(m_lastIntent.what).scope, DeleteIntent::Scope::WithChildren);
        form->findChild<QCheckBox *>()->click();
        QVERIFY(std::get<DeleteIntent>(m_lastIntent.what).metadataOnly);
        QCOMPARE(m_dialog->windowTitle(), u"Take out of the tree"_s);
    }

    // --- New snapshot
    void oneClickTakesASnapshot()
    {
        openCreate();
        answerReading();
        auto *name = m_dialog->findChild<QLineEdit *>();
        QCOMPARE(name->text(), u"snapshot-2026-11-27"_s);
        QCOMPARE(QApplication::focusWidget(), name);
        QVERIFY(verb()->isEnabled());
        // It takes nothing away, so Enter may do it.
        QTest::keyClick(name, Qt::Key_Return);
        QVERIFY(m_run);
        QCOMPARE(std::get<CreateIntent>(m_run->intent.what).name, u"snapshot-2026-11-27"_s);
    }
    void enterDoesNotTakeASnapshotThatNeedsAYes()
    {
        m_propose = [](const Intent &intent) {
            Proposal proposal = create(intent);
            proposal.plan.verdict = Verdict::Confirm;
            proposal.plan.findings = {{u"saved-state-lost"_s, Verdict::Confirm, u"issue-811"_s}};
            return proposal;
        };
        open(new CreateForm(*m_sight.inventory, domain(), QDate(2026, 11, 27)));
        answerReading();
        findingBoxes().first()->click();
        QVERIFY(verb()->isEnabled());
        auto *name = m_dialog->findChild<QLineEdit *>();
        name->setFocus();
        QTest::keyClick(name, Qt::Key_Return);
        QVERIFY(!m_run);
        QVERIFY(!m_dialog->isVisible());
    }
    void namesAreChecked_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("complaint");
        QTest::newRow("empty") << QString() << u"Give it a name"_s;
        QTest::newRow("slash") << u"a/b"_s << u"slash"_s;
        QTest::newRow("hidden") << u".a"_s << u"full stop"_s;
        QTest::newRow("space") << u"a "_s << u"space"_s;
        QTest::newRow("control") << u"a\tb"_s << u"invisible"_s;
        QTest::newRow("long") << QString(201, u'a') << u"too long"_s;
        QTest::newRow("taken") << u"drivers"_s << u"already"_s;
        QTest::newRow("fine") << u"before 100 % of it"_s << QString();
    }
    void namesAreChecked()
    {
        QFETCH(QString, name);
        QFETCH(QString, complaint);
        openCreate();
        answerReading();
        m_dialog->findChild<QLineEdit *>()->setText(name);
        QCOMPARE(verb()->isEnabled(), complaint.isEmpty());
        if (!complaint.isEmpty())
            QVERIFY2(m_dialog->plainText().contains(complaint), qPrintable(m_dialog->plainText()));
    }
    void aTagThatLibvirtDoesNotKnowTakesItsName()
    {
        QStringList taken = takenNames(*m_sight.inventory, domain());
        QVERIFY(taken.contains(u"drivers"_s));
        QCOMPARE(freeName(u"drivers"_s, taken), u"drivers-2"_s);
        taken += u"drivers-2"_s;
        QCOMPARE(freeName(u"drivers"_s, taken), u"drivers-3"_s);
        QCOMPARE(freeName(u"new"_s, taken), u"new"_s);
    }
    void quiesceNeedsTheAgent()
    {
        openCreate(DomainState::Running, false);
        auto *quiesce = m_dialog->findChild<CreateForm *>()->findChild<QCheckBox *>();
        QVERIFY(!quiesce->isEnabled());
        const QList<QComboBox *> boxes = m_dialog->findChildren<QComboBox *>();
        boxes[1]->setCurrentIndex(2); // only the disks
        QVERIFY(!quiesce->isEnabled());
        QVERIFY(quiesce->toolTip().contains(u"agent"_s));

        openCreate(DomainState::Running, true);
        quiesce = m_dialog->findChild<CreateForm *>()->findChild<QCheckBox *>();
        QVERIFY(!quiesce->isEnabled());
        m_dialog->findChildren<QComboBox *>()[1]->setCurrentIndex(2);
        QVERIFY(quiesce->isEnabled());
        quiesce->click();
        QVERIFY(std::get<CreateIntent>(m_lastIntent.what).quiesce);
    }
    void renameRefusesItsOwnName()
    {
        m_propose = plainDelete;
        open(new RenameForm(*m_sight.inventory, domain(), u"drivers"_s));
        answerReading();
        QVERIFY(m_dialog->plainText().startsWith(m_dialog->windowTitle()));
        QVERIFY(!verb()->isEnabled());
        QVERIFY(m_dialog->plainText().contains(u"its name now"_s));
        m_propose = [](const Intent &intent) {
            Proposal proposal;
            proposal.plan.intent = intent;
            return proposal;
        };
        m_dialog->findChild<QLineEdit *>()->setText(u"better"_s);
        QVERIFY(verb()->isEnabled());
        QCOMPARE(std::get<RenameIntent>(m_lastIntent.what).newName, u"better"_s);
    }

private:
    Domain domain() const
    {
        Domain made = *m_sight.inventory->domains.front();
        made.uuid = Machine;
        return made;
    }
    void open(IntentForm *form, bool shows = true)
    {
        PlanHost host;
        host.machine = u"issue-811"_s;
        host.inventory = [this] { return m_sight.inventory; };
        host.propose = [this](const Intent &intent, std::function<void(Proposal)> answer) {
            m_lastIntent = intent;
            if (m_isDelayed)
                m_waiting.push_back(std::move(answer));
            else
                answer(m_propose(intent));
        };
        host.readFresh = [this](std::function<void(const Error *)> answer) { m_answerReading = std::move(answer); };
        host.run = [this](std::shared_ptr<const Plan> plan, const QStringList &acknowledged) {
            m_run = std::move(plan);
            m_acknowledged = acknowledged;
        };
        m_dialog = std::make_unique<PlanDialog>(host, form);
        m_dialog->openPlanned();
        if (shows) {
            QVERIFY(m_dialog->isVisible());
            QApplication::setActiveWindow(m_dialog.get());
            QTRY_VERIFY(QApplication::focusWidget());
        }
    }
    void openBlocked()
    {
        m_propose = blockedDelete;
        open(new DeleteForm(domain(), u"before-upgrade"_s));
    }
    void openRevert()
    {
        m_propose = revert;
        open(new RevertForm(domain(), u"drivers"_s));
    }
    void openDelete(bool shows = true)
    {
        m_propose = plainDelete;
        open(new DeleteForm(domain(), u"drivers"_s), shows);
    }
    void openCreate(DomainState state = DomainState::ShutOff, bool hasAgent = false)
    {
        m_propose = create;
        Domain machine = domain();
        machine.state = state;
        machine.isAgentConnected = hasAgent;
        open(new CreateForm(*m_sight.inventory, machine, QDate(2026, 11, 27)));
    }
    void answerReading()
    {
        QVERIFY(m_answerReading);
        m_answerReading(nullptr);
    }
    QPushButton *verb() { return m_dialog->findChild<QPushButton *>(u"verb"_s); }
    QPushButton *cancel() { return m_dialog->findChild<QPushButton *>(u"cancel"_s); }
    QPushButton *button(const QString &text)
    {
        for (QPushButton *each : m_dialog->findChildren<QPushButton *>()) {
            if (each->text() == text)
                return each;
        }
        return nullptr;
    }
    QList<QCheckBox *> findingBoxes()
    {
        QList<QCheckBox *> boxes;
        for (FindingRow *row : m_dialog->findChildren<FindingRow *>()) {
            if (row->box())
                boxes += row->box();
        }
        return boxes;
    }
    QStringList stops()
    {
        QStringList names;
        QWidget *first = QApplication::focusWidget();
        do {
            names += QApplication::focusWidget()->accessibleName();
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        } while (QApplication::focusWidget() != first && names.size() < 60);
        return names;
    }

    Sight m_sight;
    std::unique_ptr<PlanDialog> m_dialog;
    std::function<void(const Error *)> m_answerReading;
    std::function<Proposal(const Intent &)> m_propose;
    std::vector<std::function<void(Proposal)>> m_waiting;
    bool m_isDelayed = false;
    Intent m_lastIntent;
    std::shared_ptr<const Plan> m_run;
    QStringList m_acknowledged;
};

QTEST_MAIN(TestPlanDialog)
#include "tst_plandialog.moc"
