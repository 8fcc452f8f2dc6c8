// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/processes.h"

#include <QDir>
#include <QDirIterator>

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

#include <grp.h>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr uid_t Nobody = 65534;

} // namespace

// libvirt's and QEMU's sockets lie in it, and their names must be short.
Workplace::Workplace()
    : m_root(u"/tmp/twb-XXXXXX"_s)
{
    QFile::setPermissions(m_root.path(),
        QFile::permissions(m_root.path()) | QFile::ReadOther | QFile::ExeOther | QFile::ReadGroup | QFile::ExeGroup);
}

QString Workplace::folder(const QString &name) const
{
    const QString path = m_root.filePath(name);
    QDir().mkpath(path);
    handOver(path);
    return path;
}

void Workplace::handOver(const QString &folder) const
{
    if (geteuid() != 0)
        return;
    const auto give = [](const QString &path) {
        if (lchown(QFile::encodeName(path).constData(), Nobody, Nobody) != 0)
            qWarning("%s: %s", qUtf8Printable(path), qUtf8Printable(qt_error_string()));
    };
    give(folder);
    QDirIterator all(
        folder, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot, QDirIterator::Subdirectories);
    while (all.hasNext())
        give(all.next());
}

QProcessEnvironment Workplace::environment(const QString &home) const
{
    QProcessEnvironment environment;
    environment.insert(u"PATH"_s, u"/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"_s);
    environment.insert(u"LANG"_s, u"C.UTF-8"_s);
    environment.insert(u"HOME"_s, home);
    for (const QString &kind : {u"config"_s, u"cache"_s, u"data"_s, u"state"_s})
        environment.insert(u"XDG_%1_HOME"_s.arg(kind.toUpper()), home + u'/' + kind);
    environment.insert(u"XDG_RUNTIME_DIR"_s, home + u"/run"_s);
    return environment;
}

std::unique_ptr<QProcess> Workplace::start(
    const QString &program, const QStringList &arguments, const QProcessEnvironment &environment) const
{
    auto process = std::make_unique<QProcess>();
    process->setProcessEnvironment(environment);
    process->setWorkingDirectory(u"/"_s);
    process->setStandardErrorFile(m_root.filePath(u"errors"_s), QIODevice::Append);
    process->setChildProcessModifier([] {
        if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(Nobody) != 0 || setuid(Nobody) != 0))
            _exit(126);
        prctl(PR_SET_PDEATHSIG, SIGTERM); // after the change of user, which would forget it
    });
    process->start(program, arguments);
    return process;
}

void end(QProcess &process)
{
    if (process.state() == QProcess::NotRunning)
        return;
    process.terminate();
    if (!process.waitForFinished(3000)) {
        process.kill();
        process.waitForFinished(3000);
    }
}

} // namespace treewarden::bench
