// SPDX-License-Identifier: GPL-3.0-or-later
// Each known hazard of libvirt and QEMU: what the guard says of it, and what it offers instead. docs/hazards.md lists
// the hazards by number, and explains each finding.
#include "tests/support/plantexts.h"

#include <QDirIterator>
#include <QRegularExpression>
#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

using Kind = CreateIntent::Kind;
using Memory = CreateIntent::Memory;
using Then = RevertIntent::Then;
using To = PowerIntent::To;

namespace {

QString root()
{
    return QDir::cleanPath(QStringLiteral(TREEWARDEN_TEST_DATA "/../.."));
}

QString contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

// A situation, what somebody wants in it, and what he is told: a finding of that severity ("id@subject"; empty: nothing
// worse than it), and a way that is offered and is no Block (empty: none needed).
struct Row
{
    const char *name; // begins with the hazard's number
    QString host;
    Intent::What what;
    Verdict severity = Verdict::Block;
    const char *finding = "";
    const char *way = "";
};

// Internal I, external E after it, by version and what else the machine is; at %3, running on %4.
const auto under = u"libvirt %1\nimage d tags=I\nimage d.E on=d\nmachine m%2\ndisk vda %4\ninternal I vda=d\n"
                   "external E parent=I vda=d>d.E\ncurrent %3\n"_s;
// External E, internal I in its overlay.
const auto above = u"libvirt %1\nimage d\nimage d.E on=d tags=I%3\nmachine m%2\ndisk vda d.E\nexternal E vda=d>d.E\n"
                   "internal I parent=E vda=d.E\ncurrent I\n"_s;
const auto tags = u"libvirt %1\nimage d tags=I,J\nmachine m%2\ndisk vda d\ninternal I vda=d\n"
                  "internal J parent=I vda=d\ncurrent J\n"_s;
const auto chain = u"libvirt %1\nimage d\nimage d.A on=d\nimage d.B on=d.A\nmachine m%2\ndisk vda d.B\n"
                   "external A vda=d>d.A\nexternal B parent=A vda=d.A>d.B\ncurrent %3\n"_s;
const auto branches = u"libvirt %1\nimage d\nimage d.A on=d\nimage d.B on=d.A\nimage d.x on=d.A\nmachine m\n"
                      "disk vda d.x\nexternal A vda=d>d.A\nexternal B parent=A vda=d.A>d.B\n"
                      "external C parent=A vda=d.A>d.x\ncurrent C\n"_s;
const auto bare = u"libvirt 12.8.0\nimage d\nmachine m%1\ndisk vda d\n"_s;
const auto memory = u"libvirt %1\nimage d\nimage A.mem save\nimage d.A on=d\nmachine m%2\ndisk vda d.A\n"
                    "external A memory=A.mem%3 vda=d>d.A\ncurrent A\n"_s;

QString chainOf(int layers, const QString &version)
{
    QString host = u"libvirt %1\nimage d0\n"_s.arg(version);
    for (int i = 1; i < layers; ++i)
        host += u"image d%1 on=d%2\n"_s.arg(i).arg(i - 1);
    return host + u"machine m\ndisk vda d%1\n"_s.arg(layers - 1);
}

QString manyTags()
{
    QStringList names;
    for (int i = 0; i < 250; ++i)
        names += u"T%1"_s.arg(i);
    return u"libvirt 12.8.0\nimage d tags=%1\nmachine m\ndisk vda d\n"_s.arg(names.join(u','));
}

CreateIntent internal(const QString &name = u"N"_s)
{
    return {name, {}, Kind::Internal};
}
CreateIntent external(Memory keeps = Memory::Auto, bool quiesce = false)
{
    return {u"N"_s, {}, Kind::External, keeps, quiesce};
}
DeleteIntent withChildren(const QString &name)
{
    return {name, DeleteIntent::Scope::WithChildren};
}
DeleteIntent entryOf(const QString &name)
{
    return {name, DeleteIntent::Scope::One, true};
}

std::vector<Row> versions()
{
    const RevertIntent toI{u"I"_s};
    const RevertIntent toE{u"E"_s};
    const RevertIntent toA{u"A"_s};
    const DeleteIntent noE{u"E"_s};
    const QString left = under.arg(u"%1"_s, QString(), u"I"_s, u"d"_s);
    return {
        {"A.1 the file with the tags goes (9.7)", left.arg(u"9.7.0"_s), noE, Verdict::Block, "state-lost@I",
            "forget-and-remove"},
        {"A.1 the machine's own file (10.10)", left.arg(u"10.10.0"_s), noE, Verdict::Block, "state-lost@m", "forget"},
        {"A.1 refused by 9.0", left.arg(u"9.0.0"_s), noE, Verdict::Block, "libvirt-cannot-delete-dead-branch@E",
            "forget"},
        {"A.1 mended in 11.0: an overlay is left", left.arg(u"11.0.0"_s), noE, Verdict::Warn, "file-left-behind@d.E"},
        {"A.1 whose I is forgotten first",
            u"libvirt 10.7.0\nimage d tags=I\nimage d.E on=d\nmachine m\ndisk vda d\nexternal E vda=d>d.E\n"
            "internal J vda=d\ncurrent J"_s,
            noE, Verdict::Block, "state-lost@m", "forget"},
        {"A.2 a tag in the overlay (9.0)", above.arg(u"9.0.0"_s, u" running"_s, QString()), noE, Verdict::Block,
            "state-lost@I", "forget"},
        {"A.2 a tag in the overlay (11.3)", above.arg(u"11.3.0"_s, QString(), QString()), noE, Verdict::Block,
            "state-lost@I", "extract-and-merge"},
        {"A.2 a tag in the overlay (12.8)", above.arg(u"12.8.0"_s, QString(), QString()), noE, Verdict::Block,
            "state-lost@I", "extract-and-merge"},
        {"A.3 the frozen state is rewritten", left.arg(u"12.8.0"_s).replace(u"disk vda d\n"_s, u"disk vda d.E\n"_s),
            toI, Verdict::Block, "state-lost@E", "extract"},
        {"A.3 on 9.0", left.arg(u"9.0.0"_s).replace(u"disk vda d\n"_s, u"disk vda d.E\n"_s), toI, Verdict::Block,
            "state-lost@E", "extract"},

        {"A.4 9.0 reverts nothing external", chain.arg(u"9.0.0"_s, QString(), u"B"_s), toA, Verdict::Block,
            "libvirt-cannot-revert-external@A", "branch"},
        {"A.4 9.9 crashes", chain.arg(u"9.9.0"_s, QString(), u"B"_s), toA, Verdict::Block,
            "libvirt-cannot-revert-external@A", "branch"},
        {"A.4 9.10 reverts", chain.arg(u"9.10.0"_s, QString(), u"B"_s), toA, Verdict::Confirm, "current-state-lost@m"},
        {"A.4 no current snapshot",
            u"libvirt 11.3.0\nimage d\nimage d.A on=d\nimage d.x on=d\nmachine m\ndisk vda d.x\nexternal A vda=d>d.A"_s,
            toA, Verdict::Block, "no-current-snapshot@A", "branch"},
        {"A.4 9.2 and UEFI", u"libvirt 9.2.0\nimage d\nmachine m\ndisk vda d\nnvram n\nhas efi"_s, internal(),
            Verdict::Block, "nvram-forbids-internal@m", "as-external"},
        {"A.4 10.9 and NVRAM in qcow2",
            u"libvirt 10.9.0\nimage d\nmachine m running\ndisk vda d\nnvram n qcow2\nhas efi"_s, internal(),
            Verdict::Block, "nvram-forbids-internal@m", "as-external"},
        {"A.4 10.8 and long chains", chainOf(24, u"10.8.0"_s), external(), Verdict::Block, "chain-too-deep@vda",
            "as-internal"},
        {"A.4 11.2 loads no memory", tags.arg(u"11.2.0"_s, u" running"_s), toI, Verdict::Block, "revert-broken-here@I"},
        {"A.4 11.3 loads no memory", tags.arg(u"11.3.0"_s, u" running"_s), toI, Verdict::Block, "revert-broken-here@I",
            "extract"},
        {"A.4 Debian's 11.3 does", QString(u"distribution debian 13\n"_s + tags.arg(u"11.3.0"_s, u" running"_s)), toI,
            Verdict::Confirm, "current-state-lost@m"},
        {"A.4 11.9 makes readable overlays", u"libvirt 11.9.0\nimage d\nmachine m\ndisk vda d"_s, external(),
            Verdict::Warn, "overlay-readable@d.N"},
        {"A.4 9.0 forgets the memory file", memory.arg(u"9.0.0"_s, QString(), QString()), DeleteIntent{u"A"_s},
            Verdict::Warn, "file-left-behind@A.mem"},

        {"A.5 a name with a slash", bare.arg(QString()), internal(u"a/b"_s), Verdict::Block, "bad-name@b"},
        {"A.5 a name with a full stop", bare.arg(QString()), internal(u".a"_s), Verdict::Block, "bad-name@.a"},
        {"A.5 a name of nothing", bare.arg(QString()), internal(QString()), Verdict::Block, "bad-name@"},
        {"A.5 a name that is taken", tags.arg(u"12.8.0"_s, QString()), internal(u"I"_s), Verdict::Block,
            "name-taken@I"},
        {"A.5 asleep", bare.arg(u" suspended"_s), internal(), Verdict::Block, "machine-not-ready@m"},
        {"A.5 going back while asleep", tags.arg(u"12.8.0"_s, u" suspended"_s), toI, Verdict::Block,
            "machine-not-ready@m"},
        {"A.5 in no state", bare.arg(u" unknown"_s), internal(), Verdict::Block, "machine-not-ready@m"},
        {"A.5 going back in no state", tags.arg(u"12.8.0"_s, u" unknown"_s), toI, Verdict::Block,
            "machine-not-ready@m"},
        {"A.5 crashed", bare.arg(u" crashed"_s), internal(), Verdict::Block, "machine-not-ready@m"},
        {"A.5 ending", bare.arg(u" ending"_s), internal(), Verdict::Block, "machine-not-ready@m"},
        // Xen's; where it were QEMU's the guest ran.
        {"A.5 blocked is running", bare.arg(u" blocked"_s), internal(), Verdict::Allow, ""},
        {"A.5 shared", u"libvirt 12.8.0\nimage d\nimage e raw\nmachine m\ndisk vda d\ndisk vdb e raw shareable"_s,
            external(), Verdict::Block, "disk-without-snapshots@vdb"},
        {"A.5 shared, internal", u"libvirt 12.8.0\nimage e raw\nmachine m\ndisk vdb e raw shareable"_s, internal(),
            Verdict::Block, "format-without-tags@vdb"},
        {"A.5 an SD card", u"libvirt 12.8.0\nimage d\nmachine m running\ndisk sda d sd"_s, external(), Verdict::Block,
            "disk-without-snapshots@sda", "as-internal"},
        {"A.5 an SD card of a machine that is off", u"libvirt 12.8.0\nimage d\nmachine m\ndisk sda d sd"_s, external(),
            Verdict::Allow, ""},
        {"A.5 a folder", u"libvirt 12.8.0\nmachine m\ndisk vda d dir"_s, external(), Verdict::Block,
            "disk-without-snapshots@vda"},
        {"A.5 a folder, internal", u"libvirt 12.8.0\nmachine m\ndisk vda d dir"_s, internal(), Verdict::Block,
            "disk-without-snapshots@vda"},
        {"A.5 vhost-user", u"libvirt 12.8.0\nmachine m running\ndisk vda d vhostuser"_s, external(), Verdict::Block,
            "disk-without-snapshots@vda"},
        {"A.5 nothing to take", u"libvirt 12.8.0\nimage c raw\nmachine m\ndisk sda c raw cdrom"_s, external(),
            Verdict::Block, "nothing-to-keep@m"},
        {"A.5 a job on the way back", QString(tags.arg(u"12.8.0"_s, u" running"_s) + u"job vda copy"_s), toI,
            Verdict::Block, "block-job-running@vda"},
        {"A.5 disks alone, internal, while it runs", bare.arg(u" running"_s),
            CreateIntent{u"N"_s, {}, Kind::Internal, Memory::Drop}, Verdict::Block, "internal-keeps-memory@N",
            "as-external"},
        {"A.5 memory of a machine that is off", bare.arg(QString()), external(Memory::Keep), Verdict::Block,
            "no-memory-to-keep@m", "as-internal"},
        {"A.5 the saved state, to a snapshot without memory", tags.arg(u"12.8.0"_s, u" managedsave"_s), toI,
            Verdict::Block, "managed-save@m", "drop-saved-state"},
        {"A.5 disks of a running machine, not before 11.3",
            u"libvirt 10.7.0\nimage d\nimage d.A on=d\nmachine m\n"
            "disk vda d.A\nexternal A state=disk vda=d>d.A\ncurrent A"_s,
            RevertIntent{u"A"_s}, Verdict::Block, "libvirt-cannot-revert-disk-snapshot@A", "branch"},
        {"A.5 half deleted",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\n"
            "external A deleting vda=d>d.A\ncurrent A"_s,
            DeleteIntent{u"A"_s}, Verdict::Block, "delete-in-progress@A"},
        {"A.5 below an internal one", under.arg(u"12.8.0"_s, QString(), u"E"_s, u"d.E"_s), DeleteIntent{u"E"_s},
            Verdict::Block, "libvirt-refuses-internal-parent@E", "merge"},
        {"A.5 an NVRAM that is raw", u"libvirt 12.8.0\nimage d\nmachine m running\ndisk vda d\nnvram n\nhas efi"_s,
            internal(), Verdict::Block, "nvram-forbids-internal@m", "as-external"},
        {"A.5 more than 200 layers", chainOf(199, u"12.8.0"_s), external(), Verdict::Block, "chain-too-deep@vda",
            "as-internal"},
        {"A.5 a device that cannot be saved", QString(bare.arg(u" running"_s) + u"has hostdev"_s), internal(),
            Verdict::Block, "host-devices-forbid-memory@m"},
        {"A.5 a file of the overlay's name is in the way", QString(u"image d.N\n"_s + bare.arg(QString())), external(),
            Verdict::Allow, ""},
        {"A.5 two disks give one name",
            u"libvirt 12.8.0\nimage a.img\nimage a.raw\nmachine m\ndisk vda a.img\ndisk vdb a.raw"_s, external(),
            Verdict::Allow, ""},
        {"A.5 transient, to a snapshot that is off",
            u"image d tags=I\nmachine m transient running\ndisk vda d\ninternal I vda=d"_s, toI, Verdict::Block,
            "transient-machine@m"},
        {"A.5 no definition", u"image d tags=I\nmachine m\ndisk vda d\ninternal I nodefinition vda=d"_s, toI,
            Verdict::Block, "definition-missing@I"},
        {"A.5 more than one child", branches.arg(u"12.8.0"_s), DeleteIntent{u"A"_s}, Verdict::Block,
            "libvirt-refuses-branch-point@A", "forget"},
        {"A.5 current, with children", chain.arg(u"12.8.0"_s, QString(), u"A"_s), DeleteIntent{u"A"_s}, Verdict::Block,
            "libvirt-refuses-current-with-children@A", "merge"},
        {"A.5 the image is not the running machine's", under.arg(u"12.8.0"_s, u" running"_s, u"E"_s, u"d.E"_s),
            DeleteIntent{u"I"_s}, Verdict::Block, "tag-below-running-machine@I", "shut-down-first"},
        {"A.4 a way back while there are checkpoints",
            u"libvirt 9.0.0\nimage d\nimage d.A on=d bitmaps=B\nmachine m running\ndisk vda d.A\n"
            "external A vda=d>d.A\ncurrent A\ncheckpoint C vda=B"_s,
            RevertIntent{u"A"_s}, Verdict::Block, "libvirt-cannot-revert-external@A", "branch"},
        {"A.5 offline with checkpoints",
            u"libvirt 12.8.0\nimage d bitmaps=B\nmachine m\ndisk vda d\ncheckpoint C vda=B"_s, external(),
            Verdict::Block, "checkpoints-forbid-offline@m", "as-internal"},
    };
}

std::vector<Row> trees()
{
    const RevertIntent toI{u"I"_s};
    const QString atE = under.arg(u"%1"_s, u"%2"_s, u"E"_s, u"d.E"_s);
    const QString shifted = u"libvirt 12.8.0\nimage d%1\nmachine m\ndisk vda d\n%2internal I vda=d\n%3"_s;
    return {
        {"H-01 the other kind", tags.arg(u"12.8.0"_s, QString()), external(), Verdict::Confirm, "mixes-kinds@N",
            "as-internal"},
        {"H-01 the other way round", chain.arg(u"12.8.0"_s, QString(), u"B"_s), internal(), Verdict::Confirm,
            "mixes-kinds@N", "as-external"},
        {"H-02 a left leaf below internal (10.0)", under.arg(u"10.0.0"_s, QString(), u"I"_s, u"d"_s),
            DeleteIntent{u"E"_s}, Verdict::Block, "state-lost@I", "forget-and-remove"},
        {"H-02 a left leaf below internal (12.8)", under.arg(u"12.8.0"_s, QString(), u"I"_s, u"d"_s),
            DeleteIntent{u"E"_s}, Verdict::Warn, "file-left-behind@d.E"},
        {"H-03 current below internal", atE.arg(u"12.8.0"_s, QString()), DeleteIntent{u"E"_s}, Verdict::Block,
            "libvirt-refuses-internal-parent@E", "merge"},
        {"H-03 current below internal, running", atE.arg(u"11.3.0"_s, u" running"_s), DeleteIntent{u"E"_s},
            Verdict::Block, "libvirt-refuses-internal-parent@E", "merge"},
        {"H-04 tags in the overlay", above.arg(u"12.8.0"_s, QString(), QString()), DeleteIntent{u"E"_s}, Verdict::Block,
            "state-lost@I", "extract-and-merge"},
        {"H-04 tags in the overlay, with memory", above.arg(u"12.8.0"_s, QString(), u":64"_s), DeleteIntent{u"E"_s},
            Verdict::Block, "state-lost@I", "forget"},
        {"H-05 clones above",
            u"libvirt 12.8.0\nimage d tags=I\nimage c on=d\nmachine m\ndisk vda d\ninternal I vda=d\ncurrent I\n"
            "machine n\ndisk vda c"_s,
            toI, Verdict::Block, "state-lost@n", "extract"},
        {"H-05 a stray overlay above",
            u"libvirt 12.8.0\nimage d tags=I\nimage c on=d\nmachine m\ndisk vda d\ninternal I vda=d\ncurrent I"_s, toI,
            Verdict::Block, "state-lost@c", "extract"},
        {"H-06 the machine runs on an overlay above", atE.arg(u"12.8.0"_s, u" running"_s), toI, Verdict::Block,
            "frozen-would-be-written@E", "extract"},
        {"H-07 what came after is unlinked", chain.arg(u"12.8.0"_s, QString(), u"B"_s), RevertIntent{u"A"_s},
            Verdict::Confirm, "current-state-lost@m"},
        {"H-08 the current one is not where the machine is", chain.arg(u"12.8.0"_s, QString(), u"A"_s),
            RevertIntent{u"B"_s}, Verdict::Block, "state-lost@B", "branch"},
        {"H-09 a branch point", branches.arg(u"11.3.0"_s), DeleteIntent{u"A"_s}, Verdict::Block,
            "libvirt-refuses-branch-point@A", "forget"},
        {"H-09 off while others follow, 9.0", chain.arg(u"9.0.0"_s, QString(), u"B"_s), DeleteIntent{u"A"_s},
            Verdict::Block, "libvirt-refuses-inner-while-off@A", "merge"},
        {"H-10 a whole external branch", chain.arg(u"12.8.0"_s, QString(), u"B"_s), withChildren(u"A"_s),
            Verdict::Confirm, "snapshot-lost@A"},
        {"H-10 a mixed branch", above.arg(u"12.8.0"_s, QString(), QString()), withChildren(u"E"_s), Verdict::Confirm,
            "snapshot-lost@I"},
        {"H-10 the children of an external one", above.arg(u"12.8.0"_s, QString(), QString()),
            DeleteIntent{u"E"_s, DeleteIntent::Scope::ChildrenOnly}, Verdict::Confirm, "snapshot-lost@I"},
        {"H-11 deleted by halves",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A deleting vda=d>d.A\n"
            "current A"_s,
            DeleteIntent{u"A"_s}, Verdict::Block, "delete-in-progress@A"},
        {"H-11 back to what was deleted by halves",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A deleting vda=d>d.A\n"
            "current A"_s,
            RevertIntent{u"A"_s}, Verdict::Block, "delete-in-progress@A"},
        {"H-12 the current one's entry", chain.arg(u"12.8.0"_s, QString(), u"B"_s), entryOf(u"B"_s), Verdict::Confirm,
            "entry-explains-chain@B"},
        {"H-12 the entry of one that external ones follow", chain.arg(u"9.0.0"_s, QString(), u"B"_s), entryOf(u"A"_s),
            Verdict::Confirm, "entry-explains-chain@A"},
        {"H-12 its state is kept nowhere else", chain.arg(u"9.0.0"_s, QString(), u"B"_s), entryOf(u"A"_s),
            Verdict::Confirm, "snapshot-lost@A"},
        {"H-13 a tag that nobody lists", u"libvirt 12.8.0\nimage d tags=N\nmachine m\ndisk vda d"_s, internal(),
            Verdict::Block, "tag-exists@N", "as-external"},
        {"H-14 the tag is gone", shifted.arg(QString(), QString(), QString()), toI, Verdict::Block, "tag-missing@I"},
        {"H-14 the tag is gone from one disk",
            u"libvirt 12.8.0\nimage d tags=I\nimage e\nmachine m\ndisk vda d\ndisk vdb e\ninternal I vda=d vdb=e"_s,
            toI, Verdict::Block, "tag-missing@I"},
        {"H-14 deleting what is gone", shifted.arg(QString(), QString(), QString()), DeleteIntent{u"I"_s},
            Verdict::Confirm, "snapshot-lost@I"},
        {"H-15 another state of that name", shifted.arg(u" tags=I@1"_s, QString(), QString()), toI, Verdict::Block,
            "tag-mismatch@I"},
        {"H-15 deleting another state of that name", shifted.arg(u" tags=I@1"_s, QString(), QString()),
            DeleteIntent{u"I"_s}, Verdict::Warn, "tag-mismatch@I"},
        {"H-15 two of that name", shifted.arg(u" tags=I,I"_s, QString(), QString()), toI, Verdict::Block,
            "tag-ambiguous@I"},
        {"H-16 a disk more",
            u"libvirt 12.8.0\nimage d tags=I\nimage e\nmachine m\ndisk vda d\ninternal I vda=d\ndisk vdb e"_s, toI,
            Verdict::Warn, "disk-detached@vdb"},
        {"H-16 a disk that was left out",
            u"libvirt 12.8.0\nimage d tags=I\nimage e\nmachine m\ndisk vda d\ndisk vdb e\ninternal I vda=d"_s, toI,
            Verdict::Warn, "disk-not-reverted@vdb"},
        {"H-16 another definition", shifted.arg(u" tags=I"_s, u"has memory=100\n"_s, u"has memory=200\n"_s), toI,
            Verdict::Warn, "definition-changes@m"},
        {"H-17 resized", shifted.arg(u" size=32 tags=I~16"_s, QString(), QString()), toI, Verdict::Warn,
            "size-changes@vda"},
        {"H-18 deep", chainOf(15, u"12.8.0"_s), external(), Verdict::Warn, "chain-deep@vda"},
        {"H-18 too deep for 11.3", chainOf(25, u"11.3.0"_s), external(), Verdict::Block, "chain-too-deep@vda",
            "as-internal"},
        {"H-18 too deep for any", chainOf(199, u"12.8.0"_s), external(), Verdict::Block, "chain-too-deep@vda",
            "as-internal"},
        {"H-19 many tags", manyTags(), internal(), Verdict::Warn, "many-tags@d"},
        {"H-19 much memory", QString(bare.arg(u" running"_s) + u"has memory=64000"_s), internal(), Verdict::Warn,
            "pauses-machine@m"},
    };
}

std::vector<Row> files()
{
    const RevertIntent toI{u"I"_s};
    const DeleteIntent noA{u"A"_s};
    const QString clone = u"\nmachine n%1\ndisk vda c"_s;
    const QString grown
        = u"libvirt 12.8.0\nimage d size=1000 allocated=%2%3\nimage d.A on=d size=1000 allocated=%1\nmachine m\n"
          "disk vda d.A\nexternal A vda=d>d.A\ncurrent A\n"_s;
    const QString oneDisk = u"libvirt %1\nimage d%2\nmachine m%3\ndisk vda d%4"_s;
    return {
        {"H-20 merging into a shared base",
            QString(u"image c on=d\n"_s + chain.arg(u"12.8.0"_s, QString(), u"B"_s) + clone.arg(QString())), noA,
            Verdict::Block, "state-lost@n", "forget"},
        {"H-20 merging what another rests on",
            QString(u"image c on=d.A\n"_s + chain.arg(u"12.8.0"_s, QString(), u"B"_s) + clone.arg(u" running"_s)), noA,
            Verdict::Block, "state-lost@n", "forget"},
        {"H-20 taking one more does no harm",
            QString(u"image c on=d\n"_s + chain.arg(u"12.8.0"_s, QString(), u"B"_s) + clone.arg(QString())), external(),
            Verdict::Allow, ""},
        {"H-20 starting a base", u"image d\nimage c on=d\nmachine m\ndisk vda d\nmachine n\ndisk vda c"_s,
            PowerIntent{To::Start}, Verdict::Confirm, "spoils-states@n"},
        {"H-20 another machine could not be read",
            QString(chain.arg(u"12.8.0"_s, QString(), u"B"_s) + u"\nmachine n unreadable"_s), noA, Verdict::Block,
            "users-unknown@n", "forget"},
        {"H-21 written by its own machine", under.arg(u"12.8.0"_s, QString(), u"I"_s, u"d"_s), RevertIntent{u"E"_s},
            Verdict::Confirm, "frozen-was-written@E"},
        {"H-21 written by somebody",
            u"libvirt 12.8.0\nimage d changed=m/E\nimage d.E on=d\nmachine m\ndisk vda d.E\nexternal E vda=d>d.E\n"
            "current E"_s,
            RevertIntent{u"E"_s}, Verdict::Confirm, "frozen-file-changed@E"},
        {"H-21 perhaps written by somebody",
            u"libvirt 12.8.0\nimage d touched=m/E\nimage d.E on=d\nmachine m\ndisk vda d.E\nexternal E vda=d>d.E\n"
            "current E"_s,
            DeleteIntent{u"E"_s}, Verdict::Warn, "frozen-file-changed@E"},
        {"H-21 another machine that runs writes to it",
            QString(chain.arg(u"12.8.0"_s, QString(), u"B"_s) + u"machine n running\ndisk vda d\n"_s),
            RevertIntent{u"A"_s}, Verdict::Block, "frozen-written-elsewhere@A"},
        {"H-21 another machine that runs writes below it",
            QString(chain.arg(u"12.8.0"_s, QString(), u"B"_s) + u"machine n paused\ndisk vda d\n"_s),
            RevertIntent{u"B"_s}, Verdict::Block, "frozen-written-elsewhere@B"},
        {"H-21 another machine that is off may write to it",
            QString(chain.arg(u"12.8.0"_s, QString(), u"B"_s) + u"machine n\ndisk vda d\n"_s), RevertIntent{u"A"_s},
            Verdict::Confirm, "frozen-written-elsewhere@A"},
        {"H-21 the next start of another machine may write to it",
            QString(
                chain.arg(u"12.8.0"_s, QString(), u"B"_s) + u"image e\nmachine n running\ndisk vda e\nnext vda d\n"_s),
            RevertIntent{u"A"_s}, Verdict::Confirm, "frozen-written-elsewhere@A"},
        {"H-21 another machine writes below the image of a tag",
            u"libvirt 12.8.0\nimage b\nimage d on=b tags=I\nmachine m\ndisk vda d\ninternal I vda=d\n"
            "machine n running\ndisk vda b\n"_s,
            toI, Verdict::Block, "frozen-written-elsewhere@I"},
        {"H-21 another machine reads it alone",
            QString(chain.arg(u"12.8.0"_s, QString(), u"B"_s) + u"machine n running\ndisk vda d readonly\n"_s),
            RevertIntent{u"B"_s}, Verdict::Confirm, "current-state-lost@m"},
        {"H-21 a clone writes above it",
            QString(u"image c on=d\n"_s + chain.arg(u"12.8.0"_s, QString(), u"B"_s) + clone.arg(u" running"_s)),
            RevertIntent{u"A"_s}, Verdict::Confirm, "current-state-lost@m"},
        {"H-22 a profile", QString(chain.arg(u"12.0.0"_s, u" running"_s, u"B"_s) + u"has apparmor"_s),
            DeleteIntent{u"B"_s}, Verdict::Warn, "apparmor-may-refuse@B"},
        {"H-23 a base is gone", u"libvirt 12.8.0\nimage d absent\nimage d.A on=d\nmachine m\ndisk vda d.A"_s,
            internal(), Verdict::Block, "file-missing@d"},
        {"H-23 starting without a base", u"libvirt 12.8.0\nimage d absent\nimage d.A on=d\nmachine m\ndisk vda d.A"_s,
            PowerIntent{To::Start}, Verdict::Block, "file-missing@d"},
        {"H-23 deleting without a base",
            u"libvirt 12.8.0\nimage d absent\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A vda=d>d.A\ncurrent A"_s,
            noA, Verdict::Block, "chain-differs@A", "forget"},
        {"H-25 the base's format is not recorded",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d noformat\nmachine m\ndisk vda d.A"_s, external(), Verdict::Block,
            "backing-format-missing@d.A", "as-internal"},
        {"H-26 raw", oneDisk.arg(u"12.8.0"_s, u" raw"_s, QString(), u" raw"_s), internal(), Verdict::Block,
            "format-without-tags@vda", "as-external"},
        {"H-26 one raw disk of two", u"libvirt 12.8.0\nimage d\nimage e raw\nmachine m\ndisk vda d\ndisk vdb e raw"_s,
            internal(), Verdict::Block, "format-without-tags@vdb", "as-external"},
        {"H-27 data file", oneDisk.arg(u"12.8.0"_s, u" data=x"_s, QString(), QString()), internal(), Verdict::Block,
            "data-file@vda", "as-external"},
        {"H-27 data file, libvirt too old", oneDisk.arg(u"10.9.0"_s, u" data=x"_s, QString(), QString()), external(),
            Verdict::Warn, "data-file@vda"},
        {"H-28 network", u"libvirt 12.8.0\nmachine m\ndisk vda d network"_s, internal(), Verdict::Block,
            "disk-without-snapshots@vda"},
        {"H-28 NVMe", u"libvirt 12.8.0\nmachine m\ndisk vda d nvme"_s, external(), Verdict::Block,
            "disk-without-snapshots@vda"},
        {"H-29 volume", oneDisk.arg(u"12.8.0"_s, QString(), QString(), u" volume"_s), external(), Verdict::Block,
            "disk-without-snapshots@vda", "as-internal"},
        {"H-30 a block device alone", oneDisk.arg(u"12.8.0"_s, QString(), QString(), u" block"_s), external(),
            Verdict::Block, "no-place-for-overlay@vda", "as-internal"},
        {"H-30 a block device beside a file",
            u"libvirt 12.8.0\nimage d\nimage e\nmachine m\ndisk vda d\ndisk vdb e block"_s, external(), Verdict::Allow,
            ""},
        {"H-31 no room for what comes",
            QString(u"free 10\n"_s + oneDisk.arg(u"12.8.0"_s, u" size=1000"_s, QString(), QString())), external(),
            Verdict::Warn, "overlay-may-fill@images"},
        {"H-31 no room for the memory", QString(u"free 100\n"_s + bare.arg(u" running"_s) + u"has memory=1000\n"_s),
            external(), Verdict::Block, "no-space@images"},
        {"H-31 no room for libvirt's merge", QString(u"free 100\n"_s + grown.arg(200).arg(20).arg(QString())), noA,
            Verdict::Block, "no-space@images"},
        {"H-31 perhaps no room for libvirt's merge", QString(u"free 100\n"_s + grown.arg(200).arg(150).arg(QString())),
            noA, Verdict::Confirm, "merge-may-not-fit@images"},
        {"H-31 a merge into what has all its parts", QString(u"free 100\n"_s + grown.arg(200).arg(915).arg(QString())),
            noA, Verdict::Warn, "little-space@images"},
        {"H-31 a merge that surely fits", QString(u"free 100\n"_s + grown.arg(70).arg(20).arg(QString())), noA,
            Verdict::Confirm, "snapshot-lost@A"},
        {"H-31 what tags keep is no room", QString(u"free 100\n"_s + grown.arg(200).arg(920).arg(u" tags=T"_s)), noA,
            Verdict::Confirm, "merge-may-not-fit@images"},
        {"H-32 transient", u"libvirt 12.8.0\nimage d\nimage e\nmachine m\ndisk vda d\ndisk vdb e transient"_s,
            internal(), Verdict::Block, "disk-without-snapshots@vdb", "as-external"},
        {"H-32 LUN", u"libvirt 12.8.0\nimage d\nimage l raw\nmachine m\ndisk vda d\ndisk sda l raw lun block"_s,
            external(), Verdict::Warn, "disk-left-out@sda"},
        {"H-32 a CD does no harm",
            u"libvirt 12.8.0\nimage d\nimage c raw\nmachine m\ndisk vda d\ndisk sda c raw cdrom"_s, internal(),
            Verdict::Allow, ""},
        {"H-33 encrypted, off", oneDisk.arg(u"12.8.0"_s, QString(), QString(), u" encrypted"_s), external(),
            Verdict::Block, "encrypted-disk@vda"},
        {"H-33 encrypted, running", oneDisk.arg(u"12.8.0"_s, QString(), u" running"_s, u" encrypted"_s), external(),
            Verdict::Warn, "encrypted-disk@vda"},
        {"H-34 our own merge below an internal one", under.arg(u"12.8.0"_s, QString(), u"E"_s, u"d.E"_s),
            DeleteIntent{u"E"_s}, Verdict::Block, "libvirt-refuses-internal-parent@E", "merge"},
        {"H-37 readable overlay", oneDisk.arg(u"11.9.0"_s, QString(), QString(), QString()), external(), Verdict::Warn,
            "overlay-readable@d.N"},
        {"H-37 mended by Debian",
            QString(u"distribution debian 13\n"_s + oneDisk.arg(u"11.3.0"_s, QString(), QString(), QString())),
            external(), Verdict::Allow, ""},
    };
}

std::vector<Row> guests()
{
    const RevertIntent toI{u"I"_s};
    const RevertIntent toA{u"A"_s};
    const QString efi = u"libvirt %1\nimage d%4\nmachine m%2\ndisk vda d\nnvram n%3\nhas efi\n"_s;
    const QString diskOnly
        = u"libvirt %1\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A state=disk vda=d>d.A\ncurrent A"_s;
    const QString bitmaps
        = u"libvirt %1\nimage d tags=I bitmaps=B\nmachine m%2\ndisk vda d\ninternal I vda=d\ncurrent I"_s;
    return {
        {"H-40 running, raw NVRAM", efi.arg(u"12.8.0"_s, u" running"_s, QString(), QString()), internal(),
            Verdict::Block, "nvram-forbids-internal@m", "as-external"},
        {"H-40 off, raw NVRAM", efi.arg(u"12.8.0"_s, QString(), QString(), QString()), internal(), Verdict::Warn,
            "firmware-not-included@m"},
        {"H-40 external", efi.arg(u"12.8.0"_s, QString(), u" qcow2"_s, QString()), external(), Verdict::Warn,
            "firmware-not-included@m"},
        {"H-40 going back", QString(efi.arg(u"12.8.0"_s, QString(), QString(), u" tags=I"_s) + u"internal I vda=d"_s),
            toI, Verdict::Warn, "firmware-not-reverted@m"},
        {"H-40 TPM", QString(bare.arg(QString()) + u"has tpm"_s), external(), Verdict::Warn, "tpm-not-included@m"},
        {"H-41 bitmaps", bitmaps.arg(u"12.8.0"_s, QString()), toI, Verdict::Block, "bitmaps-forbid-revert@d",
            "extract"},
        {"H-41 bitmaps, running", bitmaps.arg(u"9.0.0"_s, u" running"_s), toI, Verdict::Block,
            "bitmaps-forbid-revert@d", "extract"},
        {"H-41 a checkpoint that QEMU has not written yet",
            QString(tags.arg(u"9.0.0"_s, u" running"_s) + u"checkpoint C vda=B"_s), toI, Verdict::Block,
            "bitmaps-forbid-revert@d", "extract"},
        {"H-41 what ends with it",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d bitmaps=B\nmachine m\ndisk vda d.A\nexternal A vda=d>d.A\n"
            "current A\ncheckpoint C vda=B"_s,
            toA, Verdict::Confirm, "bitmaps-lost@m"},
        {"H-41 said before", u"libvirt 12.8.0\nimage d bitmaps=B\nmachine m\ndisk vda d"_s, internal(), Verdict::Warn,
            "bitmaps-forbid-revert-later@N"},
        {"H-42 another machine type or devices",
            u"libvirt 12.8.0\nimage d tags=I:8\nmachine m\ndisk vda d\ninternal I memory vda=d\nhas hostdev"_s, toI,
            Verdict::Warn, "definition-changes@m"},
        {"H-43 a host's device", QString(bare.arg(u" running"_s) + u"has hostdev"_s), internal(), Verdict::Block,
            "host-devices-forbid-memory@m", "as-external"},
        {"H-43 a host's device, with memory", QString(bare.arg(u" running"_s) + u"has hostdev"_s),
            external(Memory::Keep), Verdict::Block, "host-devices-forbid-memory@m", "as-external"},
        {"H-43 memory that was saved already", QString(bare.arg(u" paused saved"_s)), external(Memory::Keep),
            Verdict::Block, "memory-saved-already@m", "as-external"},
        {"H-44 as after a power cut", bare.arg(u" running"_s), external(Memory::Drop), Verdict::Warn,
            "crash-consistent@N"},
        {"H-44 no agent", bare.arg(u" running"_s), external(Memory::Drop, true), Verdict::Block, "no-guest-agent@m",
            "without-quiesce"},
        {"H-45 10.7 refuses", diskOnly.arg(u"10.7.0"_s), toA, Verdict::Block, "libvirt-cannot-revert-disk-snapshot@A",
            "branch"},
        {"H-45 11.3 does it", diskOnly.arg(u"11.3.0"_s), toA, Verdict::Confirm, "current-state-lost@m"},
        {"H-45 said before", u"libvirt 10.7.0\nimage d\nmachine m running\ndisk vda d"_s, external(Memory::Drop),
            Verdict::Warn, "libvirt-cannot-revert@N"},
        {"H-46 a saved state over changed disks", chain.arg(u"12.8.0"_s, u" managedsave"_s, u"B"_s), external(),
            Verdict::Block, "managed-save@m", "drop-saved-state"},
        {"H-46 deleting under a saved state", chain.arg(u"12.8.0"_s, u" managedsave"_s, u"B"_s), DeleteIntent{u"B"_s},
            Verdict::Block, "managed-save@m", "drop-saved-state"},
        {"H-46 memory over a disk that was changed",
            QString(memory.arg(u"12.8.0"_s, QString(), QString())).replace(u"image d\n"_s, u"image d changed=m/A\n"_s),
            toA, Verdict::Block, "stale-memory@A", "branch-without-memory"},
        {"H-46 memory over a disk that the machine writes to",
            QString(memory.arg(u"12.8.0"_s, QString(), QString())).replace(u"disk vda d.A\n"_s, u"disk vda d\n"_s), toA,
            Verdict::Block, "stale-memory@A", "branch-without-memory"},
        {"H-46 memory over a disk that may be the same",
            QString(memory.arg(u"12.8.0"_s, QString(), QString())).replace(u"image d\n"_s, u"image d touched=m/A\n"_s),
            toA, Verdict::Warn, "frozen-file-changed@A"},
        {"H-46 disks that were changed, without memory",
            u"libvirt 12.8.0\nimage d changed=m/E\nimage d.E on=d\nmachine m\ndisk vda d.E\nexternal E vda=d>d.E\n"
            "current E"_s,
            RevertIntent{u"E"_s}, Verdict::Confirm, "current-state-lost@m"},
        {"H-47 going back with a saved state", tags.arg(u"12.8.0"_s, u" managedsave"_s), toI, Verdict::Block,
            "managed-save@m", "drop-saved-state"},
        {"H-47 going back where libvirt cannot, with a saved state", chain.arg(u"9.0.0"_s, u" managedsave"_s, u"B"_s),
            toA, Verdict::Block, "managed-save@m", "branch"},
        {"H-48 it runs", tags.arg(u"12.8.0"_s, u" running"_s), toI, Verdict::Confirm, "memory-lost@m"},
        {"H-48 kept first", tags.arg(u"12.8.0"_s, QString()), RevertIntent{u"I"_s, Then::AsItWas, u"safety"_s},
            Verdict::Allow, ""},
        {"H-49 transient, going back",
            u"libvirt 12.8.0\nimage d tags=I\nmachine m transient running\ndisk vda d\ninternal I vda=d"_s, toI,
            Verdict::Block, "transient-machine@m"},
        {"H-49 transient, taking", bare.arg(u" transient running"_s), internal(), Verdict::Warn, "transient-machine@m"},
        {"H-49 transient, ending", bare.arg(u" transient running"_s), PowerIntent{To::ShutDown}, Verdict::Confirm,
            "transient-machine-vanishes@m"},
        {"H-50 asleep", bare.arg(u" suspended"_s), internal(), Verdict::Block, "machine-not-ready@m"},
        {"H-50 crashed", bare.arg(u" crashed"_s), internal(), Verdict::Block, "machine-not-ready@m"},
        {"H-50 ending", tags.arg(u"12.8.0"_s, u" ending"_s), toI, Verdict::Block, "machine-not-ready@m"},
        {"H-50 on its way to another host", bare.arg(u" running migrating"_s), external(), Verdict::Block,
            "machine-migrates@m"},
        {"H-50 going back on its way", tags.arg(u"12.8.0"_s, u" running migrating"_s), toI, Verdict::Block,
            "machine-migrates@m"},
        {"H-50 deleting on its way", chain.arg(u"12.8.0"_s, u" running migrating"_s, u"B"_s), DeleteIntent{u"B"_s},
            Verdict::Block, "machine-migrates@m"},
        {"H-50 paused at the end of its way", bare.arg(u" paused leaving"_s), external(), Verdict::Block,
            "machine-migrates@m"},
        {"H-50 whether it leaves is not known", bare.arg(u" running job-unread"_s), internal(), Verdict::Warn,
            "jobs-unknown@m"},
        {"H-50 paused by an I/O error", bare.arg(u" paused ioerror"_s), external(), Verdict::Warn,
            "paused-by-io-error@m"},
        {"H-50 paused by an I/O error, internal", bare.arg(u" paused ioerror"_s), internal(), Verdict::Warn,
            "paused-by-io-error@m"},
        {"H-50 merging while paused by an I/O error", chain.arg(u"12.8.0"_s, u" paused ioerror"_s, u"B"_s),
            DeleteIntent{u"B"_s}, Verdict::Warn, "paused-by-io-error@m"},
        {"H-51 taking of a paused one", bare.arg(u" paused"_s), external(Memory::Keep), Verdict::Warn,
            "paused-memory@N"},
        {"H-51 deleting of a paused one", memory.arg(u"12.8.0"_s, u" paused"_s, QString()), DeleteIntent{u"A"_s},
            Verdict::Warn, "paused-memory@A"},
        {"H-52 a server without a generation", QString(tags.arg(u"12.8.0"_s, QString()) + u"has windows-server"_s),
            RevertIntent{u"I"_s}, Verdict::Warn, "guest-not-told@m"},
        {"H-60 taking during a job", QString(bare.arg(u" running"_s) + u"job vda commit"_s), internal(), Verdict::Block,
            "block-job-running@vda"},
        {"H-60 going back during a job", QString(tags.arg(u"12.8.0"_s, u" running"_s) + u"job vda mirror"_s), toI,
            Verdict::Block, "block-job-running@vda"},
        {"H-60 deleting during a job", QString(chain.arg(u"12.8.0"_s, u" running"_s, u"B"_s) + u"job vda stream"_s),
            DeleteIntent{u"B"_s}, Verdict::Block, "block-job-running@vda"},
        {"H-60 a mirror in the definition",
            u"libvirt 12.8.0\nimage d\nimage e\nmachine m running\ndisk vda d mirror=e"_s, internal(), Verdict::Block,
            "block-job-running@vda"},
        {"H-61 a backup is running", QString(bare.arg(u" running"_s) + u"job vda backup"_s), internal(), Verdict::Block,
            "block-job-running@vda"},
        {"H-61 a backup would end", QString(bare.arg(u" running"_s) + u"job vda backup"_s), PowerIntent{To::ShutDown},
            Verdict::Confirm, "job-would-end@vda"},
        {"H-62 a job that libvirt does not know", QString(bare.arg(u" running"_s) + u"job vda backup foreign"_s),
            internal(), Verdict::Block, "foreign-job-running@vda"},
        {"H-62 jobs not known", QString(bare.arg(u" running"_s) + u"job unknown"_s), internal(), Verdict::Warn,
            "jobs-unknown@m"},
        {"H-63 a merge over what another snapshot keeps",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nimage d.x on=d\nmachine m running\ndisk vda d.A\n"
            "external A vda=d>d.A\nexternal R vda=d>d.x\ncurrent A"_s,
            DeleteIntent{u"A"_s}, Verdict::Block, "state-lost@R", "forget"},
        {"H-65 the daemon ended in the middle",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nmachine m running\ndisk vda d.A\n"
            "external A deleting vda=d>d.A\ncurrent A\njob vda commit"_s,
            DeleteIntent{u"A"_s}, Verdict::Block, "block-job-running@vda"},
    };
}

std::vector<Row> allRows()
{
    std::vector<Row> rows = versions();
    for (const auto &more : {trees(), files(), guests()})
        rows.insert(rows.end(), more.begin(), more.end());
    return rows;
}

// The hazards that concern snapshots, as they are numbered.
QStringList hazards()
{
    QStringList ids;
    for (int i = 1; i <= 5; ++i)
        ids += u"A.%1"_s.arg(i);
    const auto range = [&](int from, int to) {
        for (int i = from; i <= to; ++i)
            ids += u"H-%1"_s.arg(i, 2, 10, QChar(u'0'));
    };
    range(1, 38);
    range(40, 53);
    range(60, 67);
    return ids;
}

// The lines of the table in docs/hazards.md: number, what is said of it.
QMap<QString, QString> table()
{
    static const QRegularExpression row(u"^\\| ((?:A\\.|H-)\\d+) \\| (.+) \\|$"_s, QRegularExpression::MultilineOption);
    QMap<QString, QString> lines;
    const QString text = contents(root() + u"/docs/hazards.md"_s);
    for (auto match = row.globalMatch(text); match.hasNext();) {
        const auto line = match.next();
        lines.insert(line.captured(1), line.captured(2));
    }
    return lines;
}

// Every id that the sources make or list.
QSet<QString> idsOf(const QString &text)
{
    static const QRegularExpression all[] = {
        QRegularExpression(
            u"^//\\s+([a-z0-9]+(?:-[a-z0-9]+)+)\\s+(?:Allow|Warn|Confirm|Block|Note|Warning|Danger)\\b"_s,
            QRegularExpression::MultilineOption),
        QRegularExpression(u"(?:refuses|block|add|find|blocked)\\(\\{?u\"([a-z0-9]+(?:-[a-z0-9]+)+)\"_s"_s),
        QRegularExpression(u"u\"([a-z0-9]+(?:-[a-z0-9]+)+)\"_s,\\s*(?:Verdict::|Severity::)"_s),
        QRegularExpression(u"u\"([a-z0-9]+(?:-[a-z0-9]+)+)\"_s : u\"[a-z-]+\"_s, (?:Verdict::|disk\\.target)"_s),
    };
    QSet<QString> ids;
    for (const QRegularExpression &each : all) {
        for (auto match = each.globalMatch(text); match.hasNext();)
            ids += match.next().captured(1);
    }
    return ids;
}

} // namespace

