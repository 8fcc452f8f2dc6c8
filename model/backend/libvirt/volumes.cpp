// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/volumes.h"

#include "model/backend/libvirt/errors.h"
#include "model/xml/poolxml.h"
#include "model/xml/volumexml.h"
#include "model/xml/xmltree.h"

#include <QDir>
#include <QFileInfo>

namespace treewarden::libvirt {

using namespace Qt::StringLiterals;

namespace {

// An active one.
PoolHandle poolAt(virConnectPtr connection, const QString &folder)
{
    return PoolHandle(virStoragePoolLookupByTargetPath(connection, folder.toUtf8().constData()));
}

QString nameOf(const PoolHandle &pool)
{
    return QString::fromUtf8(virStoragePoolGetName(pool.get()));
}

Result<QByteArray> xmlOf(const PoolHandle &pool)
{
    char *xml = virStoragePoolGetXMLDesc(pool.get(), 0);
    if (!xml)
        return lastError(pool.get());
    return adopt(xml);
}

Pool describePool(const PoolHandle &handle)
{
    Pool pool{nameOf(handle), {}, virStoragePoolIsActive(handle.get()) != 0};
    // Those whose volumes are files (libvirt's src/conf/storage_conf.c names the types).
    static const QStringList ofFiles{u"dir"_s, u"fs"_s, u"netfs"_s};
    const Result<PoolDefinition> definition = xmlOf(handle).and_then(readPool);
    if (definition && ofFiles.contains(definition->type) && !definition->folder.isEmpty())
        pool.folder = QDir::cleanPath(definition->folder);
    return pool;
}

// Empty: no pool that could be started has this folder.
QString inactivePoolAt(virConnectPtr connection, const QString &folder)
{
    virStoragePoolPtr *array = nullptr;
    const int count = virConnectListAllStoragePools(connection, &array, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE);
    if (count < 0)
        return {};
    for (const PoolHandle &handle : adopt<PoolHandle>(array, count)) {
        const Pool pool = describePool(handle);
        if (pool.folder == folder)
            return pool.name;
    }
    return {};
}

// Lists a pool anew. This is no mere look: where one file of the pool claims to be an image and is cut off, libvirt
// stops the whole pool, and does not start it again before that file is gone.
Result<> refresh(const PoolHandle &pool, const QString &path)
{
    if (virStoragePoolRefresh(pool.get(), 0) == 0)
        return {};
    Error why = lastError(path).value();
    if (virStoragePoolIsActive(pool.get()) == 1)
        return failure(why);
    if (virStoragePoolCreate(pool.get(), 0) == 0)
        return {};
    // libvirt 9.0 does not say which file it was.
    why.detail = u"libvirt stopped the storage pool %1 when it listed it anew: %2"_s.arg(nameOf(pool), why.detail);
    return failure(why);
}

Result<QByteArray> overlayXml(const QString &name, Bytes capacity, const QString &backing, const QString &backingFormat)
{
    XmlNode root;
    root.name = u"volume"_s;
    root.append(u"name"_s).setInnerText(name);
    XmlNode &size = root.append(u"capacity"_s);
    size.setAttribute(u"unit"_s, u"bytes"_s);
    size.setInnerText(QString::number(capacity));
    XmlNode &target = root.append(u"target"_s);
    target.append(u"format"_s).setAttribute(u"type"_s, u"qcow2"_s);
    target.append(u"permissions"_s).append(u"mode"_s).setInnerText(u"0600"_s);
    XmlNode &below = root.append(u"backingStore"_s);
    below.append(u"path"_s).setInnerText(backing);
    below.append(u"format"_s).setAttribute(u"type"_s, backingFormat);
    return writeTree(root);
}

// A volume as it was to be, as far as libvirt says.
Result<> verify(virStorageVolPtr volume, const QString &path, const QString &backing)
{
    char *xml = virStorageVolGetXMLDesc(volume, 0);
    if (!xml)
        return lastError(path);
    const Result<VolumeDefinition> made = readVolume(adopt(xml));
    if (!made)
        return failure(made.error());
    if (made->path != path || QDir::cleanPath(made->backingPath) != QDir::cleanPath(backing))
        return failure(ErrorCode::Failed, path, u"made at %1 over %2"_s.arg(made->path, made->backingPath));
    return {};
}

} // namespace

Result<Volumes> listVolumes(virConnectPtr connection, const QString &uri)
{
    virStoragePoolPtr *pools = nullptr;
    const int count = virConnectListAllStoragePools(connection, &pools, 0);
    if (count < 0)
        return lastError(uri);
    Volumes found;
    for (const PoolHandle &pool : adopt<PoolHandle>(pools, count)) {
        const QString name = nameOf(pool);
        found.pools.push_back(describePool(pool));
        if (!found.pools.back().isActive) {
            found.unknown.push_back({u"pool"_s, name, {ErrorCode::Failed, name, u"not active"_s}});
            continue;
        }
        virStorageVolPtr *array = nullptr;
        const int volumeCount = virStoragePoolListAllVolumes(pool.get(), &array, 0);
        if (volumeCount < 0) {
            found.unknown.push_back({u"pool"_s, name, lastError(name).value()});
            continue;
        }
        for (const VolumeHandle &handle : adopt<VolumeHandle>(array, volumeCount)) {
            Result<Volume> volume = describeVolume(handle.get());
            if (volume)
                found.volumes.push_back(std::move(*volume));
            else if (volume.error().code != ErrorCode::NotFound) // vanished meanwhile
                found.unknown.push_back({u"volume"_s, volume.error().subject, volume.error()});
        }
    }
    return found;
}

Result<Volume> describeVolume(virStorageVolPtr handle)
{
    const QString path = QString::fromUtf8(adopt(virStorageVolGetPath(handle)));
    char *xml = virStorageVolGetXMLDesc(handle, 0);
    if (!xml)
        return lastError(path);
    const Result<VolumeDefinition> definition = readVolume(adopt(xml));
    if (!definition)
        return failure(definition.error().code, path, definition.error().detail);
    Volume volume;
    if (const PoolHandle pool{virStoragePoolLookupByVolume(handle)})
        volume.pool = QString::fromUtf8(virStoragePoolGetName(pool.get()));
    volume.path = path;
    volume.format = definition->format;
    volume.capacity = definition->capacity;
    volume.allocation = definition->allocation;
    volume.physical = definition->physical;
    volume.modifiedNanoseconds = definition->modifiedNanoseconds;
    return volume;
}

Result<QString> volumePath(virConnectPtr connection, const QString &poolName, const QString &volumeName)
{
    const QString subject = poolName + u'/' + volumeName;
    const PoolHandle pool(virStoragePoolLookupByName(connection, poolName.toUtf8().constData()));
    if (!pool)
        return lastError(subject);
    const VolumeHandle volume(virStorageVolLookupByName(pool.get(), volumeName.toUtf8().constData()));
    char *path = volume ? virStorageVolGetPath(volume.get()) : nullptr;
    if (!path)
        return lastError(subject);
    return QString::fromUtf8(adopt(path));
}

Result<VolumeHandle> findVolume(virConnectPtr connection, const QString &path)
{
    const QByteArray name = path.toUtf8();
    VolumeHandle volume(virStorageVolLookupByPath(connection, name.constData()));
    if (volume)
        return volume;
    // Files that came after the pool's last refresh, overlays of new snapshots above all, are not listed yet.
    const QString folder = QFileInfo(path).path();
    const PoolHandle pool = poolAt(connection, folder);
    if (!pool) {
        const QString inactive = inactivePoolAt(connection, folder);
        return failure(ErrorCode::PermissionDenied, path,
            inactive.isEmpty() ? u"in no storage pool"_s
                               : u"in the storage pool %1, which is not active"_s.arg(inactive));
    }
    const Result<> isFresh = refresh(pool, path);
    volume = VolumeHandle(virStorageVolLookupByPath(connection, name.constData()));
    if (volume)
        return volume;
    // Only a list of now can say that it is not there.
    return isFresh ? lastError(path) : failure(isFresh.error());
}

Result<> createVolume(
    virConnectPtr connection, const QString &path, const QString &backing, const QString &backingFormat)
{
    const Result<VolumeHandle> below = findVolume(connection, backing);
    if (!below)
        return failure(below.error());
    const Result<Volume> base = describeVolume(below->get());
    if (!base)
        return failure(base.error());
    const QFileInfo file(path);
    const PoolHandle pool = poolAt(connection, file.path());
    // libvirt looks for the name in its list alone, and qemu-img writes over a file that is not in it.
    if (!pool)
        return lastError(file.path());
    if (const Result<> isFresh = refresh(pool, file.path()); !isFresh)
        return failure(isFresh.error());
    if (const VolumeHandle there{virStorageVolLookupByPath(connection, path.toUtf8().constData())})
        return failure(ErrorCode::Busy, path, u"exists"_s);
    const auto xml = overlayXml(file.fileName(), base->capacity, backing, backingFormat);
    if (!xml)
        return failure(xml.error());
    const VolumeHandle volume(virStorageVolCreateXML(pool.get(), xml->constData(), 0));
    if (!volume)
        return lastError(path);
    const Result<> verified = verify(volume.get(), path, backing);
    if (!verified)
        virStorageVolDelete(volume.get(), 0);
    return verified;
}

Result<> removeVolume(virConnectPtr connection, const QString &path)
{
    const Result<VolumeHandle> volume = findVolume(connection, path);
    if (!volume)
        return failure(volume.error());
    if (virStorageVolDelete(volume->get(), 0) < 0)
        return lastError(path);
    return {};
}

Result<Bytes> poolSpace(virConnectPtr connection, const QString &folder)
{
    const PoolHandle pool = poolAt(connection, folder);
    virStoragePoolInfo info{};
    if (!pool || virStoragePoolGetInfo(pool.get(), &info) < 0)
        return lastError(folder);
    return Bytes(info.available);
}

} // namespace treewarden::libvirt
