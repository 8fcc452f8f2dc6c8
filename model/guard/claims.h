// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"

#include <QHash>
#include <QSet>

#include <vector>

namespace treewarden {

enum class OwnerKind {
    CurrentState, // what a domain runs on, or would start with; what a block job mirrors it to
    PersistentDefinition, // what it starts with next time, where that differs
    Snapshot,
    Checkpoint,
    Image, // an overlay that no domain relies on: what came after a snapshot, another host's disk, or a stray file
};

struct Owner
{
    OwnerKind kind = OwnerKind::CurrentState;
    DomainId domain; // empty for Image
    QString domainName;
    QString name; // the snapshot's or checkpoint's name, or the overlay's path

    bool operator==(const Owner &) const = default;
};

enum class LayerKind {
    Active, // the image's active contents
    Tag, // an internal snapshot
    Bitmap,
    File, // the file as such: saved memory, raw NVRAM (which every run of the machine writes), and a copy of that
};

struct Layer
{
    ImageId image;
    LayerKind kind = LayerKind::Active;
    QString name; // the tag's or bitmap's name

    bool operator==(const Layer &) const = default;
};

// An owner needs a layer to keep its bytes.
struct Claim
{
    Owner owner;
    Layer layer;
    bool direct = true; // false: it reaches the layer through an overlay

    bool operator==(const Claim &) const = default;
};

// The same without copies, which names of thousands of owners would be. Good for as long as the Claims that gave it.
struct ClaimRef
{
    const Owner *owner;
    LayerKind kind;
    const QString *name; // of the layer
    bool direct;
};

// Who relies on what, on one host. Immutable.
//
// Only direct claims are stored; those that reach an image through its overlays are found when asked for, so that
// thousands of snapshots over one long chain cost no more than their number. Active contents and tags of an overlay
// rely on the active contents of everything below it: the backing images and data files that headers name, and the
// chain that the live or persistent definition lists (the only source where a header could not be read).
//
// An external snapshot claims its frozen file, not the overlay that was made with it: the overlay holds what came
// AFTER it and belongs to whoever went on from there (the current state, the frozen files of later snapshots). After a
// revert nobody may; it is then unclaimed, but namedBy() tells that it is no stray file.
//
// A location that no image of the inventory has is claimed under an id made of its name.
class Claims
{
public:
    Claims() = default;
    explicit Claims(const Inventory &inventory);

    // Direct ones first, then those through overlays, each owner once. Costs as much as there are claims above.
    std::vector<Claim> on(const ImageId &image) const;
    std::vector<ClaimRef> refsOn(const ImageId &image) const;
    // Directly or through an overlay, by anyone.
    bool isClaimed(const ImageId &image) const { return m_byImage.contains(image) || m_domainsOf.contains(image); }
    bool isTagClaimed(const ImageId &image, const QString &tag) const;
    // The disk images that a domain relies on: current state, persistent definition and snapshots, whole chains.
    const std::vector<ImageId> &imagesOf(const DomainId &domain) const;
    // The other way round.
    const std::vector<DomainId> &domainsOf(const ImageId &image) const;
    // The domain of a snapshot whose metadata name this image as what came after it; empty: none does.
    DomainId namedBy(const ImageId &image) const { return m_namedBy.value(image); }

private:
    friend class ClaimsBuilder;
    struct Stated
    {
        int owner = 0;
        LayerKind kind = LayerKind::Active;
        QString name;
    };

    std::vector<Owner> m_owners;
    QHash<ImageId, std::vector<Stated>> m_byImage;
    QHash<ImageId, QSet<QString>> m_tags;
    QHash<ImageId, std::vector<ImageId>> m_above;
    QHash<DomainId, std::vector<ImageId>> m_imagesOf;
    QHash<ImageId, std::vector<DomainId>> m_domainsOf;
    QHash<ImageId, DomainId> m_namedBy;
};

} // namespace treewarden
