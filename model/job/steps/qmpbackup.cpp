// SPDX-License-Identifier: GPL-3.0-or-later
// QEMU's part of a backup that libvirt does not know of: its jobs, their targets' nodes, and the bitmap that begins
// with them. See docs/adr/0012.
#include "model/backup/catalogue.h"
#include "model/backup/manifest.h"
#include "model/domain/backup.h"
#include "model/domain/nbdvolume.h"
#include "model/job/steps/families.h"
#include "model/job/steps/look.h"
#include "model/job/steps/pausing.h"
#include "model/qmp/backupjobs.h"
#include "model/qmp/blockjobs.h"
#include "model/qmp/blocknode.h"

#include <algorithm>
#include <thread>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

class QmpBackup
{
public:
    QmpBackup(const Step &step, JobHost &host, const StepContext &context)
        : m_step(step)
        , m_host(host)
        , m_context(context)
    {
        for (const StepDisk &disk : step.disks)
            m_names += qmp::nameOfJob(disk.target, disk.path);
    }

    Result<> run()
    {
        auto done = begin();
        if (done)
            done = follow();
        if (done)
            done = release();
        if (done || done.error().code == ErrorCode::ConnectionLost)
            return done;
        if (const auto taken = takeBack(); !taken)
            return done.error().code == ErrorCode::Cancelled ? taken : done;
        return done;
    }

    // As far as it came; what is not there any more is passed over.
    Result<> takeBack()
    {
        const auto active = isActiveNow();
        if (!active || !*active)
            return active ? Result<>() : failure(active.error()); // with QEMU all of it has gone
        // Who was killed between the two may have left the guest as it was held.
        if (m_step.has(Step::Quiesce) && m_step.kind == StepKind::DropBitmap)
            (void)m_host.hypervisor->thawGuest(m_step.domain);
        if (const auto ended = endJobs(); !ended)
            return ended;
        if (const auto released = release(); !released)
            return released;
        const QString bitmap = ownBitmap();
        return bitmap.isEmpty() ? Result<>() : removeBitmap(bitmap);
    }

    Result<bool> isDone()
    {
        const auto active = isActiveNow();
        if (!active)
            return failure(active.error());
        if (!*active)
            return m_step.kind == StepKind::DropBitmap;
        const auto jobs = ourJobs();
        const auto nodes = blockNodes();
        if (!jobs || !nodes)
            return failure(jobs ? nodes.error() : jobs.error());
        const bool isFree = jobs->empty() && std::none_of(nodes->begin(), nodes->end(), [this](const BlockNode &node) {
            return m_names.contains(node.nodeName);
        });
        const QString bitmap = ownBitmap();
        const auto count = bitmap.isEmpty() ? 0
                                            : std::count_if(nodes->begin(), nodes->end(),
                                                [&](const BlockNode &node) { return hasBitmap(node, bitmap); });
        if (m_step.kind == StepKind::DropBitmap)
            return isFree && count == 0;
        if (!isFree || (!m_step.name.isEmpty() && size_t(count) < m_step.disks.size()))
            return false;
        for (const StepDisk &disk : m_step.disks) {
            if (disk.isVolume())
                continue;
            const auto there = look::exists(m_host, unfinishedName(disk.path));
            if (!there || !*there)
                return there;
        }
        return true;
    }

private:
    Result<QByteArray> ask(const QByteArray &command) { return m_host.hypervisor->qmp(m_step.domain, command); }
    Result<> order(const QByteArray &command)
    {
        return ask(command).and_then([](const QByteArray &reply) { return qmp::readDone(reply); });
    }
    Result<std::vector<BlockNode>> blockNodes()
    {
        return ask(queryNamedBlockNodes()).and_then([](const QByteArray &reply) { return readNamedBlockNodes(reply); });
    }
    Result<std::vector<qmp::Job>> ourJobs()
    {
        auto jobs = ask(qmp::queryJobs()).and_then([](const QByteArray &reply) { return qmp::readJobs(reply); });
        if (jobs)
            std::erase_if(*jobs, [this](const qmp::Job &job) { return !m_names.contains(job.id); });
        return jobs;
    }
    Result<bool> isActiveNow()
    {
        return look::state(m_host, m_step.domain).map([](DomainState state) { return isActive(state); });
    }
    static bool hasBitmap(const BlockNode &node, const QString &name)
    {
        return std::any_of(node.facts.bitmaps.begin(), node.facts.bitmaps.end(),
            [&](const Bitmap &bitmap) { return bitmap.name == name; });
    }

