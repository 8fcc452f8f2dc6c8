// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to delete a snapshot and to go back to one: which are offered, what they do, what they cost.
#include "tests/support/plantexts.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const auto issue811 = u"image d tags=I1\n"
                      "image d.E2 on=d\n"
                      "image d.E3 on=d.E2\n"
                      "image E3.mem save\n"
                      "machine m\n"
                      "disk vda d\n"
                      "internal I1 vda=d\n"
                      "external E2 parent=I1 vda=d>d.E2\n"
                      "external E3 parent=E2 memory=E3.mem vda=d.E2>d.E3\n"
                      "current I1\n"_s;

const auto chain = u"image d\n"
                   "image d.A on=d\n"
                   "image d.B on=d.A\n"
                   "machine m\n"
                   "disk vda d.B\n"
                   "external A vda=d>d.A\n"
                   "external B parent=A vda=d.A>d.B\n"
                   "current B\n"_s;

} // namespace

class TestPlanWays : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void deletion_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("snapshot");
        QTest::addColumn<QString>("expected");

        const QString leaf811 = u"image d tags=I1\n"
                                "image d.E2 on=d\n"
                                "machine m\n"
                                "disk vda d\n"
                                "internal I1 vda=d\n"
                                "external E2 parent=I1 vda=d>d.E2\n"
                                "current I1\n"_s;
        const QString current862 = u"image d tags=I1\n"
                                   "image d.E2 on=d\n"
                                   "machine m%1\n"
                                   "disk vda d.E2\n"
                                   "internal I1 vda=d\n"
                                   "external E2 parent=I1 vda=d>d.E2\n"
                                   "current E2\n"_s;
        const QString tagAbove = u"image d\n"
                                 "image d.E1 on=d tags=I2%2\n"
                                 "machine m%1\n"
                                 "disk vda d.E1\n"
                                 "external E1 vda=d>d.E1\n"
                                 "internal I2 parent=E1 vda=d.E1\n"
                                 "current I2\n"_s;
        const QString branched = u"image d\n"
                                 "image d.A on=d\n"
                                 "image d.B on=d.A\n"
                                 "image d.r on=d\n"
                                 "machine m\n"
                                 "disk vda d.r\n"
                                 "external A vda=d>d.A\n"
                                 "external B parent=A vda=d.A>d.B\n"
                                 "current A\n"_s;
        const QString shared = u"image d\n"
                               "image d.A on=d\n"
                               "image clone on=d\n"
                               "machine m\n"
                               "disk vda d.A\n"
                               "external A vda=d>d.A\n"
                               "current A\n"
                               "machine n\n"
                               "disk vda clone\n"_s;
        const auto row = [](const char *name, const QString &version, const QString &host, const QString &snapshot,
                             const QString &expected) {
            QTest::newRow(name) << QString(u"libvirt "_s + version + u'\n' + host) << snapshot << expected;
        };
        row("A.1 leaf on 9.0", u"9.0.0"_s, leaf811, u"E2"_s,
            QStringLiteral("libvirt block: delete-snapshot E2 | libvirt-cannot-delete-dead-branch@E2\n"
                           "forget-and-remove confirm: forget-snapshot E2, remove-file d.E2 | leftover-removed@d.E2\n"
                           "forget warn: forget-snapshot E2 | "));
        row("A.1 leaf on 10.7", u"10.7.0"_s, leaf811, u"E2"_s,
            QStringLiteral("libvirt block: delete-snapshot E2 | state-lost@m, state-lost@I1, snapshot-lost@E2\n"
                           "forget-and-remove confirm: forget-snapshot E2, remove-file d.E2 | leftover-removed@d.E2\n"
                           "forget warn: forget-snapshot E2 | "));
        row("A.1 leaf on 11.3", u"11.3.0"_s, leaf811, u"E2"_s, QStringLiteral("libvirt warn: delete-snapshot E2 | "));
        row("issue 811, the first", u"10.7.0"_s, issue811, u"E2"_s,
            QStringLiteral("libvirt block: delete-snapshot E2 | libvirt-refuses-outside-chain@E2\n"
                           "forget warn: forget-snapshot E2 | "));
        row("issue 811, the second on 9.0", u"9.0.0"_s, issue811, u"E3"_s,
            QStringLiteral("libvirt block: delete-snapshot E3 | libvirt-cannot-delete-dead-branch@E3\n"
                           "forget-and-remove confirm: forget-snapshot E3, remove-file d.E3, remove-file E3.mem, "
                           "remove-file d.E2 | snapshot-lost@E3, leftover-removed@d.E3\n"
                           "forget confirm: forget-snapshot E3 | snapshot-lost@E3"));
        row("issue 811, the second on 10.7", u"10.7.0"_s, issue811, u"E3"_s,
            QStringLiteral("libvirt confirm: delete-snapshot E3 | snapshot-lost@E3"));
        row("issue 811, the second on 11.3", u"11.3.0"_s, issue811, u"E3"_s,
            QStringLiteral("libvirt confirm: delete-snapshot E3 | snapshot-lost@E3"));
        row("current below internal", u"11.3.0"_s, current862.arg(u""_s), u"E2"_s,
            QStringLiteral("libvirt block: delete-snapshot E2 | libvirt-refuses-internal-parent@E2\n"
                           "merge confirm: commit-offline d.E2 d, point-disks d, forget-snapshot E2, remove-file d.E2 "
                           "| snapshot-lost@E2\n"
                           "forget confirm: forget-snapshot E2 | snapshot-lost@E2"));
        row("current below internal, running", u"11.3.0"_s, current862.arg(u" running"_s), u"E2"_s,
            QStringLiteral(
                "libvirt block: delete-snapshot E2 | libvirt-refuses-internal-parent@E2\n"
                "merge confirm: commit-live d.E2>d, forget-snapshot E2, remove-file d.E2 | snapshot-lost@E2\n"
                "forget confirm: forget-snapshot E2 | snapshot-lost@E2"));
        row("A.2", u"11.3.0"_s, tagAbove.arg(u""_s, u""_s), u"E1"_s,
            QStringLiteral("libvirt block: delete-snapshot E1 | state-lost@I2, snapshot-lost@E1\n"
                           "extract-and-merge confirm: extract-tag I2 d.I2 d.E1, add-tag I2 d.I2, point-snapshot I2 "
                           "d.I2>d.E1, remove-tag I2 d.E1, commit-offline d.E1 d, point-disks d, forget-snapshot E1, "
                           "remove-file d.E1 | snapshot-lost@E1\n"
                           "forget confirm: forget-snapshot E1 | snapshot-lost@E1"));
        row("A.2 with memory", u"11.3.0"_s, tagAbove.arg(u""_s, u":64"_s), u"E1"_s,
            QStringLiteral("libvirt block: delete-snapshot E1 | state-lost@I2, snapshot-lost@E1\n"
                           "forget confirm: forget-snapshot E1 | snapshot-lost@E1"));
        row("A.2 running", u"11.3.0"_s, tagAbove.arg(u" running"_s, u""_s), u"E1"_s,
            QStringLiteral("libvirt block: delete-snapshot E1 | state-lost@I2, snapshot-lost@E1\n"
                           "forget confirm: forget-snapshot E1 | snapshot-lost@E1"));
        row("internal", u"9.0.0"_s, tagAbove.arg(u" running"_s, u""_s), u"I2"_s,
            QStringLiteral("libvirt confirm: delete-snapshot I2 | snapshot-lost@I2"));
        row("tag below a running machine", u"9.0.0"_s, current862.arg(u" running"_s), u"I1"_s,
            QStringLiteral("libvirt block: delete-snapshot I1 | tag-below-running-machine@I1\n"
                           "shut-down-first confirm: shut-down, delete-snapshot I1, start | snapshot-lost@I1\n"
                           "forget confirm: forget-snapshot I1 | snapshot-lost@I1"));
        row("linear, the current one", u"9.0.0"_s, chain, u"B"_s,
            QStringLiteral("libvirt confirm: delete-snapshot B | snapshot-lost@B"));
        row("linear, the middle one, off", u"9.0.0"_s, chain, u"A"_s,
            QStringLiteral("libvirt block: delete-snapshot A | libvirt-refuses-inner-while-off@A\n"
                           "merge confirm: commit-offline d.A d, repoint-overlay d.B d, point-snapshot B d, "
                           "forget-snapshot A, remove-file d.A | snapshot-lost@A\n"
                           "forget confirm: forget-snapshot A | snapshot-lost@A"));
        row("linear, the middle one, off, on 11.3", u"11.3.0"_s, chain, u"A"_s,
            QStringLiteral("libvirt confirm: delete-snapshot A | snapshot-lost@A"));
        row("linear, the middle one, running", u"9.0.0"_s,
            QString(chain).replace(u"machine m"_s, u"machine m running"_s), u"A"_s,
            QStringLiteral("libvirt confirm: delete-snapshot A | snapshot-lost@A"));
        row("branch point", u"11.3.0"_s, branched, u"A"_s,
            QStringLiteral("libvirt block: delete-snapshot A | libvirt-refuses-current-with-children@A\n"
                           "forget confirm: forget-snapshot A | snapshot-lost@A"));
        row("leaf of a left branch on 9.0", u"9.0.0"_s, branched, u"B"_s,
            QStringLiteral("libvirt block: delete-snapshot B | libvirt-cannot-delete-dead-branch@B\n"
                           "forget-and-remove confirm: forget-snapshot B, remove-file d.B, remove-file d.A | "
                           "snapshot-lost@B, leftover-removed@d.B\n"
                           "forget confirm: forget-snapshot B | snapshot-lost@B"));
        row("leaf of a left branch on 11.3", u"11.3.0"_s, branched, u"B"_s,
            QStringLiteral("libvirt confirm: delete-snapshot B | snapshot-lost@B"));
        row("shared base", u"11.3.0"_s, shared, u"A"_s,
            QStringLiteral(
                "libvirt block: delete-snapshot A | state-lost@n, frozen-would-be-written@n, snapshot-lost@A\n"
                "forget confirm: forget-snapshot A | snapshot-lost@A"));
        row("no such", u"11.3.0"_s, shared, u"Z"_s, QStringLiteral("libvirt block:  | no-such-snapshot@Z"));
    }

    void deletion()
    {
        QFETCH(QString, host);
        QFETCH(QString, snapshot);
        QFETCH(QString, expected);
        const QString text = proposalText(proposalFor(host, DeleteIntent{snapshot}));
        QCOMPARE(text, expected);
    }

    void reversion_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("snapshot");
        QTest::addColumn<QString>("expected");
        const QString above = u"image d tags=I1%2\n"
                              "image d.E2 on=d\n"
                              "machine m%1\n"
                              "disk vda d.E2\n"
                              "internal I1 %3 vda=d\n"
                              "external E2 parent=I1 vda=d>d.E2\n"
                              "current E2\n"_s;
        const QString tags = u"image d tags=I1,I2\n"
                             "machine m%1\n"
                             "disk vda d\n"
                             "internal I1 vda=d\n"
                             "internal I2 parent=I1 vda=d\n"
                             "current I2\n"_s;
        const QString clones = u"image d tags=I1\n"
                               "image c on=d\n"
                               "machine m\n"
                               "disk vda d\n"
                               "internal I1 vda=d\n"
                               "current I1\n"
                               "machine n\n"
                               "disk vda c\n"_s;
        const QString withMemory = u"image d\n"
                                   "image A.mem save\n"
                                   "image d.A on=d\n"
                                   "machine m running\n"
                                   "disk vda d.A\n"
                                   "external A memory=A.mem vda=d>d.A\n"
                                   "current A\n"_s;
        const auto row = [](const char *name, const QString &version, const QString &host, const QString &snapshot,
                             const QString &expected) {
            QTest::newRow(name) << QString(u"libvirt "_s + version + u'\n' + host) << snapshot << expected;
        };
        row("internal, nothing above", u"9.0.0"_s, tags.arg(u""_s), u"I1"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot I1 | current-state-lost@m"));
        row("internal, running", u"9.0.0"_s, tags.arg(u" running"_s), u"I1"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot I1 | current-state-lost@m, memory-lost@m"));
        row("A.3", u"12.8.0"_s, above.arg(u""_s, u""_s, u""_s), u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@E2, frozen-would-be-written@E2, "
                           "current-state-lost@m\n"
                           "extract confirm: extract-tag I1 d.I1 d, define-as-then I1 d.I1, make-current I1, "
                           "remove-file d.E2 | current-state-lost@m"));
        row("A.3 with memory", u"9.0.0"_s, above.arg(u""_s, u":64"_s, u"memory"_s), u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@E2, frozen-would-be-written@E2, "
                           "current-state-lost@m\n"
                           "extract confirm: extract-tag I1 d.I1 d, point-snapshot I1 d.I1, revert-to-snapshot I1, "
                           "remove-file d.E2 | current-state-lost@m"));
        row("clones above", u"11.3.0"_s, clones, u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@n, current-state-lost@m\n"
                           "extract confirm: extract-tag I1 d.I1 d, define-as-then I1 d.I1, make-current I1 | "
                           "current-state-lost@m"));
        row("external on 9.0", u"9.0.0"_s, chain, u"A"_s,
            QStringLiteral("libvirt block: revert-to-snapshot A | libvirt-cannot-revert-external@A\n"
                           "branch confirm: create-overlay d.after-A d, define-as-then A d.after-A, make-current A, "
                           "remove-file d.B | current-state-lost@m"));
        row("external on 11.3", u"11.3.0"_s, chain, u"A"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot A | current-state-lost@m"));
        row("external, the current one, on 11.3", u"11.3.0"_s, chain, u"B"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot B | current-state-lost@m"));
        row("external with memory on 9.0", u"9.0.0"_s, withMemory, u"A"_s,
            QStringLiteral(
                "libvirt block: revert-to-snapshot A | libvirt-cannot-revert-external@A\n"
                "branch confirm: force-off, create-overlay d.after-A d, define-as-then A d.after-A, make-current A, "
                "restore-memory A A.mem d.after-A, remove-file d.A | memory-lost@m, current-state-lost@m"));
        row("external with memory on 11.3", u"11.3.0"_s, withMemory, u"A"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot A | current-state-lost@m, memory-lost@m"));
        row("issue 811, what was written into", u"9.0.0"_s, issue811, u"E2"_s,
            QStringLiteral(
                "libvirt block: revert-to-snapshot E2 | libvirt-cannot-revert-external@E2, frozen-was-written@E2\n"
                "branch confirm: create-overlay d.after-E2 d, define-as-then E2 d.after-E2, make-current E2 | "
                "frozen-was-written@E2"));
        row("issue 811, internal", u"9.0.0"_s, issue811, u"I1"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot I1 | damaged-state-changes@E2, "
                           "damaged-state-changes@E3, current-state-lost@m"));
    }

    void reversion()
    {
        QFETCH(QString, host);
        QFETCH(QString, snapshot);
        QFETCH(QString, expected);
        const QString text = proposalText(proposalFor(host, RevertIntent{snapshot}));
        QCOMPARE(text, expected);
    }
};

QTEST_GUILESS_MAIN(TestPlanWays)
#include "tst_planways.moc"
