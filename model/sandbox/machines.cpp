// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/machines.h"

#include "model/sandbox/machinemaker.h"

#include <QDir>
#include <QFile>
#include <QStorageInfo>

#include <algorithm>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace treewarden {

namespace {

using Kind = MachineMaker::Kind;
using Memory = MachineMaker::Memory;

constexpr Bytes DiskSize = 64 * MiB;

// What a recipe may want to know.
struct Place
{
    Bytes data = 0; // for the machine that shows progress
};

void internalBranch(MachineMaker &make, const Place &)
{
    make.addDisk(u"vda"_s, DiskSize);
    make.define(u"Internal snapshots with a branch"_s,
        u"All states lie as tags in one file. Two lines of work start from \"updated\"; the machine stands on the "
        "second."_s);
    make.snapshot(u"installed"_s, u"Fresh from the installer, nothing configured"_s, Kind::Internal);
    make.change();
    make.snapshot(u"updated"_s, u"All packages up to date"_s, Kind::Internal);
    make.change();
    make.snapshot(u"desktop-try"_s, u"A first try with a desktop"_s, Kind::Internal);
    make.change();
    make.snapshot(u"desktop-themes"_s, {}, Kind::Internal);
    make.revert(u"updated"_s);
    make.change();
    make.snapshot(u"web-server"_s, u"The other way: a web server instead of the desktop"_s, Kind::Internal);
    make.change();
}

void externalBranch(MachineMaker &make, const Place &)
{
    make.addDisk(u"vda"_s, DiskSize);
    make.addDisk(u"vdb"_s, DiskSize);
    make.define(u"External snapshots of two disks with a branch"_s,
        u"Every snapshot froze two files and began two new ones. Two lines start from \"installed\": look which file "
        "rests on which."_s);
    make.change();
    make.snapshot(u"installed"_s, u"System on the first disk, data on the second"_s, Kind::External);
    make.change();
    make.snapshot(u"database"_s, u"With a database on the second disk"_s, Kind::External);
    make.change();
    make.branch(u"installed"_s);
    make.change();
    make.snapshot(u"file-server"_s, u"The other way: a file server"_s, Kind::External);
    make.change();
}

void runningInternal(MachineMaker &make, const Place &)
{
    make.addDisk(u"vda"_s, DiskSize);
    make.define(u"Running, internal snapshots with memory"_s,
        u"The machine runs and writes. Each snapshot keeps disk and memory in the same file, so that a revert goes on "
        "exactly there."_s);
    make.start();
    make.snapshot(u"booted"_s, u"A moment after the start"_s, Kind::Internal);
    make.letWrite();
    make.snapshot(u"at-work"_s, u"Some writes later"_s, Kind::Internal);
    make.letWrite();
    make.startWithSandbox();
}

void runningExternal(MachineMaker &make, const Place &)
{
    make.addDisk(u"vda"_s, DiskSize);
    make.define(u"Running, external snapshots"_s,
        u"The machine runs and writes into the newest overlay. \"with-memory\" can go on where it was, \"disk-only\" "
        u"is "
        "like a pulled plug."_s);
    make.start();
    make.snapshot(u"with-memory"_s, u"Disk and memory, each in a file of its own"_s, Kind::External);
    make.letWrite();
    make.snapshot(u"disk-only"_s, u"Taken while running, without the memory"_s, Kind::External, Memory::Dropped);
    make.letWrite();
    make.startWithSandbox();
}

void issue811(MachineMaker &make, const Place &)
{
    make.addDisk(u"vda"_s, DiskSize);
    make.define(u"The mixed tree of virt-manager issue 811"_s,
        u"Internal snapshots, then external ones on top, then back to an internal one: deleting \"before-upgrade\" now "
        "would take the file that everything else needs."_s);
    make.snapshot(u"clean-install"_s, u"Nothing but the system"_s, Kind::Internal);
    make.start();
    make.snapshot(u"drivers"_s, u"Drivers tried while it ran"_s, Kind::Internal);
    make.forceOff();
    make.revert(u"clean-install"_s);
    make.change();
    make.snapshot(u"updates-june"_s, u"The updates of June"_s, Kind::Internal);
    make.snapshot(
        u"before-upgrade"_s, u"Just before the upgrade, by a program that now takes external ones"_s, Kind::External);
    make.change();
    make.start();
    make.snapshot(u"after-upgrade"_s, u"The upgrade went through; everything still open"_s, Kind::External);
    make.letWrite();
    make.forceOff();
    make.revert(u"updates-june"_s);
    make.change();
}

void goldenBase(MachineMaker &make, const Place &)
{
    make.addDisk(u"vda"_s, DiskSize);
    make.define(u"The base image of two clones"_s,
        u"Two other machines rest on this machine's disk: starting it would change what lies below them."_s);
    make.fill(2 * MiB);
    make.snapshot(u"sealed"_s, u"The state that the clones were made from"_s, Kind::Internal);
}

void goldenClone(MachineMaker &make, const Place &)
{
    make.addDiskOn(u"vda"_s, u"golden-base.qcow2"_s);
    make.define(u"A clone of golden-base"_s,
        u"Its disk holds only the difference to golden-base, which must not change any more."_s);
    make.change();
    make.snapshot(u"configured"_s, u"With a name and a network address of its own"_s, Kind::Internal);
    make.change();
}

void linear60(MachineMaker &make, const Place &)
{
    make.addDisk(u"vda"_s, DiskSize);
    make.define(u"A straight line of sixty snapshots"_s,
        u"One internal snapshot a night for two months: a long line must read as well as a short one."_s);
    for (int night = 1; night <= 60; ++night)
        make.snapshot(u"nightly-%1"_s.arg(night, 2, 10, QChar(u'0')), {}, Kind::Internal);
}

void orphans(MachineMaker &make, const Place &)
{
    make.addDisk(u"vda"_s, DiskSize);
    make.define(u"What libvirt and the files disagree about"_s,
        u"A tag that libvirt does not know, a snapshot whose tag is gone, and an overlay that nothing refers to."_s);
    make.snapshot(u"known"_s, u"Known to libvirt and there"_s, Kind::Internal);
    make.change();
    make.snapshot(u"lost"_s, u"Known to libvirt, but its tag was removed with qemu-img"_s, Kind::Internal);
    make.addTag(u"try-nvidia"_s);
    make.removeTag(u"lost"_s);
    make.addOverlay(u"1719650000"_s);
}

void bigDisk(MachineMaker &make, const Place &place)
{
    make.addDisk(u"vda"_s, 4 * GiB);
    make.define(u"Much data, to watch a bar"_s,
        u"The overlay of \"before-data\" holds up to 1 GiB: back it up or delete the snapshot and watch the progress."_s);
    make.snapshot(u"before-data"_s, u"Before the data came"_s, Kind::External);
    make.fill(place.data);
}

struct Example
{
    QString name;
    void (*recipe)(MachineMaker &, const Place &);
};

// Those that rest on another come after it.
const std::vector<Example> &examples()
{
    static const std::vector<Example> all = {
        {u"running-internal"_s, runningInternal},
        {u"running-external"_s, runningExternal},
        {u"issue-811"_s, issue811},
        {u"internal-branch"_s, internalBranch},
        {u"external-branch"_s, externalBranch},
        {u"golden-base"_s, goldenBase},
        {u"golden-clone-1"_s, goldenClone},
        {u"golden-clone-2"_s, goldenClone},
        {u"orphans"_s, orphans},
        {u"linear-60"_s, linear60},
        {u"big-disk"_s, bigDisk},
    };
    return all;
}

// The pool counts as one more thing to make.
const QString &poolName()
{
    static const QString name = u"sandbox"_s;
    return name;
}

Result<> markMade(const SandboxPaths &paths, const SandboxUser &user, const QString &name)
{
    QFile marker(paths.made(name));
    if (!marker.open(QIODevice::WriteOnly) || (user.isOther && fchown(marker.handle(), user.uid, user.gid) != 0))
        return failure(ErrorCode::Failed, marker.fileName(), marker.errorString());
    return {};
}

} // namespace

