// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imagestore.h"
#include "model/domain/image.h"

#include <QHash>
#include <QSet>

#include <functional>
#include <memory>
#include <vector>

namespace treewarden {

// An image that something named, and the format that it (not the image) gave for it. Empty format: nobody said.
struct ImageRequest
{
    ImageLocation location;
    QString format;
    QString pool;
};

// Reads images one layer at a time, each in the format that the definition or the layer above gives: nothing is
// probed, and a backing name is looked up only as one more request. Remembers facts by the file's identity, size and
// time, so that what has not changed is not read again. Not thread-safe; blocks.
class ImageReader
{
public:
    // The stores are asked in this order.
    explicit ImageReader(std::vector<std::shared_ptr<ImageStore>> stores)
        : m_stores(std::move(stores))
    {
    }

    // Called with each path before it is looked at, so that a hang can be named.
    void setProgress(std::function<void(const QString &path)> progress) { m_progress = std::move(progress); }

    // The images asked for and everything below them. `live` has what QEMU itself says of images that it is writing to;
    // their files are not read. With `fresh`, stores whose status is not cheap are asked again too.
    std::vector<Image> read(const std::vector<ImageRequest> &requests, const QHash<QString, ImageFacts> &live, bool fresh);
    // Whether a cheap look shows that some image of the last read() changed.
    bool isStale() const;
    // The files beside `paths` that look like images of machines but that the last read() did not come upon.
    std::vector<ImageRequest> unnamedNeighbours(const QStringList &paths);
    // libvirt calls its saves of memory raw volumes: gives those of `volumes` their own format. Looking at a head
    // follows nothing.
    void recogniseSaves(std::vector<ImageRequest> &volumes);

private:
    struct Entry
    {
        int store = -1; // whose status it is; -1: no store has it
        FileStatus status;
        QString format;
        bool isLive = false; // the facts are QEMU's own
        Fact<ImageFacts> facts;
        Error error; // where no store has it

        // Whether the same file would give the same facts again: a failure to look at it may pass.
        bool isSettled() const;
    };

    const Entry &look(const QString &path, const QString &format, const ImageFacts *live, bool fresh);
    QString formatByHead(const QString &path);
    Fact<ImageFacts> readFacts(const QString &path, const QString &format, int firstStore);

    std::vector<std::shared_ptr<ImageStore>> m_stores;
    std::function<void(const QString &)> m_progress;
    QHash<QString, Entry> m_entries; // by path
    QSet<QString> m_live;
};

} // namespace treewarden
