// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/inventorybuilder.h"

#include <QMap>
#include <QRegularExpression>
#include <QStringList>

#include <algorithm>

namespace treewarden::test {

namespace {

// The words of a line: plain ones in order (which are flags too), and KEY=VALUE.
struct Line
{
    QStringList words;
    QMap<QString, QString> values;

    explicit Line(const QString &text)
    {
        for (const QString &word : text.simplified().split(u' ')) {
            if (const qsizetype equals = word.indexOf(u'='); equals > 0)
                values.insert(word.left(equals), word.mid(equals + 1));
            else
                words.append(word);
        }
    }
    bool has(const char *flag) const { return words.contains(QLatin1String(flag)); }
    QString value(const char *key) const { return values.value(QLatin1String(key)); }
    QStringList list(const char *key) const { return value(key).split(u',', Qt::SkipEmptyParts); }
};

ImageLocation file(const QString &name)
{
    return name.isEmpty() ? ImageLocation{} : ImageLocation{SourceKind::File, path(name)};
}

DiskSource qcow2(const QString &name)
{
    return {file(name), QStringLiteral("qcow2"), {}};
}

class Builder
{
public:
    Inventory build(const QString &text)
    {
        for (const QString &raw : text.split(u'\n')) {
            const QString line = raw.section(u'#', 0, 0).simplified();
            if (!line.isEmpty())
                read(Line(line), line);
        }
        finishMachine();
        m_inventory.fileSystems.push_back({QStringLiteral("fs"), {QStringLiteral("/images")}, m_free, m_links});
        m_inventory.images = std::make_shared<ImageGraph>(std::move(m_images));
        return std::move(m_inventory);
    }

private:
    void read(const Line &line, const QString &text)
    {
        const QString &what = line.words.first();
        if (what == QStringLiteral("libvirt")) {
            const QStringList numbers = line.words.at(1).split(u'.');
            m_inventory.host.libvirt = {numbers.at(0).toInt(), numbers.at(1).toInt(), numbers.at(2).toInt()};
        } else if (what == QStringLiteral("distribution")) {
            m_inventory.host.distribution = line.words.mid(1).join(u' ');
        } else if (what == QStringLiteral("links")) {
            m_links = line.has("no") ? Fact<bool>(false) : Fact<bool>();
        } else if (what == QStringLiteral("free")) {
            if (line.has("unknown"))
                m_free = Fact<Bytes>::unknown({ErrorCode::PermissionDenied, QStringLiteral("/images"), {}});
            else
                m_free = line.words.at(1).toULongLong() * MiB;
        } else if (what == QStringLiteral("has")) {
            addFeatures(line);
        } else if (what == QStringLiteral("job")) {
            addJob(line);
        } else if (what == QStringLiteral("image")) {
            addImage(line);
        } else if (what == QStringLiteral("machine")) {
            finishMachine();
            startMachine(line);
        } else if (what == QStringLiteral("disk")) {
            addDisk(line);
        } else if (what == QStringLiteral("next")) {
            if (!m_next)
                m_next = m_definition;
            for (Disk &disk : m_next->disks) {
                if (disk.target == line.words.at(1))
                    disk.source = qcow2(line.words.at(2));
            }
        } else if (what == QStringLiteral("nvram")) {
            m_definition.nvram = Nvram{
                path(line.words.at(1)), line.has("qcow2") ? QStringLiteral("qcow2") : QString(), line.has("varstore")};
        } else if (what == QStringLiteral("internal") || what == QStringLiteral("external")) {
            addSnapshot(line, what == QStringLiteral("external"));
        } else if (what == QStringLiteral("current")) {
            m_current = line.words.at(1);
        } else if (what == QStringLiteral("checkpoint")) {
            Checkpoint checkpoint;
            checkpoint.name = line.words.at(1);
            for (auto disk = line.values.begin(); disk != line.values.end(); ++disk)
                checkpoint.disks.push_back({disk.key(), disk.value()});
            m_checkpoints.push_back(checkpoint);
        } else {
            qFatal("not understood: %s", qPrintable(text));
        }
    }

