// SPDX-License-Identifier: GPL-3.0-or-later
// What each step does to files and to what libvirt knows, tried on a draft.
#include "model/guard/judge.h"
#include "tests/support/plantexts.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const DomainId machine(u"m"_s);

QString nameOf(const Claimant &claimant)
{
    const QString where = claimant.where == Claimant::Where::Memory ? u" memory"_s
        : claimant.where == Claimant::Where::SavedState             ? u" saved"_s
                                                                    : QString();
    switch (claimant.owner.kind) {
    case OwnerKind::CurrentState:
        return QString(claimant.owner.domainName + where);
    case OwnerKind::PersistentDefinition:
        return QString(claimant.owner.domainName + u" next"_s);
    default:
        return QString(fileName(claimant.owner.name) + where);
    }
}

// Who was there and reads something else now, or nothing.
QString losers(const Draft &before, const Draft &after)
{
    const std::vector<Claimant> now = claimants(after);
    QStringList names;
    for (const Claimant &claimant : claimants(before)) {
        const bool isKept = std::any_of(now.begin(), now.end(),
            [&](const Claimant &other) { return claimant.isSameAs(other) && claimant.view == other.view; });
        if (!isKept && !names.contains(nameOf(claimant)))
            names += nameOf(claimant);
    }
    return names.join(u", "_s);
}

// "running d @S [S=d, ...]": what the machine is, its disks, the current snapshot, what each snapshot froze; "*":
// external.
QString stateOf(const Draft &draft)
{
    const DraftDomain &domain = *draft.domain(machine);
    QStringList words{
        isActive(domain.state) ? domain.state == DomainState::Paused ? u"paused"_s : u"running"_s : u"off"_s};
    for (const Disk &disk : domain.definition->disks)
        words += fileName(disk.source.location.name);
    if (!domain.current.isEmpty())
        words += u'@' + domain.current;
    for (const auto &snapshot : domain.snapshots) {
        QStringList parts;
        for (const SnapshotDisk &disk : snapshot->disks)
            parts += fileName(snapshot->frozen(disk.target).location.name);
        if (!snapshot->memoryFile.isEmpty())
            parts += fileName(snapshot->memoryFile);
        words += snapshot->name + (snapshot->kind() == SnapshotKind::External ? u"*="_s : u"="_s) + parts.join(u'+');
    }
    return words.join(u' ');
}

struct Row
{
    const char *name;
    QString host;
    Step step;
    bool isReversible = false;
    QString effects; // or "! finding@subject", or "! code@subject"
    QString state = {};
    QString losers = {};
};

const auto tags = u"image d tags=S:8,T\n"
                  "machine m%1\n"
                  "disk vda d\n"
                  "internal S memory vda=d\n"
                  "internal T parent=S vda=d\n"
                  "current T"_s;
const auto chain = u"libvirt %1\n"
                   "image d\n"
                   "image d.A on=d\n"
                   "image d.B on=d.A\n"
                   "image B.mem save\n"
                   "machine m%2\n"
                   "disk vda d.B\n"
                   "external A vda=d>d.A\n"
                   "external B parent=A memory=B.mem vda=d.A>d.B\n"
                   "current B"_s;
const auto plain = u"image d\nimage e\nmachine m%1\ndisk vda d\ndisk vdb e"_s;

QString onTags(const QString &state = {})
{
    return tags.arg(state);
}
QString onChain(const QString &version = u"11.3.0"_s, const QString &state = {})
{
    return chain.arg(version, state);
}

