// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/conditions.h"

#include "model/guard/formats.h"

#include <algorithm>

namespace treewarden::conditions {

using namespace Qt::StringLiterals;

namespace {

// libvirt keeps a snapshot in NAME.xml, which it writes as NAME.xml.new first.
constexpr qsizetype MaximumName = 255 - qsizetype(sizeof(".xml.new") - 1);

QString whatIsWrong(const QString &name, bool becomesTag)
{
    if (name.isEmpty())
        return u"empty"_s;
    if (name.contains(u'/'))
        return u"slash"_s;
    if (name.startsWith(u'.'))
        return u"dot"_s;
    // Nor can XML hold the last two.
    const bool hasControl = std::any_of(name.begin(), name.end(),
        [](QChar c) { return c.category() == QChar::Other_Control || c.unicode() == 0xfffe || c.unicode() == 0xffff; });
    if (hasControl || !name.isValidUtf16())
        return u"control"_s;
    if (name.toUtf8().size() > MaximumName)
        return u"too-long"_s;
    // QEMU looks for a tag by its id first, and ids are counted from 1.
    const bool isNumber = std::all_of(name.begin(), name.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
    if (becomesTag && isNumber && name.size() <= 5)
        return u"number"_s;
    return {};
}

QString wordOf(DomainState state)
{
    switch (state) {
    case DomainState::PmSuspended:
        return u"suspended"_s;
    case DomainState::Crashed:
        return u"crashed"_s;
    case DomainState::ShuttingDown:
        return u"shutting-down"_s;
    case DomainState::Unknown:
        return u"unknown"_s;
    case DomainState::Running:
    case DomainState::Blocked:
    case DomainState::Paused:
    case DomainState::ShutOff:
        break;
    }
    return {};
}

} // namespace

bool isBlocked(const Findings &findings)
{
    return std::any_of(
        findings.begin(), findings.end(), [](const Finding &finding) { return finding.severity == Verdict::Block; });
}

Findings ofMachine(const Draft &draft, const DomainId &id)
{
    const DraftDomain &domain = *draft.domain(id);
    Findings found;
    if (const QString word = wordOf(domain.state); !word.isEmpty())
        found.push_back({u"machine-not-ready"_s, Verdict::Block, domain.name, {word}});
    const std::shared_ptr<const Domain> read = draft.inventory().domain(id);
    // Its jobs end with it, by a step before this.
    if (!read || !isActive(domain.state))
        return found;
    const bool leaves = domain.state == DomainState::Paused && read->pausedBy == PausedBy::Migration;
    if (leaves || (read->isMigrating.isKnown() && *read->isMigrating))
        found.push_back({u"machine-migrates"_s, Verdict::Block, domain.name});
    if (read->jobs.isUnknown() || read->isMigrating.isUnknown())
        found.push_back({u"jobs-unknown"_s, Verdict::Warn, domain.name});
    for (size_t i = 0; read->jobs.isKnown() && i < read->jobs->size(); ++i) {
        const BlockJob &job = (*read->jobs)[i];
        found.push_back({job.isLibvirts ? u"block-job-running"_s : u"foreign-job-running"_s, Verdict::Block,
            job.disk.isEmpty() ? job.id : job.disk, {job.type, job.id}});
    }
    for (const Disk &disk : domain.definition ? domain.definition->disks : std::vector<Disk>()) {
        const bool isListed = std::any_of(
            found.begin(), found.end(), [&](const Finding &finding) { return finding.subject == disk.target; });
        if (disk.mirror && !isListed)
            found.push_back({u"block-job-running"_s, Verdict::Block, disk.target, {u"mirror"_s, QString()}});
    }
    return found;
}

bool isPausedBy(const Draft &draft, const DraftDomain &domain, PausedBy why)
{
    const std::shared_ptr<const Domain> read = draft.inventory().domain(domain.uuid);
    return read && domain.state == DomainState::Paused && read->pausedBy == why;
}

Findings ofStep(const Step &step)
{
    QStringList names{step.path, step.base};
    for (const StepDisk &disk : step.disks)
        names << disk.path << (disk.isVolume() ? QString() : disk.base);
    Findings found;
    for (const QString &name : std::as_const(names)) {
        if (!name.isEmpty() && !name.startsWith(u'/'))
            found.push_back({u"file-by-name-only"_s, Verdict::Block, name});
    }
    return found;
}

Findings ofFormats(const Draft &draft, const DomainId &id)
{
    const DraftDomain &domain = *draft.domain(id);
    Findings found;
    for (const Disk &disk : domain.definition ? domain.definition->disks : std::vector<Disk>()) {
        const Image *image = draft.inventory().images->at(disk.source.location);
        if (!image || image->disputedFormats.isEmpty() || !disk.keepsWrites())
            continue;
        const bool isKnown = image->facts.isKnown();
        if (isKnown && image->facts->format == disk.source.format)
            continue;
        QStringList others;
        for (const StatedFormat &stated : statedFormats(draft.inventory(), *image)) {
            if (stated.format != disk.source.format && !others.contains(stated.machine))
                others << stated.machine;
        }
        found.push_back({u"format-disputed"_s, isKnown ? Verdict::Block : Verdict::Confirm, image->location.name,
            {disk.target, disk.source.format, isKnown ? image->facts->format : QString(), others.join(u", "_s)}});
    }
    return found;
}

Findings ofFormats(const Draft &before, const Draft &after, const DomainId &id)
{
    const DraftDomain *then = before.domain(id);
    const DraftDomain *now = after.domain(id);
    if (!then || !now)
        return {};
    const bool isStarted = now->state == DomainState::Running && then->state != DomainState::Running;
    const bool isOther = isActive(now->state) && (!isActive(then->state) || now->definition != then->definition);
    return isStarted || isOther ? ofFormats(after, id) : Findings();
}

Findings ofSavedState(const Draft &draft, const DomainId &id)
{
    const DraftDomain &domain = *draft.domain(id);
    if (!domain.savedMemory)
        return {};
    return {{u"managed-save"_s, Verdict::Block, domain.name}};
}

Findings ofName(const Draft &draft, const DomainId &domain, const QString &name, bool becomesTag)
{
    Findings found;
    if (const QString wrong = whatIsWrong(name, becomesTag); !wrong.isEmpty())
        found.push_back({u"bad-name"_s, Verdict::Block, name, {wrong}});
    else if (draft.domain(domain)->snapshot(name))
        found.push_back({u"name-taken"_s, Verdict::Block, name});
    return found;
}

} // namespace treewarden::conditions
