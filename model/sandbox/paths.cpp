// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/paths.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace treewarden {

namespace {

// What a kernel without an account database calls nobody.
constexpr uid_t OverflowId = 65534;

tl::unexpected<Error> systemFailure(const QString &subject)
{
    const int number = errno;
    const auto code = number == EACCES || number == EPERM ? ErrorCode::PermissionDenied : ErrorCode::Failed;
    return failure(code, subject, qt_error_string(number));
}

} // namespace

QString SandboxPaths::marker() const
{
    return root + u"/treewarden-sandbox"_s;
}

QString SandboxPaths::openLock() const
{
    return root + u"/open.lock"_s;
}

QString SandboxPaths::keeperLock() const
{
    return root + u"/keeper.lock"_s;
}

QString SandboxPaths::log() const
{
    return root + u"/keeper.log"_s;
}

QString SandboxPaths::images() const
{
    return root + u"/images"_s;
}

QString SandboxPaths::made(const QString &machine) const
{
    return root + u"/made/"_s + machine;
}

QString SandboxPaths::home() const
{
    return root + u"/home"_s;
}

QString SandboxPaths::runtime() const
{
    return root + u"/run"_s;
}

QString SandboxPaths::socket() const
{
    return runtime() + u"/libvirt/libvirt-sock"_s;
}

QString SandboxPaths::uri() const
{
    // The query is read by libvirt, which decodes it.
    return u"qemu+unix:///session?socket="_s + QString::fromLatin1(QFile::encodeName(socket()).toPercentEncoding("/"));
}

Result<SandboxPaths> sandboxPaths()
{
    QString root = qEnvironmentVariable("TREEWARDEN_SANDBOX");
    if (root.isEmpty()) {
        root = geteuid() == 0
            ? u"/var/lib/treewarden/sandbox"_s
            : QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + u"/treewarden/sandbox"_s;
    }
    // Below wherever the program was started there would be one for each folder.
    if (QDir::isRelativePath(root))
        return failure(ErrorCode::Unsupported, root, u"not an absolute path"_s);
    const SandboxPaths paths{QDir::cleanPath(root)};
    if (paths.root == "/"_L1)
        return failure(ErrorCode::Unsupported, paths.root);
    if (size_t(QFile::encodeName(paths.socket()).size()) >= sizeof(sockaddr_un::sun_path))
        return failure(ErrorCode::Unsupported, paths.socket(), u"socket name too long"_s);
    return paths;
}

bool SandboxUser::become() const
{
    return !isOther || (setgroups(0, nullptr) == 0 && setgid(gid) == 0 && setuid(uid) == 0);
}

SandboxUser sandboxUser(const SandboxPaths &paths)
{
    if (geteuid() != 0)
        return {geteuid(), getegid(), false};
    struct stat status = {};
    if (QFileInfo::exists(paths.marker()) && stat(QFile::encodeName(paths.root).constData(), &status) == 0
        && status.st_uid != 0) {
        return {status.st_uid, status.st_gid, true};
    }
    const passwd *nobody = getpwnam("nobody");
    return nobody ? SandboxUser{nobody->pw_uid, nobody->pw_gid, true} : SandboxUser{OverflowId, OverflowId, true};
}

Result<> prepareRoot(const SandboxPaths &paths, const SandboxUser &user)
{
    if (QFileInfo::exists(paths.marker()))
        return {};
    const QByteArray root = QFile::encodeName(paths.root);
    if (!QFileInfo::exists(paths.root)) {
        const QString parent = QFileInfo(paths.root).path();
        if (!QDir().mkpath(parent))
            return systemFailure(parent);
        if (mkdir(root.constData(), 0700) != 0 && errno != EEXIST)
            return systemFailure(paths.root);
    } else if (!QDir(paths.root).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot)) {
        // Somebody who opens it at the same time may just have made the marker.
        if (QFileInfo::exists(paths.marker()))
            return {};
        return failure(ErrorCode::Unsupported, paths.root, u"the folder is not empty and not a sandbox"_s);
    }
    if (chmod(root.constData(), 0700) != 0 || (user.isOther && chown(root.constData(), user.uid, user.gid) != 0))
        return systemFailure(paths.root);
    const int marker = ::open(QFile::encodeName(paths.marker()).constData(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (marker < 0)
        return systemFailure(paths.marker());
    const bool given = !user.isOther || fchown(marker, user.uid, user.gid) == 0;
    ::close(marker);
    if (!given)
        return systemFailure(paths.marker());
    return {};
}

Result<> clearRoot(const SandboxPaths &paths)
{
    if (!QFileInfo::exists(paths.marker()))
        return failure(ErrorCode::Unsupported, paths.root, u"the folder is not a sandbox"_s);
    const QStringList kept = {paths.marker(), paths.openLock(), paths.keeperLock()};
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator(QFile::encodeName(paths.root).toStdString(), error)) {
        const QString path = QFile::decodeName(entry.path().c_str());
        if (kept.contains(path))
            continue;
        std::filesystem::remove_all(entry.path(), error); // a link is removed, not followed
        if (error)
            return failure(ErrorCode::Failed, path, QString::fromStdString(error.message()));
    }
    if (error)
        return failure(ErrorCode::Failed, paths.root, QString::fromStdString(error.message()));
    return {};
}

} // namespace treewarden
