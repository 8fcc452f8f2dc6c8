// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/filetext.h"

#include "views/text/errortext.h"
#include "views/text/unittext.h"

namespace treewarden {

namespace {

// Who relies on an image, sorted out for a sentence each; nobody is named twice.
struct Reliance
{
    bool runsOnIt = false;
    bool restsOnIt = false; // the present state, through an overlay
    bool startsWithIt = false;
    QStringList tags; // snapshots whose data is a tag in it
    QStringList frozen; // snapshots whose frozen state it is
    QStringList above; // snapshots that rest on it through an overlay
    QStringList checkpoints;
    QStringList machines; // others
    QStringList strays; // overlays that no machine relies on

    Reliance(const std::vector<Claim> &claims, const DomainId &here)
    {
        for (const Claim &claim : claims)
            add(claim, here);
        // Once, not at each name: thousands of snapshots may have their tags in one image.
        for (QStringList *names : {&tags, &frozen, &above, &checkpoints, &machines, &strays})
            names->removeDuplicates();
    }

private:
    void add(const Claim &claim, const DomainId &here)
    {
        const Owner &owner = claim.owner;
        if (owner.kind == OwnerKind::Image)
            strays.append(owner.name.section(u'/', -1));
        else if (owner.domain != here)
            machines.append(owner.domainName);
        else if (owner.kind == OwnerKind::CurrentState)
            (claim.direct ? runsOnIt : restsOnIt) = true;
        else if (owner.kind == OwnerKind::PersistentDefinition)
            startsWithIt = true;
        else if (owner.kind == OwnerKind::Checkpoint)
            checkpoints.append(owner.name);
        else if (!claim.direct)
            above.append(owner.name);
        else
            (claim.layer.kind == LayerKind::Tag ? tags : frozen).append(owner.name);
    }
};

} // namespace

QString FileText::filesOf(const QString &target)
{
    return tr("Files of %1").arg(target);
}

QString FileText::tagOf(const QString &target)
{
    return tr("Where it is kept: %1").arg(target);
}

QString FileText::disk(const QString &target)
{
    return tr("Disk %1").arg(target);
}

QString FileText::layersOf(const QString &target)
{
    return target.isEmpty() ? tr("Disk layers") : tr("Layers of %1").arg(target);
}

QString FileText::frozenState()
{
    return tr("Frozen state");
}

QString FileText::whatCameAfter()
{
    return tr("What came after");
}

QString FileText::tagTitle(const QString &name)
{
    return tr("Tag “%1” in").arg(name);
}

QString FileText::memoryHeading()
{
    return tr("Memory");
}

QString FileText::memoryTitle()
{
    return tr("Saved memory");
}

QString FileText::nvramHeading()
{
    return tr("Firmware");
}

QString FileText::nvramTitle()
{
    return tr("Firmware variables (NVRAM)");
}

QString FileText::inUseNow()
{
    return tr("Active image");
}

QString FileText::itsFile()
{
    return tr("Its file");
}

QString FileText::taken(qint64 created, qint64 now)
{
    return tr("Taken %1 (%2)", "how long ago, when").arg(UnitText::age(created, now), UnitText::moment(created));
}

QString FileText::isCurrent()
{
    return tr("The machine’s present state descends from it directly.");
}

QString FileText::size(const Image &image)
{
    if (!image.allocated.isKnown())
        return tr("Size unknown: %1")
            .arg(image.allocated.isUnknown() ? ErrorText::reason(image.allocated.why()) : tr("no file"));
    const QString taken = UnitText::bytes(*image.allocated);
    if (!image.facts.isKnown())
        return taken;
    return tr("%1 on the host, a disk of %2, %3", "bytes taken, virtual size, format")
        .arg(taken, UnitText::bytes(image.facts->virtualSize), image.facts->format);
}

QString FileText::unknown(const Error &why)
{
    return tr("Contents unknown: %1").arg(ErrorText::reason(why));
}

QString FileText::missing()
{
    return tr("This file is not there");
}

QString FileText::loop()
{
    return tr("The chain leads back to this file");
}

QString FileText::tooDeep()
{
    return tr("More layers than Treewarden follows");
}

QString FileText::notLookedAt()
{
    return tr("Could not be looked at");
}

QString FileText::tag(const Tag &tag)
{
    return tag.vmStateSize > 0 ? tr("With %1 of saved memory").arg(UnitText::bytes(tag.vmStateSize))
                               : tr("Without memory");
}

QString FileText::noSuchTag()
{
    return tr("The image has no such tag: the data is gone");
}

QString FileText::frozenNotRecorded()
{
    return tr("libvirt did not record which file holds its state.");
}

QString FileText::manualDisk(const QString &target)
{
    return tr("Disk %1 was left to another program.").arg(target);
}

QString FileText::share(const std::optional<Fact<Bytes>> &measured)
{
    if (!measured)
        return tr("How much of the disk only this snapshot holds is known after measuring.");
    if (measured->isKnown())
        return tr("Deleting it would free %1 on its disks.").arg(UnitText::bytes(**measured));
    if (measured->isAbsent())
        return tr("It holds nothing on its disks that others do not hold too.");
    return tr("It could not be measured: %1.").arg(ErrorText::reason(measured->why()));
}

QString FileText::snapshotsUnknown(const Error &why)
{
    return tr("Its snapshots are unknown: %1.").arg(ErrorText::reason(why));
}

QString FileText::definitionUnknown(const Error &why)
{
    return tr("Its definition is unknown: %1.").arg(ErrorText::reason(why));
}

QString FileText::noDefinition()
{
    return tr("It has no definition.");
}

QStringList FileText::owners(const std::vector<Claim> &claims, const DomainId &here)
{
    const Reliance reliance(claims, here);
    QStringList lines;
    if (reliance.runsOnIt)
        lines += tr("Is what the machine runs on now");
    else if (reliance.restsOnIt)
        lines += tr("The machine’s present state rests on it");
    if (reliance.startsWithIt)
        lines += tr("Is what the machine starts with next time");
    if (!reliance.tags.isEmpty())
        lines += tr("Also holds %1").arg(some(reliance.tags));
    if (!reliance.frozen.isEmpty())
        lines += tr("Also the frozen state of %1").arg(some(reliance.frozen));
    if (!reliance.above.isEmpty())
        lines += tr("%1 rest on it", nullptr, int(reliance.above.size())).arg(some(reliance.above));
    if (!reliance.checkpoints.isEmpty())
        lines += tr("Needed by checkpoints: %1").arg(some(reliance.checkpoints));
    if (!reliance.machines.isEmpty())
        lines += tr("Shared with other machines: %1").arg(some(reliance.machines));
    if (!reliance.strays.isEmpty())
        lines += tr("Also below overlays that nothing runs on: %1").arg(some(reliance.strays));
    return lines;
}

QString FileText::inUseNowMark()
{
    return tr("in use now");
}

QString FileText::startsWithMark()
{
    return tr("starts from here");
}

QStringList FileText::layerFacts(const Image &image)
{
    if (image.facts.isUnknown())
        return {unknown(image.facts.why())};
    QStringList facts{UnitText::bytes(image.allocated)};
    if (const auto tags = int(image.facts->tags.size()); tags > 0)
        facts += tr("%n tag(s)", nullptr, tags);
    if (image.facts->corrupt)
        facts += tr("marked as corrupt");
    return {facts.join(QLatin1String(", "))};
}

QStringList FileText::layerOwners(const std::vector<Claim> &claims, const DomainId &here)
{
    const Reliance reliance(claims, here);
    QStringList lines;
    const QStringList needed = reliance.frozen + reliance.tags;
    if (!needed.isEmpty())
        lines += tr("Needed by %1").arg(some(needed));
    if (!reliance.machines.isEmpty())
        lines += tr("Shared with %1").arg(some(reliance.machines));
    return lines;
}

QString FileText::otherOverlays(int count)
{
    return tr("%n other overlay(s) on it", nullptr, count);
}

QString FileText::some(const QStringList &names)
{
    constexpr int shown = 4;
    const QString first = names.mid(0, shown).join(QLatin1String(", "));
    if (names.size() <= shown)
        return first;
    return tr("%1 and %n more", nullptr, int(names.size()) - shown).arg(first);
}

} // namespace treewarden
