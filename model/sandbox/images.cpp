// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/images.h"

#include "model/sandbox/guest.h"

#include <QDir>
#include <QFile>
#include <QProcess>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace treewarden {

SandboxImages::SandboxImages(SandboxPaths paths, SandboxUser user)
    : m_paths(std::move(paths))
    , m_user(user)
{
}

QString SandboxImages::path(const QString &name) const
{
    return m_paths.images() + u'/' + name;
}

Result<> SandboxImages::makeFolder(const QString &folder)
{
    const QByteArray name = QFile::encodeName(folder);
    if (!QDir().mkpath(folder) || (m_user.isOther && lchown(name.constData(), m_user.uid, m_user.gid) != 0))
        return failure(ErrorCode::Failed, folder, qt_error_string());
    return {};
}

Result<> SandboxImages::create(const QString &name, Bytes size)
{
    return run(u"qemu-img"_s, {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, path(name), QString::number(size)});
}

Result<> SandboxImages::createBootable(const QString &name, Bytes size)
{
    if (const auto created = create(name, size); !created)
        return created;
    const QString sector = m_paths.root + u"/guest"_s;
    QFile file(sector);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bootSector()) < 0 || !file.flush())
        return failure(ErrorCode::Failed, sector, file.errorString());
    if (m_user.isOther && fchown(file.handle(), m_user.uid, m_user.gid) != 0)
        return failure(ErrorCode::Failed, sector, qt_error_string());
    // Relative to the working folder, the root, because qemu-io takes its command apart at spaces.
    return run(u"qemu-io"_s, {u"-f"_s, u"qcow2"_s, u"-c"_s, u"write -q -s guest 0 512"_s, path(name)});
}

Result<> SandboxImages::createOverlay(const QString &name, const QString &backing)
{
    return run(u"qemu-img"_s,
        {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, path(backing), u"-F"_s, u"qcow2"_s, path(name)});
}

Result<> SandboxImages::fill(const QString &name, Bytes offset, Bytes length, int value)
{
    QStringList arguments = {u"-f"_s, u"qcow2"_s};
    for (Bytes done = 0; done < length; done += 64 * MiB) {
        arguments << u"-c"_s
                  << u"write -q -P %1 %2 %3"_s.arg(value).arg(offset + done).arg(qMin(length - done, 64 * MiB));
    }
    return run(u"qemu-io"_s, arguments << path(name));
}

Result<> SandboxImages::addTag(const QString &name, const QString &tag)
{
    return run(u"qemu-img"_s, {u"snapshot"_s, u"-q"_s, u"-c"_s, tag, path(name)});
}

Result<> SandboxImages::removeTag(const QString &name, const QString &tag)
{
    return run(u"qemu-img"_s, {u"snapshot"_s, u"-q"_s, u"-d"_s, tag, path(name)});
}

Result<> SandboxImages::remove(const QString &machine)
{
    const QDir folder(m_paths.images());
    for (const QString &name :
        folder.entryList({machine + u".*"_s, machine + u"-vd?.*"_s}, QDir::Files | QDir::System)) {
        if (!QFile::remove(path(name)))
            return failure(ErrorCode::Failed, path(name), qt_error_string());
    }
    return {};
}

Result<> SandboxImages::run(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.setWorkingDirectory(m_paths.root);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setStandardInputFile(QProcess::nullDevice());
    process.setChildProcessModifier([user = m_user] {
        if (!user.become())
            _exit(126);
    });
    process.start(program, arguments);
    if (!process.waitForStarted(-1))
        return failure(process.error() == QProcess::FailedToStart ? ErrorCode::NotFound : ErrorCode::Failed, program,
            process.errorString());
    process.waitForFinished(-1);
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return failure(ErrorCode::Failed, program, QString::fromUtf8(process.readAll()).trimmed());
    return {};
}

} // namespace treewarden
