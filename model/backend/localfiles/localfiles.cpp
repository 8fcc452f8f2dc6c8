// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/localfiles/localfiles.h"

#include "model/backend/localfiles/newfile.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/magic.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr int QemuImgPatience = 10'000; // milliseconds
// The formats that qemu-img reads from one file alone. VMDK is none of them: it may list other files as its extents,
// which QEMU would open.
const QStringList OneFileFormats
    = {u"bochs"_s, u"cloop"_s, u"dmg"_s, u"luks"_s, u"parallels"_s, u"qcow"_s, u"qed"_s, u"vdi"_s, u"vhdx"_s, u"vpc"_s};

class LocalSource : public ByteSource
{
public:
    LocalSource(int descriptor, QString path, Bytes size)
        : m_descriptor(descriptor)
        , m_path(std::move(path))
        , m_size(size)
    {
    }
    ~LocalSource() override { ::close(m_descriptor); }
    LocalSource(const LocalSource &) = delete;
    LocalSource &operator=(const LocalSource &) = delete;

    Result<Bytes> size() override { return m_size; }

    Result<QByteArray> read(Bytes offset, Bytes length) override
    {
        if (offset >= m_size)
            return QByteArray();
        length = std::min(length, m_size - offset);
        QByteArray bytes(qsizetype(length), Qt::Uninitialized);
        qsizetype done = 0;
        while (done < bytes.size()) {
            const ssize_t got
                = ::pread(m_descriptor, bytes.data() + done, size_t(bytes.size() - done), off_t(offset) + done);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return systemError(m_path);
            if (got == 0)
                break; // it was truncated meanwhile
            done += got;
        }
        bytes.truncate(done);
        return bytes;
    }

private:
    const int m_descriptor;
    const QString m_path;
    const Bytes m_size;
};

// The length of an open file or block device.
std::optional<Bytes> lengthOf(int descriptor, const struct stat &status)
{
    if (S_ISREG(status.st_mode))
        return Bytes(status.st_size);
    quint64 length = 0;
    if (S_ISBLK(status.st_mode) && ::ioctl(descriptor, BLKGETSIZE64, &length) == 0)
        return length;
    return std::nullopt;
}

// Without symbolic links.
Result<QString> realFolder(const QString &folder)
{
    const std::unique_ptr<char, decltype(&std::free)> real(
        ::realpath(QFile::encodeName(folder).constData(), nullptr), &std::free);
    if (!real)
        return systemError(folder);
    return QFile::decodeName(real.get());
}

Result<QStringList> entriesOf(const QString &folder, QDir::Filters which)
{
    if (::access(QFile::encodeName(folder).constData(), R_OK | X_OK) < 0)
        return systemError(folder);
    QStringList paths;
    for (const QFileInfo &entry : QDir(folder).entryInfoList(which, QDir::Name))
        paths.push_back(entry.filePath());
    return paths;
}

} // namespace

