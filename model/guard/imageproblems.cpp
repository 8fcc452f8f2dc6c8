// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/formats.h"
#include "model/guard/libvirtbehaviour.h"
#include "model/guard/material.h"
#include "model/guard/rules.h"

#include <QMap>
#include <QSet>

#include <algorithm>
#include <iterator>
#include <utility>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr int ManyLayers = 15; // of one chain, at which to speak up

bool isWritable(const Disk &disk)
{
    return (disk.device == DiskDevice::Disk || disk.device == DiskDevice::Lun) && !disk.readOnly && !disk.transient;
}

// Of what a machine has as its disks, and of what was written below them.
class DiskRules
{
public:
    DiskRules(const RuleInput &input, const Domain &domain, std::vector<Problem> &problems)
        : m_in(input)
        , m_domain(domain)
        , m_problems(problems)
    {
    }

    void run()
    {
        for (const auto *definition : {&m_domain.definition, &m_domain.persistentDefinition}) {
            if (!definition->isKnown())
                continue;
            for (const Disk &disk : (*definition)->disks)
                checkDisk(disk);
        }
        checkOutdated();
    }

private:
    void add(const QString &id, Severity severity, const QString &subject, const QStringList &arguments = {})
    {
        m_problems.push_back({id, severity, m_domain.uuid, subject, arguments, {}});
    }

    // Named by the snapshot where one froze it, else by the overlay, and shown at all snapshots above.
    void checkOutdated()
    {
        const std::vector<ImageId> &relied = m_in.claims.imagesOf(m_domain.uuid);
        const auto isRelied = [&](const QString &path) {
            const Image *overlay = m_in.images.at({SourceKind::File, path});
            return overlay && std::find(relied.begin(), relied.end(), overlay->id) != relied.end();
        };
        for (const ImageId &id : relied) {
            const Image *image = m_in.images.find(id);
            if (!image || image->outdated.empty())
                continue;
            const std::vector<OutdatedUser> &users = image->outdated;
            const bool hasSnapshot = std::any_of(
                users.begin(), users.end(), [&](const OutdatedUser &user) { return user.domain == m_domain.uuid; });
            std::vector<OutdatedUser> ours;
            std::copy_if(users.begin(), users.end(), std::back_inserter(ours), [&](const OutdatedUser &user) {
                return user.domain.isEmpty() ? !hasSnapshot && isRelied(user.name) : user.domain == m_domain.uuid;
            });
            // What lies on top is as bad as the worst of them.
            std::stable_partition(ours.begin(), ours.end(), [](const OutdatedUser &user) { return user.isCertain; });
            QStringList above = ours.empty() ? QStringList() : snapshotsOn(m_in, m_domain, image->id);
            for (const OutdatedUser &user : ours)
                above.removeAll(user.name);
            for (const OutdatedUser &user : ours) {
                add(u"frozen-file-changed"_s, user.isCertain ? Severity::Danger : Severity::Warning, user.name,
                    {image->location.name});
                m_problems.back().alsoAt = std::exchange(above, {});
            }
        }
    }

    // Each source once, though both definitions name it.
    void checkDisk(const Disk &disk)
    {
        const Image *image = m_in.images.at(disk.source.location);
        if (!image || m_checkedTops.contains(image->id))
            return;
        m_checkedTops.insert(image->id);
        const QString &path = image->location.name;
        if (image->facts.isAbsent()) {
            const bool removable = disk.device == DiskDevice::Cdrom || disk.device == DiskDevice::Floppy;
            add(QStringLiteral("image-missing"), removable ? Severity::Warning : Severity::Danger, path, {disk.target});
            return;
        }
        const int depth = int(m_in.images.chain(image->id).layers.size());
        if (depth >= ManyLayers) {
            const bool tooMany = depth > LibvirtBehaviour(m_in.inventory.host).maximumChain();
            add(QStringLiteral("backing-chain-deep"), tooMany ? Severity::Danger : Severity::Warning, path,
                {QString::number(depth)});
        }
        if (isWritable(disk))
            checkSharedBase(*image);
    }

