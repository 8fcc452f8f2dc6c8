// SPDX-License-Identifier: GPL-3.0-or-later
// The files of a backup: made, checked and listed, or removed again.
#include "model/backup/catalogue.h"
#include "model/backup/manifest.h"
#include "model/backup/sum.h"
#include "model/backup/verify.h"
#include "model/job/steps/families.h"
#include "model/job/steps/look.h"
#include "model/job/undo.h"
#include "model/xml/checkpointxml.h"
#include "model/xml/domainxml.h"

#include <QDateTime>

#include <algorithm>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

const auto DomainXml = u"domain.xml"_s;
const auto CheckpointXml = u"checkpoint.xml"_s;
const auto NvramFile = u"nvram"_s;
const auto BitmapFile = u"bitmap"_s;

QString nameOf(const QString &path)
{
    return path.section(u'/', -1);
}

int numberOf(const Step &step)
{
    return backupNumberOf(nameOf(step.disks.front().path));
}

Result<BackupChain> chainOf(const Step &step, const JobHost &host)
{
    if (step.disks.empty() || host.stores.empty())
        return failure(ErrorCode::Unsupported, step.path);
    return readChain(*host.stores.front(), step.path);
}

const BackupPoint *pointIn(const BackupChain &chain, int number)
{
    if (!chain.manifest.isKnown())
        return nullptr;
    const auto &points = chain.manifest->points;
    const auto found = std::find_if(
        points.begin(), points.end(), [number](const BackupPoint &point) { return point.number == number; });
    return found == points.end() ? nullptr : &*found;
}

// Of whom the files are that nobody else may read.
QString ownerIn(const DomainDefinition &definition, const Step &step)
{
    for (const StepDisk &each : step.disks) {
        const Disk *disk = definition.disk(each.target);
        if (disk && disk->source.location.isLocalPath())
            return disk->source.location.name;
    }
    return step.path.section(u'/', 0, -3); // the folder that was chosen
}

// Nobody has added to the chain, or left anything in it, since the plan was made.
Result<> requireNext(const Step &step, const JobHost &host)
{
    const auto stale = [&] { return failure(ErrorCode::Busy, u"stale-plan"_s, step.path); };
    const auto state = host.stores.empty() ? Result<FileStatus>() : host.stores.front()->status(step.path);
    const bool isThere = state || state.error().code != ErrorCode::NotFound; // a folder is no file
    const auto chain = chainOf(step, host);
    if (!chain)
        return failure(chain.error());
    const bool isIncrement = !step.text.isEmpty();
    if (!isThere)
        return isIncrement || numberOf(step) != 0 ? stale() : Result<>();
    if (chain->nextNumber() != numberOf(step))
        return stale();
    if (isIncrement && (!chain->manifest.isKnown() || chain->manifest->points.back().mark() != step.text))
        return stale();
    return {};
}

Result<> prepare(const Step &step, JobHost &host)
{
    if (const auto next = requireNext(step, host); !next)
        return next;
    const auto definition = look::definition(host, step.domain, Hypervisor::Definition::Live);
    const auto xml = host.hypervisor->domainXml(step.domain, Hypervisor::Definition::Persistent);
    if (!definition || !xml)
        return failure(definition ? xml.error() : definition.error());
    const QString owner = ownerIn(*definition, step);
    if (const auto made = host.editor->makeFolder(step.path, owner); !made)
        return made;
    for (const StepDisk &disk : step.disks) {
        if (disk.isVolume())
            continue;
        const auto size = host.hypervisor->diskSize(step.domain, disk.target);
        if (!size)
            return failure(size.error());
        // Below what the topmost image holds is nothing of the backup's.
        const QString base = step.has(Step::TopOnly) ? QString() : disk.base;
        if (const auto made = host.editor->createImage(unfinishedName(disk.path), owner, *size, base); !made)
            return made;
    }
    const QString prefix = step.path + u'/';
    const int number = numberOf(step);
    if (definition->nvram) {
        const auto copied = host.editor->copyInUse(
            prefix + unfinishedName(backupFileName(number, NvramFile)), definition->nvram->path);
        if (!copied)
            return copied;
    }
    return host.editor->writeFile(prefix + unfinishedName(backupFileName(number, DomainXml)), owner, *xml);
}

