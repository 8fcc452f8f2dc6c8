// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/fact.h"
#include "model/base/strongid.h"

#include <QMap>
#include <QString>
#include <QStringList>

#include <vector>

namespace treewarden {

// Top: what the image holds that the machine writes to, and not what that rests on.
enum class BackupLevel { Full, Incremental, Top };
QString backupLevelName(BackupLevel level); // "full", "incremental", "top"

// A file of a backup. Names are of the chain's own folder, so that this can be moved.
struct BackupFile
{
    QString name; // empty: there is none
    Bytes size = 0;
    QString sha256; // hexadecimal

    bool operator==(const BackupFile &) const = default;
};

// One disk at one point: a qcow2 image, which rests on the one of the point before where it is an increment.
struct BackupDisk
{
    QString target;
    BackupFile file;
    QString backing; // a name; empty: on none
    Bytes virtualSize = 0;
    QString source; // the file that the machine ran on at that moment
    // Of a volume: its URL. It is brought from point to point in place, so there is no file, and the last point alone
    // is there.
    QString volume = {};
    QString below = {}; // of Top: the absolute path of the image that it rests on, which is no part of the backup

    bool operator==(const BackupDisk &) const = default;
};

// A moment of a machine to which it can be brought back.
struct BackupPoint
{
    int number = 0;
    BackupLevel level = BackupLevel::Full;
    qint64 time = 0; // seconds since 1970: of the moment itself, not of when all was copied
    // libvirt's, from which on the next increment would be; and when that was made, because a name can be used again.
    // Empty: none.
    QString checkpoint;
    qint64 checkpointTime = 0;
    // A bitmap instead, which no checkpoint owns, with a name that was never given before. Empty: none.
    QString bitmap = {};
    bool quiesced = false; // the guest held its writes
    std::vector<BackupDisk> disks;
    BackupFile domainXml;
    BackupFile nvram;
    BackupFile checkpointXml;

    const BackupDisk *disk(QStringView target) const;
    std::vector<const BackupFile *> files() const; // all that there are
    const QString &mark() const; // the bitmap that records since: one of its own, or the checkpoint's of that name
    bool operator==(const BackupPoint &) const = default;
};

// A full point and what rests on it; the contents of manifest.json.
struct BackupManifest
{
    DomainId domain;
    QString domainName;
    std::vector<BackupPoint> points; // in their order
    bool isUnfinished = false; // a volume: it was being brought to another point, and may show none

    bool operator==(const BackupManifest &) const = default;
};

// A folder with a chain as it is there.
struct BackupChain
{
    static constexpr QLatin1StringView ManifestName{"manifest.json"};

    QString folder; // absolute path
    Fact<BackupManifest> manifest; // absent: nothing in it was ever finished
    QMap<QString, Bytes> files; // the names that are there

    // A number that no file there has.
    int nextNumber() const;
    // What was begun and never finished.
    QStringList unfinished() const;
};

// A folder that backups are made to, and what it has of one machine.
struct BackupTarget
{
    enum class State { Folder, Missing, NoFolder };

    QString directory; // absolute path, or a volume's URL
    Fact<State> state;
    Fact<Bytes> free;
    std::vector<BackupChain> chains; // oldest first
    QString nextChain; // absolute path of a folder that is not there

    bool isVolume = false; // its one chain is what is kept here about it, whoever's it is
    // The newest chain of that machine that an increment could be of; null: there is none.
    const BackupChain *newest(const DomainId &domain) const;
};

// What a file of a backup is called: "0001-inc-vda.qcow2"; and while it is not finished: with ".part" behind it.
QString backupImageName(int number, BackupLevel level, const QString &target);
QString backupFileName(int number, const QString &what); // "0001-domain.xml"
int backupNumberOf(const QString &fileName); // -1: it is none of these
QString unfinishedName(const QString &name);
// Bitmaps that QEMU begins for backups: `stem`, and a random number that no other has.
QString newBitmapName(const QString &stem);
bool isBitmapName(const QString &name, const QString &stem);

} // namespace treewarden