    // The bitmap's name is nobody's before: what a manifest says of one is never true of another. It is written down
    // before QEMU hears of it.
    QString bitmapFile() const
    {
        const int number = backupNumberOf(m_step.disks.front().path.section(u'/', -1));
        return m_step.path + u'/' + backupFileName(number, u"bitmap"_s);
    }
    QString ownBitmap() const
    {
        if (m_step.name.isEmpty() || m_host.stores.empty())
            return {};
        for (const QString &path : {unfinishedName(bitmapFile()), bitmapFile()}) {
            const auto name = readSmall(*m_host.stores.front(), path).map([](const QByteArray &text) {
                return QString::fromUtf8(text);
            });
            // Whoever may write to the folder has no say in which bitmaps are removed.
            if (name && isBitmapName(*name, m_step.name))
                return *name;
        }
        return {};
    }
    Result<QString> newBitmap(const QString &like)
    {
        if (m_step.name.isEmpty())
            return QString();
        const QString name = newBitmapName(m_step.name);
        return m_host.editor->writeFile(unfinishedName(bitmapFile()), like, name.toUtf8()).map([&] { return name; });
    }

    // The node of a layer: of its format, as libvirt names it, where there is one. A raw image may have that of its
    // file alone.
    static const BlockNode *nodeOf(const std::vector<BlockNode> &nodes, const QString &file, const QString &format)
    {
        const auto find = [&](const QStringList &drivers) {
            const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const BlockNode &node) {
                return node.file == file && drivers.contains(node.driver) && node.nodeName.startsWith("libvirt-"_L1);
            });
            return found == nodes.end() ? nullptr : &*found;
        };
        const BlockNode *node = find({format});
        return node || format != "raw"_L1 ? node : find({u"file"_s, u"host_device"_s});
    }

    Result<qmp::DiskCopy> copyOf(const StepDisk &disk, const Disk &source, const std::vector<BlockNode> &nodes) const
    {
        const QString &file = source.source.location.name;
        const BlockNode *node = nodeOf(nodes, file, source.source.format);
        if (!node)
            return failure(ErrorCode::NotFound, disk.target, u"QEMU has no node of %1"_s.arg(file));
        qmp::DiskCopy copy{qmp::nameOfJob(disk.target, disk.path), node->nodeName};
        // The rule of libvirt's qemuBlockBitmapChainIsValid(), which planning went by as well.
        while (!m_step.text.isEmpty() && node) {
            const auto &bitmaps = node->facts.bitmaps;
            const auto bitmap = std::find_if(
                bitmaps.begin(), bitmaps.end(), [this](const Bitmap &each) { return each.name == m_step.text; });
            if (bitmap == bitmaps.end())
                break;
            if (bitmap->inconsistent || !bitmap->persistent || !bitmap->recording)
                return failure(ErrorCode::Failed, disk.target, u"the bitmap %1 is of no use"_s.arg(m_step.text));
            copy.since.emplace_back(node->nodeName, m_step.text);
            const QString below = node->backingFile;
            node = below.isEmpty() ? nullptr : nodeOf(nodes, below, u"qcow2"_s);
            // A raw layer has no bitmaps. One that QEMU has by another name may have some that would be missed.
            const auto isBelow = [&](const BlockNode &each) { return each.file == below; };
            if (!node && !below.isEmpty() && std::none_of(nodes.begin(), nodes.end(), isBelow))
                return failure(ErrorCode::NotFound, disk.target, u"QEMU has no node of %1"_s.arg(below));
        }
        if (copy.since.empty() && !m_step.text.isEmpty())
            return failure(ErrorCode::NotFound, disk.target, u"no bitmap %1"_s.arg(m_step.text));
        return copy;
    }

    Result<> begin()
    {
        const auto definition = look::definition(m_host, m_step.domain, Hypervisor::Definition::Live);
        const auto nodes = blockNodes();
        if (!definition || !nodes)
            return failure(definition ? nodes.error() : definition.error());
        std::vector<qmp::DiskCopy> copies;
        QString like;
        for (const StepDisk &disk : m_step.disks) {
            const Disk *source = definition->disk(disk.target);
            if (!source)
                return failure(ErrorCode::NotFound, disk.target);
            const auto copy = copyOf(disk, *source, *nodes);
            if (!copy)
                return failure(copy.error());
            copies.push_back(*copy);
            like = like.isEmpty() ? source->source.location.name : like;
        }
        const auto bitmap = newBitmap(like);
        if (!bitmap)
            return failure(bitmap.error());
        for (size_t i = 0; i < copies.size(); ++i) {
            copies[i].bitmap = *bitmap;
            if (const auto added = addTarget(m_step.disks[i], copies[i].job); !added)
                return added;
        }
        if (const auto marked = markUnfinished(like); !marked)
            return marked;
        const qmp::CopyOptions options{m_step.has(Step::TopOnly), m_step.has(Step::Compress), m_step.speed};
        if (m_step.has(Step::Quiesce)) {
            if (const auto frozen = m_host.hypervisor->freezeGuest(m_step.domain); !frozen)
                return frozen;
        }
        const auto begun = order(qmp::beginCopies(copies, options));
        const auto thawed = m_step.has(Step::Quiesce) ? thaw(m_step.domain, m_host) : Result<>();
        if (!thawed && thawed.error().code != ErrorCode::ConnectionLost)
            return failure(ErrorCode::Failed, u"guest-still-held"_s, definition->name);
        return begun ? thawed : about(begun.error());
    }

    Result<> addTarget(const StepDisk &disk, const QString &node)
    {
        const auto volume = disk.isVolume() ? nbdVolume(disk.base) : std::nullopt;
        if (disk.isVolume() && !volume)
            return failure(ErrorCode::Unsupported, disk.base);
        const auto added
            = order(volume ? qmp::addVolume(node, *volume) : qmp::addImage(node, unfinishedName(disk.path)));
        return added ? added : failure(added.error().code, volume ? disk.base : disk.path, added.error().detail);
    }

    // From here on a volume shows no point, until it has come to the next.
    Result<> markUnfinished(const QString &like)
    {
        if (!m_step.disks.front().isVolume())
            return {};
        const BackupChain chain = readChain(*m_host.stores.front(), m_step.path);
        if (!chain.manifest.isKnown())
            return chain.manifest.isAbsent() ? Result<>() : failure(chain.manifest.why());
        BackupManifest manifest = *chain.manifest;
        manifest.isUnfinished = true;
        return m_host.editor->replaceFile(
            m_step.path + u'/' + BackupChain::ManifestName, like, writeManifest(manifest));
    }

    tl::unexpected<Error> about(const Error &error) const { return failure(error.code, m_step.path, error.detail); }

    // Until all of them have come to their end. They stay then, so that it is known how; one that is gone was
    // dismissed by somebody else, or QEMU is another one.
    Result<> follow()
    {
        Pausing pausing(m_step, m_host, m_context);
        for (;;) {
            const auto jobs = ourJobs();
            if (!jobs) {
                const auto active = isActiveNow();
                if (active && !*active)
                    return failure(ErrorCode::Failed, u"backup-ended-with-machine"_s, m_step.path);
                return failure(jobs.error());
            }
            if (jobs->size() != m_step.disks.size())
                return failure(ErrorCode::Failed, m_step.path, u"QEMU does not say how it ended"_s);
            Bytes done = 0;
            Bytes total = 0;
            bool isOver = true;
            for (const qmp::Job &job : *jobs) {
                done += job.done;
                total += job.total;
                isOver = isOver && job.status == "concluded"_L1;
            }
            if (m_context.progress)
                m_context.progress(done, total ? Fact<Bytes>(total) : Fact<Bytes>());
            for (const qmp::Job &job : *jobs) {
                if (job.status == "concluded"_L1 && !job.error.isEmpty())
                    return failure(ErrorCode::Failed, m_step.path, job.error);
            }
            if (isOver)
                return done == total ? Result<>() : failure(ErrorCode::Failed, m_step.path, u"it ended early"_s);
            if (m_context.isCancelled()) {
                pausing.goOn();
                return failure(ErrorCode::Cancelled, m_step.path);
            }
            pausing.follow();
            std::this_thread::sleep_for(m_context.pollInterval);
        }
    }

    Result<> endJobs()
    {
        for (;;) {
            const auto jobs = ourJobs();
            if (!jobs)
                return failure(jobs.error());
            const auto running = std::find_if(jobs->begin(), jobs->end(),
                [](const qmp::Job &job) { return job.status != "concluded"_L1 && job.status != "aborting"_L1; });
            // One may end between the two.
            if (running != jobs->end())
                (void)order(cancelJob(running->id));
            if (std::all_of(
                    jobs->begin(), jobs->end(), [](const qmp::Job &job) { return job.status == "concluded"_L1; }))
                return {};
            std::this_thread::sleep_for(std::min(m_context.pollInterval, std::chrono::milliseconds(50)));
        }
    }

    // What has come to its end lets go of its file, which is whole from then on.
    Result<> release()
    {
        const auto jobs = ourJobs();
        if (!jobs)
            return failure(jobs.error());
        for (const qmp::Job &job : *jobs) {
            if (const auto dismissed = order(qmp::dismissJob(job.id)); !dismissed)
                return about(dismissed.error());
        }
        const auto nodes = blockNodes();
        if (!nodes)
            return failure(nodes.error());
        for (const BlockNode &node : *nodes) {
            if (!m_names.contains(node.nodeName))
                continue;
            if (const auto deleted = order(qmp::deleteNode(node.nodeName)); !deleted)
                return about(deleted.error());
        }
        for (const QString &name : m_names) {
            if (const auto removed = removeBitmap(qmp::mergedBitmap(name)); !removed)
                return removed;
        }
        return {};
    }

    // From every layer: libvirt goes on with it in the overlays of a snapshot.
    Result<> removeBitmap(const QString &name)
    {
        const auto nodes = blockNodes();
        if (!nodes)
            return failure(nodes.error());
        for (const BlockNode &node : *nodes) {
            if (!hasBitmap(node, name))
                continue;
            if (const auto removed = order(qmp::removeBitmap(node.nodeName, name)); !removed)
                return about(removed.error());
        }
        return {};
    }

    const Step &m_step;
    JobHost &m_host;
    const StepContext &m_context;
    QStringList m_names; // of jobs and nodes
};

} // namespace

Result<> runQmpBackup(const Step &step, JobHost &host, const StepContext &context)
{
    if (step.disks.empty())
        return failure(ErrorCode::Malformed, stepName(step.kind));
    if (!host.editor)
        return failure(ErrorCode::Unsupported, step.path);
    QmpBackup backup(step, host, context);
    return step.kind == StepKind::DropBitmap ? backup.takeBack() : backup.run();
}

Result<bool> isQmpBackupDone(const Step &step, JobHost &host)
{
    const StepContext context;
    return QmpBackup(step, host, context).isDone();
}

} // namespace treewarden::steps
