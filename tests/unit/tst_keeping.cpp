// SPDX-License-Identifier: GPL-3.0-or-later
// What cannot be kept under a second name cannot be put back, and no plan says otherwise.
#include "model/backend/localfiles/localfiles.h"
#include "tests/support/plantexts.h"

#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

// "step yes, step no | id": which steps can be undone, and whether it is said that a file cannot be kept.
QString undoable(const Plan &plan)
{
    QStringList steps;
    for (const PlannedStep &planned : plan.steps)
        steps += stepName(planned.step.kind) + (planned.isReversible ? u" yes"_s : u" no"_s);
    QString text = steps.join(u", "_s);
    for (const Finding &finding : plan.findings) {
        if (finding.id == "cannot-be-kept"_L1)
            text += u" | "_s + verdictName(finding.severity) + u' ' + fileName(finding.subject);
    }
    return text;
}

} // namespace

class TestKeeping : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void steps_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<bool>("canEditFiles");
        QTest::addColumn<Intent::What>("what");
        QTest::addColumn<QString>("way");
        QTest::addColumn<QString>("expected");
        const QString stray = u"image d\nimage s on=d\nmachine m\ndisk vda d\n"_s;
        const QString dead = u"libvirt 12.8.0\nimage d tags=I\nimage d.E on=d\nmachine m\ndisk vda d\ninternal I "
                             "vda=d\nexternal E parent=I vda=d>d.E\ncurrent I\n"_s;
        const QString firmware = u"libvirt 12.8.0\nimage d\nimage d.A on=d\nimage n raw\nimage n.A.nvram raw\nmachine "
                                 "m\ndisk vda d.A\nnvram n\nhas efi\nexternal A vda=d>d.A\ncurrent A\n"_s;
        const RemoveOrphanIntent orphan{path(u"s"_s)};
        const DeleteIntent noE{u"E"_s, DeleteIntent::Scope::WithChildren};
        const auto row = [](const char *name, const QString &host, const Intent::What &what, const QString &way,
                             const char *expected, bool canEditFiles = true) {
            QTest::newRow(name) << host << canEditFiles << what << way << QString::fromLatin1(expected);
        };
        row("hard links", stray, orphan, u"remove"_s, "remove-file yes");
        row("no hard links", QString(u"links no\n"_s + stray), orphan, u"remove"_s, "remove-file no | warn s");
        row("nobody knows", QString(u"links unknown\n"_s + stray), orphan, u"remove"_s, "remove-file no");
        row("only volumes", stray, orphan, u"remove"_s, "remove-file no | warn s", false);
        row("what is not removed", QString(u"links no\n"_s + dead),
            DeleteIntent{u"E"_s, DeleteIntent::Scope::One, true}, u"forget"_s, "forget-snapshot yes");
        row("a copy that takes the place of a file", firmware, RevertIntent{u"A"_s}, u"libvirt"_s,
            "revert-to-snapshot no, copy-file yes");
        row("a copy that takes the place of a file, without links", QString(u"links no\n"_s + firmware),
            RevertIntent{u"A"_s}, u"libvirt"_s, "revert-to-snapshot no, copy-file no | warn n");
        row("a copy that takes nobody's place", QString(u"links no\n"_s + firmware),
            CreateIntent{u"N"_s, {}, CreateIntent::Kind::External}, u"libvirt"_s, "copy-file yes, create-snapshot yes");
    }
    void steps()
    {
        QFETCH(QString, host);
        QFETCH(bool, canEditFiles);
        QFETCH(Intent::What, what);
        QFETCH(QString, way);
        QFETCH(QString, expected);
        const Proposal proposal
            = propose({DomainId(u"m"_s), what}, std::make_shared<Inventory>(inventoryOf(host)), {1000, canEditFiles});
        QCOMPARE(proposal.plan.way, way);
        QCOMPARE(undoable(proposal.plan), expected);
    }

    void theOthersToo()
    {
        const QString chain
            = u"links no\nlibvirt 9.0.0\nimage d\nimage d.A on=d\nimage d.B on=d.A\nmachine m\ndisk vda "
              "d.B\nexternal A vda=d>d.A\nexternal B parent=A vda=d.A>d.B\ncurrent B\n"_s;
        const Proposal proposal = proposalFor(chain, RevertIntent{u"A"_s});
        QCOMPARE(proposal.alternatives.size(), size_t(1));
        QCOMPARE(undoable(proposal.alternatives.front()),
            u"create-overlay yes, define-as-then yes, make-current yes, remove-file no | warn d.B"_s);
    }

    void fileSystems()
    {
        QCOMPARE(takesLinks(0x4d44), Fact<bool>(false)); // FAT
        QCOMPARE(takesLinks(0x2011bab0), Fact<bool>(false)); // exFAT
        QVERIFY(takesLinks(0x65735546).isUnknown()); // FUSE
        QVERIFY(takesLinks(0xff534d42).isUnknown()); // CIFS
        QCOMPARE(takesLinks(0xef53), Fact<bool>(true)); // ext4
        QCOMPARE(takesLinks(0x6969), Fact<bool>(true)); // NFS
        // What it says of this folder is true of it.
        const QTemporaryDir folder;
        const auto here = LocalFiles().fileSystem(folder.path());
        QVERIFY(here);
        if (here->takesLinks.isUnknown())
            return;
        QFile file(folder.filePath(u"a"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        const bool isLinked = ::link(QFile::encodeName(file.fileName()).constData(),
                                  QFile::encodeName(folder.filePath(u"b"_s)).constData())
            == 0;
        QCOMPARE(here->takesLinks, Fact<bool>(isLinked));
    }
};

QTEST_GUILESS_MAIN(TestKeeping)
#include "tst_keeping.moc"
