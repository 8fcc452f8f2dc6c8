// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/claims.h"

#include <QStringList>

#include <optional>

namespace treewarden {

// What lies on the host though nothing explains it, or is explained though it is gone. A fact that is unknown makes no
// orphan: while a machine, its snapshots or the chain of one of its disks could not be read, files are not called
// orphans.
enum class OrphanKind {
    // In an image that a domain relies on, while no domain that does has an internal snapshot of this name.
    Tag,
    // An overlay on an image of a domain that no domain relies on and no snapshot's metadata name.
    Overlay,
    // A file in libvirt's format of saved memory ("libvirt-save") that no snapshot and no managed save accounts for.
    // Looked for in pools and beside the disks.
    Memory,
    // libvirt lists a snapshot, and of its disks (of its memory, if it has no disks) nothing is left.
    Metadata,
    // A copy of a machine's NVRAM, by its name (model/domain/nvramcopy.h), whose snapshot is not there.
    Nvram,
};

struct Orphan
{
    OrphanKind kind = OrphanKind::Tag;
    DomainId domain; // whose disks it belongs to; empty when nobody's, or when several could be
    QString path; // Metadata: the first file that is gone or lacks the tag
    QString name; // the tag's or snapshot's name; for files the file name
    Fact<Bytes> bytes; // files: what they take on the host; tags: the saved memory, if any
    Fact<qint64> created; // seconds since 1970; files: when they were last written
    // False: a machine, or what a machine relies on, could not be read, and may rely on it.
    bool isCertain = true;

    bool operator==(const Orphan &) const = default;
};

enum class Severity { Note, Warning, Danger };

// Something about a machine, or an image that no machine has any part in, that a user should know. Ids are kebab-case
// and never reused; views/text has the sentence.
//
// id                      severity  subject         arguments
// image-missing           Danger    path            disk target          (Warning: cdrom, floppy)
// missing-backing-image   Danger    path that fails the overlay's path
// backing-chain-loop      Danger    path in the loop the backing name there
// backing-chain-deep      Warning   path of the top number of layers     (Danger: this libvirt will not start it)
// backing-format-missing  Warning   the overlay     its backing name
// backing-outside         Warning   path            the file that its header names
// data-file-missing       Danger    its path        the image whose contents it has
// image-unreadable        Note      path                                 (with `why`; Warning: Malformed, NotAnImage)
// image-corrupt           Danger    path
// image-dirty             Warning   path
// data-file               Note      path            the data file's path, if recorded
// format-disputed         Danger    path            machine, format that it states, the next of both, ...
//                                                   (Warning: no machine writes to it in a wrong one)
// duplicate-tag           Warning   tag             path
// bitmap-inconsistent     Warning   bitmap          path
// shared-base-writable    Warning   path            names of the machines on top (Danger: it is being written)
// mixed-tree              Warning   machine's name
// paused-by-io-error      Warning   machine's name
// frozen-file-in-use      Danger    snapshot        path, disk target
// frozen-file-changed     Danger    snapshot, or    path of what it rests on (Warning: written to, yet samples of its
//                                   overlay's path  contents are the same)
// tag-missing             Danger    snapshot        path, disk target
// snapshot-file-missing   Danger    snapshot        path, disk target
// memory-file-missing     Warning   snapshot        path
// delete-in-progress      Danger    snapshot        disk targets
// snapshot-parent-missing Warning   snapshot        the parent's name
// snapshot-parent-loop    Warning   snapshot        the parent's name
struct Problem
{
    QString id;
    Severity severity = Severity::Warning;
    DomainId domain; // empty: of an image that no machine relies on and no snapshot names
    QString subject; // see the list
    QStringList arguments; // what the sentence names besides the subject: see the list
    std::optional<Error> why = {}; // image-unreadable only
    // Snapshots that it harms too, since their contents lie on top: frozen-file-changed and frozen-file-in-use only.
    // Never the subject. It stays one problem.
    QStringList alsoAt = {};

    bool concerns(const QString &name) const { return name == subject || alsoAt.contains(name); }
    bool operator==(const Problem &) const = default;
};

// What follows from an inventory alone. Pure and immutable.
struct Assessment
{
    Claims claims;
    std::vector<Orphan> orphans;
    // What may rely on any file, so that nothing is left over for certain: machines and storage pools that could not be
    // read, by name; images that could not, or that a machine relies on and that are not there now (a share that is not
    // mounted), by path. Not images that are known to have nothing below them. What hides most comes first.
    QStringList mayRelyOnAnything;
    std::vector<Problem> problems;

    // What one is told of at a machine's name. No notes; not that its tree is mixed, which its kind says beside it; and
    // of what is left over no snapshot whose data are gone, which is a problem already.
    struct Attention
    {
        int problems = 0;
        int leftOver = 0;
        bool isDanger = false;

        int count() const { return problems + leftOver; }
    };
    QHash<DomainId, Attention> attention() const;
    std::vector<Problem> problemsOf(const DomainId &domain) const;
    std::vector<Orphan> orphansOf(const DomainId &domain) const;
};

Assessment assess(const Inventory &inventory);

enum class TreeKind { None, Internal, External, Mixed };
TreeKind treeKind(const SnapshotTree &tree);

// The bytes that only this snapshot holds, as far as that is known without measuring.
// External: the overlays that were made with it (and, by libvirt, on reverting to it), which hold what came after it,
// and its memory file; an overlay that is gone counts nothing. Internal: the memory saved in its tags; absent when
// none was saved or the tags are gone, as its share of the disk is only known after measuring. Unknown where a part is.
Fact<Bytes> onlyHere(const Inventory &inventory, const Domain &domain, int node);
// The same for every node of the domain's tree, in one pass: with thousands of tags in an image use this one.
std::vector<Fact<Bytes>> onlyHere(const Inventory &inventory, const Domain &domain);

} // namespace treewarden
