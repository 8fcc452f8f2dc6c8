// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <libvirt/libvirt.h>

#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace treewarden::libvirt {

// A move-only owner of one reference to a libvirt object.
template <typename Pointer, int (*Release)(Pointer)>
class Handle
{
public:
    Handle() = default;
    explicit Handle(Pointer pointer)
        : m_pointer(pointer)
    {
    }
    Handle(Handle &&other) noexcept
        : m_pointer(std::exchange(other.m_pointer, nullptr))
    {
    }
    Handle &operator=(Handle &&other) noexcept
    {
        std::swap(m_pointer, other.m_pointer);
        return *this;
    }
    ~Handle()
    {
        if (m_pointer)
            Release(m_pointer);
    }
    Pointer get() const { return m_pointer; }
    explicit operator bool() const { return m_pointer != nullptr; }

private:
    Pointer m_pointer = nullptr;
};

using ConnectHandle = Handle<virConnectPtr, virConnectClose>;
using DomainHandle = Handle<virDomainPtr, virDomainFree>;
using SnapshotHandle = Handle<virDomainSnapshotPtr, virDomainSnapshotFree>;
using CheckpointHandle = Handle<virDomainCheckpointPtr, virDomainCheckpointFree>;
using PoolHandle = Handle<virStoragePoolPtr, virStoragePoolFree>;
using VolumeHandle = Handle<virStorageVolPtr, virStorageVolFree>;
using StreamHandle = Handle<virStreamPtr, virStreamFree>;

// What a virXListAllY call returns: the array is libvirt's to free by us, each element an owned reference.
template <typename HandleType, typename Pointer>
std::vector<HandleType> adopt(Pointer *array, int count)
{
    std::vector<HandleType> handles;
    handles.reserve(size_t(count));
    for (int index = 0; index < count; ++index)
        handles.emplace_back(array[index]);
    std::free(array);
    return handles;
}

// A string that libvirt allocated for us.
inline QByteArray adopt(char *text)
{
    QByteArray bytes(text);
    std::free(text);
    return bytes;
}

} // namespace treewarden::libvirt
