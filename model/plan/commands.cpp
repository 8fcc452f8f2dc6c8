// SPDX-License-Identifier: GPL-3.0-or-later
// What a user of virsh and qemu-img would type. Nothing here is ever run.
#include "model/domain/backup.h"
#include "model/guard/draft.h"
#include "model/plan/pinpath.h"
#include "model/plan/plan.h"

namespace treewarden {

using namespace Qt::StringLiterals;

QString shellQuoted(const QString &text)
{
    const auto isPlain
        = [](QChar c) { return (c.unicode() < 128 && c.isLetterOrNumber()) || QStringView(u"/._-+:=@%,").contains(c); };
    if (!text.isEmpty() && std::all_of(text.begin(), text.end(), isPlain))
        return text;
    QString inner = text;
    inner.replace(u'\'', "'\\''"_L1);
    return QString(u'\'' + inner + u'\'');
}

namespace {

// virsh's, virt-xml's and qemu-img's option lists double a comma that is meant.
QString inList(QString text)
{
    return text.replace(u',', ",,"_L1);
}

// What is to be changed in an editor stands in a comment: one line, as XML.
QString element(const QString &name, const QString &text)
{
    return u"<%1>%2</%1>"_s.arg(name, text.toHtmlEscaped().simplified());
}

class Commands
{
public:
    Commands(const Step &step, const Draft &before)
        : m_step(step)
        , m_before(before)
        , m_domain(before.domain(step.domain))
        , m_name(m_domain ? m_domain->name : step.domain.value)
    {
    }

