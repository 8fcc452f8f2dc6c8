// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/since.h"

#include "model/job/steps/look.h"

#include <algorithm>

namespace treewarden {

bool Since::isUnmadeBefore(const JournalStep &removal) const
{
    for (const JournalStep &each : m_entry.steps) {
        if (&each == &removal)
            return false;
        const size_t begun = std::min(each.undo.size(), each.putBack + (each.isPuttingBack ? 1 : 0));
        if (std::any_of(each.undo.begin(), each.undo.begin() + qsizetype(begun),
                [&](const Step &step) { return step.kind == StepKind::RemoveFile && step.path == removal.step.path; }))
            return true;
    }
    return false;
}

bool Since::isRemovedAfter(const QString &path, const JournalStep &maker) const
{
    const auto first = m_entry.steps.begin() + (&maker - m_entry.steps.data()) + 1;
    return std::any_of(first, m_entry.steps.end(), [&](const JournalStep &each) {
        return each.isDone && each.step.kind == StepKind::RemoveFile && each.step.path == path;
    }) && !look::exists(m_host, path).value_or(true);
}

void Since::openDocuments(const JournalStep &each)
{
    const QStringList changed = documentsChangedBy(each.step);
    open(changed);
    for (size_t i = 0; i < each.undo.size() && !changed.isEmpty(); ++i) {
        if (const auto document = documentOf(each.undo[i]))
            open({*document});
    }
}

void Since::open(const QStringList &documents)
{
    m_open += QSet<QString>(documents.begin(), documents.end());
}

bool Since::isWritten(const QString &path) const
{
    const DraftDomain *domain = m_before.domain(m_entry.domain);
    return names(domain->definition, path) || names(domain->persistentDefinition, path);
}

bool Since::isClaimed(const DraftImage &image, const QString &tag) const
{
    return std::any_of(m_before.domains().begin(), m_before.domains().end(), [&](const auto &entry) {
        const Snapshot *snapshot = entry.second->snapshot(tag);
        return snapshot && std::any_of(snapshot->disks.begin(), snapshot->disks.end(), [&](const SnapshotDisk &disk) {
            return disk.kind == SnapshotDiskKind::Internal
                && m_before.idAt(snapshot->frozen(disk.target).location) == image.id;
        });
    });
}

bool Since::isOwnTag(const QString &path, const QString &tag) const
{
    return std::any_of(m_entry.steps.begin(), m_entry.steps.end(),
        [&](const JournalStep &each) { return each.step.path == path && each.step.name == tag; });
}

bool Since::isAsLeft(const Step &step) const
{
    const auto document = documentOf(step);
    if (!document || m_open.contains(*document))
        return true;
    const auto now = markOfDocument(m_host, m_entry.domain, *document);
    return now && std::find(m_entry.left.begin(), m_entry.left.end(), *now) != m_entry.left.end();
}

bool Since::isAsMade(const QString &path, const JournalStep &step) const
{
    for (const FileMark &mark : step.made) {
        if (mark.path != path)
            continue;
        return markOf(m_host, path) == mark;
    }
    return !isNamed(path);
}

bool Since::isNamed(const QString &path) const
{
    if (!m_before.overlaysOf(m_before.idAt({SourceKind::File, path})).empty())
        return true;
    return std::any_of(m_before.domains().begin(), m_before.domains().end(), [&](const auto &entry) {
        const DraftDomain &domain = *entry.second;
        return names(domain.definition, path) || names(domain.persistentDefinition, path)
            || std::any_of(domain.snapshots.begin(), domain.snapshots.end(),
                [&](const auto &snapshot) { return names(snapshot->definition, path); });
    });
}

bool Since::names(const std::shared_ptr<const DomainDefinition> &definition, const QString &path) const
{
    const ImageId image = m_before.idAt({SourceKind::File, path});
    return definition && std::any_of(definition->disks.begin(), definition->disks.end(), [&](const Disk &disk) {
        return !disk.source.location.isEmpty() && m_before.idAt(disk.source.location) == image;
    });
}

} // namespace treewarden
