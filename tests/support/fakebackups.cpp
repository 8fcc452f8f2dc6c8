// SPDX-License-Identifier: GPL-3.0-or-later
// Backups of the hypervisor in memory, and what its editor makes for them.
#include "tests/support/fakehypervisor.h"

#include "model/xml/backupxml.h"
#include "model/xml/checkpointxml.h"
#include "model/xml/domainxml.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

void FakeHost::addFolder(const QString &path)
{
    const std::lock_guard lock(m_mutex);
    m_folders.insert(path);
}

bool FakeHost::isHeld(const DomainId &domain) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = std::find_if(
        m_machines.begin(), m_machines.end(), [&](const Machine &each) { return each.summary.uuid == domain; });
    return found != m_machines.end() && found->isHeld;
}

void FakeHost::failBackup(const DomainId &domain, const QString &why)
{
    const std::lock_guard lock(m_mutex);
    if (Machine *of = machine(domain); of && of->backup) {
        of->backup.reset();
        of->lastBackup = Hypervisor::BackupEnd{false, why};
    }
}

bool FakeHost::isFolder(const QString &path) const
{
    if (m_folders.contains(path))
        return true;
    const auto next = m_files.lowerBound(path + u'/');
    return next != m_files.cend() && next.key().startsWith(path + u'/');
}

Result<QStringList> FakeImageStore::folders(const QString &folder)
{
    if (const Result<> entered = m_host->enter(u"folders"_s); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    if (!m_host->isFolder(folder))
        return failure(ErrorCode::NotFound, folder);
    QSet<QString> found;
    QStringList all = m_host->m_folders.values();
    for (const QString &file : m_host->m_files.keys())
        all += file.section(u'/', 0, -2);
    for (const QString &each : std::as_const(all)) {
        if (each.startsWith(folder + u'/'))
            found.insert(folder + u'/' + each.mid(folder.size() + 1).section(u'/', 0, 0));
    }
    return QStringList(found.begin(), found.end());
}

Result<> FakeHypervisor::beginBackup(const DomainId &domain, const QByteArray &backup, const QByteArray &checkpoint)
{
    return changeMachine(u"beginBackup"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        const auto refused = [&](const QString &why) { return failure(ErrorCode::Failed, machine.summary.name, why); };
        const auto definition = readDomain(machine.live);
        const auto disks = readBackup(backup);
        if (!isActive(machine.summary.state) || !definition || !disks)
            return refused(u"cannot perform disk backup for inactive domain"_s);
        if (machine.backup)
            return refused(u"another backup job is already running"_s);
        FakeHost::Backup made{backup, {}, 0};
        for (const BackupDiskXml &disk : *disks) {
            const Disk *source = definition->disk(disk.target);
            if (!source || !m_host->m_files.contains(disk.path))
                return refused(u"no such file: "_s + disk.path);
            made.words.emplace_back(disk.path, m_host->showsLocked(source->source.location.name));
        }
        const qsizetype since = backup.indexOf("<incremental>");
        const QByteArray name
            = since < 0 ? QByteArray() : backup.mid(since + 13, backup.indexOf("</incremental>") - since - 13);
        const bool isKnown = std::any_of(machine.checkpoints.begin(), machine.checkpoints.end(),
            [&](const QByteArray &xml) { return xml.contains(QByteArray("<name>" + name + "</name>")); });
        if (!name.isEmpty() && !isKnown)
            return refused(u"no such checkpoint"_s);
        if (!checkpoint.isEmpty()) {
            QByteArray told = checkpoint;
            const qint64 number = 1'700'000'000 + qint64(machine.checkpoints.size());
            const QByteArray time = "</name><creationTime>" + QByteArray::number(number) + "</creationTime>";
            machine.checkpoints.push_back(told.replace("</name>", time));
        }
        machine.backup = made;
        return {};
    });
}

Result<std::optional<QByteArray>> FakeHypervisor::backupXml(const DomainId &domain)
{
    if (const Result<> entered = enter(u"backupXml"_s); !entered)
        return failure(entered.error());
    return m_host->copyOf(domain).map([](const FakeHost::Machine &machine) {
        return machine.backup ? std::optional(machine.backup->xml) : std::nullopt;
    });
}

Result<std::optional<Hypervisor::BackupEnd>> FakeHypervisor::lastBackup(const DomainId &domain)
{
    if (const Result<> entered = enter(u"lastBackup"_s); !entered)
        return failure(entered.error());
    return m_host->copyOf(domain).map([](const FakeHost::Machine &machine) { return machine.lastBackup; });
}

