// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/strongid.h"
#include "model/domain/domain.h"
#include "model/domain/snapshot.h"

#include <QStringList>

#include <variant>

namespace treewarden {

// What somebody wants done to one machine, before anybody thought about how.
struct CreateIntent
{
    enum class Kind { Auto, Internal, External };
    enum class Memory { Auto, Keep, Drop }; // Auto: kept where the machine runs and it can be
    QString name;
    QString description = {};
    Kind kind = Kind::Auto;
    Memory memory = Memory::Auto;
    bool quiesce = false; // by the guest agent; only without memory

    bool operator==(const CreateIntent &) const = default;
};

struct RevertIntent
{
    enum class Then { AsItWas, Start, Pause };
    QString snapshot;
    Then then = Then::AsItWas;
    QString safetySnapshot = {}; // taken first under this name; empty: none

    bool operator==(const RevertIntent &) const = default;
};

struct DeleteIntent
{
    enum class Scope { One, WithChildren, ChildrenOnly };
    QString snapshot;
    Scope scope = Scope::One;
    bool metadataOnly = false;

    bool operator==(const DeleteIntent &) const = default;
};

struct RenameIntent
{
    QString snapshot;
    QString newName;

    bool operator==(const RenameIntent &) const = default;
};

struct DescribeIntent
{
    QString snapshot;
    QString description;

    bool operator==(const DescribeIntent &) const = default;
};

// Which kind of snapshots a machine may get; kept in its metadata, where other programs can read it.
struct PolicyIntent
{
    SnapshotPolicy policy = SnapshotPolicy::Ask;

    bool operator==(const PolicyIntent &) const = default;
};

struct UniformIntent
{
    SnapshotKind kind = SnapshotKind::External; // that every snapshot has afterwards

    bool operator==(const UniformIntent &) const = default;
};

struct PowerIntent
{
    enum class To { Start, Pause, Resume, ShutDown, ForceOff };
    To to = To::Start;

    bool operator==(const PowerIntent &) const = default;
};

// What nothing explains: an overlay or a file of saved memory that nobody relies on, or a tag that libvirt does not
// list (see model/guard/assessment.h). Metadata without data are forgotten: DeleteIntent::metadataOnly.
struct RemoveOrphanIntent
{
    QString path; // the file, or the image that has the tag
    QString tag = {};

    bool operator==(const RemoveOrphanIntent &) const = default;
};

// A copy of the disks of a running machine as they are at one moment, made while it goes on.
struct BackupIntent
{
    enum class Level { Auto, Full, Incremental, Top }; // Auto: an increment where the chain is whole
    enum class Engine { Auto, Libvirt, Qmp }; // Auto: libvirt's own job where that can do all that is asked
    QString directory; // absolute path
    Level level = Level::Auto;
    QStringList disks = {}; // targets; empty: all that the machine writes
    bool quiesce = false; // by the guest agent
    Engine engine = Engine::Auto;
    Bytes speed = 0; // a second, at most; 0: as fast as it goes
    bool compress = false;

    bool operator==(const BackupIntent &) const = default;
};

struct Intent
{
    using What = std::variant<CreateIntent, RevertIntent, DeleteIntent, RenameIntent, DescribeIntent, PolicyIntent,
        UniformIntent, PowerIntent, RemoveOrphanIntent, BackupIntent>;
    DomainId domain;
    What what;

    bool operator==(const Intent &) const = default;
};

// The words of the command line (CLI.md): {"delete", "before-upgrade", "--children"}; also what the journal keeps.
QStringList intentWords(const Intent &intent);

} // namespace treewarden
