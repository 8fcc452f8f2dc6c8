// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/sandbox/images.h"

#include <vector>

namespace treewarden {

// Makes one example machine step by step. After a step that failed all others do nothing, so that a recipe reads as a
// list; result() tells at the end. Machines run under TCG, the same everywhere. Blocking.
class MachineMaker
{
public:
    enum class Kind { Internal, External };
    enum class Memory { Kept, Dropped }; // of a running machine, by an external snapshot

    MachineMaker(Hypervisor &hypervisor, SandboxImages &images, QString machine);

    const Result<> &result() const { return m_result; }

    // Removes what an earlier try left: the machine, what libvirt knows of its snapshots, its files.
    void clear();
    // One image a target: MACHINE.qcow2 with the guest for vda, MACHINE-vdb.qcow2 for vdb. Before define().
    void addDisk(const QString &target, Bytes size);
    void addDiskOn(const QString &target, const QString &backing); // an overlay on another machine's image
    void define(const QString &title, const QString &description);

    void start(); // returns when the guest has begun to write
    void letWrite(); // a little more
    void forceOff();
    void startWithSandbox(); // from now on

    // While the machine is off: 256 KiB on every disk that no other change writes alike.
    void change();
    // While the machine is off: bytes that are not zero, on its first disk.
    void fill(Bytes length);

    void snapshot(const QString &name, const QString &description, Kind kind, Memory memory = Memory::Kept);
    void revert(const QString &snapshot);
    // Goes on from an external snapshot while the machine is off; the disks it leaves stay as they are.
    void branch(const QString &snapshot);

    // What happens to the image of vda behind libvirt's back.
    void addTag(const QString &tag);
    void removeTag(const QString &tag);
    void addOverlay(const QString &suffix);

private:
    struct MadeDisk
    {
        QString target;
        QString file; // name in the folder of images
    };

    template <typename Step>
    void step(Step run);
    Result<std::vector<MadeDisk>> disksIn(const Result<QByteArray> &xml) const;
    QByteArray domainXml() const;
    QString imageName(const QString &target, const QString &suffix) const;

    Hypervisor &m_hypervisor;
    SandboxImages &m_images;
    QString m_machine;
    QString m_title;
    QString m_description;
    DomainId m_id;
    bool m_isRunning = false;
    int m_changes = 0;
    std::vector<MadeDisk> m_disks; // what the machine uses now
    Result<> m_result;
};

} // namespace treewarden
