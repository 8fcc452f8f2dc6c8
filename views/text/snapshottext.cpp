// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/snapshottext.h"

#include "model/base/visible.h"
#include "views/text/errortext.h"
#include "views/text/findingtext.h"
#include "views/text/machinetext.h"
#include "views/text/unittext.h"

#include <QFileInfo>

namespace treewarden {

namespace {

QString snapshotKind(const SnapshotItem &item)
{
    if (item.snapshotKind == SnapshotKind::Internal)
        return item.memory == MemoryKind::None ? SnapshotText::tr("Internal")
                                               : SnapshotText::tr("Internal, with memory");
    const bool withMemory = item.memory != MemoryKind::None;
    if (item.disks == 0)
        return SnapshotText::tr("External memory");
    if (item.disks == 1)
        return withMemory ? SnapshotText::tr("External disk and memory") : SnapshotText::tr("External disk");
    return withMemory ? SnapshotText::tr("%n external disk(s) and memory", nullptr, item.disks)
                      : SnapshotText::tr("%n external disk(s)", nullptr, item.disks);
}

QString snapshotState(SnapshotState state)
{
    switch (state) {
    case SnapshotState::Unknown:
        return SnapshotText::tr("Unknown");
    case SnapshotState::Running:
    case SnapshotState::Blocked:
        return SnapshotText::tr("Running");
    case SnapshotState::Paused:
        return SnapshotText::tr("Paused");
    case SnapshotState::ShuttingDown:
        return SnapshotText::tr("Shutting down");
    case SnapshotState::ShutOff:
        return SnapshotText::tr("Off");
    case SnapshotState::Crashed:
        return SnapshotText::tr("Crashed");
    case SnapshotState::PmSuspended:
        return SnapshotText::tr("Asleep");
    case SnapshotState::DiskSnapshot:
        return SnapshotText::tr("Running");
    }
    return {};
}

QString firstLine(const QString &text)
{
    return text.trimmed().section(u'\n', 0, 0).simplified();
}

} // namespace

QString SnapshotText::columnTitle(SnapshotModel::Column column)
{
    switch (column) {
    case SnapshotModel::SnapshotColumn:
        return tr("Snapshot");
    case SnapshotModel::StateColumn:
        return tr("Machine was");
    case SnapshotModel::CreatedColumn:
        return tr("Taken");
    case SnapshotModel::OnlyHereColumn:
        return tr("Only here");
    case SnapshotModel::DeleteColumn:
        return tr("Delete", "column: whether that is safe");
    case SnapshotModel::ColumnCount:
        break;
    }
    return {};
}

QString SnapshotText::columnHelp(SnapshotModel::Column column)
{
    switch (column) {
    case SnapshotModel::SnapshotColumn:
        return tr("Click to sort branches by name");
    case SnapshotModel::StateColumn:
        return tr("What the machine was doing when the snapshot was taken");
    case SnapshotModel::CreatedColumn:
        return tr("Click to sort branches by age, and again to turn the order around");
    case SnapshotModel::OnlyHereColumn:
        return tr("Space on the host that only this snapshot uses, as far as it is known");
    case SnapshotModel::DeleteColumn:
        return tr("Whether this snapshot can be deleted, and what would be lost");
    case SnapshotModel::ColumnCount:
        break;
    }
    return {};
}

QString SnapshotText::deletion(const RowVerdict &verdict)
{
    switch (verdict.verdict) {
    case Verdict::Allow:
        return tr("Can be deleted; nothing but itself is lost.");
    case Verdict::Warn:
        return tr("Can be deleted.");
    case Verdict::Confirm:
        return tr("Can be deleted if you say yes to what is lost.");
    case Verdict::Block:
        return tr("Cannot be deleted as it stands.");
    }
    Q_UNREACHABLE();
}

QString SnapshotText::deletionReason(const RowVerdict &verdict)
{
    return verdict.reason ? FindingText::sentence(*verdict.reason) : QString();
}

QString SnapshotText::name(const SnapshotItem &item)
{
    return item.kind == RowKind::Here ? tr("You are here") : visible(item.name);
}

QString SnapshotText::kind(const SnapshotItem &item)
{
    switch (item.kind) {
    case RowKind::Snapshot:
        return item.dataMissing ? tr("%1, but its data are gone").arg(snapshotKind(item)) : snapshotKind(item);
    case RowKind::Here:
        return tr("The machine as it is now");
    case RowKind::Orphan:
        if (item.orphanKind != OrphanKind::Tag || !item.isCertain)
            return MachineText::orphanKind(item.orphanKind, item.isCertain);
        return tr("Tag in %1 that libvirt does not know").arg(UnitText::isolated(QFileInfo(item.path).fileName()));
    }
    return {};
}

QString SnapshotText::secondLine(const SnapshotItem &item, const Fact<Bytes> &onlyHere)
{
    if (item.kind == RowKind::Here)
        return onlyHere.isKnown() ? tr("%1 written since").arg(UnitText::bytes(*onlyHere)) : kind(item);
    const QString description = firstLine(item.description);
    return description.isEmpty() ? kind(item)
                                 : tr("%1 · %2", "kind · description").arg(kind(item), UnitText::isolated(description));
}

QString SnapshotText::state(const SnapshotItem &item)
{
    switch (item.kind) {
    case RowKind::Snapshot:
        return snapshotState(item.state);
    case RowKind::Here:
        return MachineText::state(item.now);
    case RowKind::Orphan:
        return {};
    }
    return {};
}

QString SnapshotText::taken(const SnapshotItem &item, qint64 now)
{
    if (item.kind == RowKind::Here)
        return tr("now");
    if (item.created.isKnown())
        return UnitText::age(*item.created, now);
    return item.created.isAbsent() ? QString() : tr("unknown");
}

QString SnapshotText::onlyHere(const Fact<Bytes> &held)
{
    if (held.isKnown())
        return UnitText::bytes(*held);
    return held.isAbsent() ? QString() : tr("unknown");
}

QString SnapshotText::hidden(int snapshots)
{
    return tr("%n hidden", nullptr, snapshots);
}

QString SnapshotText::toolTip(const SnapshotItem &item, const Fact<Bytes> &held)
{
    const auto escaped = [](const QString &text) {
        return UnitText::isolated(visible(text).toHtmlEscaped().replace(u'\n', QStringLiteral("<br>")));
    };
    QStringList lines;
    lines += QStringLiteral("<b>%1</b>").arg(escaped(name(item)));
    lines += escaped(kind(item));
    if (!item.description.trimmed().isEmpty())
        lines += escaped(item.description.trimmed());
    if (item.kind == RowKind::Snapshot && item.state == SnapshotState::DiskSnapshot)
        lines += tr("The machine was running; its memory was not kept.").toHtmlEscaped();
    if (item.created.isKnown())
        lines += tr("Taken %1").arg(UnitText::moment(*item.created)).toHtmlEscaped();
    if (item.kind == RowKind::Orphan)
        lines += escaped(item.path);
    if (held.isUnknown())
        lines += tr("What only it holds could not be found out.").toHtmlEscaped();
    if (!item.problems.isEmpty())
        lines += tr("%n problem(s): see the details", nullptr, int(item.problems.size())).toHtmlEscaped();
    return QStringLiteral("<qt>%1</qt>").arg(lines.join(QStringLiteral("<br>")));
}

QString SnapshotText::spoken(const SnapshotItem &item, const Fact<Bytes> &held, qint64 now)
{
    QStringList parts{name(item), kind(item)};
    if (item.kind == RowKind::Snapshot)
        parts += tr("machine was: %1").arg(state(item));
    else if (item.kind == RowKind::Here)
        parts += tr("machine is: %1").arg(state(item));
    if (item.kind != RowKind::Here && !item.created.isAbsent())
        parts += tr("taken: %1").arg(taken(item, now));
    if (item.kind == RowKind::Here && held.isKnown())
        parts += tr("%1 written since").arg(UnitText::bytes(*held));
    else if (!held.isAbsent())
        parts += tr("only here: %1").arg(onlyHere(held));
    return parts.join(tr(", ", "between the parts of a spoken row"));
}

QString SnapshotText::spokenPlace(const SnapshotItem &item, const QString &parent, int row, int rows)
{
    QStringList parts;
    if (item.isCurrent)
        parts += tr("current snapshot");
    if (!parent.isEmpty())
        parts += tr("after %1").arg(visible(parent));
    if (item.drawing.folded)
        parts += tr("folded, %1").arg(hidden(item.drawing.hidden));
    if (item.drawing.muted)
        parts += tr("does not match the filter");
    if (!item.problems.isEmpty())
        parts += tr("%n problem(s)", nullptr, int(item.problems.size()));
    if (!item.description.trimmed().isEmpty())
        parts += visible(item.description.trimmed());
    parts += tr("row %1 of %2").arg(row + 1).arg(rows);
    return parts.join(tr(", ", "between the parts of a spoken row"));
}

QString SnapshotText::file(const SnapshotFile &file)
{
    const QString path = UnitText::isolated(file.location.name);
    switch (file.role) {
    case FileRole::Frozen:
        return tr("Frozen state of %1: %2").arg(file.target, path);
    case FileRole::After:
        return tr("What came after on %1: %2").arg(file.target, path);
    case FileRole::Tag:
        return tr("Image of %1: %2").arg(file.target, path);
    case FileRole::Memory:
        return tr("Memory: %1").arg(path);
    case FileRole::Active:
        return tr("%1 now: %2").arg(file.target, path);
    case FileRole::Orphan:
        return path;
    }
    return {};
}

SnapshotText::Empty SnapshotText::noMachine(const Connection *shown)
{
    if (!shown || !shown->inventory()->domains.empty())
        return {tr("No machine chosen"), tr("Choose a machine on the left to see its snapshots."), {}};
    switch (shown->status()) {
    case Connection::Status::Closed:
        return {tr("Not connected"), tr("Connect to the host on the left to see its machines."), {}};
    case Connection::Status::Connecting:
        return {tr("Connecting…"), tr("The machines appear as soon as the host answers."), {}};
    case Connection::Status::Open:
        return {tr("No machines yet"), tr("Machines that are made on this host appear here by themselves."), {}};
    case Connection::Status::Failed:
    case Connection::Status::Lost:
        break;
    }
    const auto [title, text] = ErrorText::connection(*shown);
    return {title, text, {}};
}

SnapshotText::Empty SnapshotText::noMatchingMachine(const QString &filter)
{
    return {tr("Nothing matches “%1”").arg(UnitText::isolated(filter)),
        tr("The names of all machines and of their snapshots were looked through."), {}};
}

SnapshotText::Empty SnapshotText::empty(SnapshotModel::Content content, const Error &why, const QString &filter)
{
    switch (content) {
    case SnapshotModel::Content::NoMachine:
        return noMachine(nullptr);
    case SnapshotModel::Content::Gone:
        return {
            tr("This machine is no longer there"), tr("It was removed or renamed, or its connection was closed."), {}};
    case SnapshotModel::Content::Reading:
        return {tr("Reading the snapshots…"), {}, {}};
    case SnapshotModel::Content::Unreadable:
        return {tr("The snapshots could not be read"),
            tr("Nothing is known of them now, which does not mean that there are none."), why.detail};
    case SnapshotModel::Content::NoSnapshots:
        return {tr("This machine has no snapshots"),
            tr("A snapshot keeps the machine as it is now, so that you can come back to it."), {}};
    case SnapshotModel::Content::NoMatch:
        return {tr("Nothing matches “%1”").arg(UnitText::isolated(filter)),
            tr("Names, descriptions and paths of this machine's snapshots were looked through."), {}};
    case SnapshotModel::Content::Rows:
        break;
    }
    return {};
}

} // namespace treewarden