QStringList exampleMachines()
{
    QStringList names;
    for (const Example &example : examples())
        names << example.name;
    return names;
}

bool areExamplesMade(const SandboxPaths &paths)
{
    return std::ranges::all_of(
        exampleMachines() << poolName(), [&](const QString &name) { return QFile::exists(paths.made(name)); });
}

Result<> makeExamples(const SandboxPaths &paths, const SandboxUser &user, Hypervisor &hypervisor, Bytes data,
    const std::function<void(const QString &machine, int done, int total)> &progress)
{
    SandboxImages images(paths, user);
    for (const QString &folder : {paths.images(), QFileInfo(paths.made(poolName())).path()}) {
        if (const auto made = images.makeFolder(folder); !made)
            return made;
    }
    const qint64 available = QStorageInfo(paths.root).bytesAvailable();
    const Place place{std::min(data, Bytes(std::max<qint64>(0, available)) / 4)};

    int done = 0;
    const int total = int(examples().size());
    for (const Example &example : examples()) {
        progress(example.name, done++, total);
        if (QFile::exists(paths.made(example.name)))
            continue;
        MachineMaker make(hypervisor, images, example.name);
        make.clear();
        example.recipe(make, place);
        if (!make.result())
            return failure(make.result().error());
        if (const auto marked = markMade(paths, user, example.name); !marked)
            return marked;
    }
    if (!QFile::exists(paths.made(poolName()))) {
        const QString xml = u"<pool type='dir'><name>%1</name><target><path>%2</path></target></pool>"_s.arg(
            poolName(), paths.images().toHtmlEscaped());
        const auto defined = hypervisor.definePool(xml.toUtf8());
        // virtqemud has no pools.
        if (!defined && defined.error().code != ErrorCode::Unsupported)
            return defined;
        return markMade(paths, user, poolName());
    }
    return {};
}

} // namespace treewarden