    void addImage(const Line &line)
    {
        Image image;
        const QString &name = line.words.at(1);
        image.id = imageId(name);
        image.location = file(name);
        image.pool = line.value("pool");
        image.allocated = line.value("allocated").toULongLong() * MiB;
        image.modified = 1000;
        ImageFacts facts;
        facts.format = line.has("raw") ? QStringLiteral("raw")
            : line.has("save")         ? QStringLiteral("libvirt-save")
                                       : QStringLiteral("qcow2");
        if (const QString backing = line.value("on"); !backing.isEmpty()) {
            facts.backingName = backing;
            facts.backingFormat = line.has("noformat") ? QString() : QStringLiteral("qcow2");
            image.backingLocation = file(backing);
            image.backing = imageId(backing);
        }
        facts.virtualSize = line.value("size").toULongLong() * MiB;
        facts.dataFile = line.value("data");
        facts.hasDataFile = !facts.dataFile.isEmpty();
        facts.corrupt = line.has("corrupt");
        facts.dirty = line.has("dirty");
        static const QRegularExpression marks(QStringLiteral("[:@~]"));
        const auto after = [&](const QString &text, QChar mark) { return text.section(mark, 1).section(marks, 0, 0); };
        for (const QString &text : line.list("tags")) {
            Tag tag;
            tag.id = QString::number(facts.tags.size() + 1);
            tag.name = text.section(marks, 0, 0);
            tag.vmStateSize = after(text, u':').toULongLong() * MiB;
            tag.created = text.contains(u'@') ? after(text, u'@').toLongLong() : 500;
            if (text.contains(u'~'))
                tag.diskSize = after(text, u'~').toULongLong() * MiB;
            facts.tags.push_back(tag);
        }
        for (const QString &text : line.list("bitmaps")) {
            Bitmap bitmap;
            bitmap.inconsistent = text.endsWith(u'!');
            bitmap.inUse = text.endsWith(u'?');
            bitmap.recording = !text.endsWith(u'.');
            bitmap.name = bitmap.inconsistent || bitmap.inUse || !bitmap.recording ? text.chopped(1) : text;
            facts.bitmaps.push_back(bitmap);
        }
        image.facts = std::move(facts);
        image.disputedFormats = line.list("disputed");
        image.namesOutside = line.list("outside");
        for (const bool isCertain : {true, false}) {
            for (const QString &user : line.list(isCertain ? "changed" : "touched")) {
                if (user.contains(u'/'))
                    image.outdated.push_back({DomainId(user.section(u'/', 0, 0)), user.section(u'/', 1), isCertain});
                else
                    image.outdated.push_back({{}, path(user), isCertain});
            }
        }
        if (line.has("absent")) {
            image.facts = Fact<ImageFacts>::absent();
            image.allocated = Fact<Bytes>::absent();
        } else if (line.has("unreadable")) {
            image.facts = Fact<ImageFacts>::unknown({ErrorCode::PermissionDenied, image.location.name, {}});
            image.allocated = Fact<Bytes>::unknown({ErrorCode::PermissionDenied, image.location.name, {}});
        } else if (line.has("malformed")) {
            image.facts = Fact<ImageFacts>::unknown({ErrorCode::Malformed, image.location.name, {}});
        } else if (line.has("folder")) {
            image.facts = Fact<ImageFacts>::unknown({ErrorCode::NotAnImage, image.location.name, {}});
        } else if (line.has("notread")) {
            image.facts = {};
            image.allocated = {};
        }
        m_images.push_back(std::move(image));
    }