Result<FileStatus> LocalFiles::status(const QString &path)
{
    struct stat status
    {
    };
    if (::stat(QFile::encodeName(path).constData(), &status) < 0)
        return systemError(path);
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
        return failure(ErrorCode::NotAnImage, path);
    FileStatus result;
    struct stat named
    {
    };
    result.isLink = ::lstat(QFile::encodeName(path).constData(), &named) == 0 && S_ISLNK(named.st_mode);
    // A block device is the same however many nodes name it.
    const bool isBlock = S_ISBLK(status.st_mode);
    result.id = ImageId(isBlock ? u"block:%1"_s.arg(status.st_rdev) : u"%1:%2"_s.arg(status.st_dev).arg(status.st_ino));
    result.size = Bytes(status.st_size);
    result.allocated = Bytes(status.st_blocks) * 512;
    result.modifiedNanoseconds = qint64(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
    return result;
}

Result<QString> LocalFiles::withoutParents(const QString &path)
{
    const qsizetype end = path.lastIndexOf("/../"_L1) + 3;
    if (end < 3)
        return path;
    const QString folder = path.left(end);
    const auto real = realFolder(folder);
    if (!real)
        return failure(real.error());
    // Names are kept as they are written where that leads to the same folder.
    const QString written = QDir::cleanPath(folder);
    const QString upwards = !written.contains("/.."_L1) && realFolder(written) == real ? written : *real;
    return QString(upwards == "/"_L1 ? path.mid(end) : upwards + path.mid(end));
}

Result<QStringList> LocalFiles::list(const QString &folder)
{
    return entriesOf(folder, QDir::Files | QDir::NoSymLinks | QDir::Hidden);
}

Result<QStringList> LocalFiles::folders(const QString &folder)
{
    return entriesOf(folder, QDir::Dirs | QDir::NoDotAndDotDot | QDir::Hidden);
}

Fact<bool> takesLinks(quint32 fileSystem)
{
    constexpr quint32 Hfs = 0x4244; // no header names these
    constexpr quint32 VirtualBox = 0x786f4256;
    switch (fileSystem) {
    case MSDOS_SUPER_MAGIC:
    case EXFAT_SUPER_MAGIC:
    case Hfs:
    case VirtualBox:
        return false;
    // Whoever is at the other end decides.
    case FUSE_SUPER_MAGIC:
    case V9FS_MAGIC:
    case CIFS_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
        return {};
    default:
        return true;
    }
}

Result<FileSystem> LocalFiles::fileSystem(const QString &folder)
{
    struct stat status
    {
    };
    struct statvfs space
    {
    };
    const QByteArray name = QFile::encodeName(folder);
    if (::stat(name.constData(), &status) < 0 || ::statvfs(name.constData(), &space) < 0)
        return systemError(folder);
    const Bytes free = Bytes(::geteuid() == 0 ? space.f_bfree : space.f_bavail) * space.f_frsize;
    struct statfs kind
    {
    };
    const Fact<bool> links = ::statfs(name.constData(), &kind) == 0
        ? takesLinks(quint32(kind.f_type))
        : Fact<bool>::unknown({ErrorCode::Failed, folder, {}});
    return FileSystem{u"device:%1"_s.arg(status.st_dev), {folder}, free, links};
}

Result<std::unique_ptr<ByteSource>> LocalFiles::open(const QString &path)
{
    // Not blocking: a name that turns out to be a pipe must not hold the reader up.
    const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        return systemError(path);
    struct stat status
    {
    };
    const bool known = ::fstat(descriptor, &status) == 0;
    const std::optional<Bytes> length = known ? lengthOf(descriptor, status) : std::nullopt;
    if (!length) {
        ::close(descriptor);
        return failure(ErrorCode::NotAnImage, path);
    }
    return std::make_unique<LocalSource>(descriptor, path, *length);
}

Result<ImageFacts> LocalFiles::describe(const QString &path, const QString &format)
{
    ImageFacts facts;
    facts.format = format;
    if (format != "raw"_L1 && !OneFileFormats.contains(format))
        return failure(ErrorCode::Unsupported, path, format);
    // Whether it may be read, and is no pipe, is not for qemu-img to find out.
    const auto source = open(path);
    if (!source)
        return failure(source.error());
    if (format == "raw"_L1) {
        facts.virtualSize = (*source)->size().value_or(0);
        return facts;
    }

    QProcess process;
    process.start(u"qemu-img"_s, {u"info"_s, u"--force-share"_s, u"--output=json"_s, u"-f"_s, format, u"--"_s, path});
    if (!process.waitForStarted())
        return failure(ErrorCode::NotFound, u"qemu-img"_s, process.errorString());
    if (!process.waitForFinished(QemuImgPatience)) {
        process.kill();
        process.waitForFinished();
        return failure(ErrorCode::TimedOut, path, u"qemu-img info"_s);
    }
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return failure(ErrorCode::Malformed, path, QString::fromUtf8(process.readAllStandardError()).trimmed());
    const QJsonObject info = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    if (!info.contains("virtual-size"_L1))
        return failure(ErrorCode::Malformed, path, u"qemu-img info"_s);
    facts.virtualSize = Bytes(info.value("virtual-size"_L1).toDouble());
    facts.backingName = info.value("backing-filename"_L1).toString();
    facts.backingFormat = info.value("backing-filename-format"_L1).toString();
    facts.clusterSize = Bytes(info.value("cluster-size"_L1).toDouble());
    facts.dirty = info.value("dirty-flag"_L1).toBool();
    facts.encrypted = info.value("encrypted"_L1).toBool();
    return facts;
}

} // namespace treewarden
