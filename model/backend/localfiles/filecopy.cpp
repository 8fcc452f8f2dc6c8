// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/localfiles/filecopy.h"

#include "model/backend/localfiles/newfile.h"

#include <QByteArray>
#include <QElapsedTimer>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace treewarden {

namespace {

constexpr off_t Piece = off_t(8 * MiB);
constexpr qint64 Interval = 250; // milliseconds

class Copy
{
public:
    Copy(int from, int to, QString path, const EditProgress &progress, Bytes total)
        : m_from(from)
        , m_to(to)
        , m_path(std::move(path))
        , m_progress(progress)
        , m_total(total)
    {
        m_clock.start();
    }

    Result<> run(off_t length)
    {
        for (off_t at = 0; at < length;) {
            const off_t data = ::lseek(m_from, at, SEEK_DATA);
            if (data < 0 && errno == ENXIO)
                return {}; // nothing but a hole is left
            if (data < 0)
                return systemError(m_path);
            const off_t hole = ::lseek(m_from, data, SEEK_HOLE);
            if (hole < 0)
                return systemError(m_path);
            if (const Result<> copied = stretch(data, std::min(hole, length)); !copied)
                return copied;
            at = hole;
        }
        return {};
    }

private:
    Result<> stretch(off_t at, off_t end)
    {
        while (at < end) {
            const off_t wanted = std::min(Piece, end - at);
            const ssize_t got = m_canRange ? byRange(at, wanted) : byBuffer(at, wanted);
            if (got < 0)
                return systemError(m_path);
            if (got == 0)
                return failure(ErrorCode::Failed, m_path, QStringLiteral("became shorter while it was copied"));
            at += got;
            m_done += Bytes(got);
            if (m_clock.elapsed() < Interval || !m_progress)
                continue;
            m_clock.restart();
            if (!m_progress(std::min(m_done, m_total), m_total))
                return failure(ErrorCode::Cancelled, m_path);
        }
        return {};
    }

    ssize_t byRange(off_t at, off_t length)
    {
        off_t source = at;
        off_t target = at;
        const ssize_t got = ::copy_file_range(m_from, &source, m_to, &target, size_t(length), 0);
        // Between two file systems, and on some, it cannot.
        if (got >= 0 || (errno != EXDEV && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL))
            return got;
        m_canRange = false;
        return byBuffer(at, length);
    }

    ssize_t byBuffer(off_t at, off_t length)
    {
        m_buffer.resize(qsizetype(std::min(length, off_t(MiB))));
        const ssize_t got = ::pread(m_from, m_buffer.data(), size_t(m_buffer.size()), at);
        for (ssize_t written = 0; written < got;) {
            const ssize_t put = ::pwrite(m_to, m_buffer.constData() + written, size_t(got - written), at + written);
            if (put < 0)
                return put;
            written += put;
        }
        return got;
    }

    const int m_from;
    const int m_to;
    const QString m_path;
    const EditProgress &m_progress;
    const Bytes m_total;
    Bytes m_done = 0;
    bool m_canRange = true;
    QByteArray m_buffer;
    QElapsedTimer m_clock;
};

} // namespace

Result<> copyContents(int from, int to, const QString &path, const EditProgress &progress)
{
    struct stat status
    {
    };
    if (::fstat(from, &status) < 0)
        return systemError(path);
    if (progress && !progress(0, Bytes(status.st_blocks) * 512))
        return failure(ErrorCode::Cancelled, path);
    if (::ioctl(to, FICLONE, from) == 0)
        return {};
    if (::ftruncate(to, status.st_size) < 0)
        return systemError(path);
    return Copy(from, to, path, progress, Bytes(status.st_blocks) * 512).run(status.st_size);
}

} // namespace treewarden