    QStringList make() const
    {
        const Step &s = m_step;
        const QStringList snapshot{u"--snapshotname"_s, s.name};
        switch (s.kind) {
        case StepKind::CreateSnapshot:
            return {create()};
        case StepKind::RevertToSnapshot:
            return {virsh(u"snapshot-revert"_s, snapshot + afterwards())};
        case StepKind::DeleteSnapshot:
            return {virsh(u"snapshot-delete"_s, snapshot)};
        case StepKind::ForgetSnapshot:
            return forget();
        case StepKind::RenameSnapshot:
            return {virsh(u"snapshot-edit"_s, snapshot + QStringList{u"--rename"_s}) + u"  # "_s
                + element(u"name"_s, s.text)};
        case StepKind::DescribeSnapshot:
            return {virsh(u"snapshot-edit"_s, snapshot) + u"  # "_s + element(u"description"_s, s.text)};
        case StepKind::MakeCurrent:
            return {virsh(u"snapshot-current"_s, snapshot)};
        case StepKind::PointSnapshot:
        case StepKind::MakeExternal:
        case StepKind::MakeInternal:
            return redefine();
        case StepKind::PointDisks:
            return pointDisks();
        case StepKind::DefineAsThen:
            return defineAsThen();
        case StepKind::Start:
            return {virsh(u"start"_s, s.has(Step::PauseAfter) ? QStringList{u"--paused"_s} : QStringList())};
        case StepKind::Pause:
            return {virsh(u"suspend"_s)};
        case StepKind::Resume:
            return {virsh(u"resume"_s)};
        case StepKind::ShutDown:
            return {virsh(u"shutdown"_s),
                u"until "_s + virsh(u"domstate"_s) + u" | grep -q 'shut off'; do sleep 1; done"_s};
        case StepKind::ForceOff:
            return {virsh(u"destroy"_s)};
        case StepKind::RestoreMemory:
            return restore();
        case StepKind::DropSavedState:
            return {virsh(u"managedsave-remove"_s)};
        case StepKind::SetPolicy:
            return {setPolicy()};
        case StepKind::CommitLive:
            return commitLive();
        case StepKind::CreateOverlay:
            return {line(
                {u"qemu-img"_s, u"create"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, s.base, u"-F"_s, baseFormat(), s.path})};
        case StepKind::ExtractTag:
            return extract();
        case StepKind::CommitOffline:
            return {line({u"qemu-img"_s, u"commit"_s, u"-d"_s, u"-b"_s, s.base, s.path})};
        case StepKind::AddTag:
            return {line({u"qemu-img"_s, u"snapshot"_s, u"-c"_s, s.name, s.path})};
        case StepKind::RemoveTag:
            return {line({u"qemu-img"_s, u"snapshot"_s, u"-d"_s, s.name, s.path})};
        case StepKind::RemoveFile:
            return {line({u"rm"_s, u"--"_s, s.path})};
        case StepKind::CopyFile:
            // The only one there is.
            if (isPin(s.base) || isPin(s.path))
                return {line({u"mv"_s, s.has(Step::Replace) ? u"-f"_s : u"-n"_s, u"--"_s, s.base, s.path})};
            return {copy()};
        case StepKind::RepointOverlay:
            return {line({u"qemu-img"_s, u"rebase"_s, u"-u"_s, u"-b"_s, s.base, u"-F"_s, baseFormat(), s.path})};
        case StepKind::PrepareBackup:
        case StepKind::BackUp:
        case StepKind::BackUpByQmp:
        case StepKind::FinishBackup:
        case StepKind::UnlistBackup:
        case StepKind::DropCheckpoint:
        case StepKind::DropBitmap:
        case StepKind::RemoveBackup:
            return backup();
        }
        Q_UNREACHABLE();
    }

private:
    // Of each disk the same; the documents stand in comments.
    QStringList backup() const
    {
        QStringList commands;
        const bool isWhole = m_step.text.isEmpty();
        for (const StepDisk &disk : m_step.disks) {
            if (disk.isVolume())
                continue;
            const QString part = unfinishedName(disk.path);
            const Disk *now = m_domain && m_domain->definition ? m_domain->definition->disk(disk.target) : nullptr;
            const DraftImage *image = now ? m_before.imageAt(now->source.location) : nullptr;
            QStringList words{u"qemu-img"_s, u"create"_s, u"-f"_s, u"qcow2"_s};
            if (!disk.base.isEmpty() && !m_step.has(Step::TopOnly))
                words << u"-F"_s << u"qcow2"_s << u"-b"_s << disk.base.section(u'/', -1);
            if (m_step.kind == StepKind::PrepareBackup)
                commands += line(words << part << QString::number(image ? image->virtualSize : 0));
            else if (m_step.kind == StepKind::FinishBackup)
                commands << line({u"qemu-img"_s, u"check"_s, part})
                         << line({u"mv"_s, u"-n"_s, u"--"_s, part, disk.path})
                         << line({u"sha256sum"_s, u"--"_s, disk.path});
            else if (m_step.kind == StepKind::RemoveBackup)
                commands += line({u"rm"_s, u"-f"_s, u"--"_s, part, disk.path});
        }
        if (m_step.kind == StepKind::DropCheckpoint && !m_step.name.isEmpty())
            return {virsh(u"checkpoint-delete"_s, {u"--checkpointname"_s, m_step.name})};
        if (m_step.kind == StepKind::UnlistBackup)
            return {line({u"editor"_s, m_step.path + u'/' + BackupChain::ManifestName})};
        if (m_step.kind == StepKind::BackUpByQmp || m_step.kind == StepKind::DropBitmap)
            return byQmp();
        if (m_step.kind != StepKind::BackUp)
            return commands;
        QStringList words{u"--reuse-external"_s, u"--backupxml"_s, u"backup.xml"_s};
        if (!m_step.name.isEmpty())
            words << u"--checkpointxml"_s << u"checkpoint.xml"_s;
        const QString freeze = virsh(u"domfsfreeze"_s);
        const QString begin = virsh(u"backup-begin"_s, words)
            + (isWhole ? QString() : u"  # "_s + element(u"incremental"_s, m_step.text));
        if (m_step.has(Step::Quiesce))
            return {freeze, begin, virsh(u"domfsthaw"_s), virsh(u"domjobinfo"_s)};
        return {begin, virsh(u"domjobinfo"_s)};
    }

    // The messages themselves are long, and of no use by hand; these are the commands of QMP in their order.
    QStringList byQmp() const
    {
        const QStringList names = m_step.kind == StepKind::DropBitmap
            ? QStringList{u"job-cancel"_s, u"job-dismiss"_s, u"blockdev-del"_s, u"block-dirty-bitmap-remove"_s}
            : QStringList{u"blockdev-add"_s, u"transaction"_s, u"query-jobs"_s, u"job-dismiss"_s, u"blockdev-del"_s};
        QStringList commands;
        for (const QString &name : names)
            commands += virsh(u"qemu-monitor-command"_s, {u"{\"execute\":\"%1\",...}"_s.arg(name)});
        return commands;
    }

