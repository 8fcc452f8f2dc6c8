// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/imagereader.h"

#include "model/inventory/backingname.h"
#include "model/qcow2/metadata.h"

#include <QFileInfo>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// More files than this in one folder is no image folder: we do not open them all.
constexpr qsizetype MaximumNeighbours = 4000;
// A running machine writes all the time; smaller growth is not worth a new inventory.
constexpr Bytes NoticeableGrowth = MiB;

const QByteArray Qcow2Magic("QFI\xfb", 4);
// libvirt's src/qemu/qemu_saveimage.h: a finished save image and one that was being written.
const QByteArray SaveMagic("LibvirtQemudSave", 16);
const QByteArray PartialSaveMagic("LibvirtQemudPart", 16);

const QString SaveFormat = u"libvirt-save"_s;

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

} // namespace

bool ImageReader::Entry::isSettled() const
{
    if (isLive || !facts.isUnknown())
        return !isLive;
    return facts.why().code == ErrorCode::Malformed || facts.why().code == ErrorCode::Unsupported;
}

Fact<ImageFacts> ImageReader::readFacts(const QString &path, const QString &format, bool isStated, int firstStore)
{
    if (format.isEmpty())
        return Fact<ImageFacts>::unknown({ErrorCode::Unsupported, path, u"format not recorded"_s});
    if (format == SaveFormat) {
        ImageFacts facts;
        facts.format = format;
        return facts;
    }

    // qemu-img may open what such a file names (the extents of a VMDK descriptor).
    if (!isStated && format != "qcow2"_L1 && format != "raw"_L1)
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

const ImageReader::Entry &ImageReader::look(const ImageRequest &request, const Fact<ImageFacts> *live)
{
    const QString &path = request.location.name;
    const QString format = qemuFormat(request.format);
    const auto known = m_entries.find(path);
    if (m_progress)
        m_progress(path);
    Entry entry;
    entry.format = format;
    entry.isStated = request.isStated;
    entry.isLive = live;
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

    if (live)
        entry.facts = *live;
    else if (entry.store < 0 && entry.error.code == ErrorCode::NotFound)
        entry.facts = Fact<ImageFacts>::absent();
    else if (entry.store < 0)
        entry.facts = Fact<ImageFacts>::unknown(entry.error);
    else if (known != m_entries.end() && known->store == entry.store && known->status == entry.status
        && known->format == format && known->isStated == entry.isStated && known->isSettled())
        entry.facts = known->facts;
    else
        entry.facts = readFacts(path, format, request.isStated, entry.store);
    return *m_entries.insert(path, entry);
}

std::vector<Image> ImageReader::read(
    const std::vector<ImageRequest> &requests, const QHash<QString, Fact<ImageFacts>> &live)
{
    m_live = QSet<QString>(live.keyBegin(), live.keyEnd());
    std::vector<Image> images;
    QHash<QString, int> byName;
    QHash<ImageId, int> byId;
    QSet<QString> looked;

    std::vector<ImageRequest> open = requests;
    for (size_t next = 0; next < open.size(); ++next) {
        const ImageRequest request = open[next];
        const QString &name = request.location.name;
        if (request.location.isEmpty())
            continue;
        if (const int index = byName.value(name, -1); index >= 0) {
            Image &image = images[size_t(index)];
            if (image.pool.isEmpty())
                image.pool = request.pool;
            // Who asked first did not know the format; this one does.
            const bool better
                = image.facts.isUnknown() && !request.format.isEmpty() && m_entries.value(name).format.isEmpty();
            if (!better)
                continue;
        }

        Image image;
        image.location = request.location;
        image.pool = request.pool;
        if (!request.location.isLocalPath()) {
            image.id = ImageId(name);
            image.facts = Fact<ImageFacts>::unknown({ErrorCode::Unsupported, name, {}});
        } else {
            looked.insert(name);
            const auto liveFacts = live.constFind(name);
            const Entry &entry = look(request, liveFacts == live.constEnd() ? nullptr : &*liveFacts);
            image.facts = entry.facts;
            if (entry.store >= 0) {
                image.id = entry.status.id;
                image.fileSize = entry.status.size;
                image.allocated = entry.status.allocated;
                image.modified = entry.status.modifiedNanoseconds / 1'000'000'000;
            } else {
                image.id = ImageId(name);
                if (entry.facts.isAbsent()) {
                    image.fileSize = Fact<Bytes>::absent();
                    image.allocated = Fact<Bytes>::absent();
                    image.modified = Fact<qint64>::absent();
                } else {
                    image.fileSize = Fact<Bytes>::unknown(entry.error);
                    image.allocated = Fact<Bytes>::unknown(entry.error);
                    image.modified = Fact<qint64>::unknown(entry.error);
                }
            }
        }

        int index = byId.value(image.id, -1);
        if (index >= 0 && images[size_t(index)].location.name != name) {
            // A second name of a file that we have.
            Image &first = images[size_t(index)];
            if (!first.otherNames.contains(name))
                first.otherNames.push_back(name);
            byName.insert(name, index);
            if (!first.facts.isUnknown() || !image.facts.isKnown())
                continue;
            // But who used the first name did not know the format.
            image.location = first.location;
        }
        if (index >= 0)
            image.otherNames = images[size_t(index)].otherNames;
        if (image.facts.isKnown() && !image.facts->backingName.isEmpty()) {
            const BackingName backing = resolveBackingName(image.facts->backingName, name);
            image.backingLocation = backing.location;
            open.push_back(
                {backing.location, backing.format.isEmpty() ? image.facts->backingFormat : backing.format, {}, false});
        }
        if (index < 0) {
            index = int(images.size());
            images.push_back({});
        }
        byName.insert(name, index);
        byId.insert(image.id, index);
        if (image.pool.isEmpty())
            image.pool = images[size_t(index)].pool;
        images[size_t(index)] = std::move(image);
    }

    for (Image &image : images) {
        if (const int index = byName.value(image.backingLocation.name, -1); index >= 0)
            image.backing = images[size_t(index)].id;
    }
    m_entries.removeIf([&](const auto &entry) { return !looked.contains(entry.key()); });
    return images;
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
        if (status && !isSameFile(entry->status, *status, m_live.contains(entry.key())))
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

std::vector<ImageRequest> ImageReader::neighbours(const QStringList &paths, const QSet<QString> &known)
{
    QSet<QString> folders;
    for (const QString &path : paths)
        folders.insert(QFileInfo(path).path());

    std::vector<ImageRequest> found;
    for (const QString &folder : std::as_const(folders)) {
        for (const auto &store : m_stores) {
            const Result<QStringList> files = store->list(folder);
            if (!files || files->size() > MaximumNeighbours)
                continue;
            for (const QString &path : *files) {
                const QString format = known.contains(path) ? QString() : formatByHead(path);
                if (!format.isEmpty())
                    found.push_back({{SourceKind::File, path}, format, {}, false});
            }
            break;
        }
    }
    return found;
}

QStringList ImageReader::filesIn(const QString &folder) const
{
    for (const auto &store : m_stores) {
        if (const Result<QStringList> files = store->list(folder))
            return *files;
    }
    return {};
}

std::vector<FileSystem> ImageReader::fileSystems(const QStringList &folders) const
{
    std::vector<FileSystem> found;
    for (const QString &folder : folders) {
        for (const auto &store : m_stores) {
            const Result<FileSystem> fileSystem = store->fileSystem(folder);
            if (!fileSystem)
                continue;
            const auto same = std::find_if(
                found.begin(), found.end(), [&](const FileSystem &each) { return each.id == fileSystem->id; });
            if (same == found.end())
                found.push_back(*fileSystem);
            else
                same->folders += folder;
            break;
        }
    }
    return found;
}

void ImageReader::recogniseSaves(std::vector<ImageRequest> &volumes)
{
    for (ImageRequest &volume : volumes) {
        if (volume.format == "raw"_L1 && formatByHead(volume.location.name) == SaveFormat)
            volume.format = SaveFormat;
    }
}

// Empty: none that we look for.
QString ImageReader::formatByHead(const QString &path)
{
    if (const auto known = m_heads.constFind(path); known != m_heads.constEnd())
        return *known;
    if (m_progress)
        m_progress(path);
    for (const auto &store : m_stores) {
        const auto source = store->open(path);
        if (!source && source.error().code == ErrorCode::PermissionDenied)
            continue;
        const QByteArray head = source ? (*source)->read(0, 16).value_or(QByteArray()) : QByteArray();
        QString format;
        if (head.startsWith(Qcow2Magic))
            format = u"qcow2"_s;
        else if (head == SaveMagic || head == PartialSaveMagic)
            format = SaveFormat;
        if (!store->isStatusCheap())
            m_heads.insert(path, format);
        return format;
    }
    return {};
}

} // namespace treewarden
