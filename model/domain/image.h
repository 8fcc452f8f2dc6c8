// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/fact.h"
#include "model/base/strongid.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace treewarden {

enum class SourceKind { None, File, Block, Dir, Network, Volume, Nvme, VhostUser, VhostVdpa, Other };

// Where an image is said to be. `name` is an absolute path (File, Block, Dir), "POOL/VOLUME" (Volume) or a
// normalised URI such as "rbd://host:port/pool/image" (the others). Empty name with None: an empty drive.
struct ImageLocation
{
    SourceKind kind = SourceKind::None;
    QString name;

    bool isEmpty() const { return name.isEmpty(); }
    bool isLocalPath() const { return kind == SourceKind::File || kind == SourceKind::Block; }
    bool operator==(const ImageLocation &) const = default;
    friend size_t qHash(const ImageLocation &location, size_t seed = 0)
    {
        return qHashMulti(seed, int(location.kind), location.name);
    }
};

// One entry of a qcow2 snapshot table: QEMU calls it an internal snapshot, users know it as a tag.
struct Tag
{
    QString id;
    QString name;
    Bytes vmStateSize = 0; // 0: no memory saved with it
    qint64 created = 0; // seconds since 1970
    quint32 createdNanoseconds = 0;
    quint64 vmClock = 0; // nanoseconds the guest had run
    Fact<Bytes> diskSize = Fact<Bytes>::absent(); // the virtual size then, where the table has it (qcow2 v3)

    bool operator==(const Tag &) const = default;
};

// One entry of a qcow2 bitmap directory, or of QMP's dirty-bitmaps of a running machine.
struct Bitmap
{
    QString name;
    Bytes granularity = 0;
    bool persistent = true;
    bool recording = true; // qcow2's "auto" flag
    bool inUse = false; // qcow2's flag: a process has it open, or died with it
    bool inconsistent = false;
    bool busy = false;
    Fact<Bytes> dirty = Fact<Bytes>::absent(); // only known of running machines

    bool operator==(const Bitmap &) const = default;
};

// The format that we call saved memory by: a file that begins with libvirt's "LibvirtQemud".
inline constexpr QLatin1StringView SavedMemoryFormat{"libvirt-save"};

// What the metadata of one layer say; nothing here was followed or probed.
struct ImageFacts
{
    QString format; // "qcow2", "raw", ..., or SavedMemoryFormat
    Bytes virtualSize = 0;
    int formatVersion = 0; // qcow2: 2 or 3
    Bytes clusterSize = 0;
    // As written in the header: relative to the image's folder, "json:" and URIs included. Empty: no backing image.
    QString backingName;
    QString backingFormat; // empty: not recorded
    QString dataFile; // qcow2 with an external data file
    bool hasDataFile = false; // also when the file's name is not recorded
    bool dirty = false; // was not closed cleanly (lazy refcounts)
    bool corrupt = false;
    bool encrypted = false;
    std::vector<Tag> tags;
    std::vector<Bitmap> bitmaps;

    bool operator==(const ImageFacts &) const = default;
};

// What rests on a file that is not as it was when it was first seen to rest on it: a snapshot that froze it, or (with
// no domain) an overlay, by its path.
struct OutdatedUser
{
    DomainId domain;
    QString name;
    bool isCertain = false; // false: the file was written to, yet samples of its contents are the same

    bool operator==(const OutdatedUser &) const = default;
};

// One image of the host, as far as it could be known.
struct Image
{
    ImageId id;
    ImageLocation location; // the name it was first met by
    QStringList otherNames; // hard links, symbolic links: same id, other path
    Fact<Bytes> fileSize;
    Fact<Bytes> allocated; // bytes it takes on the host
    Fact<qint64> modified; // seconds since 1970
    Fact<ImageFacts> facts;
    ImageLocation backingLocation; // backingName made absolute; empty when there is none
    ImageId backing; // empty: none, or not found (see facts and backingLocation)
    QString pool; // the storage pool it is a volume of, if any
    std::vector<OutdatedUser> outdated = {};
    // The formats that definitions and snapshots state, where those differ; else empty.
    QStringList disputedFormats = {};
    // The backing and the data file, where only the header names them, in a folder that no definition, no snapshot and
    // no pool has anything in.
    QStringList namesOutside = {};

    bool operator==(const Image &) const = default;
};

} // namespace treewarden
