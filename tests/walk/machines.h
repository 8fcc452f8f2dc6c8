// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/walk/host.h"

#include <random>

namespace treewarden::test {

// The same numbers everywhere: the standard's distributions differ between libraries.
class Dice
{
public:
    explicit Dice(quint64 seed)
        : m_engine(seed)
    {
    }
    int below(int limit) { return int(m_engine() % quint64(limit)); }
    bool oneIn(int count) { return below(count) == 0; }

private:
    std::mt19937_64 m_engine;
};

// The machines of one walk: tiny disks, no guest. They can run and be written to through QEMU, and write nothing by
// themselves, so that what everybody has to read is known.
class WalkMachines
{
public:
    WalkMachines(const WalkHost &host, QString folder);
    ~WalkMachines(); // removes the machines; the files are the host's

    // One to three machines with one or two disks each; in a third of the walks their first disks rest on one image.
    Result<> make(Dice &dice);
    const QStringList &names() const { return m_names; }
    const QString &folder() const { return m_folder; } // of all their files
    QString description() const; // for people

    // 64 KiB of `pattern` into the disk, by qemu-io or, where the machine runs, by its QEMU. `path` is its image now.
    Result<> write(const QString &machine, bool isRunning, const QString &target, const QString &path, int block,
        int pattern) const;
    // A new disk, full of `pattern`; it stays when the machine ends.
    Result<> attach(const QString &machine, bool isRunning, const QString &target, int pattern) const;
    Result<> save(const QString &machine) const; // libvirt's managed save
    Result<> start(const QString &machine) const; // or resumes what was saved
    Result<> resume(const QString &machine) const;

    // All files and all that libvirt knows, to be put back. A machine that ran is started again: what it had in memory
    // is not kept, and what it had saved is what it has after a start.
    Result<> keep();
    Result<> putBack();

private:
    struct Kept
    {
        bool wasOn = false;
        bool wasPaused = false;
        bool wasSaved = false;
        QByteArray definition;
        QString current;
        std::vector<std::pair<QString, QByteArray>> snapshots; // parents first
    };
    Result<> createImage(const QString &path, const QString &backing, int megabytes) const;
    Result<> fill(const QString &path, int pattern) const;
    Result<> redefine(const QString &machine, const Kept &kept) const;

    const WalkHost &m_host;
    QString m_folder;
    QString m_copy;
    QStringList m_names;
    QString m_description;
    QMap<QString, Kept> m_kept;
};

} // namespace treewarden::test