class TestHazards : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void found_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<Intent::What>("what");
        QTest::addColumn<int>("severity");
        QTest::addColumn<QString>("finding");
        QTest::addColumn<QString>("way");
        for (const Row &row : allRows())
            QTest::newRow(row.name) << row.host << row.what << int(row.severity) << QString::fromLatin1(row.finding)
                                    << QString::fromLatin1(row.way);
    }
    void found()
    {
        QFETCH(QString, host);
        QFETCH(Intent::What, what);
        QFETCH(int, severity);
        QFETCH(QString, finding);
        QFETCH(QString, way);
        const Proposal proposal = proposalFor(host, what);
        const QString said = proposalText(proposal, Verdict::Allow);
        const Plan &plan = proposal.plan;
        if (finding.isEmpty()) {
            QVERIFY2(plan.verdict <= Verdict(severity), qPrintable(said));
            return;
        }
        const bool isFound = std::any_of(plan.findings.begin(), plan.findings.end(), [&](const Finding &each) {
            return each.severity == Verdict(severity) && QString(each.id + u'@' + fileName(each.subject)) == finding;
        });
        QVERIFY2(isFound, qPrintable(said));
        QVERIFY2(plan.verdict >= Verdict(severity), qPrintable(said));
        // A warning is no refusal.
        if (Verdict(severity) < Verdict::Block)
            QVERIFY2(plan.verdict < Verdict::Block, qPrintable(said));
        if (way.isEmpty())
            return;
        const auto offered = std::find_if(proposal.alternatives.begin(), proposal.alternatives.end(),
            [&](const Plan &each) { return each.way == way; });
        QVERIFY2(offered != proposal.alternatives.end(), qPrintable(said));
        QVERIFY(offered->verdict != Verdict::Block);
        QVERIFY(offered->outcome);
    }

    // A number is tested above, or the table says why it cannot happen, or which test looks at it.
    void everyHazardIsCovered()
    {
        QSet<QString> tested;
        for (const Row &row : allRows())
            tested.insert(QString::fromLatin1(row.name).section(u' ', 0, 0));
        const QMap<QString, QString> lines = table();
        static const QRegularExpression elsewhere(u"`(tests/[a-z_/]+\\.cpp)`"_s);
        for (const QString &hazard : hazards()) {
            QVERIFY2(lines.contains(hazard), qPrintable(u"docs/hazards.md says nothing of "_s + hazard));
            const QString line = lines.value(hazard);
            const auto other = elsewhere.match(line);
            if (other.hasMatch())
                QVERIFY2(contents(root() + u'/' + other.captured(1)).contains(hazard), qPrintable(line));
            const bool isExcluded = line.startsWith(u"Cannot occur"_s) || line.startsWith(u"Not seen beforehand"_s);
            QVERIFY2(tested.contains(hazard) || other.hasMatch() || isExcluded, qPrintable(hazard));
            QVERIFY2(!(tested.contains(hazard) && line.startsWith(u"Cannot occur"_s)), qPrintable(hazard));
        }
        for (const QString &each : std::as_const(tested))
            QVERIFY2(hazards().contains(each), qPrintable(each));
    }

    // What the table names is what the rows expect.
    void theTableNamesWhatIsFound()
    {
        const QMap<QString, QString> lines = table();
        for (const Row &row : allRows()) {
            const QString id = QString::fromLatin1(row.finding).section(u'@', 0, 0);
            const QString line = lines.value(QString::fromLatin1(row.name).section(u' ', 0, 0));
            if (!id.isEmpty())
                QVERIFY2(line.contains(u'`' + id + u'`'), qPrintable(QString::fromLatin1(row.name) + u": "_s + id));
        }
    }

    void everyFindingIsExplained()
    {
        const QString text = contents(root() + u"/docs/hazards.md"_s);
        QSet<QString> ids;
        QDirIterator it(root() + u"/model"_s, {u"*.cpp"_s, u"*.h"_s}, QDir::Files, QDirIterator::Subdirectories);
        while (it.hasNext()) {
            const QString path = it.next();
            if (path.contains(u"/guard/"_s) || path.contains(u"/plan/"_s) || path.contains(u"/job/"_s))
                ids += idsOf(contents(path));
        }
        QVERIFY2(ids.size() >= 120, qPrintable(QString::number(ids.size())));
        QStringList missing;
        for (const QString &id : std::as_const(ids)) {
            if (!text.contains(QString(u"\n### `"_s + id + u"`\n"_s)))
                missing += id;
        }
        missing.sort();
        QCOMPARE(missing.join(u", "_s), QString());
    }

    // The program opens the page at the first place where an id stands.
    void anIdStandsFirstInItsHeading()
    {
        const QString text = contents(root() + u"/docs/hazards.md"_s);
        static const QRegularExpression heading(u"^### `([a-z0-9-]+)`$"_s, QRegularExpression::MultilineOption);
        QSet<QString> seen;
        for (auto match = heading.globalMatch(text); match.hasNext();) {
            const auto found = match.next();
            const QString id = found.captured(1);
            QVERIFY2(!seen.contains(id), qPrintable(id + u" has two headings"_s));
            seen.insert(id);
            const qsizetype first = text.indexOf(QRegularExpression(u"\\b"_s + id + u"\\b"_s));
            QVERIFY2(first >= found.capturedStart(), qPrintable(id + u" is named before its heading"_s));
        }
    }

    // Else the tests above could pass by understanding nothing.
    void sourcesAreUnderstood()
    {
        QCOMPARE(idsOf(u"// brand-new  Block  machine\n"_s), QSet<QString>{u"brand-new"_s});
        QCOMPARE(idsOf(u"return refuses(u\"brand-new\"_s, x);"_s), QSet<QString>{u"brand-new"_s});
        QCOMPARE(idsOf(u"add(u\"brand-new\"_s,\n    Verdict::Warn, x);"_s), QSet<QString>{u"brand-new"_s});
        QCOMPARE(idsOf(u"{u\"brand-new\"_s, Severity::Note}"_s), QSet<QString>{u"brand-new"_s});
        QVERIFY(idsOf(u"builder(u\"brand-new\"_s)"_s).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestHazards)
#include "tst_hazards.moc"
