// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/volumesource.h"

#include "model/backend/libvirt/errors.h"

namespace treewarden::libvirt {

namespace {

constexpr Bytes HeadLength = 256 * KiB;

class VolumeSource : public ByteSource
{
public:
    VolumeSource(virConnectPtr connection, VolumeHandle volume, QString path, Bytes size)
        : m_connection(connection)
        , m_volume(std::move(volume))
        , m_path(std::move(path))
        , m_size(size)
    {
        virConnectRef(connection);
    }

    Result<Bytes> size() override { return m_size; }

    Result<QByteArray> read(Bytes offset, Bytes length) override
    {
        if (offset >= m_size)
            return QByteArray();
        length = std::min(length, m_size - offset);
        if (length == 0)
            return QByteArray();
        if (offset + length > HeadLength)
            return download(offset, length);
        if (m_head.isEmpty()) {
            const auto head = download(0, std::min(HeadLength, m_size));
            if (!head)
                return head;
            m_head = *head;
        }
        return m_head.mid(qsizetype(offset), qsizetype(length));
    }

private:
    Result<QByteArray> download(Bytes offset, Bytes length)
    {
        const StreamHandle stream(virStreamNew(m_connection.get(), 0));
        if (!stream || virStorageVolDownload(m_volume.get(), stream.get(), offset, length, 0) < 0)
            return lastError(m_path);
        QByteArray bytes;
        bytes.reserve(qsizetype(length));
        QByteArray buffer(65'536, Qt::Uninitialized);
        for (;;) {
            const int got = virStreamRecv(stream.get(), buffer.data(), size_t(buffer.size()));
            if (got < 0) {
                auto error = lastError(m_path);
                virStreamAbort(stream.get());
                return error;
            }
            if (got == 0)
                break;
            bytes.append(buffer.constData(), got);
        }
        if (virStreamFinish(stream.get()) < 0)
            return lastError(m_path);
        return bytes;
    }

    ConnectHandle m_connection;
    VolumeHandle m_volume;
    QString m_path;
    Bytes m_size;
    QByteArray m_head;
};

} // namespace

Result<std::unique_ptr<ByteSource>> openVolumeSource(virConnectPtr connection, VolumeHandle volume, const QString &path)
{
    virStorageVolInfo info{};
    // With this flag the allocation is the length of the file on the host.
    if (virStorageVolGetInfoFlags(volume.get(), &info, VIR_STORAGE_VOL_GET_PHYSICAL) < 0)
        return lastError(path);
    return std::make_unique<VolumeSource>(connection, std::move(volume), path, info.allocation);
}

} // namespace treewarden::libvirt
