// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/imagereader.h"

#include "model/guard/material.h"
#include "model/inventory/backingname.h"
#include "model/qcow2/metadata.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// A running machine writes all the time; smaller growth is not worth a new inventory.
constexpr Bytes NoticeableGrowth = MiB;

bool isSameFile(const FileStatus &was, const FileStatus &is, bool live)
{
    if (!live)
        return was == is;
    const Bytes growth = was.allocated > is.allocated ? was.allocated - is.allocated : is.allocated - was.allocated;
    return was.id == is.id && growth < NoticeableGrowth;
}

// libvirt names some volumes by their contents; to QEMU they are raw.
QString qemuFormat(const QString &format)
{
    return format == "iso"_L1 ? u"raw"_s : format;
}

ImageFacts rawOfSize(Bytes size)
{
    ImageFacts facts;
    facts.format = u"raw"_s;
    facts.virtualSize = size;
    return facts;
}

} // namespace

bool ImageReader::Entry::isSettled() const
{
    if (isLive || !facts.isUnknown())
        return !isLive;
    const ErrorCode why = facts.why().code;
    return why == ErrorCode::Malformed || why == ErrorCode::Unsupported || why == ErrorCode::NotAnImage;
}

Fact<ImageFacts> ImageReader::readFacts(const ImageRequest &request, int firstStore)
{
    const QString &path = request.location.name;
    const QString format = qemuFormat(request.format);
    if (format.isEmpty())
        return Fact<ImageFacts>::unknown({ErrorCode::Unsupported, path, u"format not recorded"_s});
    if (format == SavedMemoryFormat) {
        ImageFacts facts;
        facts.format = format;
        return facts;
    }

    // qemu-img may open what such a file names (the extents of a VMDK descriptor).
    if (!request.isStated && format != "qcow2"_L1 && format != "raw"_L1)
        return Fact<ImageFacts>::unknown({ErrorCode::Unsupported, path, format});

    Error error;
    for (size_t index = size_t(firstStore); index < m_stores.size(); ++index) {
        ImageStore &store = *m_stores[index];
        if (format == "qcow2"_L1) {
            const auto source = store.open(path);
            if (source) {
                const Result<ImageFacts> facts = readMetadata(**source);
                if (facts)
                    return *facts;
                Error why = facts.error();
                why.subject = path;
                // Whoever wrote the header that names this file may not read it by way of what we say of it.
                const bool isBadInput = why.code == ErrorCode::Malformed || why.code == ErrorCode::Unsupported;
                if (isBadInput && !request.isStated && !request.isListed)
                    why.detail = u"no qcow2 image that can be read"_s;
                return Fact<ImageFacts>::unknown(why);
            }
            error = source.error();
        } else {
            const Result<ImageFacts> facts = store.describe(path, format);
            if (facts)
                return *facts;
            error = facts.error();
        }
        // Only what this user may not see here may be seen by another way.
        if (error.code != ErrorCode::PermissionDenied)
            break;
    }
    return Fact<ImageFacts>::unknown(error);
}

const Fact<ImageFacts> *ImageReader::Live::find(const ImageRequest &request, const ImageId &id) const
{
    for (const QString &name : {request.location.name, request.alias}) {
        if (const auto found = byName.constFind(name); found != byName.constEnd())
            return &*found;
    }
    return byId.value(id);
}

// QEMU may have a file open by another name than the one that it is met by here.
ImageReader::Live ImageReader::known(const QHash<QString, Fact<ImageFacts>> &live) const
{
    Live known{live, {}};
    for (auto each = live.constBegin(); each != live.constEnd(); ++each) {
        for (const auto &store : m_stores) {
            if (!store->isStatusCheap())
                continue;
            if (const Result<FileStatus> status = store->status(each.key()))
                known.byId.insert(status->id, &*each);
        }
    }
    return known;
}

const ImageReader::Entry &ImageReader::look(const ImageRequest &request, const Live &live)
{
    const QString &path = request.location.name;
    const QString format = qemuFormat(request.format);
    const auto known = m_entries.find(path);
    if (m_progress)
        m_progress(path);
    Entry entry;
    entry.format = format;
    entry.isStated = request.isStated;
    entry.error = {ErrorCode::Unsupported, path, {}};
    for (size_t index = 0; index < m_stores.size(); ++index) {
        const Result<FileStatus> status = m_stores[index]->status(path);
        if (status) {
            entry.store = int(index);
            entry.status = *status;
            break;
        }
        entry.error = status.error();
        if (entry.error.code != ErrorCode::PermissionDenied)
            break;
    }

    const Fact<ImageFacts> *liveFacts = live.find(request, entry.status.id);
    entry.isLive = liveFacts;
    if (liveFacts)
        entry.facts = *liveFacts;
    else if (entry.store < 0 && entry.error.code == ErrorCode::NotFound)
        entry.facts = Fact<ImageFacts>::absent();
    else if (entry.store < 0)
        entry.facts = Fact<ImageFacts>::unknown(entry.error);
    else if (known != m_entries.end() && known->store == entry.store && known->status == entry.status
        && known->format == format && known->isStated == entry.isStated && known->isSettled())
        entry.facts = known->facts;
    else if (!request.isStated && format == "raw"_L1 && entry.status.size > 0)
        entry.facts = rawOfSize(entry.status.size); // only a header names it: there is no need to open it
    else
        entry.facts = readFacts(request, entry.store);
    return *m_entries.insert(path, entry);
}

