// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/inventorybuilder.h"

#include <QMap>
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
            m_definition.nvram = Nvram{path(line.words.at(1)), line.has("qcow2") ? QStringLiteral("qcow2") : QString()};
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
        facts.dataFile = line.value("data");
        facts.hasDataFile = !facts.dataFile.isEmpty();
        facts.corrupt = line.has("corrupt");
        facts.dirty = line.has("dirty");
        for (const QString &text : line.list("tags")) {
            Tag tag;
            tag.id = QString::number(facts.tags.size() + 1);
            tag.name = text.section(u':', 0, 0);
            tag.vmStateSize = text.section(u':', 1).toULongLong() * MiB;
            tag.created = 500;
            facts.tags.push_back(tag);
        }
        for (const QString &text : line.list("bitmaps")) {
            Bitmap bitmap;
            bitmap.inconsistent = text.endsWith(u'!');
            bitmap.inUse = text.endsWith(u'?');
            bitmap.name = bitmap.inconsistent || bitmap.inUse ? text.chopped(1) : text;
            facts.bitmaps.push_back(bitmap);
        }
        image.facts = std::move(facts);
        if (line.has("absent")) {
            image.facts = Fact<ImageFacts>::absent();
            image.allocated = Fact<Bytes>::absent();
        } else if (line.has("unreadable")) {
            image.facts = Fact<ImageFacts>::unknown({ErrorCode::PermissionDenied, image.location.name, {}});
            image.allocated = Fact<Bytes>::unknown({ErrorCode::PermissionDenied, image.location.name, {}});
        } else if (line.has("malformed")) {
            image.facts = Fact<ImageFacts>::unknown({ErrorCode::Malformed, image.location.name, {}});
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
        m_domain->state = line.has("running") ? DomainState::Running : DomainState::ShutOff;
        m_domain->hasManagedSave = line.has("managedsave");
        m_unreadable = line.has("unreadable");
        m_noSnapshots = line.has("nosnapshots");
    }

    void finishMachine()
    {
        if (!m_domain)
            return;
        if (!m_unreadable) {
            m_domain->persistentDefinition = m_next ? *m_next : m_definition;
            m_domain->definition = std::move(m_definition);
        }
        if (!m_noSnapshots)
            m_domain->snapshots = SnapshotTree(std::move(m_snapshots), m_current);
        m_domain->checkpoints = std::move(m_checkpoints);
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
        disk.device = line.has("cdrom") ? DiskDevice::Cdrom : DiskDevice::Disk;
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