    static QString line(const QStringList &words)
    {
        QStringList safe;
        for (const QString &word : words)
            safe += shellQuoted(word);
        return safe.join(u' ');
    }

    QStringList client(const QString &program) const
    {
        const QString &uri = m_before.host().uri;
        return uri.isEmpty() ? QStringList{program} : QStringList{program, u"--connect"_s, uri};
    }

    QString virsh(const QString &command, const QStringList &arguments = {}) const
    {
        return line(client(u"virsh"_s) + QStringList{command, u"--domain"_s, m_name} + arguments);
    }

    QStringList afterwards() const
    {
        if (m_step.has(Step::PauseAfter))
            return {u"--paused"_s};
        return m_step.has(Step::StartAfter) ? QStringList{u"--running"_s} : QStringList();
    }

    QString formatAt(const QString &path) const
    {
        const DraftImage *image = m_before.imageAt({SourceKind::File, path});
        return image && !image->format.isEmpty() ? image->format : u"qcow2"_s;
    }
    QString baseFormat() const { return m_step.format.isEmpty() ? formatAt(m_step.base) : m_step.format; }

    QString create() const
    {
        QStringList words{u"--name"_s, m_step.name};
        if (!m_step.text.isEmpty())
            words << u"--description"_s << m_step.text;
        if (m_step.has(Step::IsExternal)) {
            if (m_step.has(Step::KeepMemory))
                words << u"--memspec"_s << QString(u"file="_s + inList(m_step.path) + u",snapshot=external"_s);
            else
                words << u"--disk-only"_s;
            for (const Disk &disk :
                m_domain && m_domain->definition ? m_domain->definition->disks : std::vector<Disk>())
                words << u"--diskspec"_s << QString(disk.target + specOf(disk.target));
            if (m_step.has(Step::Quiesce))
                words << u"--quiesce"_s;
        }
        return virsh(u"snapshot-create-as"_s, words);
    }

    QString specOf(const QString &target) const
    {
        for (const StepDisk &disk : m_step.disks) {
            if (disk.target == target)
                return u",snapshot=external,driver=qcow2,file="_s + inList(disk.path);
        }
        return u",snapshot=no"_s;
    }

    QString setPolicy() const
    {
        QStringList words{u"--uri"_s, u"https://treewarden.org/xmlns/1"_s, u"--config"_s};
        if (m_step.text == "ask"_L1)
            words << u"--remove"_s;
        else
            words << u"--key"_s << u"treewarden"_s << u"--set"_s << u"<snapshots policy='%1'/>"_s.arg(m_step.text);
        return virsh(u"metadata"_s, words);
    }

    // libvirt 9.0.0 would point what descends from it to other files.
    QStringList forget() const
    {
        QStringList commands;
        const Snapshot *forgotten = m_domain ? m_domain->snapshot(m_step.name) : nullptr;
        if (forgotten && forgotten->kind() == SnapshotKind::External) {
            for (const Snapshot *child : m_domain->children(m_step.name)) {
                commands << virsh(u"snapshot-edit"_s, {u"--snapshotname"_s, child->name}) + u"  # <parent>"_s
                        + element(u"name"_s, forgotten->parent) + u"</parent>"_s;
            }
        }
        return commands << virsh(u"snapshot-delete"_s, {u"--snapshotname"_s, m_step.name, u"--metadata"_s});
    }

    QStringList redefine() const
    {
        const QString file = shellQuoted(m_step.name + u".xml"_s);
        QString edit = u"${EDITOR:-vi} "_s + file + u"  #"_s;
        for (const StepDisk &disk : m_step.disks) {
            edit += u" %1: <source file='%2'/>"_s.arg(disk.target, disk.path.toHtmlEscaped().simplified());
            if (m_step.kind == StepKind::MakeInternal)
                edit += u" <disk name='%1' snapshot='internal'/>"_s.arg(disk.target);
            if (m_step.kind == StepKind::MakeExternal)
                edit += u" <disk name='%1' snapshot='external'><source file='%2'/></disk>"_s.arg(
                    disk.target, disk.base.toHtmlEscaped().simplified());
        }
        return {virsh(u"snapshot-dumpxml"_s, {u"--snapshotname"_s, m_step.name}) + u" > "_s + file, edit,
            virsh(u"snapshot-create"_s, {u"--xmlfile"_s, m_step.name + u".xml"_s, u"--redefine"_s})};
    }