Result<std::optional<Hypervisor::JobInfo>> FakeHypervisor::jobInfo(const DomainId &domain)
{
    if (const Result<> entered = enter(u"jobInfo"_s); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    const auto machine = m_host->find(domain);
    if (!machine)
        return failure(machine.error());
    if ((*machine)->isMigrating)
        return std::optional(JobInfo{0, 0, true});
    if (!(*machine)->backup)
        return std::optional<JobInfo>();
    FakeHost::Backup &backup = *(*machine)->backup;
    const int most = m_host->m_blockJobLooks;
    if (++backup.looks <= most)
        return std::optional(JobInfo{Bytes(backup.looks) * MiB, Bytes(most) * MiB, false, true});
    for (const auto &[path, word] : backup.words) {
        if (const auto file = m_host->m_files.value(path))
            file->contents = word;
    }
    (*machine)->backup.reset();
    (*machine)->lastBackup = BackupEnd{true, {}};
    return std::optional<JobInfo>();
}

// libvirt removes the files of a backup that is ended.
Result<> FakeHypervisor::abortJob(const DomainId &domain)
{
    return changeMachine(u"abortJob"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        if (!machine.backup)
            return failure(ErrorCode::Failed, machine.summary.name, u"no job is active on the domain"_s);
        for (const auto &[path, word] : machine.backup->words)
            m_host->m_files.remove(path);
        machine.backup.reset();
        machine.lastBackup = BackupEnd{};
        return {};
    });
}

Result<> FakeHypervisor::deleteCheckpoint(const DomainId &domain, const QString &name, CheckpointPart part)
{
    return changeMachine(u"deleteCheckpoint"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        if (part == CheckpointPart::Whole && !isActive(machine.summary.state))
            return failure(ErrorCode::Unsupported, name, u"cannot delete checkpoint for inactive domain"_s);
        const auto removed = std::erase_if(machine.checkpoints, [&](const QByteArray &xml) {
            const auto checkpoint = readCheckpoint(xml);
            return checkpoint && checkpoint->name == name;
        });
        return removed ? Result<>() : failure(ErrorCode::NotFound, name);
    });
}

Result<Bytes> FakeHypervisor::diskSize(const DomainId &domain, const QString &disk)
{
    if (const Result<> entered = enter(u"diskSize"_s); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    const auto machine = m_host->find(domain);
    const auto definition = machine ? readDomain((*machine)->live) : failure(machine.error());
    const Disk *found = definition ? definition->disk(disk) : nullptr;
    if (!found)
        return failure(ErrorCode::NotFound, disk);
    return m_host->factsOf(found->source.location.name).virtualSize;
}

Result<> FakeHypervisor::freezeGuest(const DomainId &domain)
{
    return changeMachine(u"freezeGuest"_s, domain, [](FakeHost::Machine &machine) -> Result<> {
        machine.isHeld = true;
        return {};
    });
}

Result<> FakeHypervisor::thawGuest(const DomainId &domain)
{
    return changeMachine(u"thawGuest"_s, domain, [](FakeHost::Machine &machine) -> Result<> {
        machine.isHeld = false;
        return {};
    });
}

Result<> FakeEditor::put(const QString &path, const QByteArray &contents)
{
    auto made = std::make_shared<FakeHost::File>();
    made->number = m_host->m_nextFile++;
    made->bytes = contents;
    made->allocated = Bytes(contents.size());
    made->modified = 1'700'000'000'000'000'000;
    m_host->m_files.insert(path, made);
    return {};
}

Result<> FakeEditor::createImage(const QString &path, const QString &like, Bytes size, const QString &base)
{
    return m_host->change(u"createImage"_s, [&]() -> Result<> {
        if (!m_host->m_files.contains(like) || (!base.isEmpty() && !m_host->m_files.contains(base)))
            return failure(ErrorCode::NotFound, base);
        if (m_host->m_files.contains(path))
            return failure(ErrorCode::Busy, path);
        const QString name = base.section(u'/', -1);
        return put(path, qcow2Bytes({size, name, name.isEmpty() ? QString() : u"qcow2"_s, {}}));
    });
}

Result<> FakeEditor::makeFolder(const QString &path, const QString &)
{
    return m_host->change(u"makeFolder"_s, [&]() -> Result<> {
        m_host->m_folders.insert(path);
        return {};
    });
}

Result<> FakeEditor::removeFolder(const QString &path)
{
    return m_host->change(u"removeFolder"_s, [&]() -> Result<> {
        if (!m_host->m_folders.remove(path))
            return failure(ErrorCode::NotFound, path);
        return {};
    });
}

Result<> FakeEditor::writeFile(const QString &path, const QString &, const QByteArray &contents)
{
    return m_host->change(u"writeFile"_s, [&]() -> Result<> {
        return m_host->m_files.contains(path) ? failure(ErrorCode::Busy, path) : put(path, contents);
    });
}

Result<> FakeEditor::replaceFile(const QString &path, const QString &, const QByteArray &contents)
{
    return m_host->change(u"replaceFile"_s, [&] { return put(path, contents); });
}

Result<> FakeEditor::settle(const QString &from, const QString &to)
{
    return m_host->change(u"settle"_s, [&]() -> Result<> {
        if (!m_host->m_files.contains(from))
            return failure(ErrorCode::NotFound, from);
        if (m_host->m_files.contains(to))
            return failure(ErrorCode::Busy, to);
        m_host->m_files.insert(to, m_host->m_files.take(from));
        return {};
    });
}

} // namespace treewarden
