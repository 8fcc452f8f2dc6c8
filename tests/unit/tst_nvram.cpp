// SPDX-License-Identifier: GPL-3.0-or-later
// The firmware's variables (NVRAM): which snapshots keep them, where, and what becomes of the copies.
#include "model/domain/nvramcopy.h"
#include "model/guard/assessment.h"
#include "model/guard/nvramcopies.h"
#include "tests/support/plantexts.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

using Kind = CreateIntent::Kind;
using Then = RevertIntent::Then;

// A machine with a raw NVRAM "n", off, and with nothing else; %1: its state.
const QString uefi = u"libvirt 11.3.0\nimage d\nimage n raw\nmachine m%1\ndisk vda d\nnvram n\nhas efi"_s;
// The same with an external snapshot and a copy made with it; %1 as before, %2: libvirt, %3: of its snapshot.
const QString kept = u"libvirt %2\nimage d\nimage d.A on=d\nimage n raw\nimage n.A.nvram raw\nimage A.mem save\n"
                     "machine m%1\ndisk vda d.A\nnvram n\nhas efi\nexternal A%3 vda=d>d.A\ncurrent A"_s;

QString plain(const QString &host, const Intent::What &what, bool canEditFiles = true)
{
    const Proposal proposal
        = propose({DomainId(u"m"_s), what}, std::make_shared<Inventory>(inventoryOf(host)), {1000, canEditFiles});
    return planText(proposal.plan, Verdict::Warn);
}

bool has(const Plan &plan, const QString &finding)
{
    return std::any_of(plan.findings.begin(), plan.findings.end(),
        [&](const Finding &each) { return QString(each.id + u'@' + fileName(each.subject)) == finding; });
}

} // namespace

