// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to delete a snapshot and to go back to one: which are offered, what they do, what they cost.
#include "tests/support/plantexts.h"

#include <QRegularExpression>
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
                           "forget confirm: forget-snapshot E2 | entry-explains-chain@E2\n"
                           "one-by-one confirm: delete-snapshot E3, forget-snapshot E2 | snapshot-lost@E3"));
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
                           "forget confirm: forget-snapshot E2 | snapshot-lost@E2, entry-explains-chain@E2"));
        row("current below internal, with a checkpoint", u"11.3.0"_s,
            QString(current862.arg(u""_s).replace(u"on=d\n"_s, u"on=d bitmaps=B\n"_s) + u"checkpoint C vda=B\n"_s),
            u"E2"_s,
            QStringLiteral("libvirt block: delete-snapshot E2 | libvirt-refuses-internal-parent@E2\n"
                           "merge confirm: commit-offline d.E2 d, point-disks d, forget-snapshot E2, remove-file d.E2 "
                           "| snapshot-lost@E2, bitmaps-lost@m\n"
                           "forget confirm: forget-snapshot E2 | snapshot-lost@E2, entry-explains-chain@E2"));
        row("current below internal, running", u"11.3.0"_s, current862.arg(u" running"_s), u"E2"_s,
            QStringLiteral(
                "libvirt block: delete-snapshot E2 | libvirt-refuses-internal-parent@E2\n"
                "merge confirm: commit-live d.E2>d, forget-snapshot E2, remove-file d.E2 | snapshot-lost@E2\n"
                "forget confirm: forget-snapshot E2 | snapshot-lost@E2, entry-explains-chain@E2"));
        row("A.2", u"11.3.0"_s, tagAbove.arg(u""_s, u""_s), u"E1"_s,
            QStringLiteral("libvirt block: delete-snapshot E1 | state-lost@I2, snapshot-lost@E1\n"
                           "extract-and-merge confirm: extract-tag I2 d.I2 d.E1, add-tag I2 d.I2, point-snapshot I2 "
                           "d.I2, remove-tag I2 d.E1, commit-offline d.E1 d, point-disks d, forget-snapshot E1, "
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
                           "forget confirm: forget-snapshot A | snapshot-lost@A, entry-explains-chain@A"));
        row("linear, the middle one, off, on 11.3", u"11.3.0"_s, chain, u"A"_s,
            QStringLiteral("libvirt confirm: delete-snapshot A | snapshot-lost@A"));
        row("linear, the middle one, running", u"9.0.0"_s,
            QString(chain).replace(u"machine m"_s, u"machine m running"_s), u"A"_s,
            QStringLiteral("libvirt confirm: delete-snapshot A | snapshot-lost@A"));
        row("branch point", u"11.3.0"_s, branched, u"A"_s,
            QStringLiteral("libvirt block: delete-snapshot A | libvirt-refuses-current-with-children@A\n"
                           "forget confirm: forget-snapshot A | snapshot-lost@A, entry-explains-chain@A"));
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
                "forget confirm: forget-snapshot A | snapshot-lost@A, entry-explains-chain@A"));
        const QString confined = QString(chain).replace(u"machine m"_s, u"machine m%1"_s) + u"has apparmor\n"_s;
        row("under AppArmor", u"11.3.0"_s, confined.arg(u" running"_s), u"B"_s,
            QStringLiteral("libvirt confirm: delete-snapshot B | snapshot-lost@B\n"
                           "shut-down-first confirm: shut-down, commit-offline d.B d.A, point-disks d.A, "
                           "forget-snapshot B, remove-file d.B, start | snapshot-lost@B"));
        row("under AppArmor, off, while another runs", u"11.3.0"_s,
            QString(chain + u"image n\nmachine n running\ndisk vda n\nhas apparmor\n"_s), u"B"_s,
            QStringLiteral("libvirt confirm: delete-snapshot B | snapshot-lost@B\n"
                           "merge confirm: commit-offline d.B d.A, point-disks d.A, forget-snapshot B, remove-file d.B "
                           "| snapshot-lost@B"));
        row("under AppArmor, and refused", u"9.0.0"_s, QString(current862.arg(u" running"_s) + u"has apparmor\n"_s),
            u"E2"_s,
            QStringLiteral(
                "libvirt block: delete-snapshot E2 | libvirt-refuses-internal-parent@E2\n"
                "merge confirm: commit-live d.E2>d, forget-snapshot E2, remove-file d.E2 | snapshot-lost@E2\n"
                "shut-down-first confirm: shut-down, commit-offline d.E2 d, point-disks d, forget-snapshot E2, "
                "remove-file d.E2, start | snapshot-lost@E2\n"
                "forget confirm: forget-snapshot E2 | snapshot-lost@E2, entry-explains-chain@E2"));
        row("under AppArmor that is mended", u"12.1.0"_s, confined.arg(u" running"_s), u"B"_s,
            QStringLiteral("libvirt confirm: delete-snapshot B | snapshot-lost@B"));
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

    void uniformity_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<bool>("external");
        QTest::addColumn<QString>("expected");
        const QString mixed = u"image d tags=I1,I2%2\n"
                              "image d.E on=d\n"
                              "machine m%1\n"
                              "disk vda d.E\n"
                              "internal I1 vda=d\n"
                              "internal I2 parent=I1%3 vda=d\n"
                              "external E parent=I2 vda=d>d.E\n"
                              "current E\n"_s;
        const QString twoDisks = u"image a\n"
                                 "image a.1 on=a\n"
                                 "image a.2 on=a.1\n"
                                 "image b raw\n"
                                 "image b.0 on=b\n"
                                 "image b.2 on=b.0\n"
                                 "image 1.mem save\n"
                                 "machine m\n"
                                 "disk vda a.2\n"
                                 "disk vdb b.2\n"
                                 "external E1 memory=1.mem vda=a>a.1\n"
                                 "external E2 parent=E1 vda=a.1>a.2 vdb=b.0>b.2\n"
                                 "current E2\n"_s;
        const auto row = [](const char *name, const QString &host, bool external, const QString &expected) {
            QTest::newRow(name) << QString(u"libvirt 9.0.0\n"_s + host) << external << expected;
        };
        const QString toExternal = u"extract-tag I1 d.I1 d, create-overlay d.after-I1 d.I1, extract-tag I2 d.I2 d, "
                                   "create-overlay d.after-I2 d.I2, make-external I1 d.I1>d.after-I1, "
                                   "make-external I2 d.I2>d.after-I2, remove-tag I1 d, remove-tag I2 d"_s;
        const QString toInternal = u"add-tag E d, make-internal E d, commit-offline d.E d, point-disks d, "
                                   "remove-file d.E"_s;
        row("to external", mixed.arg(u""_s, u""_s, u""_s), true, u"uniform allow: "_s + toExternal + u" | "_s);
        row("to internal", mixed.arg(u""_s, u""_s, u""_s), false, u"uniform allow: "_s + toInternal + u" | "_s);
        row("to external, with memory", mixed.arg(u""_s, u":64"_s, u" memory"_s), true,
            u"uniform confirm: "_s + toExternal + u" | snapshot-memory-lost@I2"_s);
        row("running", mixed.arg(u" running"_s, u""_s, u""_s), true,
            u"uniform block:  | machine-running@m\nshut-down-first allow: shut-down, "_s + toExternal
                + u", start | "_s);
        row("two disks to internal", twoDisks, false,
            u"uniform confirm: add-tag E1 a, make-internal E1 a, commit-offline a.1 a, repoint-overlay a.2 a, add-tag "
            u"E2 "
            "a, add-tag E2 b.0, make-internal E2 a b.0, commit-offline a.2 a, commit-offline b.2 b.0, point-disks a "
            "b.0, "
            "remove-file a.1, remove-file a.2, remove-file b.2, remove-file 1.mem | snapshot-memory-lost@E1"_s);
        row("a snapshot of one disk after one of both",
            u"image a\nimage a.1 on=a\nimage a.2 on=a.1\nimage a.3 on=a.2\n"
            "image b\nimage b.1 on=b\nimage b.2 on=b.1\nimage b.3 on=b.2\n"
            "machine m\n"
            "disk vda a.3\n"
            "disk vdb b.3\n"
            "external E1 vda=a>a.1 vdb=b>b.1\n"
            "external E2 parent=E1 vdb=b.1>b.2\n"
            "external E3 parent=E2 vda=a.1>a.2 vdb=b.2>b.3\n"
            "external E4 parent=E3 vda=a.2>a.3\n"
            "current E4\n"_s,
            false,
            u"uniform allow: add-tag E1 a, add-tag E1 b, make-internal E1 a b, commit-offline b.1 b, repoint-overlay "
            "b.2 b, add-tag E2 b, make-internal E2 b, commit-offline a.1 a, repoint-overlay a.2 a, add-tag E3 a, "
            "commit-offline b.2 b, repoint-overlay b.3 b, add-tag E3 b, make-internal E3 a b, commit-offline a.2 a, "
            "repoint-overlay a.3 a, add-tag E4 a, make-internal E4 a, commit-offline a.3 a, commit-offline b.3 b, "
            "point-disks a b, remove-file a.1, remove-file a.2, remove-file a.3, remove-file b.1, remove-file b.2, "
            "remove-file b.3 | "_s);
        row("tags above",
            u"image d\n"
            "image d.E on=d tags=I\n"
            "machine m\n"
            "disk vda d.E\n"
            "external E vda=d>d.E\n"
            "internal I parent=E vda=d.E\n"
            "current I\n"_s,
            false, u"uniform block: add-tag E d, make-internal E d | uniform-not-possible@I"_s);
        row("another branch", issue811, false, u"uniform block:  | uniform-not-possible@E3"_s);
        row("another branch, to external", issue811, true,
            u"uniform allow: extract-tag I1 d.I1 d, create-overlay d.after-I1 d.I1, make-external I1 d.I1>d.after-I1, "
            "remove-tag I1 d | "_s);
        row("a clone of a layer",
            u"image d\n"
            "image d.A on=d\n"
            "image c on=d\n"
            "machine m\n"
            "disk vda d.A\n"
            "external A vda=d>d.A\n"
            "current A\n"
            "machine n\n"
            "disk vda c\n"_s,
            false,
            u"uniform block: add-tag A d, make-internal A d, commit-offline d.A d, point-disks d, remove-file d.A | "
            "state-lost@n, frozen-would-be-written@n"_s);
        row("uniform", chain, true, u"libvirt block:  | already-uniform@m"_s);
    }

    void uniformity()
    {
        QFETCH(QString, host);
        QFETCH(bool, external);
        QFETCH(QString, expected);
        const SnapshotKind kind = external ? SnapshotKind::External : SnapshotKind::Internal;
        QCOMPARE(proposalText(proposalFor(host, UniformIntent{kind})), expected);
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
        row("A.3 with a saved state", u"12.8.0"_s, above.arg(u" managedsave"_s, u""_s, u""_s), u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@E2, "
                           "frozen-would-be-written@E2, managed-save@m, current-state-lost@m\n"
                           "extract confirm: extract-tag I1 d.I1 d, drop-saved-state, define-as-then I1 d.I1, "
                           "make-current I1, remove-file d.E2 | saved-state-lost@m, current-state-lost@m"));
        row("A.3 with memory", u"9.0.0"_s, above.arg(u""_s, u":64"_s, u"memory"_s), u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@E2, frozen-would-be-written@E2, "
                           "current-state-lost@m\n"
                           "extract confirm: extract-tag I1 d.I1 d, point-snapshot I1 d.I1, revert-to-snapshot I1, "
                           "remove-file d.E2 | current-state-lost@m"));
        row("A.3, a disk that came later", u"9.0.0"_s,
            u"image later\n"_s + above.arg(u""_s, u""_s, u""_s) + u"disk vdb later\n"_s, u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@E2, frozen-would-be-written@E2, "
                           "current-state-lost@m\n"
                           "extract confirm: extract-tag I1 d.I1 d, define-as-then I1 d.I1, make-current I1, "
                           "remove-file d.E2 | current-state-lost@m"));
        row("A.3 running", u"9.0.0"_s, above.arg(u" running"_s, u""_s, u""_s), u"I1"_s,
            QStringLiteral(
                "libvirt block: revert-to-snapshot I1 | state-lost@E2, frozen-would-be-written@E2, "
                "current-state-lost@m, memory-lost@m\n"
                "extract confirm: extract-tag I1 d.I1 d, force-off, define-as-then I1 d.I1, make-current I1, "
                "remove-file d.E2 | memory-lost@m, current-state-lost@m"));
        row("A.3 with memory, running", u"9.0.0"_s, above.arg(u" running"_s, u":64"_s, u"memory"_s), u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@E2, frozen-would-be-written@E2, "
                           "current-state-lost@m, memory-lost@m\n"
                           "extract confirm: extract-tag I1 d.I1 d, force-off, point-snapshot I1 d.I1, "
                           "revert-to-snapshot I1, remove-file d.E2 | memory-lost@m, current-state-lost@m"));
        row("two disks, one of them written", u"9.0.0"_s,
            u"image a tags=I1\n"
            "image a.1 on=a\n"
            "image b tags=I1\n"
            "image c on=b\n"
            "machine m running\n"
            "disk vda a.1\n"
            "disk vdb b\n"
            "internal I1 vda=a vdb=b\n"
            "external E parent=I1 vda=a>a.1\n"
            "current E\n"
            "machine n\n"
            "disk vda c\n"_s,
            u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@E, state-lost@n, "
                           "frozen-would-be-written@E, current-state-lost@m, memory-lost@m\n"
                           "extract confirm: extract-tag I1 a.I1 a, force-off, extract-tag I1 b.I1 b, define-as-then "
                           "I1 a.I1 b.I1, make-current I1, remove-file a.1 | memory-lost@m, current-state-lost@m"));
        row("clones above", u"11.3.0"_s, clones, u"I1"_s,
            QStringLiteral("libvirt block: revert-to-snapshot I1 | state-lost@n, current-state-lost@m\n"
                           "extract confirm: extract-tag I1 d.I1 d, define-as-then I1 d.I1, make-current I1 | "
                           "current-state-lost@m"));
        row("external on 9.0", u"9.0.0"_s, chain, u"A"_s,
            QStringLiteral("libvirt block: revert-to-snapshot A | libvirt-cannot-revert-external@A\n"
                           "branch confirm: create-overlay d.after-A d, define-as-then A d.after-A, make-current A, "
                           "remove-file d.B | current-state-lost@m"));
        row("external on 9.0, with a saved state", u"9.0.0"_s,
            QString(chain).replace(u"machine m"_s, u"machine m managedsave"_s), u"A"_s,
            QStringLiteral("libvirt block: revert-to-snapshot A | managed-save@m, libvirt-cannot-revert-external@A\n"
                           "branch confirm: create-overlay d.after-A d, drop-saved-state, define-as-then A d.after-A, "
                           "make-current A, remove-file d.B | saved-state-lost@m, current-state-lost@m"));
        row("external on 9.0, of a machine that got a disk later", u"9.0.0"_s,
            u"image later\n"_s + chain + u"disk vdb later\n"_s, u"A"_s,
            QStringLiteral("libvirt block: revert-to-snapshot A | libvirt-cannot-revert-external@A\n"
                           "branch confirm: create-overlay d.after-A d, define-as-then A d.after-A, make-current A, "
                           "remove-file d.B | current-state-lost@m"));
        row("external on 9.0, of a machine that got another disk in the place of its own", u"9.0.0"_s,
            u"image later\n"_s + QString(chain).replace(u"disk vda d.B"_s, u"disk vda later"_s), u"A"_s,
            QStringLiteral("libvirt block: revert-to-snapshot A | libvirt-cannot-revert-external@A\n"
                           "branch confirm: create-overlay d.after-A d, define-as-then A d.after-A, make-current A | "
                           "current-state-lost@m"));
        row("external on 11.3", u"11.3.0"_s, chain, u"A"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot A | current-state-lost@m"));
        row("external, in a folder with a comma, on 11.3", u"11.3.0"_s,
            QString(chain).replace(QRegularExpression(u"\\bd\\b"_s), u"a,b/d"_s), u"A"_s,
            QStringLiteral("libvirt block: revert-to-snapshot A | comma-in-path@d (vda)\n"
                           "branch confirm: create-overlay d.after-A d, define-as-then A d.after-A, make-current A, "
                           "remove-file d.B | current-state-lost@m"));
        row("external with memory, in a folder with a comma, on 11.3", u"11.3.0"_s,
            QString(withMemory).replace(QRegularExpression(u"\\bd\\b"_s), u"a,b/d"_s), u"A"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot A | current-state-lost@m, memory-lost@m"));
        row("external, the current one, on 11.3", u"11.3.0"_s, chain, u"B"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot B | current-state-lost@m"));
        row("external with memory on 9.0", u"9.0.0"_s, withMemory, u"A"_s,
            QStringLiteral(
                "libvirt block: revert-to-snapshot A | libvirt-cannot-revert-external@A\n"
                "branch confirm: create-overlay d.after-A d, force-off, define-as-then A d.after-A, make-current A, "
                "restore-memory A A.mem d.after-A, remove-file d.A | memory-lost@m, current-state-lost@m"));
        row("external with memory on 11.3", u"11.3.0"_s, withMemory, u"A"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot A | current-state-lost@m, memory-lost@m"));
        row("issue 811, what was written into", u"9.0.0"_s, issue811, u"E2"_s,
            QStringLiteral(
                "libvirt block: revert-to-snapshot E2 | libvirt-cannot-revert-external@E2, frozen-was-written@E2\n"
                "branch confirm: create-overlay d.after-E2 d, define-as-then E2 d.after-E2, make-current E2 | "
                "frozen-was-written@E2"));
        row("issue 811, running on what it froze", u"9.0.0"_s,
            QString(issue811).replace(u"machine m"_s, u"machine m running"_s), u"E2"_s,
            QStringLiteral(
                "libvirt block: revert-to-snapshot E2 | libvirt-cannot-revert-external@E2, frozen-was-written@E2\n"
                "branch confirm: force-off, create-overlay d.after-E2 d, define-as-then E2 d.after-E2, make-current E2 "
                "| memory-lost@m, frozen-was-written@E2"));
        row("issue 811, internal", u"9.0.0"_s, issue811, u"I1"_s,
            QStringLiteral("libvirt confirm: revert-to-snapshot I1 | damaged-state-changes@E2, "
                           "damaged-state-changes@E3, current-state-lost@m"));
    }

    // With an id of its generation, which libvirt's own revert changes.
    void aServerIsToldByLibvirtAlone()
    {
        const auto toldBy = [](const QString &version, const QString &has) {
            const Proposal proposal = proposalFor(
                u"libvirt %1\n"_s.arg(version) + chain + u"has windows-server %1"_s.arg(has), RevertIntent{u"A"_s});
            std::vector<Plan> plans = proposal.alternatives;
            plans.insert(plans.begin(), proposal.plan);
            QStringList ways;
            for (const Plan &plan : plans) {
                if (!findingsText(plan.findings, Verdict::Warn).contains("guest-not-told@m"_L1))
                    ways += plan.way;
            }
            return ways;
        };
        QCOMPARE(toldBy(u"9.0.0"_s, u"genid"_s), QStringList{u"libvirt"_s});
        QCOMPARE(toldBy(u"12.8.0"_s, u"genid"_s), QStringList{u"libvirt"_s});
        QCOMPARE(toldBy(u"12.8.0"_s, QString()), QStringList());
    }

    // What a machine writes between the snapshot of its present and its end would go with the overlay that it writes
    // to: in between it stands still, and nothing that takes long is done there.
    void thePresentIsKeptWhenItGoes_data()
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
        const QString kept = u"create-snapshot S d.S.mem d.S"_s;
        QTest::newRow("extraction") << above.arg(u" running"_s, u""_s, u""_s) << u"I1"_s
                                    << QString(u"extract-tag I1 d.I1 d, "_s + kept
                                           + u", pause, force-off, define-as-then I1 d.I1, make-current I1, "
                                             "remove-file d.S"_s);
        QTest::newRow("extraction with memory")
            << above.arg(u" running"_s, u":64"_s, u"memory"_s) << u"I1"_s
            << QString(u"extract-tag I1 d.I1 d, "_s + kept
                   + u", pause, force-off, point-snapshot I1 d.I1, revert-to-snapshot I1, remove-file d.S"_s);
        QTest::newRow("extraction, paused already")
            << above.arg(u" paused"_s, u""_s, u""_s) << u"I1"_s
            << QString(u"extract-tag I1 d.I1 d, "_s + kept
                   + u", force-off, define-as-then I1 d.I1, make-current I1, remove-file d.S"_s);
        QTest::newRow("extraction, off") << above.arg(u""_s, u""_s, u""_s) << u"I1"_s
                                         << u"extract-tag I1 d.I1 d, create-snapshot S d.S, define-as-then I1 d.I1, "
                                            "make-current I1, remove-file d.S"_s;
        QTest::newRow("one disk of two is written")
            << u"image a tags=I1\nimage a.1 on=a\nimage b tags=I1\nimage c on=b\nmachine m running\n"
               "disk vda a.1\ndisk vdb b\ninternal I1 vda=a vdb=b\nexternal E parent=I1 vda=a>a.1\ncurrent E\n"
               "machine n\ndisk vda c\n"_s
            << u"I1"_s
            << u"extract-tag I1 a.I1 a, create-snapshot S a.S.mem a.S b.S, pause, force-off, extract-tag I1 b.I1 b, "
               "define-as-then I1 a.I1 b.I1, make-current I1, remove-file a.S, remove-file b.S"_s;
        QTest::newRow("branch with memory")
            << u"image d\nimage A.mem save\nimage d.A on=d\nmachine m running\ndisk vda d.A\n"
               "external A memory=A.mem vda=d>d.A\ncurrent A\n"_s
            << u"A"_s
            << QString(u"create-overlay d.after-A d, "_s + kept
                   + u", pause, force-off, define-as-then A d.after-A, make-current A, restore-memory A A.mem "
                     "d.after-A, remove-file d.S"_s);
        QTest::newRow("libvirt's own") << u"image d tags=I1:64\nmachine m running\ndisk vda d\n"
                                          "internal I1 memory vda=d\ncurrent I1\n"_s
                                       << u"I1"_s << u"create-snapshot S, pause, revert-to-snapshot I1"_s;
    }

    void thePresentIsKeptWhenItGoes()
    {
        QFETCH(QString, host);
        QFETCH(QString, snapshot);
        QFETCH(QString, expected);
        const RevertIntent what{snapshot, RevertIntent::Then::AsItWas, u"S"_s};
        const Proposal proposal = proposalFor(u"libvirt 9.0.0\n"_s + host, what);
        const bool byLibvirt = proposal.plan.verdict != Verdict::Block;
        QVERIFY(byLibvirt || !proposal.alternatives.empty());
        const Plan &plan = byLibvirt ? proposal.plan : proposal.alternatives.front();
        const QString text = planText(plan);
        QCOMPARE(text.section(u": "_s, 1).section(u" | "_s, 0, 0), expected);
        // The guard sees what keeps it.
        for (const Finding &finding : plan.findings)
            QVERIFY2(finding.id != "current-state-lost"_L1 && finding.id != "memory-lost"_L1, qPrintable(text));
        QVERIFY(!plan.losses.empty());
        for (const Loss &loss : plan.losses) {
            QVERIFY(loss.keptBy >= 0);
            QCOMPARE(plan.steps[size_t(loss.keptBy)].step.kind, StepKind::CreateSnapshot);
        }
        // A name that is taken is said all the same.
        const RevertIntent taken{snapshot, RevertIntent::Then::AsItWas, snapshot};
        QVERIFY(findingsText(proposalFor(u"libvirt 9.0.0\n"_s + host, taken).plan.findings)
                    .contains(u"name-taken@"_s + snapshot));
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