std::vector<Row> snapshotCalls()
{
    const auto external = [](std::vector<StepDisk> disks, int flags = 0, const QString &memory = {}) {
        return Step{.kind = StepKind::CreateSnapshot,
            .name = u"N"_s,
            .path = memory,
            .disks = std::move(disks),
            .flags = Step::IsExternal | flags};
    };
    const Step internal{.kind = StepKind::CreateSnapshot, .name = u"N"_s, .text = u"why"_s};
    const std::vector<StepDisk> both{{u"vda"_s, path(u"d.N"_s)}, {u"vdb"_s, path(u"e.N"_s)}};
    const auto revert = [](const QString &name, int flags = 0) {
        return Step{.kind = StepKind::RevertToSnapshot, .name = name, .flags = flags};
    };
    const auto remove = [](const QString &name) { return Step{.kind = StepKind::DeleteSnapshot, .name = name}; };
    const QString leaf = u"libvirt %1\nimage d%2\nimage d.E on=d\nmachine m\ndisk vda d\ninternal I vda=d\n"
                         "external E parent=%3 vda=d>d.E\ncurrent I"_s;
    const QString offBranch
        = u"libvirt 11.3.0\nimage d\nimage d.A on=d\nimage d.B on=d.A\nimage d.R on=d\nimage e\nimage e.B on=e\n"
          "machine m\ndisk vda d.R\n%1external B %3vda=d.A>d.B%2\n%4"_s;
    return {
        {"internal, off", plain.arg(QString()), internal, true, u"add-tag d N, add-tag e N, add-metadata N"_s,
            u"off d e @N N=d+e"_s},
        {"internal, running", plain.arg(u" running"_s), internal, true, u"add-tag d N, add-tag e N, add-metadata N"_s,
            u"running d e @N N=d+e"_s},
        {"internal, name taken", onTags(), Step{.kind = StepKind::CreateSnapshot, .name = u"S"_s}, true,
            u"! name-taken@S"_s},
        {"internal, tag there", u"image d tags=N\nmachine m\ndisk vda d"_s, internal, true, u"! tag-exists@N"_s},
        {"internal, raw", u"image d raw\nmachine m\ndisk vda d raw"_s, internal, true, u"! format-without-tags@vda"_s},
        {"internal, file gone", u"machine m\ndisk vda d"_s, internal, true, u"! file-missing@d"_s},
        {"internal, no disk", u"machine m"_s, internal, true, u"! nothing-to-keep@m"_s},
        {"external, off", plain.arg(QString()), external(both), true,
            u"create d.N, create e.N, change-definition m, add-metadata N"_s, u"off d.N e.N @N N*=d+e"_s},
        {"external, one disk", plain.arg(QString()), external({both[1]}), true,
            u"create e.N, change-definition m, add-metadata N"_s, u"off d e.N @N N*=e"_s},
        {"external with memory", plain.arg(u" running"_s), external(both, Step::KeepMemory, path(u"N.mem"_s)), true,
            u"create N.mem, create d.N, create e.N, change-definition m, add-metadata N"_s,
            u"running d.N e.N @N N*=d+e+N.mem"_s},
        {"external with memory, off", plain.arg(QString()), external(both, Step::KeepMemory, path(u"N.mem"_s)), true,
            u"! machine-off@m"_s},
        {"external, memory file there", u"image d\nimage N.mem save\nmachine m running\ndisk vda d"_s,
            external({both[0]}, Step::KeepMemory, path(u"N.mem"_s)), true, u"! target-exists@N.mem"_s},
        {"external, file there", u"image d\nimage d.N\nmachine m\ndisk vda d"_s, external({both[0]}), true,
            u"! target-exists@d.N"_s},
        {"external, no disk", plain.arg(QString()), external({}), true, u"! nothing-to-keep@m"_s},
        {"external, no such disk", u"image d\nmachine m\ndisk vda d"_s, external(both), true, u"! file-missing@vdb"_s},

        {"back to a tag", onTags(), revert(u"T"_s), false, u"write d, change-definition m, change-metadata T"_s,
            u"off d @T S=d T=d"_s, u"m"_s},
        {"back to a tag with memory", onTags(), revert(u"S"_s), false,
            u"write d, change-definition m, change-metadata S, start-domain m"_s, u"running d @S S=d T=d"_s, u"m"_s},
        {"back to a tag, running", onTags(u" running"_s), revert(u"T"_s), false,
            u"stop-domain m, write d, change-definition m, change-metadata T"_s, u"off d @T S=d T=d"_s,
            u"m, m memory"_s},
        {"back to a tag, start", onTags(), revert(u"T"_s, Step::StartAfter), false,
            u"write d, change-definition m, change-metadata T, start-domain m"_s, u"running d @T S=d T=d"_s, u"m"_s},
        {"back to a tag, pause", onTags(), revert(u"S"_s, Step::PauseAfter), false,
            u"write d, change-definition m, change-metadata S, start-domain m"_s, u"paused d @S S=d T=d"_s, u"m"_s},
        {"back to a tag, gone", u"image d\nmachine m\ndisk vda d\ninternal S vda=d"_s, revert(u"S"_s), false,
            u"! tag-missing@S"_s},
        {"back to a tag, bitmaps", u"image d tags=S bitmaps=B\nmachine m\ndisk vda d\ninternal S vda=d"_s,
            revert(u"S"_s), false, u"! bitmaps-forbid-revert@d"_s},
        {"back to a tag, broken in 11.3", QString(u"libvirt 11.3.0\n"_s + onTags()), revert(u"S"_s), false,
            u"! revert-broken-here@S"_s},
        {"back to a tag, off, in 11.3", QString(u"libvirt 11.3.0\n"_s + onTags()), revert(u"T"_s), false,
            u"write d, change-definition m, change-metadata T"_s, u"off d @T S=d T=d"_s, u"m"_s},
        {"back to a tag, mended by Debian", QString(u"libvirt 11.3.0\ndistribution debian 13\n"_s + onTags()),
            revert(u"S"_s), false, u"write d, change-definition m, change-metadata S, start-domain m"_s,
            u"running d @S S=d T=d"_s, u"m"_s},
        {"back, no such snapshot", onTags(), revert(u"Z"_s), false, u"! no-such-snapshot@Z"_s},
        {"back to a frozen file", onChain(), revert(u"A"_s), false,
            u"create d (vda), change-definition m, change-metadata A, change-metadata A, remove d.B"_s,
            u"off d (vda) @A A*=d B*=d.A+B.mem"_s, u"m"_s},
        {"back to a frozen file with memory", onChain(), revert(u"B"_s), false,
            u"create d.A (vda), change-definition m, change-metadata B, change-metadata B, remove d.B, start-domain m"_s,
            u"running d.A (vda) @B A*=d B*=d.A+B.mem"_s, u"m"_s},
        {"back to a frozen file, 9.9", onChain(u"9.9.0"_s), revert(u"A"_s), false,
            u"! libvirt-cannot-revert-external@A"_s},
        {"back to disks alone, 10.7",
            u"libvirt 10.7.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A state=disk vda=d>d.A"_s,
            revert(u"A"_s), false, u"! libvirt-cannot-revert-disk-snapshot@A"_s},
        {"back to disks alone, 11.2: nobody knows",
            u"libvirt 11.2.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A state=disk vda=d>d.A"_s,
            revert(u"A"_s), false, u"! libvirt-cannot-revert-disk-snapshot@A"_s},
        {"back to a frozen file, gone", u"libvirt 11.3.0\nimage e\nmachine m\ndisk vda e\nexternal A vda=d>d.A"_s,
            revert(u"A"_s), false, u"! file-missing@d"_s},
        {"back, memory gone",
            u"libvirt 11.3.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\n"
            "external A memory=A.mem vda=d>d.A"_s,
            revert(u"A"_s), false, u"! memory-file-missing@A.mem"_s},
        {"back, no definition",
            u"libvirt 11.3.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A nodefinition vda=d>d.A"_s,
            revert(u"A"_s), false, u"! definition-missing@A"_s},

        {"delete a tag", onTags(), remove(u"S"_s), false, u"remove-tag d S, drop-metadata S"_s, u"off d @T T=d"_s,
            u"S, S memory"_s},
        {"delete a tag that is gone", u"image d\nmachine m\ndisk vda d\ninternal S vda=d"_s, remove(u"S"_s), false,
            u"drop-metadata S"_s, u"off d"_s, u"S"_s},
        {"delete a tag below a running machine",
            u"image d tags=S\nimage d.E on=d\nmachine m running\ndisk vda d.E\ninternal S vda=d\n"
            "external E parent=S vda=d>d.E\ncurrent E"_s,
            remove(u"S"_s), false, u"! tag-below-running-machine@S"_s},
        {"delete the current one", onChain(), remove(u"B"_s), false,
            u"write d.A, change-definition m, remove d.B, remove B.mem, drop-metadata B"_s, u"off d.A @A A*=d"_s,
            u"B, B memory"_s},
        {"delete the current one, 9.0 leaves its memory", onChain(u"9.0.0"_s), remove(u"B"_s), false,
            u"write d.A, change-definition m, remove d.B, drop-metadata B"_s, u"off d.A @A A*=d"_s, u"B, B memory"_s},
        {"delete an inner one", onChain(), remove(u"A"_s), false,
            u"write d, repoint d.B, change-metadata B, remove d.A, drop-metadata A"_s, u"off d.B @B B*=d+B.mem"_s,
            u"A"_s},
        {"delete an inner one, off, 9.0", onChain(u"9.0.0"_s), remove(u"A"_s), false,
            u"! libvirt-refuses-inner-while-off@A"_s},
        {"delete an inner one, running, 9.0", onChain(u"9.0.0"_s, u" running"_s), remove(u"A"_s), false,
            u"write d, repoint d.B, change-metadata B, remove d.A, drop-metadata A"_s, u"running d.B @B B*=d+B.mem"_s,
            u"A"_s},
        {"delete a left leaf, 9.0", leaf.arg(u"9.0.0"_s, u" tags=I"_s, u"I"_s), remove(u"E"_s), false,
            u"! libvirt-cannot-delete-dead-branch@E"_s},
        {"delete a left leaf, 10.10", leaf.arg(u"10.10.0"_s, u" tags=I"_s, u"I"_s), remove(u"E"_s), false,
            u"remove d, drop-metadata E"_s, u"off d @I I=d"_s, u"m, I, E"_s},
        {"delete a left leaf, 11.0", leaf.arg(u"11.0.0"_s, u" tags=I"_s, u"I"_s), remove(u"E"_s), false,
            u"drop-metadata E"_s, u"off d @I I=d"_s, u"E"_s},
        {"delete a left leaf below external, 11.3",
            offBranch.arg(u"external A reverted=vda:d.R vda=d>d.A\n"_s, QString(), u"parent=A "_s, u"current A"_s),
            remove(u"B"_s), false, u"remove d.A, drop-metadata B"_s, u"off d.R @A A*=d"_s, u"B"_s},
        {"delete a left leaf whose parent was forgotten, 11.3",
            offBranch.arg(QString(), QString(), QString(), QString()), remove(u"B"_s), false, u"drop-metadata B"_s,
            u"off d.R"_s, u"B"_s},
        {"delete a left leaf with a later disk, 11.3",
            offBranch.arg(
                u"external A reverted=vda:d.R vda=d>d.A\n"_s, u" vdb=e>e.B"_s, u"parent=A "_s, u"current A"_s),
            remove(u"B"_s), false, u"remove d.A, drop-metadata B"_s, u"off d.R @A A*=d"_s, u"B"_s},
        {"delete below internal",
            u"libvirt 12.8.0\nimage d tags=I\nimage d.E on=d\nmachine m\ndisk vda d.E\ninternal I vda=d\n"
            "external E parent=I vda=d>d.E\ncurrent E"_s,
            remove(u"E"_s), false, u"! libvirt-refuses-internal-parent@E"_s},
        {"delete what another machine rests on", QString(onChain() + u"\nimage c on=d.A\nmachine n\ndisk vda c"_s),
            remove(u"A"_s), false, u"write d, repoint d.B, change-metadata B, remove d.A, drop-metadata A"_s,
            u"off d.B @B B*=d+B.mem"_s, u"A, n"_s},
        {"back to what is being deleted",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A deleting vda=d>d.A\ncurrent A"_s,
            revert(u"A"_s), false, u"! delete-in-progress@A"_s},
        {"delete a branch point",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nimage d.B on=d.A\nimage d.C on=d.A\nmachine m\ndisk vda d.C\n"
            "external A vda=d>d.A\nexternal B parent=A vda=d.A>d.B\nexternal C parent=A vda=d.A>d.C\ncurrent C"_s,
            remove(u"A"_s), false, u"! libvirt-refuses-branch-point@A"_s},
        {"delete outside the chain",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nimage d.B on=d.A\nimage d.x on=d\nmachine m\ndisk vda d.x\n"
            "external R vda=d>gone reverted=vda:d.x\nexternal A parent=R vda=d>d.A\nexternal B parent=A vda=d.A>d.B\n"
            "current R"_s,
            remove(u"A"_s), false, u"! libvirt-refuses-outside-chain@A"_s},
        {"delete the current one with children",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nimage d.x on=d\nmachine m\ndisk vda d.x\n"
            "external R vda=d>d.A reverted=vda:d.x\nexternal A parent=R vda=d.A>d.B\ncurrent R"_s,
            remove(u"R"_s), false, u"! libvirt-refuses-current-with-children@R"_s},
        {"delete what is being deleted",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A deleting vda=d>d.A\ncurrent A"_s,
            remove(u"A"_s), false, u"! delete-in-progress@A"_s},
        {"delete, the machine in another overlay",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nimage d.x on=d\nmachine m\ndisk vda d.x\n"
            "external A vda=d>d.A\ncurrent A"_s,
            remove(u"A"_s), false, u"! chain-differs@A"_s},
        {"delete, the machine in the revert's overlay",
            u"libvirt 12.8.0\nimage d\nimage d.x on=d\nmachine m\ndisk vda d.x\n"
            "external A vda=d>d.A reverted=vda:d.x\ncurrent A"_s,
            remove(u"A"_s), false, u"write d, change-definition m, remove d.x, drop-metadata A"_s, u"off d"_s, u"A"_s},
        {"delete, no definition",
            u"libvirt 12.8.0\nimage d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A nodefinition vda=d>d.A"_s,
            remove(u"A"_s), false, u"! definition-missing@A"_s},
    };
}