class TestNvram : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void copiesAreFoundByName_data()
    {
        QTest::addColumn<QString>("nvram");
        QTest::addColumn<QString>("format");
        QTest::addColumn<QString>("snapshot");
        QTest::addColumn<QString>("path"); // empty: none
        const QString nvram = u"/n/web_VARS.fd"_s;
        QTest::newRow("plain") << nvram << QString() << u"a"_s << u"/n/web_VARS.fd.a.nvram"_s;
        QTest::newRow("raw") << nvram << u"raw"_s << u"before 1.2 ü"_s << u"/n/web_VARS.fd.before 1.2 ü.nvram"_s;
        QTest::newRow("like the end") << nvram << QString() << u".nvram"_s << u"/n/web_VARS.fd..nvram.nvram"_s;
        QTest::newRow("qcow2") << nvram << u"qcow2"_s << u"a"_s << QString();
        QTest::newRow("a block device") << u"/dev/n"_s << QString() << u"a"_s << QString();
        QTest::newRow("a URI") << u"nbd://h/e"_s << QString() << u"a"_s << QString();
        QTest::newRow("out of the folder") << nvram << QString() << u"../../a"_s << QString();
        QTest::newRow("no name") << nvram << QString() << QString() << QString();
        QTest::newRow("longest") << nvram << QString() << QString(237, u'x')
                                 << QString(u"/n/web_VARS.fd."_s + QString(237, u'x') + u".nvram"_s);
        QTest::newRow("too long") << nvram << QString() << QString(238, u'x') << QString();
    }
    void copiesAreFoundByName()
    {
        QFETCH(QString, nvram);
        QFETCH(QString, format);
        QFETCH(QString, snapshot);
        const Nvram file{nvram, format};
        QTEST(nvramCopyPath(file, snapshot), "path");
        if (const QString path = nvramCopyPath(file, snapshot); !path.isEmpty())
            QCOMPARE(snapshotOfNvramCopy(file, path), snapshot);
    }
    void otherFilesAreNoCopies()
    {
        const Nvram nvram{u"/n/web.fd"_s, {}};
        for (const QString &path : {u"/n/web.fd"_s, u"/n/web.fd.bak"_s, u"/n/web.fd.nvram"_s, u"/n/web.fd..nvram"_s,
                 u"/n/web2.fd.a.nvram"_s, u"/n/web.fd.a/b.nvram"_s, u"/m/web.fd.a.nvram"_s, QString()})
            QVERIFY2(snapshotOfNvramCopy(nvram, path).isEmpty(), qPrintable(path));
    }

    void creation_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<bool>("canEditFiles");
        QTest::addColumn<QString>("expected");
        const auto row
            = [](const char *name, const QString &host, const QString &kind, const QString &expected,
                  bool canEditFiles = true) { QTest::newRow(name) << host << kind << canEditFiles << expected; };
        const QString off = uefi.arg(QString());
        const QString on = uefi.arg(u" running"_s);
        row("external, off", off, u"external"_s,
            u"libvirt warn: copy-file n.A.nvram n, create-snapshot A d.A | overlay-readable@d.A"_s);
        row("internal, off", off, u"internal"_s, u"libvirt allow: copy-file n.A.nvram n, create-snapshot A | "_s);
        row("external, on", on, u"external"_s,
            u"libvirt warn: copy-file n.A.nvram n, create-snapshot A d.A.mem d.A | pauses-machine@m"_s);
        row("internal, on", QString(on).replace(u"11.3.0"_s, u"12.8.0"_s), u"internal"_s,
            u"libvirt block: copy-file n.A.nvram n, create-snapshot A | nvram-forbids-internal@m, pauses-machine@m"_s);
        row("who has no files", off, u"external"_s,
            u"libvirt warn: create-snapshot A d.A | firmware-not-included@m, overlay-readable@d.A"_s, false);
        row("an NVRAM out of reach", QString(off).replace(u"n raw"_s, u"n raw unreadable"_s), u"external"_s,
            u"libvirt warn: create-snapshot A d.A | firmware-not-included@m, overlay-readable@d.A"_s);
        row("an NVRAM that is not there", QString(off).remove(u"image n raw\n"_s), u"internal"_s,
            u"libvirt warn: create-snapshot A | firmware-not-included@m"_s);
        row("qcow2", QString(off).replace(u"nvram n"_s, u"nvram n qcow2"_s), u"external"_s,
            u"libvirt warn: create-snapshot A d.A | firmware-not-included@m, overlay-readable@d.A"_s);
        row("qcow2, inside", QString(off).replace(u"nvram n"_s, u"nvram n qcow2"_s), u"internal"_s,
            u"libvirt allow: create-snapshot A | "_s);
        // QEMU keeps it with saved memory, and libvirt refuses nothing.
        row("a varstore, on",
            QString(on).replace(u"11.3.0"_s, u"12.8.0"_s).replace(u"nvram n"_s, u"nvram n varstore"_s), u"internal"_s,
            u"libvirt warn: copy-file n.A.nvram n, create-snapshot A | pauses-machine@m"_s);
        row("a varstore, off", QString(off).replace(u"nvram n"_s, u"nvram n varstore"_s), u"external"_s,
            u"libvirt warn: copy-file n.A.nvram n, create-snapshot A d.A | overlay-readable@d.A"_s);
        row("a varstore out of reach",
            QString(off).replace(u"n raw"_s, u"n raw unreadable"_s).replace(u"nvram n"_s, u"nvram n varstore"_s),
            u"external"_s, u"libvirt warn: create-snapshot A d.A | firmware-not-included@m, overlay-readable@d.A"_s);
        // What a snapshot of this name left behind is nobody's to write over.
        row("a copy that is left", QString(u"image n.A.nvram raw\n"_s + off), u"internal"_s,
            u"libvirt block: copy-file n.A.nvram n | target-exists@n.A.nvram"_s);
    }
    void creation()
    {
        QFETCH(QString, host);
        QFETCH(QString, kind);
        QFETCH(bool, canEditFiles);
        QTEST(plain(host, CreateIntent{u"A"_s, {}, kind == "internal"_L1 ? Kind::Internal : Kind::External},
                  canEditFiles),
            "expected");
    }

    void reversion_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<int>("then");
        QTest::addColumn<QString>("way");
        QTest::addColumn<QString>("expected"); // its steps
        const auto row = [](const char *name, const QString &host, Then then, const QString &way,
                             const QString &expected) { QTest::newRow(name) << host << int(then) << way << expected; };
        const QString off = kept.arg(QString(), u"11.3.0"_s, QString());
        const QString on = kept.arg(u" running"_s, u"11.3.0"_s, u" memory=A.mem"_s);
        const QString old = kept.arg(u" running"_s, u"9.0.0"_s, QString());
        row("by libvirt", off, Then::AsItWas, u"libvirt"_s, u"revert-to-snapshot A, copy-file n n.A.nvram"_s);
        row("by libvirt, started", off, Then::Start, u"libvirt"_s,
            u"revert-to-snapshot A, copy-file n n.A.nvram, start"_s);
        row("by libvirt, with memory", on, Then::AsItWas, u"libvirt"_s,
            u"force-off, copy-file n n.A.nvram, revert-to-snapshot A"_s);
        row("by a branch", old, Then::Start, u"branch"_s,
            u"create-overlay d.after-A d, force-off, define-as-then A d.after-A, make-current A, "
            "copy-file n n.A.nvram, start, remove-file d.A"_s);
        row("an NVRAM that is gone", QString(off).remove(u"image n raw\n"_s), Then::AsItWas, u"libvirt"_s,
            u"revert-to-snapshot A, copy-file n n.A.nvram"_s);
        row("no copy", QString(off).remove(u"image n.A.nvram raw\n"_s), Then::AsItWas, u"libvirt"_s,
            u"revert-to-snapshot A"_s);
    }
    void reversion()
    {
        QFETCH(QString, host);
        QFETCH(int, then);
        QFETCH(QString, way);
        QFETCH(QString, expected);
        const Proposal proposal = proposalFor(host, RevertIntent{u"A"_s, Then(then)});
        const Plan *plan = proposal.plan.way == way ? &proposal.plan : nullptr;
        for (const Plan &other : proposal.alternatives)
            plan = plan || other.way != way ? plan : &other;
        QVERIFY(plan);
        QVERIFY2(plan->verdict == Verdict::Confirm, qPrintable(planText(*plan)));
        QStringList steps;
        for (const PlannedStep &planned : plan->steps)
            steps += stepText(planned.step);
        QCOMPARE(steps.join(u", "_s), expected);
        QCOMPARE(has(*plan, u"firmware-not-reverted@m"_s), !expected.contains("n.A.nvram"_L1));
    }

    // The copy takes the place of what is there in one step: the machine is never without.
    void theOneThatIsThereGivesWay()
    {
        const QString off = kept.arg(QString(), u"11.3.0"_s, QString());
        for (const QString &host : {off, QString(off).remove(u"image n raw\n"_s)}) {
            const Plan plan = proposalFor(host, RevertIntent{u"A"_s}).plan;
            QCOMPARE(plan.steps.size(), size_t(2));
            QCOMPARE(plan.steps[1].step.has(Step::Replace), host == off);
            QVERIFY(plan.steps[1].isReversible);
        }
    }

    // Beside the tags of the disks a qcow2 NVRAM has one of its own, which is libvirt's to go back to, and not of every
    // version's.
    void aTagInAnNvram_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("way");
        QTest::addColumn<bool>("isReverted");
        const QString inside = u"libvirt %1\nimage d tags=A%2\nimage n%3\nmachine m\ndisk vda d%4\nnvram n qcow2\n"
                               "has efi\ninternal A vda=d%5"_s;
        const auto plain = [&](const QString &libvirt, const QString &nvram) {
            return inside.arg(libvirt, QString(), nvram, QString(), QString());
        };
        QTest::newRow("by libvirt") << plain(u"12.8.0"_s, u" tags=A"_s) << u"libvirt"_s << true;
        QTest::newRow("not to be read") << plain(u"12.8.0"_s, u" unreadable"_s) << u"libvirt"_s << true;
        QTest::newRow("without the tag") << plain(u"12.8.0"_s, QString()) << u"libvirt"_s << false;
        QTest::newRow("by an old libvirt") << plain(u"10.9.0"_s, u" tags=A"_s) << u"libvirt"_s << false;
        // Overlays lie on what the tag is in, so it is taken out.
        QTest::newRow("taken out") << inside.arg(
            u"12.8.0"_s, u"\nimage d.B on=d"_s, u" tags=A"_s, u".B"_s, u"\nexternal B parent=A vda=d>d.B\ncurrent B"_s)
                                   << u"extract"_s << false;
    }
    void aTagInAnNvram()
    {
        QFETCH(QString, host);
        QFETCH(QString, way);
        QFETCH(bool, isReverted);
        const Proposal proposal = proposalFor(host, RevertIntent{u"A"_s});
        std::vector<Plan> plans = proposal.alternatives;
        plans.push_back(proposal.plan);
        const auto plan = std::find_if(plans.begin(), plans.end(), [&](const Plan &each) { return each.way == way; });
        QVERIFY2(plan != plans.end(), qPrintable(proposalText(proposal)));
        QVERIFY2(plan->verdict != Verdict::Block, qPrintable(planText(*plan)));
        QVERIFY2(has(*plan, u"firmware-not-reverted@m"_s) != isReverted, qPrintable(planText(*plan)));
    }

    void whatIsNotPutBackIsSaidBefore()
    {
        const QString text = plain(kept.arg(QString(), u"11.3.0"_s, QString()), RevertIntent{u"A"_s}, false);
        QVERIFY2(text.contains(u"firmware-not-reverted@m"_s) && !text.contains(u"copy-file"_s), qPrintable(text));
    }

    // What the firmware has now is part of the present state, and kept by the snapshot before the revert.
    void thePresentNvramIsALoss()
    {
        const QString host = kept.arg(QString(), u"11.3.0"_s, QString());
        const auto lossOf = [](const Plan &plan) {
            for (const Loss &loss : plan.losses) {
                if (loss.what == Loss::What::CurrentState && fileName(loss.path) == "n"_L1)
                    return std::optional(loss);
            }
            return std::optional<Loss>();
        };
        const auto without = lossOf(proposalFor(host, RevertIntent{u"A"_s}).plan);
        QVERIFY(without);
        QVERIFY(without->keptBy < 0);
        const Plan safe = proposalFor(host, RevertIntent{u"A"_s, Then::AsItWas, u"S"_s}).plan;
        QVERIFY2(planText(safe).contains(u"copy-file n.S.nvram n, create-snapshot S"_s), qPrintable(planText(safe)));
        const auto with = lossOf(safe);
        QVERIFY(with);
        QVERIFY(with->keptBy >= 0);
    }

    // Two machines with one NVRAM: the other has not asked for anything.
    void anothersNvramIsNotTouched()
    {
        const QString host
            = kept.arg(QString(), u"11.3.0"_s, QString()) + u"\nimage e\nmachine o\ndisk vda e\nnvram n"_s;
        const Plan plan = proposalFor(host, RevertIntent{u"A"_s}).plan;
        QVERIFY(plan.verdict == Verdict::Block);
        QVERIFY2(has(plan, u"state-lost@o"_s), qPrintable(planText(plan)));
    }

    void deletion_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<bool>("metadataOnly");
        QTest::addColumn<bool>("canEditFiles");
        QTest::addColumn<QString>("steps");
        QTest::addColumn<bool>("isLeftBehind");
        const QString off = kept.arg(QString(), u"11.3.0"_s, QString());
        const QString internal = u"libvirt 11.3.0\nimage d tags=A\nimage n raw\nimage n.A.nvram raw\nmachine m\n"
                                 "disk vda d\nnvram n\ninternal A vda=d\ncurrent A"_s;
        QTest::newRow("external") << off << false << true << u"delete-snapshot A, remove-file n.A.nvram"_s << false;
        QTest::newRow("internal") << internal << false << true << u"delete-snapshot A, remove-file n.A.nvram"_s
                                  << false;
        QTest::newRow("who has no files") << internal << false << false << u"delete-snapshot A"_s << true;
        QTest::newRow("metadata only") << internal << true << true << u"forget-snapshot A"_s << true;
    }
    void deletion()
    {
        QFETCH(QString, host);
        QFETCH(bool, metadataOnly);
        QFETCH(bool, canEditFiles);
        QFETCH(QString, steps);
        QFETCH(bool, isLeftBehind);
        const Plan plan = propose({DomainId(u"m"_s), DeleteIntent{u"A"_s, DeleteIntent::Scope::One, metadataOnly}},
            std::make_shared<Inventory>(inventoryOf(host)), {1000, canEditFiles})
                              .plan;
        QVERIFY2(planText(plan).contains(QString(u": "_s + steps + u" | "_s)), qPrintable(planText(plan)));
        QVERIFY(plan.verdict != Verdict::Block);
        QCOMPARE(has(plan, u"file-left-behind@n.A.nvram"_s), isLeftBehind);
    }

    void merging()
    {
        const QString host = u"libvirt 11.3.0\nimage d tags=I\nimage d.A on=d\nimage n raw\nimage n.A.nvram raw\n"
                             "machine m\ndisk vda d.A\nnvram n\ninternal I vda=d\nexternal A parent=I vda=d>d.A\n"
                             "current A"_s;
        QVERIFY2(
            proposalText(proposalFor(host, DeleteIntent{u"A"_s}))
                .contains(u"merge confirm: commit-offline d.A d, point-disks d, forget-snapshot A, remove-file d.A, "
                          "remove-file n.A.nvram | snapshot-lost@A"_s),
            qPrintable(proposalText(proposalFor(host, DeleteIntent{u"A"_s}))));
    }

    void renaming()
    {
        const QString host = kept.arg(QString(), u"11.3.0"_s, QString());
        QCOMPARE(plain(host, RenameIntent{u"A"_s, u"B"_s}),
            u"libvirt allow: rename-snapshot A, copy-file n.B.nvram n.A.nvram, remove-file n.A.nvram | "_s);
        QCOMPARE(plain(host, RenameIntent{u"A"_s, u"B"_s}, false),
            u"libvirt confirm: rename-snapshot A | snapshot-lost@A, firmware-not-included@m, file-left-behind@n.A.nvram"_s);
    }

    // It would be taken for the snapshot's copy, which is only known by its name.
    void renamingTakesNoOthersCopy()
    {
        const QString stranger = u"\nimage n.B.nvram raw"_s;
        const QString host = kept.arg(QString(), u"11.3.0"_s, QString()) + stranger;
        const QString refused = u"libvirt block:  | target-exists@n.B.nvram"_s;
        QCOMPARE(plain(host, RenameIntent{u"A"_s, u"B"_s}), refused);
        QCOMPARE(plain(host, RenameIntent{u"A"_s, u"B"_s}, false), refused);
        QCOMPARE(plain(QString(host).remove(u"image n.A.nvram raw\n"_s), RenameIntent{u"A"_s, u"B"_s}), refused);
        QVERIFY(!plain(host, RenameIntent{u"A"_s, u"C"_s}).contains(u"block"_s));
    }

    void copiesAreClaimed()
    {
        const Inventory inventory = inventoryOf(kept.arg(QString(), u"11.3.0"_s, u" memory=A.mem"_s));
        const Claims claims(inventory);
        const std::vector<Claim> onCopy = claims.on(imageId(u"n.A.nvram"_s));
        QCOMPARE(onCopy.size(), size_t(1));
        QVERIFY(onCopy.front().owner.kind == OwnerKind::Snapshot && onCopy.front().layer.kind == LayerKind::File);
        // The file itself is the machine's alone then.
        QCOMPARE(claims.on(imageId(u"n"_s)).size(), size_t(1));
        QVERIFY(assess(inventory).orphans.empty());
    }

    void aCopyOfNoSnapshotIsAnOrphan()
    {
        const Inventory inventory = inventoryOf(uefi.arg(QString()) + u"\nimage n.gone.nvram raw\nimage other raw"_s);
        const Assessment assessment = assess(inventory);
        QCOMPARE(assessment.orphans.size(), size_t(1));
        QVERIFY(assessment.orphans.front().kind == OrphanKind::Nvram);
        QCOMPARE(assessment.orphans.front().domain, DomainId(u"m"_s));
        QCOMPARE(assessment.orphans.front().path, path(u"n.gone.nvram"_s));
        const QString host = uefi.arg(QString()) + u"\nimage n.gone.nvram raw"_s;
        QCOMPARE(planText(proposalFor(host, RemoveOrphanIntent{path(u"n.gone.nvram"_s)}).plan),
            u"remove confirm: remove-file n.gone.nvram | leftover-removed@n.gone.nvram"_s);
    }

    // Another program made a snapshot of a name that Treewarden had a copy for.
    void aCopyThatIsTooOldIsNotTheSnapshots()
    {
        Inventory inventory = inventoryOf(kept.arg(QString(), u"11.3.0"_s, u" memory=A.mem"_s));
        std::vector<Image> images = inventory.images->images();
        for (Image &image : images) {
            if (image.id == imageId(u"n.A.nvram"_s))
                image.modified = qint64(1);
        }
        inventory.images = std::make_shared<ImageGraph>(images);
        const Snapshot &snapshot = inventory.domains.front()->snapshots->at(0);
        QVERIFY(!nvramCopyOf(*inventory.images, snapshot));
        QVERIFY(!nvramCopyOf(Draft(std::make_shared<Inventory>(inventory)), snapshot));
        QCOMPARE(assess(inventory).orphans.size(), size_t(1));
    }

    void whereItIsKept_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("expected");
        const QString tagged = u"image d tags=A\nimage n%1\nmachine m\ndisk vda d\nnvram n qcow2\ninternal A vda=d"_s;
        QTest::newRow("beside") << kept.arg(QString(), u"11.3.0"_s, QString()) << u"beside"_s;
        QTest::newRow("inside") << tagged.arg(u" tags=A"_s) << u"inside"_s;
        QTest::newRow("the tag is missing") << tagged.arg(QString()) << u"no"_s;
        QTest::newRow("nobody knows") << tagged.arg(u" unreadable"_s) << u"unknown"_s;
        QTest::newRow("not kept") << u"image d tags=A\nimage n raw\nmachine m\ndisk vda d\nnvram n\ninternal A vda=d"_s
                                  << u"no"_s;
        QTest::newRow("no firmware") << u"image d tags=A\nmachine m\ndisk vda d\ninternal A vda=d"_s << u"none"_s;
    }
    void whereItIsKept()
    {
        QFETCH(QString, host);
        const Inventory inventory = inventoryOf(host);
        const Fact<NvramKept> is = nvramKept(*inventory.images, inventory.domains.front()->snapshots->at(0));
        const QString word = is.isUnknown()   ? u"unknown"_s
            : is.isAbsent()                   ? u"none"_s
            : is.value() == NvramKept::Beside ? u"beside"_s
            : is.value() == NvramKept::Inside ? u"inside"_s
                                              : u"no"_s;
        QTEST(word, "expected");
    }
};

QTEST_GUILESS_MAIN(TestNvram)
#include "tst_nvram.moc"