Image ImageReader::imageOf(const ImageRequest &request, const Live &live)
{
    const QString &name = request.location.name;
    Image image;
    image.location = request.location;
    image.pool = request.pool;
    image.id = ImageId(name);
    if (!request.location.isLocalPath()) {
        image.facts = Fact<ImageFacts>::unknown(request.why.value_or(Error{ErrorCode::Unsupported, name, {}}));
        return image;
    }
    const Entry &entry = look(request, live);
    image.facts = entry.facts;
    if (entry.store >= 0) {
        image.id = entry.status.id;
        image.fileSize = entry.status.size;
        image.allocated = entry.status.allocated;
        image.modified = entry.status.modifiedNanoseconds / 1'000'000'000;
    } else if (entry.facts.isAbsent()) {
        image.fileSize = Fact<Bytes>::absent();
        image.allocated = Fact<Bytes>::absent();
        image.modified = Fact<qint64>::absent();
    } else {
        image.fileSize = Fact<Bytes>::unknown(entry.error);
        image.allocated = Fact<Bytes>::unknown(entry.error);
        image.modified = Fact<qint64>::unknown(entry.error);
    }
    return image;
}

// The image below, in the format that the header gives; "json:" may carry one of its own.
ImageRequest ImageReader::backingOf(const ImageFacts &facts, const QString &overlay) const
{
    BackingName backing = resolveBackingName(facts.backingName, overlay);
    if (backing.format.isEmpty())
        backing.format = facts.backingFormat;
    if (backing.location.isLocalPath()) {
        // Where nobody can tell where ".." leads, nobody finds the file by this name either.
        for (const auto &store : m_stores) {
            if (const Result<QString> path = store->withoutParents(backing.location.name)) {
                backing.location.name = *path;
                break;
            }
        }
    }
    return {backing.location, backing.format, {}, false};
}

struct ImageReader::Reading
{
    std::vector<ImageRequest> open;
    std::vector<Image> images;
    std::vector<bool> isUsed; // of each image: somebody opens it by one of its names
    QSet<QString> usedNames;
    QHash<QString, int> byName;
    QHash<ImageId, int> byId;
    // An image, and what else its backing name leads to.
    std::vector<std::pair<int, ImageLocation>> disputes;

    void addStatedFormat(int index, const ImageRequest &request)
    {
        const QString format = qemuFormat(request.format);
        if (!request.isStated || request.isListed || format.isEmpty() || format == SavedMemoryFormat)
            return;
        QStringList &formats = images[size_t(index)].disputedFormats;
        if (!formats.contains(format))
            formats.push_back(format);
    }

    void addAlias(int index, const ImageRequest &request)
    {
        Image &image = images[size_t(index)];
        if (!request.alias.isEmpty() && !image.otherNames.contains(request.alias))
            image.otherNames.push_back(request.alias);
        if (image.pool.isEmpty())
            image.pool = request.pool;
    }
};

// What it cannot be read without.
void ImageReader::openBelow(Image &image, const QString &name, Reading &reading) const
{
    if (!image.facts.isKnown())
        return;
    if (!image.facts->backingName.isEmpty()) {
        ImageRequest backing = backingOf(*image.facts, name);
        image.backingLocation = backing.location;
        reading.open.push_back(std::move(backing));
    }
    // Raw by definition, so that it is looked at and nothing of it is read.
    if (const ImageLocation dataFile = dataFileOf(image); !dataFile.isEmpty())
        reading.open.push_back({dataFile, u"raw"_s, {}, false});
}

// By another name of the same file its backing name may lead to another file.
void ImageReader::use(int index, const ImageRequest &request, Reading &reading) const
{
    const QString &name = request.location.name;
    if (request.isListed || reading.usedNames.contains(name))
        return;
    reading.usedNames.insert(name);
    Image &image = reading.images[size_t(index)];
    if (image.facts.isKnown() && !image.facts->backingName.isEmpty()) {
        ImageRequest backing = backingOf(*image.facts, name);
        if (backing.location != image.backingLocation) {
            if (reading.isUsed[size_t(index)])
                reading.disputes.emplace_back(index, backing.location);
            else
                image.backingLocation = backing.location;
            reading.open.push_back(std::move(backing));
        }
    }
    reading.isUsed[size_t(index)] = true;
}