    // Writing a base makes garbage of what lies on it. Own snapshots on it: see frozen-file-in-use. Overlays that no
    // domain relies on are orphans, and lose nothing that anybody uses.
    void checkSharedBase(const Image &base)
    {
        QSet<DomainId> others;
        for (const ImageId &overlay : m_in.images.overlays(base.id)) {
            for (const DomainId &domain : m_in.claims.domainsOf(overlay))
                others.insert(domain);
        }
        // Another machine's snapshot may have it frozen without any overlay being left.
        if (m_in.claims.domainsOf(base.id).size() > 1) {
            for (const Claim &claim : m_in.claims.on(base.id)) {
                if (claim.direct && claim.owner.kind == OwnerKind::Snapshot && claim.layer.kind == LayerKind::Active)
                    others.insert(claim.owner.domain);
            }
        }
        others.remove(m_domain.uuid);
        if (others.isEmpty())
            return;
        QStringList names;
        for (const auto &domain : m_in.inventory.domains) {
            if (others.contains(domain->uuid))
                names.append(domain->name);
        }
        add(QStringLiteral("shared-base-writable"), isActive(m_domain.state) ? Severity::Danger : Severity::Warning,
            base.location.name, names);
    }

    const RuleInput &m_in;
    const Domain &m_domain;
    std::vector<Problem> &m_problems;
    QSet<ImageId> m_checkedTops;
};

// Of images by themselves.
class ImageRules
{
public:
    // The owner is empty where no machine has any part in the images.
    ImageRules(const RuleInput &input, const DomainId &owner, const std::vector<ImageId> &images,
        std::vector<Problem> &problems)
        : m_in(input)
        , m_owner(owner)
        , m_images(images)
        , m_problems(problems)
    {
    }

    void run()
    {
        for (const ImageId &id : m_images) {
            if (const Image *image = m_in.images.find(id))
                checkImage(*image);
        }
        checkLoops();
    }

private:
    // What is merely noted of an image is for whoever relies on it.
    void add(const QString &id, Severity severity, const QString &subject, const QStringList &arguments = {},
        const std::optional<Error> &why = {})
    {
        if (severity != Severity::Note || !m_owner.isEmpty())
            m_problems.push_back({id, severity, m_owner, subject, arguments, why});
    }

    void checkImage(const Image &image)
    {
        const QString &path = image.location.name;
        // What nobody has looked at yet is no problem of the machine's.
        if (image.facts.isUnknown() && image.facts.why().code != ErrorCode::NotRead) {
            const Error &why = image.facts.why();
            const Severity severity = why.code == ErrorCode::Malformed || why.code == ErrorCode::NotAnImage
                ? Severity::Warning
                : Severity::Note;
            add(QStringLiteral("image-unreadable"), severity, path, {}, why);
        }
        if (!image.disputedFormats.isEmpty())
            checkFormats(image);
        if (!image.facts.isKnown())
            return;
        const ImageFacts &facts = *image.facts;
        const Image *backing
            = image.backing.isEmpty() ? m_in.images.at(image.backingLocation) : m_in.images.find(image.backing);
        if (backing && backing->facts.isAbsent())
            add(QStringLiteral("missing-backing-image"), Severity::Danger, backing->location.name, {path});
        if (!facts.backingName.isEmpty() && facts.backingFormat.isEmpty())
            add(QStringLiteral("backing-format-missing"), Severity::Warning, path, {facts.backingName});
        for (const QString &name : image.namesOutside)
            add(QStringLiteral("backing-outside"), Severity::Warning, path, {name});
        if (facts.corrupt)
            add(QStringLiteral("image-corrupt"), Severity::Danger, path);
        const bool open = (facts.dirty || !facts.bitmaps.empty()) && isOpen(image.id);
        if (facts.dirty && !open)
            add(QStringLiteral("image-dirty"), Severity::Warning, path);
        if (facts.hasDataFile) {
            const ImageLocation dataFile = dataFileOf(image);
            add(QStringLiteral("data-file"), Severity::Note, path,
                dataFile.isEmpty() ? QStringList() : QStringList{dataFile.name});
            const Image *data = dataFile.isEmpty() ? nullptr : m_in.images.at(dataFile);
            if (data && data->facts.isAbsent())
                add(QStringLiteral("data-file-missing"), Severity::Danger, dataFile.name, {path});
        }
        checkTagNames(image);
        // The flag "in use" of an image that nobody has open was left by a process that died.
        for (const Bitmap &bitmap : facts.bitmaps) {
            if (bitmap.inconsistent || (bitmap.inUse && !open))
                add(QStringLiteral("bitmap-inconsistent"), Severity::Warning, bitmap.name, {path});
        }
    }