    void startMachine(const Line &line)
    {
        m_domain = std::make_shared<Domain>();
        m_domain->name = line.words.at(1);
        m_domain->uuid = DomainId(m_domain->name);
        m_domain->state = line.has("running") ? DomainState::Running
            : line.has("paused")              ? DomainState::Paused
            : line.has("suspended")           ? DomainState::PmSuspended
            : line.has("crashed")             ? DomainState::Crashed
            : line.has("ending")              ? DomainState::ShuttingDown
            : line.has("blocked")             ? DomainState::Blocked
            : line.has("unknown")             ? DomainState::Unknown
                                              : DomainState::ShutOff;
        m_domain->pausedBy = line.has("ioerror") ? PausedBy::IoError
            : line.has("leaving")                ? PausedBy::Migration
            : line.has("saved")                  ? PausedBy::SavedMemory
                                                 : PausedBy::Other;
        if (isActive(m_domain->state))
            m_domain->isMigrating = line.has("job-unread")
                ? Fact<bool>::unknown({ErrorCode::TimedOut, m_domain->name, {}})
                : Fact<bool>(line.has("migrating"));
        m_domain->persistent = !line.has("transient");
        m_domain->isAgentConnected = line.has("agent");
        m_domain->hasManagedSave = line.has("managedsave");
        m_unreadable = line.has("unreadable");
        m_noSnapshots = line.has("nosnapshots");
    }

    void finishMachine()
    {
        if (!m_domain)
            return;
        if (!m_unreadable) {
            if (m_domain->persistent)
                m_domain->persistentDefinition = m_next ? *m_next : m_definition;
            else
                m_domain->persistentDefinition = Fact<DomainDefinition>::absent();
            m_domain->definition = std::move(m_definition);
        }
        if (!m_noSnapshots)
            m_domain->snapshots = SnapshotTree(std::move(m_snapshots), m_current);
        m_domain->checkpoints = std::move(m_checkpoints);
        if (m_areJobsUnknown)
            m_domain->jobs = Fact<std::vector<BlockJob>>::unknown({ErrorCode::TimedOut, m_domain->name, {}});
        else if (isActive(m_domain->state))
            m_domain->jobs = std::move(m_jobs);
        m_jobs.clear();
        m_areJobsUnknown = false;
        m_inventory.domains.push_back(std::move(m_domain));
        m_domain = nullptr;
        m_definition = {};
        m_next.reset();
        m_snapshots.clear();
        m_checkpoints.clear();
        m_current.clear();
    }

    void addDisk(const Line &line)
    {
        Disk disk;
        disk.target = line.words.at(1);
        disk.source = qcow2(line.words.at(2));
        if (line.has("raw"))
            disk.source.format = QStringLiteral("raw");
        disk.source.location.kind = line.has("block") ? SourceKind::Block
            : line.has("network")                     ? SourceKind::Network
            : line.has("volume")                      ? SourceKind::Volume
            : line.has("dir")                         ? SourceKind::Dir
            : line.has("nvme")                        ? SourceKind::Nvme
            : line.has("vhostuser")                   ? SourceKind::VhostUser
                                                      : SourceKind::File;
        disk.encrypted = line.has("encrypted");
        disk.shareable = line.has("shareable");
        disk.bus = line.has("sd") ? QStringLiteral("sd") : QStringLiteral("virtio");
        disk.device = line.has("cdrom") ? DiskDevice::Cdrom : line.has("lun") ? DiskDevice::Lun : DiskDevice::Disk;
        disk.readOnly = line.has("readonly") || line.has("cdrom");
        disk.transient = line.has("transient");
        if (const QString mirror = line.value("mirror"); !mirror.isEmpty())
            disk.mirror = qcow2(mirror);
        for (const QString &layer : line.list("chain")) {
            disk.backingChain.push_back(qcow2(layer));
            disk.backingChainComplete = true;
        }
        m_definition.disks.push_back(std::move(disk));
    }

