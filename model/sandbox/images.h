// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/sandbox/paths.h"

#include <QStringList>

namespace treewarden {

// Makes and fills the image files of the sandbox with qemu-img and qemu-io, as the sandbox's user. Names are those of
// files in the folder of images. Blocking. NotFound names the tool that is not installed.
class SandboxImages
{
public:
    SandboxImages(SandboxPaths paths, SandboxUser user);

    QString path(const QString &name) const;

    Result<> makeFolder(const QString &folder);
    Result<> create(const QString &name, Bytes size);
    Result<> createBootable(const QString &name, Bytes size); // with the guest in its boot sector
    Result<> createOverlay(const QString &name, const QString &backing);
    // Fills a range with one byte's value. Not while a machine has the image open.
    Result<> fill(const QString &name, Bytes offset, Bytes length, int value);
    Result<> addTag(const QString &name, const QString &tag);
    Result<> removeTag(const QString &name, const QString &tag);
    // Every file of a machine: MACHINE.ANYTHING and MACHINE-vdX.ANYTHING.
    Result<> remove(const QString &machine);

private:
    Result<> run(const QString &program, const QStringList &arguments);

    SandboxPaths m_paths;
    SandboxUser m_user;
};

} // namespace treewarden
