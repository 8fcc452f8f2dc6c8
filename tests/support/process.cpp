// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/process.h"

#include <QProcess>
#include <QStandardPaths>

using namespace Qt::StringLiterals;

namespace treewarden::test {

ProcessResult run(const QString &program, const QStringList &arguments)
{
    constexpr int Patience = 60'000; // milliseconds
    QProcess process;
    process.start(program, arguments);
    ProcessResult result;
    if (process.waitForFinished(Patience) && process.exitStatus() == QProcess::NormalExit)
        result.exitCode = process.exitCode();
    result.output = process.readAllStandardOutput();
    result.error = process.readAllStandardError();
    if (result.exitCode < 0)
        result.error += process.errorString().toUtf8();
    return result;
}

QByteArray missingTool(const QString &program)
{
    if (!QStandardPaths::findExecutable(program).isEmpty()
        || !QStandardPaths::findExecutable(program, {u"/usr/sbin"_s, u"/usr/local/sbin"_s}).isEmpty())
        return {};
    return program.toUtf8()
        + " is not installed. On Debian: apt-get install libvirt-daemon libvirt-clients qemu-system-x86 qemu-utils";
}

} // namespace treewarden::test
