// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/intent.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

struct Words
{
    QStringList operator()(const CreateIntent &intent) const
    {
        QStringList words{u"create"_s, intent.name};
        if (intent.kind != CreateIntent::Kind::Auto)
            words << u"--kind"_s << (intent.kind == CreateIntent::Kind::Internal ? u"internal"_s : u"external"_s);
        if (intent.memory == CreateIntent::Memory::Keep)
            words << u"--memory"_s;
        if (intent.memory == CreateIntent::Memory::Drop)
            words << u"--disk-only"_s;
        if (intent.quiesce)
            words << u"--quiesce"_s;
        if (!intent.description.isEmpty())
            words << u"--description"_s << intent.description;
        return words;
    }
    QStringList operator()(const RevertIntent &intent) const
    {
        QStringList words{u"revert"_s, intent.snapshot};
        if (intent.then == RevertIntent::Then::Start)
            words << u"--start"_s;
        if (intent.then == RevertIntent::Then::Pause)
            words << u"--pause"_s;
        if (!intent.safetySnapshot.isEmpty())
            words << u"--safety-snapshot"_s;
        return words;
    }
    QStringList operator()(const DeleteIntent &intent) const
    {
        QStringList words{u"delete"_s, intent.snapshot};
        if (intent.scope == DeleteIntent::Scope::WithChildren)
            words << u"--children"_s;
        if (intent.scope == DeleteIntent::Scope::ChildrenOnly)
            words << u"--children-only"_s;
        if (intent.metadataOnly)
            words << u"--metadata-only"_s;
        return words;
    }
    QStringList operator()(const RenameIntent &intent) const { return {u"rename"_s, intent.snapshot, intent.newName}; }
    QStringList operator()(const DescribeIntent &intent) const
    {
        return {u"describe"_s, intent.snapshot, intent.description};
    }
    QStringList operator()(const PolicyIntent &intent) const
    {
        return {u"policy"_s,
            intent.policy == SnapshotPolicy::Internal       ? u"internal"_s
                : intent.policy == SnapshotPolicy::External ? u"external"_s
                                                            : u"ask"_s};
    }
    QStringList operator()(const UniformIntent &intent) const
    {
        return {u"uniform"_s, intent.kind == SnapshotKind::Internal ? u"internal"_s : u"external"_s};
    }
    QStringList operator()(const PowerIntent &intent) const
    {
        switch (intent.to) {
        case PowerIntent::To::Start:
            return {u"start"_s};
        case PowerIntent::To::Pause:
            return {u"pause"_s};
        case PowerIntent::To::Resume:
            return {u"resume"_s};
        case PowerIntent::To::ShutDown:
            return {u"shutdown"_s};
        case PowerIntent::To::ForceOff:
            return {u"force-off"_s};
        }
        Q_UNREACHABLE();
    }
    QStringList operator()(const RemoveOrphanIntent &intent) const
    {
        QStringList words{u"remove-orphan"_s, intent.path};
        if (!intent.tag.isEmpty())
            words << u"--tag"_s << intent.tag;
        return words;
    }
    QStringList operator()(const BackupIntent &intent) const
    {
        QStringList words{u"backup"_s, intent.directory};
        if (intent.level != BackupIntent::Level::Auto)
            words << u"--level"_s
                  << (intent.level == BackupIntent::Level::Full         ? u"full"_s
                             : intent.level == BackupIntent::Level::Top ? u"top"_s
                                                                        : u"incremental"_s);
        for (const QString &disk : intent.disks)
            words << u"--disk"_s << disk;
        if (intent.quiesce)
            words << u"--quiesce"_s;
        if (intent.engine != BackupIntent::Engine::Auto)
            words << u"--engine"_s << (intent.engine == BackupIntent::Engine::Qmp ? u"qmp"_s : u"libvirt"_s);
        if (intent.speed > 0)
            words << u"--speed"_s << QString::number(intent.speed);
        if (intent.compress)
            words << u"--compress"_s;
        return words;
    }
};

} // namespace

QStringList intentWords(const Intent &intent)
{
    return std::visit(Words(), intent.what);
}

} // namespace treewarden
