// SPDX-License-Identifier: GPL-3.0-or-later
// The commands that a plan prints, typed into a shell, do what the plan said.
#include "app/backend.h"
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/job/runner.h"
#include "model/sandbox/sandbox.h"
#include "tests/support/process.h"
#include "tests/support/sandboxfixture.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

class tst_Commands : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<SandboxFixture> m_sandbox;
    std::unique_ptr<JobHost> m_host;

    std::shared_ptr<const Inventory> read() const
    {
        const auto inventory = m_host->read();
        if (!inventory)
            qFatal("cannot read: %s %s", qPrintable(inventory.error().subject), qPrintable(inventory.error().detail));
        return *inventory;
    }
    static std::shared_ptr<const Domain> domainNamed(const Inventory &inventory, const QString &name)
    {
        const auto found = std::find_if(inventory.domains.begin(), inventory.domains.end(),
            [&](const auto &domain) { return domain->name == name; });
        return found == inventory.domains.end() ? nullptr : *found;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_sandbox = std::make_unique<SandboxFixture>();
        const auto opened = openSandbox({.data = 4 * MiB}, libvirt::openHypervisor);
        QVERIFY2(opened, opened ? "" : qPrintable(opened.error().subject + u": "_s + opened.error().detail));
        const Backend backend = backendFor(m_sandbox->paths().uri());
        const auto hypervisor = backend.open([](const QString &, const QString &) {});
        QVERIFY2(hypervisor, hypervisor ? "" : qPrintable(hypervisor.error().detail));
        m_host = std::make_unique<JobHost>(
            makeJobHost(*hypervisor, backend.editor(*hypervisor), backend.stores(*hypervisor)));
    }
    void cleanupTestCase()
    {
        m_host.reset();
        QVERIFY(m_sandbox->end());
    }

    void typed_data()
    {
        QTest::addColumn<QString>("machine");
        QTest::addColumn<int>("which");
        QTest::newRow("an external snapshot") << u"external-branch"_s << 0;
        QTest::newRow("a revert") << u"internal-branch"_s << 1;
        QTest::newRow("a dead branch with its files") << u"issue-811"_s << 2;
        QTest::newRow("an overlay of nobody") << u"orphans"_s << 3;
        QTest::newRow("a tag of nobody") << u"orphans"_s << 4;
    }
    void typed()
    {
        QFETCH(const QString, machine);
        QFETCH(const int, which);
        const auto inventory = read();
        const auto domain = domainNamed(*inventory, machine);
        QVERIFY(domain);
        const QString images = m_sandbox->paths().images() + u'/';
        const Intent::What wanted[] = {
            CreateIntent{u"by hand, it's"_s, u"two  words"_s, CreateIntent::Kind::External},
            RevertIntent{u"installed"_s},
            DeleteIntent{u"before-upgrade"_s, DeleteIntent::Scope::WithChildren},
            RemoveOrphanIntent{images + u"orphans.1719650000"_s},
            RemoveOrphanIntent{images + u"orphans.qcow2"_s, u"try-nvidia"_s},
        };
        const Plan plan = propose({domain->uuid, wanted[which]}, inventory, {}).plan;
        QStringList findings;
        for (const Finding &finding : plan.findings)
            findings += finding.id + u'@' + finding.subject + u' ' + finding.arguments.join(u' ');
        QVERIFY2(
            plan.verdict != Verdict::Block && plan.outcome && !plan.steps.empty(), qPrintable(findings.join(u'\n')));
        QStringList lines{u"set -e"_s};
        for (const QStringList &commands : commandsOf(plan))
            lines += commands;
        const ProcessResult result = run(u"sh"_s, {u"-c"_s, lines.join(u'\n')});
        QVERIFY2(result.exitCode == 0, QByteArray(lines.join(u'\n').toUtf8() + '\n' + result.error).constData());
        m_sandbox->virsh({u"pool-refresh"_s, u"sandbox"_s});
        const QStringList different = differences(*plan.outcome, Draft(inventory), read(), domain->uuid);
        QVERIFY2(different.isEmpty(), qPrintable(lines.join(u'\n') + u'\n' + different.join(u'\n')));
    }
};

TREEWARDEN_LIVE_MAIN(tst_Commands)
#include "tst_commands.moc"
