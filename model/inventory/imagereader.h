// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imagestore.h"
#include "model/domain/image.h"

#include <QHash>
#include <QSet>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace treewarden {

// An image that something named, and the format that it (not the image) gave for it. Empty format: nobody said.
struct ImageRequest
{
    ImageLocation location;
    QString format;
    QString pool;
    // The format is a definition's word. False: it is an image header's, or a pool's guess from the contents; whoever
    // wrote the file chose it, so no program that follows more than we do is run on its account.
    bool isStated = true;
    // Found by looking around: nobody is known to open it by this name.
    bool isListed = false;
    QString alias = {}; // "POOL/VOLUME", where it was asked for as that; one more name of the image
    std::optional<Error> why = {}; // why it cannot be looked at, where the location is not enough to say so

    bool operator==(const ImageRequest &) const = default;
};

// Reads images one layer at a time, each in the format that the definition or the layer above gives: nothing is
// probed but what definitions differ on, and a backing name is looked up only as one more request. Remembers facts by
// the file's identity, size and time, so that what has not changed is not read again. Not thread-safe; blocks.
class ImageReader
{
public:
    using Stores = std::vector<std::shared_ptr<ImageStore>>;

    // The stores are asked in this order.
    explicit ImageReader(Stores stores)
        : m_stores(std::move(stores))
    {
    }

    // Called with each path before it is looked at, so that a hang can be named.
    void setProgress(std::function<void(const QString &path)> progress) { m_progress = std::move(progress); }

    // The images asked for and everything below them, each once, however many names it has. `live` has what QEMU itself
    // says of images that it is writing to, or why it did not say: their files are not read, which may be behind. An
    // image that is used by names in several folders, from where its relative backing name leads to different files, is
    // unknown. One that is stated to have several formats is a qcow2 image or unknown, whoever is asked first.
    std::vector<Image> read(const std::vector<ImageRequest> &requests, const QHash<QString, Fact<ImageFacts>> &live);
    // Whether some image of the last read() changed: by the status that is cheap, or, thoroughly, by that of all; what
    // could not be read is then due for another try too.
    bool isStale(bool thoroughly) const;
    // The files in `folders`, but for the `known` ones, that look like images of machines.
    std::vector<ImageRequest> unnamed(const QStringList &folders, const QSet<QString> &known);
    // The absolute paths of the files in a folder; none where it cannot be listed.
    QStringList filesIn(const QString &folder) const;
    // The file systems that these folders are on; one that no store knows of is left out.
    std::vector<FileSystem> fileSystems(const QStringList &folders) const;
    // The bytes of an image, where many small reads are cheap; Unsupported elsewhere.
    Result<std::unique_ptr<ByteSource>> open(const QString &path);
    // libvirt calls its saves of memory raw volumes: gives those of `volumes` their own format. Looking at a head
    // follows nothing.
    void recogniseSaves(std::vector<ImageRequest> &volumes);
    // The first name that an image is met by is its name: that shall not be one of a symbolic link to it.
    void linksLast(std::vector<ImageRequest> &requests) const;

private:
    struct Entry
    {
        int store = -1; // whose status it is; -1: no store has it
        FileStatus status;
        QString format;
        bool isStated = true;
        bool isLive = false; // the facts are QEMU's own, or unknown because it did not answer
        Fact<ImageFacts> facts;
        Error error; // where no store has it

        // Whether the same file would give the same facts again: a failure to look at it may pass.
        bool isSettled() const;
    };

    // What QEMU says of the images that it writes to.
    struct Live
    {
        const QHash<QString, Fact<ImageFacts>> &byName;
        QHash<ImageId, const Fact<ImageFacts> *> byId;

        const Fact<ImageFacts> *find(const ImageRequest &request, const ImageId &id) const;
    };
    // One reading: the images so far, and how they were found.
    struct Reading;

    Live known(const QHash<QString, Fact<ImageFacts>> &live) const;
    const Entry &look(const ImageRequest &request, const Live &live);
    Image imageOf(const ImageRequest &request, const Live &live);
    int readOne(const ImageRequest &request, const Live &live, Reading &reading); // which of the reading's it is
    void settleFormat(int index, Reading &reading);
    void openBelow(Image &image, const QString &name, Reading &reading) const;
    void use(int index, const ImageRequest &request, Reading &reading) const;
    ImageRequest backingOf(const ImageFacts &facts, const QString &overlay) const;
    QString formatByHead(const QString &path, const Stores &stores);
    Fact<ImageFacts> readFacts(const ImageRequest &request, int firstStore);

    Stores m_stores;
    std::function<void(const QString &)> m_progress;
    QHash<QString, Entry> m_entries; // by path
    QHash<QString, QString> m_heads; // by path: the formats by the heads that are not cheap to read
};

} // namespace treewarden
