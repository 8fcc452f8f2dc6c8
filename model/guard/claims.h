// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"

#include <QHash>

#include <vector>

namespace treewarden {

enum class OwnerKind {
    CurrentState, // what a domain runs on, or would start with
    PersistentDefinition, // what it starts with next time, where that differs
    Snapshot,
    Checkpoint,
    Image, // an overlay in a storage pool that no domain owns: its owner may be another host
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
    File, // the whole file: saved memory, NVRAM
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

// Who relies on what, on one host.
class Claims
{
public:
    Claims() = default;
    explicit Claims(const Inventory &inventory);

    const std::vector<Claim> &all() const { return m_claims; }
    std::vector<Claim> on(const ImageId &image) const;
    bool isClaimed(const ImageId &image) const { return m_byImage.contains(image); }
    bool isTagClaimed(const ImageId &image, const QString &tag) const;

private:
    void add(Owner owner, Layer layer, bool direct);
    void addChain(const ImageGraph &images, const Owner &owner, const ImageLocation &top);

    std::vector<Claim> m_claims;
    QHash<ImageId, std::vector<int>> m_byImage;
};

} // namespace treewarden