std::vector<Row> metadataSteps()
{
    const std::vector<StepDisk> other{{u"vda"_s, path(u"e"_s)}};
    const auto on = [](StepKind kind, const QString &name, const QString &text = {}) {
        return Step{.kind = kind, .name = name, .text = text};
    };
    return {
        {"forget", onChain(), on(StepKind::ForgetSnapshot, u"A"_s), true, u"drop-metadata A"_s,
            u"off d.B @B B*=d.A+B.mem"_s, u"A"_s},
        {"forget the current one", onChain(), on(StepKind::ForgetSnapshot, u"B"_s), true, u"drop-metadata B"_s,
            u"off d.B @A A*=d"_s, u"B, B memory"_s},
        {"rename", onChain(), on(StepKind::RenameSnapshot, u"B"_s, u"N"_s), true, u"change-metadata B"_s,
            u"off d.B @N A*=d N*=d.A+B.mem"_s, u"B, B memory"_s},
        {"rename to what is there", onChain(), on(StepKind::RenameSnapshot, u"B"_s, u"A"_s), true, u"! name-taken@A"_s},
        {"rename a tag", onTags(), on(StepKind::RenameSnapshot, u"S"_s, u"N"_s), true, u"! tag-cannot-be-renamed@S"_s},
        {"describe", onTags(), on(StepKind::DescribeSnapshot, u"S"_s, u"x"_s), true, u"change-metadata S"_s,
            u"off d @T S=d T=d"_s},
        {"describe what is not there", onTags(), on(StepKind::DescribeSnapshot, u"Z"_s, u"x"_s), true,
            u"! no-such-snapshot@Z"_s},
        {"make current", onTags(), on(StepKind::MakeCurrent, u"S"_s), true, u"change-metadata S"_s,
            u"off d @S S=d T=d"_s},
        {"point", u"image d\nimage e\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A vda=d>d.A\ncurrent A"_s,
            Step{.kind = StepKind::PointSnapshot, .name = u"A"_s, .disks = other}, true, u"change-metadata A"_s,
            u"off d.A @A A*=e"_s, u"A"_s},
        {"point, no definition",
            u"image d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A nodefinition vda=d>d.A"_s,
            Step{.kind = StepKind::PointSnapshot, .name = u"A"_s, .disks = other}, true, u"! definition-missing@A"_s},
        {"make external",
            u"image d tags=S\nimage e\nimage e.S on=e\nmachine m\ndisk vda e.S\ninternal S vda=d\ncurrent S"_s,
            Step{.kind = StepKind::MakeExternal, .name = u"S"_s, .disks = {{u"vda"_s, path(u"e"_s), path(u"e.S"_s)}}},
            true, u"change-metadata S"_s, u"off e.S @S S*=e"_s, u"S"_s},
        {"make external, no definition", u"image d tags=S\nmachine m\ndisk vda d\ninternal S nodefinition vda=d"_s,
            Step{.kind = StepKind::MakeExternal, .name = u"S"_s, .disks = other}, true, u"! definition-missing@S"_s},
        {"make internal", u"image d tags=A\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A vda=d>d.A\ncurrent A"_s,
            Step{.kind = StepKind::MakeInternal, .name = u"A"_s, .disks = {{u"vda"_s, path(u"d"_s)}}}, true,
            u"change-metadata A"_s, u"off d.A @A A=d"_s, u"A"_s},
        {"make internal without a tag",
            u"image d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A vda=d>d.A\ncurrent A"_s,
            Step{.kind = StepKind::MakeInternal, .name = u"A"_s, .disks = {{u"vda"_s, path(u"d"_s)}}}, true,
            u"! tag-missing@A"_s},
        {"policy", onTags(), on(StepKind::SetPolicy, QString(), u"internal"_s), true, u"change-definition m"_s,
            u"off d @T S=d T=d"_s},
    };
}