    // Whoever writes to it in another format than it has destroys it.
    void checkFormats(const Image &image)
    {
        QStringList said;
        bool isInDanger = false;
        for (const StatedFormat &stated : statedFormats(m_in.inventory, image)) {
            said << stated.machine << stated.format;
            const bool isRight = image.facts.isKnown() && image.facts->format == stated.format;
            isInDanger = isInDanger || (stated.isWritten && !isRight);
        }
        add(QStringLiteral("format-disputed"), isInDanger ? Severity::Danger : Severity::Warning, image.location.name,
            said);
    }

    bool isOpen(const ImageId &image) const
    {
        // Programs that libvirt knows nothing of work with files that no machine relies on.
        const std::vector<DomainId> &domains = m_in.claims.domainsOf(image);
        return domains.empty() || std::any_of(domains.begin(), domains.end(), [&](const DomainId &id) {
            const auto domain = m_in.inventory.domain(id);
            return domain && mayRun(*domain);
        });
    }

    void checkTagNames(const Image &image)
    {
        const std::vector<Tag> &tags = image.facts->tags;
        if (int(tags.size()) == m_in.tags.count(image.id))
            return;
        QHash<QString, int> counts;
        for (const Tag &tag : tags) {
            if (++counts[tag.name] == 2)
                add(QStringLiteral("duplicate-tag"), Severity::Warning, tag.name, {image.location.name});
        }
    }

    // Every image has one backing image, so each loop is met once by walking on until something was seen before.
    void checkLoops()
    {
        QHash<ImageId, int> walkOf;
        int walk = 0;
        for (const ImageId &start : m_images) {
            ++walk;
            const Image *image = m_in.images.find(start);
            while (image && !walkOf.contains(image->id)) {
                walkOf.insert(image->id, walk);
                image = m_in.images.find(image->backing);
            }
            if (image && walkOf.value(image->id) == walk)
                add(QStringLiteral("backing-chain-loop"), Severity::Danger, image->location.name,
                    {image->facts.isKnown() ? image->facts->backingName : QString()});
        }
    }

    const RuleInput &m_in;
    const DomainId m_owner;
    const std::vector<ImageId> &m_images;
    std::vector<Problem> &m_problems;
};

} // namespace

void addImageProblems(const RuleInput &input, const Domain &domain, std::vector<Problem> &problems)
{
    DiskRules(input, domain, problems).run();
    ImageRules(input, domain.uuid, input.claims.imagesOf(domain.uuid), problems).run();
}

void addUnclaimedImageProblems(const RuleInput &input, std::vector<Problem> &problems)
{
    QMap<DomainId, std::vector<ImageId>> images;
    for (const Image &image : input.images.images()) {
        if (input.claims.domainsOf(image.id).empty())
            images[input.claims.namedBy(image.id)].push_back(image.id);
    }
    for (const auto &[owner, some] : images.asKeyValueRange())
        ImageRules(input, owner, some, problems).run();
}

} // namespace treewarden
