// SPDX-License-Identifier: GPL-3.0-or-later
// Undoing writes back whole documents of libvirt's. So it is noted what they were like when the job ended.
#include "model/job/steps/look.h"
#include "model/job/undo.h"

#include <QCryptographicHash>

#include <algorithm>

namespace treewarden {

Result<DocumentMark> markOfDocument(const JobHost &host, const DomainId &domain, const QString &snapshot)
{
    const auto secrets = Hypervisor::Secrets::Include;
    const auto xml = snapshot.isEmpty()
        ? host.hypervisor->domainXml(domain, Hypervisor::Definition::Persistent, secrets)
        : host.hypervisor->snapshotXml(domain, snapshot, secrets);
    if (xml) {
        const QByteArray hash = QCryptographicHash::hash(*xml, QCryptographicHash::Sha256);
        return DocumentMark{snapshot, QString::fromLatin1(hash.toHex())};
    }
    if (xml.error().code != ErrorCode::NotFound)
        return failure(xml.error());
    return DocumentMark{snapshot, {}};
}

std::optional<QString> documentOf(const Step &step)
{
    if (step.text.isEmpty())
        return {};
    if (step.kind == StepKind::PointSnapshot)
        return step.name;
    return step.kind == StepKind::PointDisks ? std::optional(QString()) : std::nullopt;
}

QStringList documentsChangedBy(const Step &step)
{
    const QString definition;
    switch (step.kind) {
    case StepKind::CreateSnapshot:
    case StepKind::RevertToSnapshot:
    case StepKind::DeleteSnapshot:
        return {step.name, definition};
    case StepKind::RenameSnapshot:
        return {step.name, step.text};
    case StepKind::ForgetSnapshot:
    case StepKind::DescribeSnapshot:
    case StepKind::PointSnapshot:
    case StepKind::MakeExternal:
    case StepKind::MakeInternal:
        return {step.name};
    case StepKind::PointDisks:
    case StepKind::DefineAsThen:
    case StepKind::SetPolicy:
    case StepKind::CommitLive: // which moves the disk
        return {definition};
    case StepKind::MakeCurrent: // tells libvirt the document that it has
    case StepKind::Start:
    case StepKind::Pause:
    case StepKind::Resume:
    case StepKind::ShutDown:
    case StepKind::ForceOff:
    case StepKind::RestoreMemory:
    case StepKind::DropSavedState:
    case StepKind::CreateOverlay:
    case StepKind::ExtractTag:
    case StepKind::CommitOffline:
    case StepKind::AddTag:
    case StepKind::RemoveTag:
    case StepKind::RemoveFile:
    case StepKind::CopyFile:
    case StepKind::RepointOverlay:
    case StepKind::PrepareBackup:
    case StepKind::BackUp:
    case StepKind::BackUpByQmp:
    case StepKind::FinishBackup:
    case StepKind::UnlistBackup:
    case StepKind::DropCheckpoint:
    case StepKind::DropBitmap:
    case StepKind::RemoveBackup:
        break;
    }
    return {};
}

std::vector<DocumentMark> documentsLeft(const JournalEntry &entry, const JobHost &host)
{
    std::vector<DocumentMark> left;
    for (const JournalStep &each : entry.steps) {
        for (const Step &step : each.undo) {
            const auto document = documentOf(step);
            const auto isNoted = [&](const DocumentMark &mark) { return mark.snapshot == *document; };
            if (!document || std::any_of(left.begin(), left.end(), isNoted))
                continue;
            if (const auto mark = markOfDocument(host, entry.domain, *document))
                left.push_back(*mark);
        }
    }
    return left;
}

} // namespace treewarden
