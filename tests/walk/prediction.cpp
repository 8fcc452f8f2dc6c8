// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/prediction.h"

#include <QFileInfo>
#include <QSet>

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

class Comparison
{
public:
    Comparison(const Draft &before, const Plan &plan, const Sight &was, const Sight &is)
        : m_before(before)
        , m_plan(plan)
        , m_was(was)
        , m_is(is)
    {
    }

    QStringList make()
    {
        compareFiles();
        compareBytes();
        compareImages();
        for (const auto &[id, domain] : m_plan.outcome->domains()) {
            if (m_is.domains.contains(domain->name))
                compareDomain(*domain);
        }
        return m_lines;
    }

private:
    // The name that libvirt chose itself, where it did.
    QString real(const QString &path) const { return m_named.value(path, path); }
    QString realName(const ImageLocation &location) const { return real(location.name); }
    static QString base(const QString &path) { return QFileInfo(path).fileName(); }
    void differ(const QString &what, const QString &predicted, const QString &seen)
    {
        if (predicted != seen)
            m_lines << u"%1: predicted %2, seen %3"_s.arg(
                what, predicted.isEmpty() ? u"none"_s : predicted, seen.isEmpty() ? u"none"_s : seen);
    }

    void compareFiles()
    {
        const QStringList old = m_was.files.keys();
        QSet<QString> predicted(old.begin(), old.end());
        for (const Effect &effect : m_plan.effects) {
            if (effect.kind == EffectKind::Create)
                predicted.insert(effect.path);
            if (effect.kind == EffectKind::Remove) {
                predicted.remove(effect.path);
                m_removed.insert(effect.path);
            }
        }
        const QStringList now = m_is.files.keys();
        QSet<QString> extra(now.begin(), now.end());
        extra -= predicted;
        for (const QString &path : QSet<QString>(predicted) - QSet<QString>(now.begin(), now.end())) {
            const DraftImage *image = m_plan.outcome->imageAt({SourceKind::File, path});
            if (!image || image->isNamed) {
                m_lines << u"%1: predicted, is not there"_s.arg(base(path));
                continue;
            }
            // Of its machine's disk and backing image: only the name is libvirt's.
            const DraftImage *below = m_plan.outcome->image(image->backing);
            for (const QString &candidate : std::as_const(extra)) {
                if (below && m_is.files[candidate].backing == below->location.name) {
                    m_named.insert(path, candidate);
                    extra.remove(candidate);
                    break;
                }
            }
            if (!m_named.contains(path))
                m_lines << u"%1: predicted, is not there"_s.arg(base(path));
        }
        for (const QString &path : std::as_const(extra))
            m_lines << u"%1: is there, not predicted"_s.arg(base(path));
    }

    void compareBytes()
    {
        QSet<QString> predicted;
        for (const Effect &effect : m_plan.effects) {
            if (effect.kind == EffectKind::Write || effect.kind == EffectKind::AddTag
                || effect.kind == EffectKind::RemoveTag || effect.kind == EffectKind::Repoint)
                predicted.insert(effect.path);
        }
        for (auto file = m_is.files.begin(); file != m_is.files.end(); ++file) {
            const auto old = m_was.files.constFind(file.key());
            if (old == m_was.files.constEnd() || predicted.contains(file.key()) || m_removed.contains(file.key()))
                continue;
            if (file->inode != old->inode)
                m_lines << u"%1: is another file, not predicted"_s.arg(base(file.key()));
            // QEMU brings an image's metadata to rest when it stops writing to it: that changes bytes and no contents.
            else if (file->format.isEmpty() ? file->bytes != old->bytes
                                            : file->shown != old->shown && !isAbove(file.key(), predicted))
                m_lines << u"%1: written, not predicted"_s.arg(base(file.key()));
        }
    }

    // Shows what somebody wrote below it, or nothing because somebody removed that.
    bool isAbove(const QString &path, const QSet<QString> &written) const
    {
        QString layer = m_is.files.value(path).backing;
        for (int depth = 0; !layer.isEmpty() && depth < 100; ++depth) {
            if (written.contains(layer) || m_removed.contains(layer))
                return true;
            layer = m_is.files.value(layer).backing;
        }
        return false;
    }

