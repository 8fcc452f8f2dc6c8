// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/filetext.h"

#include "views/text/errortext.h"
#include "views/text/unittext.h"

#include <algorithm>

namespace treewarden {

namespace {

// Names for one sentence: the first few and how many there are, for thousands of snapshots may have their tags in one
// image.
class Names
{
public:
    // Nobody is named twice. The claims of a snapshot on one image follow each other.
    void add(const Owner *owner, const QString &name)
    {
        if (owner == m_last)
            return;
        m_last = owner;
        if (m_count++ < FileText::Named)
            m_first.append(name);
    }
    // The same where several owners go by one name; in the order of the names, which the warnings keep too.
    void addOnce(const QString &name)
    {
        if (m_seen.contains(name))
            return;
        m_seen.insert(name);
        ++m_count;
        m_first.insert(std::lower_bound(m_first.cbegin(), m_first.cend(), name), name);
        if (m_first.size() > FileText::Named)
            m_first.removeLast();
    }

    bool isEmpty() const { return m_count == 0; }
    int count() const { return m_count; }
    QString some() const { return FileText::some(m_first, m_count); }

private:
    QStringList m_first;
    int m_count = 0;
    const Owner *m_last = nullptr;
    QSet<QString> m_seen;
};

// Who relies on an image, sorted out for a sentence each.
struct Reliance
{
    bool runsOnIt = false;
    bool restsOnIt = false; // the present state, through an overlay
    bool startsWithIt = false;
    Names tags; // snapshots whose data is a tag in it
    Names frozen; // snapshots whose frozen state it is
    Names needing; // both
    Names above; // snapshots that rest on it through an overlay
    Names checkpoints;
    Names machines; // others
    Names strays; // overlays that no machine relies on

    Reliance(const std::vector<ClaimRef> &claims, const DomainId &here)
    {
        for (const ClaimRef &claim : claims)
            add(claim, here);
    }

private:
    void add(const ClaimRef &claim, const DomainId &here)
    {
        const Owner &owner = *claim.owner;
        if (owner.kind == OwnerKind::Image) {
            strays.addOnce(owner.name.section(u'/', -1));
        } else if (owner.domain != here) {
            machines.addOnce(owner.domainName);
        } else if (owner.kind == OwnerKind::CurrentState) {
            (claim.direct ? runsOnIt : restsOnIt) = true;
        } else if (owner.kind == OwnerKind::PersistentDefinition) {
            startsWithIt = true;
        } else if (owner.kind == OwnerKind::Checkpoint) {
            checkpoints.add(&owner, owner.name);
        } else if (!claim.direct) {
            above.add(&owner, owner.name);
        } else {
            (claim.kind == LayerKind::Tag ? tags : frozen).add(&owner, owner.name);
            needing.add(&owner, owner.name);
        }
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

QString FileText::nvramCopyTitle()
{
    return tr("Copy of the firmware variables");
}

QString FileText::nvramKept(const Fact<NvramKept> &kept)
{
    if (kept.isUnknown())
        return unknown(kept.why());
    if (kept.isAbsent())
        return {};
    switch (*kept) {
    case NvramKept::Inside:
        return tr("The firmware’s settings are kept inside the snapshot; reverting brings them back.");
    case NvramKept::Beside:
        return tr("The firmware’s settings are kept in a copy; reverting with Treewarden brings them back.");
    case NvramKept::No:
        return tr("The firmware’s settings are not kept: they stay as they are when you revert.");
    }
    return {};
}

QString FileText::tpmHeading()
{
    return tr("TPM");
}

QString FileText::tpmKept(bool isKept)
{
    return isKept ? tr("The TPM’s state is kept with the memory inside the snapshot; reverting brings it back.")
                  : tr("The TPM’s state is not kept: it stays as it is when you revert. Disk encryption that is sealed "
                       "to it may ask for its recovery key.");
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
    if (created == 0)
        return tr("When it was taken is not known.");
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

QString FileText::whyNotMeasured()
{
    return tr("QEMU keeps part of it in memory while the machine runs; shut it down to measure.");
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

QString FileText::moreProblems(int count)
{
    return tr("%n more problem(s); the snapshots concerned are marked in the tree.", nullptr, count);
}

QStringList FileText::owners(const std::vector<ClaimRef> &claims, const DomainId &here)
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
        lines += tr("Also holds %1").arg(reliance.tags.some());
    if (!reliance.frozen.isEmpty())
        lines += tr("Also the frozen state of %1").arg(reliance.frozen.some());
    if (!reliance.above.isEmpty())
        lines += tr("%1 rest on it", nullptr, reliance.above.count()).arg(reliance.above.some());
    if (!reliance.checkpoints.isEmpty())
        lines += tr("Needed by checkpoints: %1").arg(reliance.checkpoints.some());
    if (!reliance.machines.isEmpty())
        lines += tr("Shared with other machines: %1").arg(reliance.machines.some());
    if (!reliance.strays.isEmpty())
        lines += tr("Also below overlays that nothing runs on: %1").arg(reliance.strays.some());
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

QStringList FileText::layerOwners(const std::vector<ClaimRef> &claims, const DomainId &here)
{
    const Reliance reliance(claims, here);
    QStringList lines;
    if (!reliance.needing.isEmpty())
        lines += tr("Needed by %1").arg(reliance.needing.some());
    if (!reliance.machines.isEmpty())
        lines += tr("Shared with %1").arg(reliance.machines.some());
    return lines;
}

QString FileText::otherOverlays(int count)
{
    return tr("%n other overlay(s) on it", nullptr, count);
}

QString FileText::folderNotOpened(const QString &folder)
{
    return tr("No program was found that opens the folder %1").arg(UnitText::isolated(folder));
}

QString FileText::some(const QStringList &first, int count)
{
    const QString names = first.join(QLatin1String(", "));
    const int more = count - int(first.size());
    return more > 0 ? tr("%1 and %n more", nullptr, more).arg(names) : names;
}

} // namespace treewarden
