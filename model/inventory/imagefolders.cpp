// SPDX-License-Identifier: GPL-3.0-or-later
// What lies in the folders of images.
#include "model/inventory/imagereader.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// More files than this in one folder is no image folder: we do not open them all.
constexpr qsizetype MaximumNeighbours = 4000;

const QByteArray Qcow2Magic("QFI\xfb", 4);
// libvirt's src/qemu/qemu_saveimage.h: a finished save image and one that was being written.
const QByteArray SaveMagic("LibvirtQemudSave", 16);
const QByteArray PartialSaveMagic("LibvirtQemudPart", 16);

} // namespace

std::vector<ImageRequest> ImageReader::unnamed(const QStringList &folders, const QSet<QString> &known)
{
    std::vector<ImageRequest> found;
    for (const QString &folder : folders) {
        for (const auto &store : m_stores) {
            const Result<QStringList> files = store->list(folder);
            if (!files || files->size() > MaximumNeighbours)
                continue;
            for (const QString &path : *files) {
                // By this store alone: a storage pool is asked for what it lists, which is known. For any other file
                // libvirt would list the pool anew, and a file that it cannot make out stops the pool.
                const QString format = known.contains(path) ? QString() : formatByHead(path, {store});
                if (!format.isEmpty())
                    found.push_back({{SourceKind::File, path}, format, {}, false, true});
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
        if (volume.format == "raw"_L1 && formatByHead(volume.location.name, m_stores) == SavedMemoryFormat)
            volume.format = SavedMemoryFormat;
    }
}

void ImageReader::linksLast(std::vector<ImageRequest> &requests) const
{
    const auto isLink = [&](const ImageRequest &request) {
        return std::any_of(m_stores.begin(), m_stores.end(), [&](const auto &store) {
            const Result<FileStatus> status
                = store->isStatusCheap() ? store->status(request.location.name) : failure(ErrorCode::Unsupported);
            return status && status->isLink;
        });
    };
    std::vector<ImageRequest> ordered;
    ordered.reserve(requests.size());
    std::copy_if(requests.begin(), requests.end(), std::back_inserter(ordered), std::not_fn(isLink));
    std::copy_if(requests.begin(), requests.end(), std::back_inserter(ordered), isLink);
    requests = std::move(ordered);
}

// Empty: none that we look for.
QString ImageReader::formatByHead(const QString &path, const Stores &stores)
{
    if (const auto known = m_heads.constFind(path); known != m_heads.constEnd())
        return *known;
    if (m_progress)
        m_progress(path);
    for (const auto &store : stores) {
        const auto source = store->open(path);
        if (!source && source.error().code == ErrorCode::PermissionDenied)
            continue;
        const QByteArray head = source ? (*source)->read(0, 16).value_or(QByteArray()) : QByteArray();
        QString format;
        if (head.startsWith(Qcow2Magic))
            format = u"qcow2"_s;
        else if (head == SaveMagic || head == PartialSaveMagic)
            format = SavedMemoryFormat;
        if (!store->isStatusCheap())
            m_heads.insert(path, format);
        return format;
    }
    return {};
}

} // namespace treewarden
