// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/claims.h"

#include <memory>

namespace treewarden {

enum class OrphanKind {
    Tag, // in an image, but libvirt has no snapshot of it
    Overlay, // a file that nothing refers to
    Memory, // a memory file whose snapshot is gone
    Metadata, // libvirt lists a snapshot whose tag or file is gone
};

struct Orphan
{
    OrphanKind kind = OrphanKind::Tag;
    DomainId domain; // whose disks it belongs to; empty when nobody's
    QString path;
    QString name; // the tag's or snapshot's name; for files the file name
    Fact<Bytes> bytes; // what it takes on the host
    Fact<qint64> created; // seconds since 1970

    bool operator==(const Orphan &) const = default;
};

enum class Severity { Note, Warning, Danger };

// Something about a machine that a user should know. Ids are kebab-case and never reused; views/text has the sentence.
struct Problem
{
    QString id;
    Severity severity = Severity::Warning;
    DomainId domain;
    QString subject; // a path, or a snapshot's name
    QStringList arguments; // what the sentence names besides the subject

    bool operator==(const Problem &) const = default;
};

// What follows from an inventory alone. Pure and immutable.
struct Assessment
{
    Claims claims;
    std::vector<Orphan> orphans;
    std::vector<Problem> problems;

    std::vector<Problem> problemsOf(const DomainId &domain) const;
    std::vector<Orphan> orphansOf(const DomainId &domain) const;
};

Assessment assess(const Inventory &inventory);

enum class TreeKind { None, Internal, External, Mixed };
TreeKind treeKind(const SnapshotTree &tree);

// The bytes that only this snapshot holds, as far as that is known without measuring: the file of what came after an
// external snapshot (with its memory file), the saved memory of an internal one. Unknown where a part is unknown.
Fact<Bytes> onlyHere(const Inventory &inventory, const Domain &domain, int node);

} // namespace treewarden