// Makes a point out of what was filled, and lists it.
class Finish
{
public:
    Finish(const Step &step, JobHost &host, const StepContext &context)
        : m_step(step)
        , m_host(host)
        , m_context(context)
        , m_store(*host.stores.front())
        , m_prefix(step.path + u'/')
    {
    }

    Result<> run(const BackupChain &chain)
    {
        if (chain.manifest.isUnknown())
            return failure(chain.manifest.why());
        BackupManifest manifest = chain.manifest.isKnown() ? *chain.manifest : BackupManifest();
        manifest.domain = m_step.domain;
        manifest.isUnfinished = false;
        if (m_step.text.isEmpty())
            manifest.points.clear(); // of a volume, which shows them no more
        m_point.number = numberOf(m_step);
        m_point.level = m_step.has(Step::TopOnly) ? BackupLevel::Top
            : m_step.text.isEmpty()               ? BackupLevel::Full
                                                  : BackupLevel::Incremental;
        m_point.quiesced = m_step.has(Step::Quiesce);
        for (const QString &name : chain.files.keys()) {
            if (backupNumberOf(name) == m_point.number)
                m_total += chain.files.value(name);
        }
        Result<> done = readMachine(manifest);
        if (done)
            done = readImages();
        if (done)
            done = settleAll();
        if (done)
            done = writeCheckpoint();
        if (!done)
            return done;
        manifest.points.push_back(m_point);
        const QByteArray json = writeManifest(manifest);
        // What could not be read again is not written.
        if (const auto again = readManifest(json); !again || *again != manifest)
            return failure(again ? Error{ErrorCode::Failed, m_step.path, u"manifest"_s} : again.error());
        return m_host.editor->replaceFile(m_prefix + BackupChain::ManifestName, m_owner, json);
    }

private:
    QString unfinished(const QString &name) const { return m_prefix + unfinishedName(name); }

    Result<BackupFile> summed(const QString &name)
    {
        const auto source = m_store.open(unfinished(name));
        const auto size = source ? (*source)->size() : failure(source.error());
        const auto sum = size ? sha256Of(**source, {}) : failure(size.error());
        if (!sum)
            return failure(sum.error());
        return BackupFile{name, *size, *sum};
    }

    // As it was when the copying began.
    Result<> readMachine(BackupManifest &manifest)
    {
        const QString name = backupFileName(m_point.number, DomainXml);
        const auto xml = readSmall(m_store, unfinished(name));
        const auto definition = xml ? readDomain(*xml) : failure(xml.error());
        const auto status = m_store.status(unfinished(name));
        const auto file = summed(name);
        if (!definition || !status || !file)
            return failure(!definition ? definition.error() : !status ? status.error() : file.error());
        m_owner = ownerIn(*definition, m_step);
        m_point.domainXml = *file;
        m_point.time = status->modifiedNanoseconds / 1'000'000'000;
        manifest.domainName = definition->name;
        const QString nvram = backupFileName(m_point.number, NvramFile);
        if (definition->nvram) {
            const auto kept = summed(nvram);
            if (!kept)
                return failure(kept.error());
            m_point.nvram = *kept;
        }
        for (const StepDisk &each : m_step.disks) {
            const Disk *disk = definition->disk(each.target);
            if (each.isVolume()) {
                m_point.disks.push_back(
                    {each.target, {}, {}, 0, disk ? disk->source.location.name : QString(), each.base});
                continue;
            }
            const bool isTop = m_step.has(Step::TopOnly);
            m_point.disks.push_back({each.target, {nameOf(each.path), 0, {}}, isTop ? QString() : nameOf(each.base), 0,
                disk ? disk->source.location.name : QString(), {}, isTop ? each.base : QString()});
        }
        return {};
    }

