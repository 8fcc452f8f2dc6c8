// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/walk/host.h"

#include <QHash>
#include <QMap>

namespace treewarden::test {

// What a host has, as virsh and qemu-img say: nothing here goes through Treewarden's own readers.

struct SeenTag
{
    QByteArray shown; // sum of the contents; empty: they cannot be read
    bool hasMemory = false;

    bool operator==(const SeenTag &) const = default;
};

struct SeenFile
{
    quint64 inode = 0;
    QString format; // empty: no image
    QString backing;
    QByteArray shown; // sum of the active contents, through the chain; empty: they cannot be read
    QByteArray bytes; // sum of the file itself
    QMap<QString, SeenTag> tags;
};

struct SeenDisk
{
    bool isExternal = false;
    QString path; // the frozen file, or the one that holds the tag
};

struct SeenSnapshot
{
    QString parent;
    QString description;
    QString memory; // "no", "internal", "external"
    QString memoryFile;
    QMap<QString, SeenDisk> disks; // by target

    bool isExternal() const
    {
        return memory == QLatin1StringView("external")
            || std::any_of(disks.begin(), disks.end(), [](const SeenDisk &disk) { return disk.isExternal; });
    }
};

struct SeenDomain
{
    QString state; // virsh's word
    QString current;
    bool isSaved = false; // its memory, by libvirt's managed save
    QMap<QString, QString> disks; // path by target
    QMap<QString, QString> savedDisks; // those that the saved memory goes on with
    QMap<QString, SeenSnapshot> snapshots;
};

// What somebody reads: sums by disk target, "memory", and SavedState: of the disks that saved memory goes on with.
using Contents = QMap<QString, QByteArray>;
inline const QString SavedState = QStringLiteral("saved state");

struct Sight
{
    QMap<QString, SeenFile> files; // by path
    QMap<QString, SeenDomain> domains; // by name

    Contents current(const QString &domain) const;
    Contents snapshot(const QString &domain, const QString &name) const;
    bool isReadable(const Contents &contents) const; // all of it
};

// Looks at machines and the files of one folder. Sums of files that did not change are remembered.
class Oracle
{
public:
    Oracle(const WalkHost &host, QString folder);

    // An error is what could not be asked; a file that cannot be read is none.
    Result<Sight> look(const QStringList &machines);

private:
    Result<SeenDomain> domain(const QString &name) const;
    QMap<QString, SeenFile> files();
    QByteArray shown(const QString &path, const QString &tag, const QByteArray &key);

    const WalkHost &m_host;
    QString m_folder;
    QString m_raw; // where contents are put to be summed
    QHash<QByteArray, QByteArray> m_sums;
    struct Described
    {
        QByteArray key;
        SeenFile file;
    };
    QHash<QString, Described> m_described;
};

} // namespace treewarden::test
