// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/undo.h"

namespace treewarden {

using namespace Qt::StringLiterals;

std::optional<Intent> intentFromWords(const DomainId &domain, const QStringList &words)
{
    const QString verb = words.value(0);
    const QString name = words.value(1);
    const auto has = [&](const QString &option) { return words.contains(option); };
    const auto after = [&](const QString &option) {
        const qsizetype at = words.indexOf(option);
        return at < 0 ? QString() : words.value(at + 1);
    };
    if (verb == "create"_L1) {
        CreateIntent create{name, after(u"--description"_s)};
        const QString kind = after(u"--kind"_s);
        create.kind = kind == "internal"_L1 ? CreateIntent::Kind::Internal
            : kind == "external"_L1         ? CreateIntent::Kind::External
                                            : CreateIntent::Kind::Auto;
        create.memory = has(u"--memory"_s) ? CreateIntent::Memory::Keep
            : has(u"--disk-only"_s)        ? CreateIntent::Memory::Drop
                                           : CreateIntent::Memory::Auto;
        create.quiesce = has(u"--quiesce"_s);
        return Intent{domain, create};
    }
    if (verb == "revert"_L1) {
        const auto then = has(u"--start"_s) ? RevertIntent::Then::Start
            : has(u"--pause"_s)             ? RevertIntent::Then::Pause
                                            : RevertIntent::Then::AsItWas;
        return Intent{domain, RevertIntent{name, then}};
    }
    if (verb == "delete"_L1) {
        const auto scope = has(u"--children"_s) ? DeleteIntent::Scope::WithChildren
            : has(u"--children-only"_s)         ? DeleteIntent::Scope::ChildrenOnly
                                                : DeleteIntent::Scope::One;
        return Intent{domain, DeleteIntent{name, scope, has(u"--metadata-only"_s)}};
    }
    if (verb == "rename"_L1)
        return Intent{domain, RenameIntent{name, words.value(2)}};
    if (verb == "describe"_L1)
        return Intent{domain, DescribeIntent{name, words.value(2)}};
    const auto isExternal = name == "external"_L1;
    if (verb == "policy"_L1)
        return Intent{domain,
            PolicyIntent{isExternal         ? SnapshotPolicy::External
                    : name == "internal"_L1 ? SnapshotPolicy::Internal
                                            : SnapshotPolicy::Ask}};
    if (verb == "uniform"_L1)
        return Intent{domain, UniformIntent{isExternal ? SnapshotKind::External : SnapshotKind::Internal}};
    if (verb == "remove-orphan"_L1)
        return Intent{domain, RemoveOrphanIntent{name, after(u"--tag"_s)}};
    if (verb == "backup"_L1) {
        BackupIntent backup{name};
        const QString level = after(u"--level"_s);
        backup.level = level == "full"_L1 ? BackupIntent::Level::Full
            : level == "incremental"_L1   ? BackupIntent::Level::Incremental
            : level == "top"_L1           ? BackupIntent::Level::Top
                                          : BackupIntent::Level::Auto;
        for (qsizetype i = words.indexOf(u"--disk"_s); i >= 0; i = words.indexOf(u"--disk"_s, i + 1))
            backup.disks += words.value(i + 1);
        backup.quiesce = has(u"--quiesce"_s);
        const QString engine = after(u"--engine"_s);
        backup.engine = engine == "qmp"_L1 ? BackupIntent::Engine::Qmp
            : engine == "libvirt"_L1       ? BackupIntent::Engine::Libvirt
                                           : BackupIntent::Engine::Auto;
        backup.speed = after(u"--speed"_s).toULongLong();
        backup.compress = has(u"--compress"_s);
        return Intent{domain, backup};
    }
    using To = PowerIntent::To;
    for (const auto &[word, to] :
        {std::pair(u"start"_s, To::Start), std::pair(u"pause"_s, To::Pause), std::pair(u"resume"_s, To::Resume),
            std::pair(u"shutdown"_s, To::ShutDown), std::pair(u"force-off"_s, To::ForceOff)}) {
        if (verb == word)
            return Intent{domain, PowerIntent{to}};
    }
    return {};
}

} // namespace treewarden