    Result<> readImages()
    {
        for (BackupDisk &disk : m_point.disks) {
            if (!disk.volume.isEmpty()) {
                // QEMU copies to a target of the same size alone.
                const auto size = m_host.hypervisor->diskSize(m_step.domain, disk.target);
                if (!size)
                    return failure(size.error());
                disk.virtualSize = *size;
                continue;
            }
            const QString path = unfinished(disk.file.name);
            if (const auto pointed = pointBelow(disk, path); !pointed)
                return pointed;
            const auto facts = look::image(m_host, path);
            if (!facts)
                return failure(facts.error());
            disk.virtualSize = facts->virtualSize;
            const auto examined = examineImage(m_store, *m_host.editor, path, m_step.path, disk, [this](Bytes more) {
                m_done += more;
                if (m_context.progress)
                    m_context.progress(m_done, m_total);
                return !m_context.isCancelled();
            });
            if (!examined)
                return examined;
        }
        return {};
    }

    // So that qemu-img alone can restore it. What it rests on is no layer that the machine writes to.
    Result<> pointBelow(const BackupDisk &disk, const QString &path)
    {
        const auto of = std::find_if(
            m_step.disks.begin(), m_step.disks.end(), [&](const StepDisk &each) { return each.target == disk.target; });
        if (disk.below.isEmpty() || of == m_step.disks.end())
            return {};
        return m_host.editor->repoint(path, disk.below, of->format);
    }

    Result<> settleAll()
    {
        std::vector<const BackupFile *> files{&m_point.domainXml};
        if (!m_point.nvram.name.isEmpty())
            files.push_back(&m_point.nvram);
        for (const BackupDisk &disk : m_point.disks) {
            if (disk.volume.isEmpty())
                files.push_back(&disk.file);
        }
        for (const BackupFile *file : files) {
            if (const auto done = m_host.editor->settle(unfinished(file->name), m_prefix + file->name); !done)
                return done;
        }
        return {};
    }

    Result<> writeCheckpoint()
    {
        if (m_step.name.isEmpty())
            return {};
        if (m_step.has(Step::OwnBitmap))
            return writeBitmap();
        const auto documents = m_host.hypervisor->checkpointXml(m_step.domain);
        if (!documents)
            return failure(documents.error());
        for (const QByteArray &xml : *documents) {
            const auto checkpoint = readCheckpoint(xml);
            if (!checkpoint || checkpoint->name != m_step.name || checkpoint->description != m_step.disks.front().path)
                continue;
            m_point.checkpoint = checkpoint->name;
            m_point.checkpointTime = checkpoint->created;
            m_point.time = checkpoint->created;
            const QString name = backupFileName(m_point.number, CheckpointXml);
            if (const auto written = m_host.editor->writeFile(unfinished(name), m_owner, xml); !written)
                return written;
            const auto file = summed(name);
            if (!file)
                return failure(file.error());
            m_point.checkpointXml = *file;
            return m_host.editor->settle(unfinished(name), m_prefix + name);
        }
        return failure(ErrorCode::NotFound, m_step.name);
    }

    // It stays beside the manifest, for whoever takes this point back.
    Result<> writeBitmap()
    {
        const QString name = backupFileName(m_point.number, BitmapFile);
        const auto bitmap = readSmall(m_store, unfinished(name));
        if (!bitmap || bitmap->isEmpty())
            return failure(bitmap ? Error{ErrorCode::Malformed, unfinished(name), {}} : bitmap.error());
        m_point.bitmap = QString::fromUtf8(*bitmap);
        if (!isBitmapName(m_point.bitmap, m_step.name))
            return failure(ErrorCode::Malformed, unfinished(name));
        return m_host.editor->settle(unfinished(name), m_prefix + name);
    }

    const Step &m_step;
    JobHost &m_host;
    const StepContext &m_context;
    ImageStore &m_store;
    const QString m_prefix;
    QString m_owner;
    BackupPoint m_point;
    Bytes m_done = 0;
    Bytes m_total = 0;
};

