// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/steps/look.h"

#include "model/inventory/imagereader.h"
#include "model/xml/domainxml.h"
#include "model/xml/snapshotxml.h"
#include "model/xml/xmltree.h"

#include <algorithm>

namespace treewarden::look {

using namespace Qt::StringLiterals;

namespace {

// A definition may name a volume, "POOL/VOLUME"; libvirt knows where that is.
Result<QString> pathOf(const JobHost &host, const QString &name)
{
    if (name.startsWith(u'/') || !host.hypervisor)
        return name;
    return host.hypervisor->volumePath(name.section(u'/', 0, 0), name.section(u'/', 1));
}

// By a reading of everything where there is no way to a single file.
Result<Image> find(const JobHost &host, const QString &name)
{
    const Result<QString> known = pathOf(host, name);
    if (!known)
        return failure(known.error());
    const QString &path = *known;
    const ImageLocation location{SourceKind::File, path};
    if (host.stores.empty()) {
        const auto inventory = host.read();
        if (!inventory)
            return failure(inventory.error());
        if (const Image *image = (*inventory)->images->at(location))
            return *image;
        return failure(ErrorCode::NotFound, path);
    }
    ImageReader reader(host.stores);
    // What is made here is qcow2; of other formats only the file itself counts.
    const std::vector<Image> images = reader.read({{location, u"qcow2"_s, {}, true}}, {});
    for (const Image &image : images) {
        if (image.location == location || image.otherNames.contains(path))
            return image;
    }
    return failure(ErrorCode::NotFound, path);
}

} // namespace

Result<FileStatus> status(const JobHost &host, const QString &name)
{
    const Result<QString> known = pathOf(host, name);
    if (!known)
        return failure(known.error());
    const QString &path = *known;
    Error why{ErrorCode::NotRead, path, {}};
    for (const auto &store : host.stores) {
        const auto status = store->status(path);
        if (status || status.error().code == ErrorCode::NotFound)
            return status;
        why = status.error();
    }
    return failure(why);
}

QStringList pinsBeside(const JobHost &host, const QString &path)
{
    const QString folder = path.left(path.lastIndexOf(u'/')) + u"/.treewarden"_s;
    for (const auto &store : host.stores) {
        if (const auto found = store->list(folder))
            return *found;
    }
    return {};
}

Result<bool> exists(const JobHost &host, const QString &path)
{
    if (!host.stores.empty()) {
        const auto found = status(host, path);
        if (!found && found.error().code != ErrorCode::NotFound)
            return failure(found.error());
        return found.has_value();
    }
    const auto image = find(host, path);
    if (!image)
        return image.error().code == ErrorCode::NotFound ? Result<bool>(false) : failure(image.error());
    return !image->facts.isAbsent();
}

Result<ImageFacts> image(const JobHost &host, const QString &path)
{
    const auto image = find(host, path);
    if (!image)
        return failure(image.error());
    if (image->facts.isUnknown())
        return failure(image->facts.why());
    if (image->facts.isAbsent())
        return failure(ErrorCode::NotFound, path);
    return *image->facts;
}

Result<QString> backing(const JobHost &host, const QString &path)
{
    const auto image = find(host, path);
    if (!image)
        return failure(image.error());
    if (!image->facts.isKnown())
        return failure(image->facts.isUnknown() ? image->facts.why() : Error{ErrorCode::NotFound, path, {}});
    return image->backingLocation.name;
}

namespace {

Result<DomainSummary> summary(JobHost &host, const DomainId &domain)
{
    const auto domains = host.hypervisor->domains();
    if (!domains)
        return failure(domains.error());
    for (const DomainSummary &each : *domains) {
        if (each.uuid == domain)
            return each;
    }
    return failure(ErrorCode::NotFound, domain.value);
}

} // namespace

Result<DomainState> state(JobHost &host, const DomainId &domain)
{
    return summary(host, domain).map([](const DomainSummary &found) { return found.state; });
}

// virsh's "Id"; the document of a machine that runs has it (virDomainDefFormat).
Result<QString> run(JobHost &host, const DomainId &domain)
{
    const auto xml = host.hypervisor->domainXml(domain, Hypervisor::Definition::Live);
    if (!xml)
        return failure(xml.error());
    return readTree(*xml, u"domain").map([](const XmlNode &root) { return root.attribute(u"id"); });
}

Result<bool> hasManagedSave(JobHost &host, const DomainId &domain)
{
    return summary(host, domain).map([](const DomainSummary &found) { return found.hasManagedSave; });
}

Result<DomainDefinition> definition(JobHost &host, const DomainId &domain, Hypervisor::Definition which)
{
    const auto xml = host.hypervisor->domainXml(domain, which);
    if (!xml)
        return failure(xml.error());
    return readDomain(*xml);
}

Result<Snapshot> snapshot(JobHost &host, const DomainId &domain, const QString &name)
{
    const auto xml = host.hypervisor->snapshotXml(domain, name);
    if (!xml)
        return failure(xml.error());
    return readSnapshot(*xml);
}

Result<std::map<QString, QByteArray>> snapshots(JobHost &host, const DomainId &domain)
{
    std::map<QString, QByteArray> found;
    Error error;
    bool isUnreadable = false;
    const auto read = host.hypervisor->readSnapshots(
        domain,
        [&](const QByteArray &xml) {
            const auto snapshot = readSnapshot(xml);
            if (snapshot) {
                found.emplace(snapshot->name, xml);
            } else {
                error = snapshot.error();
                isUnreadable = true;
            }
        },
        Hypervisor::Secrets::Include);
    if (!read)
        return failure(read.error());
    if (isUnreadable)
        return failure(error);
    return found;
}

bool matches(const DomainDefinition &definition, const std::vector<StepDisk> &disks)
{
    return std::all_of(disks.begin(), disks.end(), [&](const StepDisk &wanted) {
        const Disk *disk = definition.disk(wanted.target);
        return disk && disk->source.location.name == wanted.path
            && (wanted.format.isEmpty() || disk->source.format == wanted.format);
    });
}

} // namespace treewarden::look