std::vector<Row> machineSteps()
{
    const auto only = [](StepKind kind, int flags = 0) { return Step{.kind = kind, .flags = flags}; };
    const std::vector<StepDisk> vda{{u"vda"_s, path(u"e"_s), {}, u"qcow2"_s}};
    const QString two = u"image d\nimage e\nmachine m%1\ndisk vda d"_s;
    const QString live = u"image d\nimage d.A on=d\nimage d.B on=d.A\nmachine m%1\ndisk vda d.B"_s;
    const auto commit = [](const QString &top, const QString &base) {
        return Step{.kind = StepKind::CommitLive, .disks = {{u"vda"_s, path(top), path(base), {}}}};
    };
    const QString saved = u"image d\nimage e\nimage x.mem save\nmachine m%1\ndisk vda d"_s;
    const Step restore{
        .kind = StepKind::RestoreMemory, .path = path(u"x.mem"_s), .disks = vda, .flags = Step::PauseAfter};
    return {
        {"point disks", two.arg(QString()), Step{.kind = StepKind::PointDisks, .disks = vda}, true,
            u"change-definition m"_s, u"off e"_s, u"m"_s},
        {"point disks, running", two.arg(u" running"_s), Step{.kind = StepKind::PointDisks, .disks = vda}, true,
            u"! machine-running@m"_s},
        {"point disks nowhere", two.arg(QString()),
            Step{.kind = StepKind::PointDisks, .disks = {{u"vda"_s, path(u"z"_s)}}}, true, u"! NotFound@z"_s},
        {"as then", u"image d tags=S\nimage e\nmachine m\ndisk vda d\ninternal S vda=d\nhas memory=9"_s,
            Step{.kind = StepKind::DefineAsThen, .name = u"S"_s, .disks = vda}, true, u"change-definition m"_s,
            u"off e S=d"_s, u"m"_s},
        {"as then, no definition", u"image d tags=S\nimage e\nmachine m\ndisk vda d\ninternal S nodefinition vda=d"_s,
            Step{.kind = StepKind::DefineAsThen, .name = u"S"_s, .disks = vda}, true, u"! definition-missing@S"_s},
        {"as then, no such", two.arg(QString()), Step{.kind = StepKind::DefineAsThen, .name = u"Z"_s, .disks = vda},
            true, u"! no-such-snapshot@Z"_s},
        {"start", two.arg(QString()), only(StepKind::Start), false, u"start-domain m"_s, u"running d"_s},
        {"start paused", two.arg(QString()), only(StepKind::Start, Step::PauseAfter), false, u"start-domain m"_s,
            u"paused d"_s},
        {"start from a saved state", two.arg(u" managedsave"_s), only(StepKind::Start), false, u"start-domain m"_s,
            u"running d"_s, u"m saved"_s},
        {"start what runs", two.arg(u" running"_s), only(StepKind::Start), false, u"! machine-running@m"_s},
        {"start without its disk", u"machine m\ndisk vda d"_s, only(StepKind::Start), false, u"! file-missing@d"_s},
        {"start without its base", u"image b absent\nimage d on=b\nmachine m\ndisk vda d"_s, only(StepKind::Start),
            false, u"! file-missing@b"_s},
        {"pause", two.arg(u" running"_s), only(StepKind::Pause), true, QString(), u"paused d"_s},
        {"pause what is off", two.arg(QString()), only(StepKind::Pause), true, u"! machine-off@m"_s},
        {"resume", two.arg(u" paused"_s), only(StepKind::Resume), false, QString(), u"running d"_s},
        {"resume what is off", two.arg(QString()), only(StepKind::Resume), false, u"! machine-off@m"_s},
        {"shut down", two.arg(u" running"_s), only(StepKind::ShutDown), false, u"stop-domain m"_s, u"off d"_s,
            u"m memory"_s},
        {"shut down what is off", two.arg(QString()), only(StepKind::ShutDown), false, u"! machine-off@m"_s},
        {"force off", QString(two.arg(u" running"_s) + u"\nnext vda e"_s), only(StepKind::ForceOff), false,
            u"stop-domain m"_s, u"off e"_s, u"m, m memory, m next"_s},
        {"memory back", saved.arg(QString()), restore, false, u"change-definition m, start-domain m"_s, u"paused e"_s,
            u"m"_s},
        {"memory back, running", saved.arg(u" running"_s), restore, false, u"! machine-running@m"_s},
        {"memory back, gone", two.arg(QString()), restore, false, u"! memory-file-missing@x.mem"_s},
        {"drop the saved state", two.arg(u" managedsave"_s), only(StepKind::DropSavedState), false,
            u"discard-state m"_s, u"off d"_s, u"m saved"_s},
        {"drop no saved state", two.arg(QString()), only(StepKind::DropSavedState), false, u"! NotFound@m"_s},
        {"commit and pivot", live.arg(u" running"_s), commit(u"d.B"_s, u"d"_s), false,
            u"write d, change-definition m"_s, u"running d"_s},
        {"commit in the middle", live.arg(u" running"_s), commit(u"d.A"_s, u"d"_s), false, u"write d, repoint d.B"_s,
            u"running d.B"_s},
        {"commit, off", live.arg(QString()), commit(u"d.B"_s, u"d"_s), false, u"! machine-off@m"_s},
        {"commit into what is above", live.arg(u" running"_s), commit(u"d"_s, u"d.B"_s), false, u"! NotFound@d.B"_s},
    };
}

