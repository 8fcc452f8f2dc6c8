// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QString>

namespace treewarden {

// A string that names one kind of thing and cannot be mistaken for the name of another.
template <typename Tag>
struct StrongId
{
    QString value;

    StrongId() = default;
    explicit StrongId(QString text)
        : value(std::move(text))
    {
    }
    bool isEmpty() const { return value.isEmpty(); }
    bool operator==(const StrongId &) const = default;
    bool operator<(const StrongId &other) const { return value < other.value; }
    int compare(const StrongId &other) const { return value.compare(other.value); }
    friend size_t qHash(const StrongId &id, size_t seed = 0) { return qHash(id.value, seed); }
};

// A domain's UUID in libvirt's textual form.
using DomainId = StrongId<struct DomainIdTag>;
// An image: "device:inode" of a file or block device, else its normalised path or URI. Equal ids are one image.
using ImageId = StrongId<struct ImageIdTag>;

} // namespace treewarden