    void addFeatures(const Line &line)
    {
        m_definition.efi = m_definition.efi || line.has("efi");
        m_definition.hasTpm = m_definition.hasTpm || line.has("tpm");
        m_definition.hostDevices += line.has("hostdev");
        if (line.has("windows-server"))
            m_definition.os = QStringLiteral("http://microsoft.com/win/2k19");
        m_definition.hasGenerationId = m_definition.hasGenerationId || line.has("genid");
        m_definition.isInAppArmor = m_definition.isInAppArmor || line.has("apparmor");
        if (const QString memory = line.value("memory"); !memory.isEmpty())
            m_definition.memory = memory.toULongLong() * MiB;
        if (const QString cpus = line.value("cpus"); !cpus.isEmpty())
            m_definition.vcpus = cpus.toInt();
        if (const QString policy = line.value("policy"); !policy.isEmpty())
            m_definition.policy
                = policy == QStringLiteral("internal") ? SnapshotPolicy::Internal : SnapshotPolicy::External;
    }

    void addJob(const Line &line)
    {
        if (line.has("unknown")) {
            m_areJobsUnknown = true;
            return;
        }
        const QString id = QStringLiteral("job%1").arg(m_jobs.size());
        m_jobs.push_back({id, line.words.at(1), line.words.at(2), !line.has("foreign")});
    }

    static SnapshotState stateOf(const QString &word, bool hasMemory)
    {
        if (word.isEmpty())
            return hasMemory ? SnapshotState::Running : SnapshotState::ShutOff;
        return word == QStringLiteral("running") ? SnapshotState::Running
            : word == QStringLiteral("paused")   ? SnapshotState::Paused
            : word == QStringLiteral("disk")     ? SnapshotState::DiskSnapshot
                                                 : SnapshotState::ShutOff;
    }

    void addSnapshot(const Line &line, bool external)
    {
        Snapshot snapshot;
        snapshot.name = line.words.at(1);
        snapshot.created = 500;
        auto then = std::make_shared<DomainDefinition>(m_definition);
        for (auto entry = line.values.begin(); entry != line.values.end(); ++entry) {
            const QString &key = entry.key();
            const QString &value = entry.value();
            if (key == QStringLiteral("parent")) {
                snapshot.parent = value;
            } else if (key == QStringLiteral("state")) {
                continue;
            } else if (key == QStringLiteral("memory")) {
                snapshot.memory = MemoryKind::External;
                snapshot.memoryFile = path(value);
            } else if (key == QStringLiteral("reverted")) {
                snapshot.revertDisks.push_back(
                    {value.section(u':', 0, 0), SnapshotDiskKind::External, qcow2(value.section(u':', 1)), false});
            } else {
                SnapshotDisk disk{key, external ? SnapshotDiskKind::External : SnapshotDiskKind::Internal, {}, false};
                disk.deleteInProgress = line.has("deleting");
                if (external)
                    disk.overlay = qcow2(value.section(u'>', 1));
                snapshot.disks.push_back(disk);
                for (Disk &frozen : then->disks) {
                    if (frozen.target == key)
                        frozen.source = qcow2(value.section(u'>', 0, 0));
                }
            }
        }
        if (line.has("memory"))
            snapshot.memory = MemoryKind::Internal;
        snapshot.state = stateOf(line.value("state"), snapshot.memory != MemoryKind::None);
        if (!line.has("nodefinition"))
            snapshot.definition = std::move(then);
        m_snapshots.push_back(std::move(snapshot));
    }

    Inventory m_inventory;
    std::vector<Image> m_images;
    // The machine being read.
    std::shared_ptr<Domain> m_domain;
    DomainDefinition m_definition;
    std::optional<DomainDefinition> m_next;
    std::vector<Snapshot> m_snapshots;
    std::vector<Checkpoint> m_checkpoints;
    std::vector<BlockJob> m_jobs;
    bool m_areJobsUnknown = false;
    Fact<Bytes> m_free = 1024 * GiB;
    Fact<bool> m_links = true;
    QString m_current;
    bool m_unreadable = false;
    bool m_noSnapshots = false;
};

} // namespace

Inventory inventoryOf(const QString &text)
{
    return Builder().build(text);
}

QString path(const QString &name)
{
    return name.isEmpty() ? QString() : QString(QStringLiteral("/images/") + name);
}

ImageId imageId(const QString &name)
{
    return ImageId(QStringLiteral("id:") + name);
}

} // namespace treewarden::test
