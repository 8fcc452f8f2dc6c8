// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace treewarden {

// What a step does to one file, or to what libvirt knows of a machine.
enum class EffectKind {
    Create, // a file
    Write, // its active contents change in place
    Remove, // a file
    AddTag,
    RemoveTag,
    AddBitmap,
    RemoveBitmap,
    Repoint, // its backing image
    Strand, // the file stays, and nothing refers to it any more
    StartDomain,
    StopDomain,
    DiscardState, // saved memory
    AddMetadata, // of a snapshot
    ChangeMetadata,
    DropMetadata,
    ChangeDefinition,
};
QString effectName(EffectKind kind); // kebab-case

struct Effect
{
    EffectKind kind = EffectKind::Write;
    QString path; // the file; empty for what concerns a machine
    QString name; // tag, bitmap, snapshot or machine

    bool operator==(const Effect &) const = default;
};

} // namespace treewarden
