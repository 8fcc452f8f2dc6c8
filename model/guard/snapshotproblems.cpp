// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/material.h"
#include "model/guard/rules.h"

#include <QSet>

#include <algorithm>

namespace treewarden {

namespace {

class SnapshotRules
{
public:
    SnapshotRules(const RuleInput &input, const Domain &domain, std::vector<Problem> &problems)
        : m_in(input)
        , m_domain(domain)
        , m_problems(problems)
    {
        for (const auto *definition : {&domain.definition, &domain.persistentDefinition}) {
            if (!definition->isKnown())
                continue;
            for (const Disk &disk : (*definition)->disks) {
                if (disk.keepsWrites())
                    m_written.insert(imageIdOf(input.images, disk.source.location));
            }
        }
    }

    void run()
    {
        const SnapshotTree &tree = *m_domain.snapshots;
        if (treeKind(tree) == TreeKind::Mixed)
            add(QStringLiteral("mixed-tree"), Severity::Warning, m_domain.name);
        for (int node = 0; node < tree.size(); ++node)
            checkSnapshot(tree.at(node));
        for (int node : tree.brokenParents()) {
            const Snapshot &snapshot = tree.at(node);
            // A parent that exists was cut off because it descends from this one.
            add(tree.find(snapshot.parent) < 0 ? QStringLiteral("snapshot-parent-missing")
                                               : QStringLiteral("snapshot-parent-loop"),
                Severity::Warning, snapshot.name, {snapshot.parent});
        }
    }

private:
    void add(const QString &id, Severity severity, const QString &subject, const QStringList &arguments = {})
    {
        m_problems.push_back({id, severity, m_domain.uuid, subject, arguments, {}});
    }

    void checkSnapshot(const Snapshot &snapshot)
    {
        for (const SnapshotPart &part : partsOf(m_in.images, m_domain, snapshot))
            checkPart(snapshot, part);
        if (snapshot.memory == MemoryKind::External) {
            const ImageLocation memory{SourceKind::File, snapshot.memoryFile};
            if (stateOf(m_in.images, m_in.tags, memory) == PartState::FileGone)
                add(QStringLiteral("memory-file-missing"), Severity::Warning, snapshot.name, {snapshot.memoryFile});
        }
        QStringList halfDeleted;
        for (const SnapshotDisk &disk : snapshot.disks) {
            if (disk.deleteInProgress)
                halfDeleted.append(disk.target);
        }
        if (!halfDeleted.isEmpty())
            add(QStringLiteral("delete-in-progress"), Severity::Danger, snapshot.name, halfDeleted);
    }

    void checkPart(const Snapshot &snapshot, const SnapshotPart &part)
    {
        const QStringList where{part.frozen.location.name, part.target};
        const QString tag = part.internal ? snapshot.name : QString();
        switch (stateOf(m_in.images, m_in.tags, part.frozen.location, tag)) {
        case PartState::FileGone:
            add(QStringLiteral("snapshot-file-missing"), Severity::Danger, snapshot.name, where);
            break;
        case PartState::TagGone:
            add(QStringLiteral("tag-missing"), Severity::Danger, snapshot.name, where);
            break;
        case PartState::There:
        case PartState::Unknown:
            break;
        }
        // After a revert to an internal snapshot below an overlay, or a commit that libvirt's metadata know nothing
        // of: what the machine writes now goes into the state that this snapshot froze.
        const ImageId frozen = imageIdOf(m_in.images, part.frozen.location);
        if (!part.internal && m_written.contains(frozen)) {
            add(QStringLiteral("frozen-file-in-use"), Severity::Danger, snapshot.name, where);
            if (!m_told.contains(frozen))
                m_problems.back().alsoAt = above(frozen);
            m_told.insert(frozen);
        }
    }

    // Those that froze the file themselves are told by themselves.
    QStringList above(const ImageId &image) const
    {
        QStringList names = snapshotsOn(m_in, m_domain, image);
        names.removeIf([&](const QString &name) {
            const std::vector<SnapshotPart> parts
                = partsOf(m_in.images, m_domain, m_domain.snapshots->at(m_domain.snapshots->find(name)));
            return std::any_of(parts.begin(), parts.end(), [&](const SnapshotPart &part) {
                return !part.internal && imageIdOf(m_in.images, part.frozen.location) == image;
            });
        });
        return names;
    }

    const RuleInput &m_in;
    const Domain &m_domain;
    std::vector<Problem> &m_problems;
    QSet<ImageId> m_written; // what this machine's runs write
    QSet<ImageId> m_told; // of those that were frozen: said at the snapshots above
};

} // namespace

QStringList snapshotsOn(const RuleInput &input, const Domain &domain, const ImageId &image)
{
    if (!domain.snapshots.isKnown())
        return {};
    QSet<ImageId> onTop;
    std::vector<ImageId> open{image};
    while (!open.empty()) {
        const ImageId below = open.back();
        open.pop_back();
        for (const ImageId &overlay : input.images.overlays(below)) {
            if (overlay == image || onTop.contains(overlay))
                continue;
            onTop.insert(overlay);
            open.push_back(overlay);
        }
    }
    QStringList names;
    for (int node = 0; node < domain.snapshots->size(); ++node) {
        const Snapshot &snapshot = domain.snapshots->at(node);
        const std::vector<SnapshotPart> parts = partsOf(input.images, domain, snapshot);
        const bool isOn = std::any_of(parts.begin(), parts.end(), [&](const SnapshotPart &part) {
            const ImageId frozen = imageIdOf(input.images, part.frozen.location);
            return onTop.contains(frozen) || (!part.internal && frozen == image);
        });
        if (isOn)
            names.append(snapshot.name);
    }
    return names;
}

void addSnapshotProblems(const RuleInput &input, const Domain &domain, std::vector<Problem> &problems)
{
    if (domain.snapshots.isKnown())
        SnapshotRules(input, domain, problems).run();
}

} // namespace treewarden