    void compareImages()
    {
        // What has one name has one content.
        QHash<View, QByteArray> sums;
        for (const auto &[id, image] : m_before.images()) {
            const auto file = m_was.files.constFind(image->location.name);
            if (file == m_was.files.constEnd() || file->format.isEmpty())
                continue;
            sums.insert(m_before.view(image->id), file->shown);
            for (const DraftTag &tag : image->tags)
                sums.insert(m_before.view(image->id, tag.name), file->tags.value(tag.name).shown);
        }
        const Draft &outcome = *m_plan.outcome;
        for (const auto &[id, image] : outcome.images()) {
            const auto file = m_is.files.constFind(realName(image->location));
            if (file == m_is.files.constEnd() || file->format.isEmpty())
                continue;
            const QString name = base(file.key());
            // What was removed, now or long ago, the header names all the same.
            const DraftImage *there = outcome.image(image->backing);
            const DraftImage *below = there ? there : m_before.image(image->backing);
            const QString named = m_was.files.value(file.key()).backing;
            differ(name + u" lies on"_s, base(below ? realName(below->location) : named), base(file->backing));
            QStringList tags;
            for (const DraftTag &tag : image->tags) {
                tags << tag.name;
                compareSum(sums, outcome.view(image->id, tag.name), file->tags.value(tag.name).shown,
                    u"%1, tag %2"_s.arg(name, tag.name));
                if ((tag.memory != 0) != file->tags.value(tag.name).hasMemory)
                    m_lines << u"%1, tag %2: memory"_s.arg(name, tag.name);
            }
            tags.sort();
            differ(name + u" has tags"_s, tags.join(u' '), file->tags.keys().join(u' '));
            compareSum(sums, outcome.view(image->id), file->shown, name);
        }
    }

    void compareSum(const QHash<View, QByteArray> &sums, View view, const QByteArray &seen, const QString &what)
    {
        const auto known = sums.constFind(view);
        if (known != sums.constEnd() && !known->isEmpty() && *known != seen)
            m_lines << u"%1: shows something else than predicted"_s.arg(what);
    }

    void compareDomain(const DraftDomain &domain)
    {
        const SeenDomain seen = m_is.domains.value(domain.name);
        const QString state = domain.state == DomainState::ShutOff ? u"shut off"_s
            : domain.state == DomainState::Paused                  ? u"paused"_s
                                                                   : u"running"_s;
        differ(domain.name, state, seen.state);
        differ(domain.name + u" current"_s, domain.current, seen.current);
        for (size_t i = 0; domain.definition && i < domain.definition->disks.size(); ++i) {
            const Disk &disk = domain.definition->disks[i];
            differ(u"%1 %2"_s.arg(domain.name, disk.target), base(realName(disk.source.location)),
                base(seen.disks.value(disk.target)));
        }
        QStringList names;
        for (const auto &snapshot : domain.snapshots) {
            names << snapshot->name;
            const auto found = seen.snapshots.constFind(snapshot->name);
            if (found != seen.snapshots.constEnd())
                compareSnapshot(domain.name, *snapshot, *found);
        }
        names.sort();
        differ(domain.name + u" snapshots"_s, names.join(u' '), seen.snapshots.keys().join(u' '));
    }

    void compareSnapshot(const QString &machine, const Snapshot &snapshot, const SeenSnapshot &seen)
    {
        const QString name = u"%1/%2"_s.arg(machine, snapshot.name);
        differ(name + u" parent"_s, snapshot.parent, seen.parent);
        differ(name + u" description"_s, snapshot.description, seen.description);
        const bool isExternal = snapshot.kind() == SnapshotKind::External;
        differ(name + u" kind"_s, isExternal ? u"external"_s : u"internal"_s,
            seen.isExternal() ? u"external"_s : u"internal"_s);
        const QString memory = snapshot.memory == MemoryKind::External ? u"external"_s
            : snapshot.memory == MemoryKind::Internal                  ? u"internal"_s
                                                                       : u"no"_s;
        differ(name + u" memory"_s, memory, seen.memory);
        differ(name + u" memory file"_s, base(snapshot.memoryFile), base(seen.memoryFile));
        for (const SnapshotDisk &disk : snapshot.disks) {
            if (disk.kind == SnapshotDiskKind::None || !snapshot.definition)
                continue;
            const Disk *source = snapshot.definition->disk(disk.target);
            differ(u"%1 %2"_s.arg(name, disk.target), source ? base(realName(source->source.location)) : QString(),
                base(seen.disks.value(disk.target).path));
        }
    }

    const Draft &m_before;
    const Plan &m_plan;
    const Sight &m_was;
    const Sight &m_is;
    QSet<QString> m_removed;
    QHash<QString, QString> m_named;
    QStringList m_lines;
};

} // namespace

QStringList unlikePredicted(const Draft &before, const Plan &plan, const Sight &was, const Sight &is)
{
    if (!plan.outcome)
        return {};
    QStringList lines = Comparison(before, plan, was, is).make();
    lines.sort();
    return lines;
}

} // namespace treewarden::test