Result<> unlist(const Step &step, JobHost &host, const BackupChain &chain)
{
    if (chain.manifest.isUnknown())
        return failure(chain.manifest.why());
    if (!pointIn(chain, numberOf(step)))
        return {};
    BackupManifest manifest = *chain.manifest;
    if (manifest.points.back().number != numberOf(step))
        return failure(ErrorCode::Unsupported, u"backup-needed"_s, step.path);
    // What a volume shows is the point that is no more listed.
    manifest.isUnfinished = !manifest.points.back().disks.front().volume.isEmpty();
    manifest.points.pop_back();
    const QString path = step.path + u'/' + BackupChain::ManifestName;
    if (manifest.points.empty())
        return host.editor->remove(path);
    return host.editor->replaceFile(path, path, writeManifest(manifest));
}

Result<> remove(const Step &step, JobHost &host, const BackupChain &chain)
{
    const int number = numberOf(step);
    if (chain.manifest.isUnknown() && !chain.files.isEmpty())
        return failure(chain.manifest.why());
    if (pointIn(chain, number))
        return failure(ErrorCode::Busy, step.path, u"it is in the manifest"_s);
    bool isEmpty = true;
    for (const QString &name : chain.files.keys()) {
        const bool isManifests = chain.manifest.isAbsent() && name.startsWith(BackupChain::ManifestName);
        if (backupNumberOf(name) != number && !isManifests) {
            isEmpty = false;
            continue;
        }
        if (const auto removed = host.editor->remove(step.path + u'/' + name);
            !removed && removed.error().code != ErrorCode::NotFound)
            return removed;
    }
    // A folder that is not empty stays.
    if (isEmpty && host.editor->removeFolder(step.path))
        (void)host.editor->removeFolder(step.path.section(u'/', 0, -2));
    return {};
}

} // namespace

Result<> runBackupFile(const Step &step, JobHost &host, const StepContext &context)
{
    const auto chain = chainOf(step, host);
    if (!chain)
        return failure(chain.error());
    switch (step.kind) {
    case StepKind::PrepareBackup:
        return prepare(step, host);
    case StepKind::FinishBackup:
        return Finish(step, host, context).run(*chain);
    case StepKind::UnlistBackup:
        return unlist(step, host, *chain);
    case StepKind::RemoveBackup:
        return remove(step, host, *chain);
    default:
        Q_UNREACHABLE();
    }
}

Result<bool> isBackupFileDone(const Step &step, JobHost &host)
{
    const auto chain = chainOf(step, host);
    if (!chain)
        return failure(chain.error());
    const bool isListed = pointIn(*chain, numberOf(step));
    const auto has = [&](const StepDisk &disk) {
        return chain->files.contains(
            unfinishedName(disk.isVolume() ? backupFileName(numberOf(step), DomainXml) : nameOf(disk.path)));
    };
    switch (step.kind) {
    case StepKind::PrepareBackup:
        return std::all_of(step.disks.begin(), step.disks.end(), has);
    case StepKind::FinishBackup:
        return isListed;
    case StepKind::UnlistBackup:
        return !isListed;
    case StepKind::RemoveBackup: {
        const QStringList names = chain->files.keys();
        return std::none_of(
            names.begin(), names.end(), [&](const QString &name) { return backupNumberOf(name) == numberOf(step); });
    }
    default:
        Q_UNREACHABLE();
    }
}

} // namespace treewarden::steps

namespace treewarden {

Result<bool> isLastBackup(const Step &step, const JobHost &host)
{
    const auto chain = steps::chainOf(step, host);
    if (!chain)
        return failure(chain.error());
    if (chain->manifest.isUnknown())
        return failure(chain->manifest.why());
    return !steps::pointIn(*chain, steps::numberOf(step))
        || chain->manifest->points.back().number == steps::numberOf(step);
}

} // namespace treewarden