std::vector<Row> fileSteps()
{
    const auto files
        = [](StepKind kind, const QString &name, const QString &base = {}, const QString &tag = {}, int flags = 0) {
              return Step{.kind = kind,
                  .name = tag,
                  .path = path(name),
                  .base = base.isEmpty() ? QString() : path(base),
                  .flags = flags};
          };
    const QString two
        = u"image d tags=S:8\nimage d.A on=d\nimage e\nmachine m\ndisk vda d.A\ninternal S memory vda=d"_s;
    return {
        {"overlay", two, files(StepKind::CreateOverlay, u"n"_s, u"e"_s), true, u"create n"_s, u"off d.A S=d"_s},
        {"overlay over a file", two, files(StepKind::CreateOverlay, u"d.A"_s, u"d"_s), true, u"! target-exists@d.A"_s},
        {"overlay on nothing", two, files(StepKind::CreateOverlay, u"n"_s, u"z"_s), true, u"! NotFound@z"_s},
        {"extract", two, files(StepKind::ExtractTag, u"n"_s, u"d"_s, u"S"_s), true, u"create n"_s, u"off d.A S=d"_s},
        {"extract with memory", two, files(StepKind::ExtractTag, u"n"_s, u"d"_s, u"S"_s, Step::KeepMemory), true,
            u"create n"_s, u"off d.A S=d"_s},
        {"extract no tag", two, files(StepKind::ExtractTag, u"n"_s, u"d"_s, u"Z"_s), true, u"! tag-missing@Z"_s},
        {"copy", two, files(StepKind::CopyFile, u"n"_s, u"d.A"_s), true, u"create n"_s, u"off d.A S=d"_s},
        {"copy over", QString(u"image n raw\nimage o raw\n"_s + two),
            files(StepKind::CopyFile, u"n"_s, u"o"_s, {}, Step::Replace), true, u"remove n, create n"_s,
            u"off d.A S=d"_s},
        {"copy over nothing", QString(u"image o raw\n"_s + two),
            files(StepKind::CopyFile, u"n"_s, u"o"_s, {}, Step::Replace), true, u"! NotFound@n"_s},
        {"copy over an NVRAM that a machine has open",
            QString(u"image n raw\nimage o raw\n"_s + two + u"\nnvram n"_s)
                .replace(u"machine m"_s, u"machine m running"_s),
            files(StepKind::CopyFile, u"n"_s, u"o"_s, {}, Step::Replace), true, u"! machine-running@m"_s},
        {"remove an NVRAM that a machine has open",
            QString(two + u"\nimage n raw\nnvram n"_s).replace(u"machine m"_s, u"machine m running"_s),
            files(StepKind::RemoveFile, u"n"_s), true, u"! machine-running@m"_s},
        {"commit, off", two, files(StepKind::CommitOffline, u"d.A"_s, u"d"_s), false, u"write d"_s, u"off d.A S=d"_s},
        {"commit into a stranger", two, files(StepKind::CommitOffline, u"d.A"_s, u"e"_s), false, u"! Malformed@e"_s},
        {"H-34 commit, others rest on it", QString(u"image c on=d\n"_s + two),
            files(StepKind::CommitOffline, u"d.A"_s, u"d"_s), false, u"write d"_s, u"off d.A S=d"_s, u"c"_s},
        {"tag", two, files(StepKind::AddTag, u"e"_s, {}, u"N"_s), true, u"add-tag e N"_s, u"off d.A S=d"_s},
        {"tag twice", two, files(StepKind::AddTag, u"d"_s, {}, u"S"_s), true, u"! tag-exists@S"_s},
        {"untag", two, files(StepKind::RemoveTag, u"d"_s, {}, u"S"_s), false, u"remove-tag d S"_s, u"off d.A S=d"_s,
            u"S, S memory"_s},
        {"untag nothing", two, files(StepKind::RemoveTag, u"d"_s, {}, u"Z"_s), false, u"! tag-missing@Z"_s},
        {"remove", two, files(StepKind::RemoveFile, u"d"_s), true, u"remove d"_s, u"off d.A S=d"_s,
            u"m, S, S memory"_s},
        {"remove nothing", two, files(StepKind::RemoveFile, u"z"_s), true, u"! NotFound@z"_s},
        {"H-36 commit below a running machine",
            u"image d\nimage d.A on=d\nimage d.B on=d.A\nmachine m running\ndisk vda d.B"_s,
            files(StepKind::CommitOffline, u"d.A"_s, u"d"_s), false, u"! machine-running@m"_s},
        {"H-36 commit into what another runs on",
            u"image d\nimage d.A on=d\nmachine m\ndisk vda d.A\nmachine n running\ndisk vda d"_s,
            files(StepKind::CommitOffline, u"d.A"_s, u"d"_s), false, u"! machine-running@n"_s},
        {"H-36 remove what another runs on",
            u"image d\nimage e\nmachine m\ndisk vda d\nmachine n running\ndisk vda e"_s,
            files(StepKind::RemoveFile, u"e"_s), true, u"! machine-running@n"_s},
        {"H-36 tag what a machine runs on", QString(two).replace(u"machine m"_s, u"machine m running"_s),
            files(StepKind::AddTag, u"d"_s, {}, u"N"_s), true, u"! machine-running@m"_s},
        {"H-36 untag what a machine runs on", QString(two).replace(u"machine m"_s, u"machine m running"_s),
            files(StepKind::RemoveTag, u"d"_s, {}, u"S"_s), false, u"! machine-running@m"_s},
        {"H-35 repoint to what shows something else", two, files(StepKind::RepointOverlay, u"d.A"_s, u"e"_s), true,
            u"! Malformed@d.A"_s},
        {"H-35 repoint an overlay with tags to what shows something else",
            u"image d\nimage e\nimage d.A on=d tags=S\nmachine m\ndisk vda d.A\ninternal S vda=d.A"_s,
            files(StepKind::RepointOverlay, u"d.A"_s, u"e"_s), true, u"! Malformed@d.A"_s},
        {"H-35 repoint to nothing", two, files(StepKind::RepointOverlay, u"d.A"_s, {}), true, u"! NotFound@"_s},
        {"H-35 repoint what a machine runs on", u"image d\nimage d.A on=d\nmachine m running\ndisk vda d.A"_s,
            files(StepKind::RepointOverlay, u"d.A"_s, u"d"_s), true, u"! machine-running@m"_s},
    };
}