    QStringList pointDisks() const
    {
        QStringList lines;
        for (const StepDisk &disk : m_step.disks) {
            const QString format = disk.format.isEmpty() ? formatAt(disk.path) : disk.format;
            lines += line(client(u"virt-xml"_s)
                + QStringList{m_name, u"--edit"_s, u"target="_s + disk.target, u"--disk"_s,
                    u"path="_s + inList(disk.path) + u",driver.type="_s + format});
        }
        return lines;
    }

    QStringList defineAsThen() const
    {
        const QString file = shellQuoted(m_name + u".xml"_s);
        QStringList lines{virsh(u"snapshot-dumpxml"_s, {u"--snapshotname"_s, m_step.name})
                + u" | xmllint --xpath /domainsnapshot/domain - > "_s + file,
            line(client(u"virsh"_s) + QStringList{u"define"_s, u"--file"_s, m_name + u".xml"_s})};
        return lines + pointDisks();
    }

    QStringList restore() const
    {
        const QString file = shellQuoted(m_name + u".xml"_s);
        QStringList words{u"restore"_s, u"--file"_s, m_step.path};
        if (m_step.disks.empty())
            return {line(client(u"virsh"_s) + words + afterwards())};
        QString edit = u"${EDITOR:-vi} "_s + file + u"  #"_s;
        for (const StepDisk &disk : m_step.disks)
            edit += u" %1: <source file='%2'/>"_s.arg(disk.target, disk.path.toHtmlEscaped().simplified());
        return {
            line(client(u"virsh"_s) + QStringList{u"save-image-dumpxml"_s, u"--file"_s, m_step.path}) + u" > "_s + file,
            edit, line(client(u"virsh"_s) + words + QStringList{u"--xml"_s, m_name + u".xml"_s} + afterwards())};
    }

    QStringList commitLive() const
    {
        QStringList lines;
        for (const StepDisk &disk : m_step.disks) {
            const Disk *now = m_domain && m_domain->definition ? m_domain->definition->disk(disk.target) : nullptr;
            const bool isActiveLayer = now && now->source.location.name == disk.path;
            QStringList words{u"--path"_s, disk.target, u"--base"_s, disk.base};
            if (isActiveLayer)
                words << u"--active"_s << u"--pivot"_s;
            else
                words << u"--top"_s << disk.path << u"--wait"_s;
            lines += virsh(u"blockcommit"_s, words);
        }
        return lines;
    }

    QString copy() const
    {
        return line({u"cp"_s, u"--reflink=auto"_s, u"--sparse=always"_s, u"--"_s, m_step.base, m_step.path});
    }

    QStringList extract() const
    {
        const DraftImage *image = m_before.imageAt({SourceKind::File, m_step.base});
        if (m_step.has(Step::KeepMemory)) {
            // Converting drops the saved memory.
            QStringList lines{copy(), line({u"qemu-img"_s, u"snapshot"_s, u"-a"_s, m_step.name, m_step.path})};
            for (const DraftTag &tag : image ? image->tags : NamedList<DraftTag>()) {
                if (tag.name != m_step.name)
                    lines += line({u"qemu-img"_s, u"snapshot"_s, u"-d"_s, tag.name, m_step.path});
            }
            return lines;
        }
        const QStringList words{u"qemu-img"_s, u"convert"_s, u"-l"_s, u"snapshot.name="_s + inList(m_step.name),
            u"-O"_s, image && !image->format.isEmpty() ? image->format : u"qcow2"_s};
        return {line(words + QStringList{m_step.base, m_step.path})};
    }

    const Step &m_step;
    const Draft &m_before;
    const DraftDomain *m_domain;
    QString m_name;
};

} // namespace

QStringList commandsFor(const Step &step, const Draft &before)
{
    return Commands(step, before).make();
}

// Made when they are asked for: most plans are only judged.
std::vector<QStringList> commandsOf(const Plan &plan)
{
    std::vector<QStringList> commands(plan.steps.size());
    Draft draft = plan.before ? *plan.before : Draft();
    for (size_t i = 0; plan.before && i < plan.steps.size(); ++i) {
        commands[i] = commandsFor(plan.steps[i].step, draft);
        (void)play(plan.steps[i].step, draft); // where one fails, it is the last
    }
    return commands;
}

} // namespace treewarden