int ImageReader::readOne(const ImageRequest &request, const Live &live, Reading &reading)
{
    const QString &name = request.location.name;
    if (const int index = reading.byName.value(name, -1); index >= 0) {
        reading.addAlias(index, request);
        use(index, request, reading);
        // Who asked first did not know the format; this one does.
        const Image &image = reading.images[size_t(index)];
        if (!image.facts.isUnknown() || request.format.isEmpty() || !m_entries.value(name).format.isEmpty())
            return index;
    }

    Image image = imageOf(request, live);
    int index = reading.byId.value(image.id, -1);
    if (index >= 0 && reading.images[size_t(index)].location.name != name) {
        // A second name of a file that we have.
        Image &first = reading.images[size_t(index)];
        if (!first.otherNames.contains(name))
            first.otherNames.push_back(name);
        reading.byName.insert(name, index);
        if (!first.facts.isUnknown() || !image.facts.isKnown()) {
            reading.addAlias(index, request);
            use(index, request, reading);
            return index;
        }
        // But who used the first name did not know the format.
        image.location = first.location;
    }
    if (index < 0) {
        index = int(reading.images.size());
        reading.images.push_back({});
        reading.isUsed.push_back(false);
    }
    openBelow(image, name, reading);
    const Image &before = reading.images[size_t(index)];
    image.otherNames = before.otherNames;
    image.disputedFormats = before.disputedFormats;
    if (image.pool.isEmpty())
        image.pool = before.pool;
    reading.byName.insert(name, index);
    reading.byId.insert(image.id, index);
    reading.images[size_t(index)] = std::move(image);
    reading.addAlias(index, request);
    if (!request.isListed) {
        reading.usedNames.insert(name);
        reading.isUsed[size_t(index)] = true;
    }
    return index;
}

// Somebody is wrong about an image. Whoever is, its header tells what it holds: a raw disk that looks like a qcow2
// image is one that somebody made as that. Where it is none nobody can say what it was to be.
void ImageReader::settleFormat(int index, Reading &reading)
{
    Image &image = reading.images[size_t(index)];
    const QString &name = image.location.name;
    const Entry entry = m_entries.value(name);
    const bool isRead = image.facts.isKnown() && image.facts->format == "qcow2"_L1;
    const bool isSilent = entry.isLive && image.facts.isUnknown(); // QEMU, which has it open
    if (!image.location.isLocalPath() || image.facts.isAbsent() || isRead || isSilent)
        return;
    image.facts = readFacts({image.location, u"qcow2"_s, {}}, std::max(entry.store, 0));
    openBelow(image, name, reading);
}

std::vector<Image> ImageReader::read(
    const std::vector<ImageRequest> &requests, const QHash<QString, Fact<ImageFacts>> &live)
{
    const Live liveImages = known(live);
    Reading reading;
    reading.open = requests;
    size_t next = 0;
    const auto readOpen = [&] {
        for (; next < reading.open.size(); ++next) {
            const ImageRequest request = reading.open[next]; // a copy: what is below is added
            if (!request.location.isEmpty())
                reading.addStatedFormat(readOne(request, liveImages, reading), request);
        }
    };
    readOpen();
    for (size_t index = 0; index < reading.images.size(); ++index) {
        QStringList &formats = reading.images[index].disputedFormats;
        formats.sort();
        if (formats.size() > 1)
            settleFormat(int(index), reading);
        else
            formats.clear();
    }
    readOpen();

    const auto at = [&](const ImageLocation &location) { return reading.byName.value(location.name, -1); };
    for (const auto &[index, other] : reading.disputes) {
        Image &image = reading.images[size_t(index)];
        if (at(image.backingLocation) != at(other))
            image.facts = Fact<ImageFacts>::unknown({ErrorCode::Unsupported, image.location.name,
                u"from %1 its backing image is %2"_s.arg(image.otherNames.join(u", "_s), other.name)});
    }
    for (Image &image : reading.images) {
        if (const int index = at(image.backingLocation); index >= 0)
            image.backing = reading.images[size_t(index)].id;
    }
    m_entries.removeIf([&](const auto &entry) { return !reading.byName.contains(entry.key()); });
    return std::move(reading.images);
}

bool ImageReader::isStale(bool thoroughly) const
{
    for (auto entry = m_entries.constBegin(); entry != m_entries.constEnd(); ++entry) {
        // What went wrong once is tried again. Not what is refused: that would be asked of the daemon for ever.
        if (thoroughly && !entry->isLive && !entry->isSettled()
            && entry->facts.why().code != ErrorCode::PermissionDenied)
            return true;
        // Whatever the cheapest store says: a file that was missing may have come.
        const int store = std::max(entry->store, 0);
        if (m_stores.empty() || !(thoroughly || m_stores[size_t(store)]->isStatusCheap()))
            continue;
        const Result<FileStatus> status = m_stores[size_t(store)]->status(entry.key());
        if (status.has_value() != (entry->store == store))
            return true;
        if (status && !isSameFile(entry->status, *status, entry->isLive))
            return true;
    }
    return false;
}

Result<std::unique_ptr<ByteSource>> ImageReader::open(const QString &path)
{
    Result<std::unique_ptr<ByteSource>> source = failure(ErrorCode::Unsupported, path);
    for (const auto &store : m_stores) {
        if (!source && store->isStatusCheap())
            source = store->open(path);
    }
    return source;
}

} // namespace treewarden