std::vector<Row> allRows()
{
    std::vector<Row> rows = snapshotCalls();
    for (const auto &more : {metadataSteps(), machineSteps(), fileSteps()})
        rows.insert(rows.end(), more.begin(), more.end());
    return rows;
}

} // namespace

class TestSteps : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void played_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<Step>("step");
        QTest::addColumn<bool>("isReversible");
        QTest::addColumn<QString>("effects");
        QTest::addColumn<QString>("state");
        QTest::addColumn<QString>("losers");
        for (const Row &row : allRows())
            QTest::newRow(row.name) << row.host << row.step << row.isReversible << row.effects << row.state
                                    << row.losers;
    }
    void played()
    {
        QFETCH(QString, host);
        QFETCH(Step, step);
        QFETCH(bool, isReversible);
        QFETCH(QString, effects);
        QFETCH(QString, state);
        step.domain = machine;
        const Draft before = draftOf(host);
        QCOMPARE(treewarden::isReversible(step, before), isReversible);
        QVERIFY(!commandsFor(step, before).isEmpty());
        Draft after = before;
        const Result<> played = play(step, after);
        if (!played) {
            const Error &error = played.error();
            const bool isFinding = error.code == ErrorCode::Unsupported;
            const QString code = error.code == ErrorCode::NotFound ? u"NotFound"_s : u"Malformed"_s;
            QCOMPARE(QString(u"! "_s + (isFinding ? error.subject : code) + u'@'
                         + fileName(isFinding ? error.detail : error.subject)),
                effects);
            return;
        }
        QCOMPARE(effectsText(after.effects()), effects);
        QCOMPARE(stateOf(after), state);
        QTEST(losers(before, after), "losers");
        // The draft that was copied is another.
        QVERIFY(before.effects().empty());
        QCOMPARE(losers(before, before), QString());
    }

    void everyKindIsPlayed()
    {
        QSet<int> kinds;
        for (const Row &row : allRows())
            kinds.insert(int(row.step.kind));
        for (int kind = 0; kind < int(StepKind::RepointOverlay); ++kind)
            QVERIFY2(kinds.contains(kind), qPrintable(stepName(StepKind(kind))));
    }

    // The header of an overlay changes to a base that shows the same: as after a merge.
    void repointedAfterAMerge()
    {
        const Draft before
            = draftOf(u"image d\nimage d.A on=d\nimage d.B on=d.A\nmachine m\ndisk vda d.B\nexternal A vda=d>d.A\n"
                      "external B parent=A vda=d.A>d.B\ncurrent B"_s);
        Draft after = before;
        QVERIFY(play(
            {.kind = StepKind::CommitOffline, .domain = machine, .path = path(u"d.A"_s), .base = path(u"d"_s)}, after));
        const Step repoint{.kind = StepKind::RepointOverlay,
            .domain = machine,
            .path = path(u"d.B"_s),
            .base = path(u"d"_s),
            .format = u"qcow2"_s};
        QVERIFY(isReversible(repoint, after));
        QVERIFY(play(repoint, after));
        QCOMPARE(effectsText(after.effects()), u"write d, repoint d.B"_s);
        QCOMPARE(after.image(imageId(u"d.B"_s))->backing, imageId(u"d"_s));
        // A read what its file holds no longer; the machine and B do.
        QCOMPARE(losers(before, after), u"A"_s);
    }

    // A tag is worth what it showed when it was made, wherever it is copied to.
    void anExtractedTagShowsTheSame()
    {
        const Draft before
            = draftOf(u"image b\nimage d on=b tags=S:8\nmachine m\ndisk vda d\ninternal S memory vda=d"_s);
        Draft after = before;
        QVERIFY(play({.kind = StepKind::ExtractTag,
                         .domain = machine,
                         .name = u"S"_s,
                         .path = path(u"n"_s),
                         .base = path(u"d"_s)},
            after));
        QVERIFY(play({.kind = StepKind::ExtractTag,
                         .domain = machine,
                         .name = u"S"_s,
                         .path = path(u"k"_s),
                         .base = path(u"d"_s),
                         .flags = Step::KeepMemory},
            after));
        const View shown = before.view(imageId(u"d"_s), u"S"_s);
        const DraftImage *alone = after.imageAt({SourceKind::File, path(u"n"_s)});
        const DraftImage *kept = after.imageAt({SourceKind::File, path(u"k"_s)});
        QVERIFY(alone && kept);
        QCOMPARE(after.view(alone->id), shown);
        QVERIFY(alone->backing.isEmpty());
        QVERIFY(alone->tags.empty());
        QCOMPARE(after.view(kept->id), shown);
        QCOMPARE(after.view(kept->id, u"S"_s), shown);
        QCOMPARE(kept->backing, imageId(u"b"_s));
        QCOMPARE(kept->tag(u"S"_s)->memory, before.image(imageId(u"d"_s))->tag(u"S"_s)->memory);
    }

    void written_data()
    {
        QTest::addColumn<Step>("step");
        for (const Row &row : allRows())
            QTest::newRow(row.name) << row.step;
        Step full{.kind = StepKind::CreateSnapshot, .domain = machine, .name = u"n"_s, .text = u"t\n\"ü\""_s};
        full.path = u"/p q"_s;
        full.base = u"/b"_s;
        full.format = u"raw"_s;
        full.disks = {{u"vda"_s, u"/1"_s, u"/2"_s, u"qcow2"_s}, {u"vdb"_s, {}, {}, {}}};
        full.flags = Step::StartAfter | Step::PauseAfter | Step::Quiesce | Step::KeepMemory | Step::IsExternal;
        QTest::newRow("everything at once") << full;
    }
    void written()
    {
        QFETCH(Step, step);
        step.domain = machine;
        const Result<Step> read = stepFromJson(toJson(step));
        QVERIFY(read);
        QVERIFY(*read == step);
    }

    void whatNobodyKnowsIsMalformed()
    {
        const Result<Step> read = stepFromJson({{u"kind"_s, u"explode"_s}});
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Malformed);
        QCOMPARE(read.error().subject, u"explode"_s);
        QVERIFY(!stepFromJson({}));
    }

    void everyKindHasANameOfItsOwn()
    {
        QSet<QString> names;
        for (int kind = 0; kind <= int(StepKind::RepointOverlay); ++kind)
            names.insert(stepName(StepKind(kind)));
        QCOMPARE(names.size(), int(StepKind::RepointOverlay) + 1);
    }

    // Names are shown to be typed: what a shell takes apart is quoted.
    void commandsAreQuoted()
    {
        const Draft draft = draftOf(u"image d tags=a\nmachine m\ndisk vda d\ninternal a vda=d"_s);
        const QStringList commands
            = commandsFor({.kind = StepKind::DeleteSnapshot, .domain = machine, .name = u"it's; rm -rf /"_s}, draft);
        QCOMPARE(commands, QStringList{u"virsh snapshot-delete --domain m --snapshotname 'it'\\''s; rm -rf /'"_s});
    }

    // What libvirt made on reverting to a snapshot, and as whose it knows it afterwards.
    void overlaysOfARevert_data()
    {
        QTest::addColumn<Step>("step");
        QTest::addColumn<QString>(
            "whose"); // of the snapshot: the overlay it was made with, and those of its last revert
        const auto row
            = [](const char *name, const Step &step, const QString &whose) { QTest::newRow(name) << step << whose; };
        row("until another is current", {.kind = StepKind::DescribeSnapshot, .name = u"A"_s, .text = u"x"_s},
            u"A d.A R d.R"_s);
        row("another is made current", {.kind = StepKind::MakeCurrent, .name = u"B"_s}, u"A d.A"_s);
        row("it is made current again", {.kind = StepKind::MakeCurrent, .name = u"A"_s}, u"A d.A"_s);
        row("another is taken", {.kind = StepKind::CreateSnapshot, .name = u"N"_s}, u"A d.A"_s);
        row("its last child is forgotten", {.kind = StepKind::ForgetSnapshot, .name = u"B"_s}, u"A d.R"_s);
        row("its last child is deleted", {.kind = StepKind::DeleteSnapshot, .name = u"B"_s}, u"A d.R"_s);
        row("the machine is reverted to a leaf", {.kind = StepKind::RevertToSnapshot, .name = u"B"_s},
            u"B d.A (vda)"_s);
        row("it is reverted to once more", {.kind = StepKind::RevertToSnapshot, .name = u"A"_s}, u"A d.A R d (vda)"_s);
    }
    void overlaysOfARevert()
    {
        QFETCH(Step, step);
        QFETCH(const QString, whose);
        Draft draft(std::make_shared<const Inventory>(inventoryOf(
            u"libvirt 11.3.0\nimage d\nimage d.A on=d\nimage d.B on=d.A\nimage d.R on=d\nmachine m\ndisk vda d.R\n"
            "external A reverted=vda:d.R vda=d>d.A\nexternal B parent=A vda=d.A>d.B\ncurrent A"_s)));
        const DomainId machine(u"m"_s);
        step.domain = machine;
        const Result<> played = play(step, draft);
        QVERIFY2(played, played ? "" : qPrintable(played.error().subject));
        const Snapshot *snapshot = draft.domain(machine)->snapshot(whose.left(1));
        QVERIFY(snapshot);
        const auto name = [](const SnapshotDisk &disk) { return disk.overlay.location.name.section(u'/', -1); };
        QString seen = snapshot->name + u' ' + name(snapshot->disks.front());
        for (const SnapshotDisk &disk : snapshot->revertDisks)
            seen += u" R "_s + name(disk);
        QCOMPARE(seen, whose);
    }
};

QTEST_GUILESS_MAIN(TestSteps)
#include "tst_steps.moc"
