// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/runner.h"

#include <QSet>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

class Comparison
{
public:
    Comparison(const Draft &expected, const Draft &before, const std::shared_ptr<const Inventory> &after,
        const DomainId &domain)
        : m_expected(expected)
        , m_before(before)
        , m_after(after)
        , m_read(*after)
        , m_domain(domain)
    {
    }

    QStringList find()
    {
        const DraftDomain *expected = m_expected.domain(m_domain);
        const DraftDomain *after = m_after.domain(m_domain);
        if (!expected || !after) {
            m_found += u"the machine is not there"_s;
            return m_found;
        }
        compareState(*expected, *after);
        compareDisks(*expected, *after);
        compareSnapshots(*expected, *after);
        compareFiles();
        return m_found;
    }

private:
    void compareState(const DraftDomain &expected, const DraftDomain &after)
    {
        // Where the plan says nothing of it the guest may have ended by itself.
        const auto &effects = m_expected.effects();
        const bool isMeant = std::any_of(effects.begin(), effects.end(), [&](const Effect &effect) {
            return effect.kind == EffectKind::StartDomain || effect.kind == EffectKind::StopDomain;
        });
        if (isMeant && isActive(expected.state) != isActive(after.state))
            m_found += isActive(expected.state) ? u"the machine does not run"_s : u"the machine runs"_s;
    }

    static const Disk *diskOf(const std::shared_ptr<const DomainDefinition> &definition, const QString &target)
    {
        return definition ? definition->disk(target) : nullptr;
    }

    // The layer is the expected one by name, or by its role where libvirt chose the name: a new one.
    bool isSame(const DraftImage &expected, const DraftImage &after) const
    {
        if (expected.isNamed)
            return expected.location.name == after.location.name
                || m_after.idAt(expected.location) == after.id; // another name of the same file
        return !m_before.imageAt(after.location);
    }

    void compareChain(const QString &what, const ImageId &expectedTop, const ImageId &afterTop)
    {
        std::vector<ImageId> expected = m_expected.chain(expectedTop);
        std::vector<ImageId> after = m_after.chain(afterTop);
        for (size_t i = 0; i < std::max(expected.size(), after.size()); ++i) {
            const DraftImage *wanted = i < expected.size() ? m_expected.image(expected[i]) : nullptr;
            const DraftImage *there = i < after.size() ? m_after.image(after[i]) : nullptr;
            if (wanted && there && isSame(*wanted, *there))
                continue;
            m_found += u"%1, layer %2: %3 instead of %4"_s.arg(what).arg(i).arg(
                there ? there->location.name : u"nothing"_s, wanted ? wanted->location.name : u"nothing"_s);
            return;
        }
        // Each opens, and names what is there.
        for (size_t i = 0; i < after.size(); ++i) {
            const DraftImage *wanted = m_expected.image(expected[i]);
            const DraftImage *there = m_after.image(after[i]);
            const bool wasKnown = wanted->isKnown;
            const bool isEnd = there->backing.isEmpty() || m_after.image(there->backing);
            const bool wasEnd = wanted->backing.isEmpty() || m_expected.image(wanted->backing);
            if ((wasKnown && !there->isKnown) || (wasEnd && !isEnd))
                m_found += u"%1: %2 does not open"_s.arg(what, there->location.name);
        }
    }

    void compareDefinition(const QString &what, const std::shared_ptr<const DomainDefinition> &expected,
        const std::shared_ptr<const DomainDefinition> &after)
    {
        if (!expected)
            return;
        for (const Disk &wanted : expected->disks) {
            if (!wanted.source.location.isLocalPath())
                continue;
            const Disk *there = diskOf(after, wanted.target);
            if (!there) {
                m_found += u"%1: no disk %2"_s.arg(what, wanted.target);
                continue;
            }
            compareChain(u"%1, %2"_s.arg(what, wanted.target), m_expected.idAt(wanted.source.location),
                m_after.idAt(there->source.location));
        }
    }

    void compareDisks(const DraftDomain &expected, const DraftDomain &after)
    {
        compareDefinition(u"machine"_s, expected.definition, after.definition);
        if (expected.persistentDefinition != expected.definition)
            compareDefinition(u"next start"_s, expected.persistentDefinition, after.persistentDefinition);
    }

    void compareSnapshots(const DraftDomain &expected, const DraftDomain &after)
    {
        if (!after.areSnapshotsKnown) {
            m_found += u"snapshots could not be read"_s;
            return;
        }
        if (expected.current != after.current)
            m_found += u"current snapshot: \"%1\" instead of \"%2\""_s.arg(after.current, expected.current);
        for (const auto &wanted : expected.snapshots) {
            const Snapshot *there = after.snapshot(wanted->name);
            if (!there)
                m_found += u"no snapshot \"%1\""_s.arg(wanted->name);
            else if (there->parent != wanted->parent)
                m_found += u"snapshot \"%1\": below \"%2\" instead of \"%3\""_s.arg(
                    wanted->name, there->parent, wanted->parent);
            else if (there->kind() != wanted->kind() || there->memory != wanted->memory)
                m_found += u"snapshot \"%1\": of another kind"_s.arg(wanted->name);
            else
                compareFrozen(*wanted, *there);
        }
        for (const auto &there : after.snapshots) {
            if (!expected.snapshot(there->name))
                m_found += u"a snapshot \"%1\""_s.arg(there->name);
        }
    }

    void compareFrozen(const Snapshot &wanted, const Snapshot &there)
    {
        for (const SnapshotDisk &disk : wanted.disks) {
            if (disk.kind == SnapshotDiskKind::None || disk.kind == SnapshotDiskKind::Manual)
                continue;
            const ImageLocation frozen = wanted.frozen(disk.target).location;
            const DraftImage *image = frozen.isLocalPath() ? m_expected.imageAt(frozen) : nullptr;
            if (!image)
                continue; // it was not there before either
            const QString what = u"snapshot \"%1\", %2"_s.arg(wanted.name, disk.target);
            compareChain(what, image->id, m_after.idAt(there.frozen(disk.target).location));
            const DraftImage *now = m_after.imageAt(there.frozen(disk.target).location);
            if (disk.kind == SnapshotDiskKind::Internal && image->tag(wanted.name) && (!now || !now->tag(wanted.name)))
                m_found += u"%1: no tag in %2"_s.arg(what, frozen.name);
        }
    }

    void compareFiles()
    {
        QSet<QString> paths;
        for (const Effect &effect : m_expected.effects()) {
            // What was made and is no image of the draft is of a kind that an inventory may list or not.
            const bool isOutside
                = effect.kind == EffectKind::Create && !m_expected.imageAt({SourceKind::File, effect.path});
            if (!effect.path.isEmpty() && !isOutside)
                paths.insert(effect.path);
        }
        for (const QString &path : std::as_const(paths)) {
            const ImageLocation location{SourceKind::File, path};
            const DraftImage *wanted = m_expected.imageAt(location);
            const DraftImage *there = m_after.imageAt(location);
            if (wanted && !wanted->isNamed)
                continue;
            // An inventory does not list every file: of one that nobody names, that is not to be there is all it says.
            const Image *read = m_read.images->at(location);
            if (wanted && !there && (!read || read->facts.isAbsent()) && wanted->format != SavedMemoryFormat)
                m_found += u"%1 is not there"_s.arg(path);
            if (!wanted && there)
                m_found += u"%1 is still there"_s.arg(path);
            if (wanted && there && there->isKnown && wanted->isKnown)
                compareTags(path, *wanted, *there);
        }
    }

    void compareTags(const QString &path, const DraftImage &wanted, const DraftImage &there)
    {
        const auto names = [](const DraftImage &image) {
            QStringList found;
            for (const DraftTag &tag : image.tags)
                found += tag.name;
            found.sort();
            return found;
        };
        if (names(wanted) != names(there))
            m_found += u"%1: tags \"%2\" instead of \"%3\""_s.arg(
                path, names(there).join(u", "_s), names(wanted).join(u", "_s));
    }

    const Draft &m_expected;
    const Draft &m_before;
    const Draft m_after;
    const Inventory &m_read;
    const DomainId m_domain;
    QStringList m_found;
};

} // namespace

QStringList differences(
    const Draft &outcome, const Draft &before, const std::shared_ptr<const Inventory> &after, const DomainId &domain)
{
    return Comparison(outcome, before, after, domain).find();
}

} // namespace treewarden
