// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/localfiles/qemuimg.h"

#include <QProcess>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr int Interval = 250; // milliseconds

// The last "(12.34/100%)" of what was printed, from 0 to 1; negative: none.
double portion(const QByteArray &printed)
{
    const qsizetype end = printed.lastIndexOf("/100%)");
    const qsizetype begin = end < 0 ? -1 : printed.lastIndexOf('(', end);
    if (begin < 0)
        return -1;
    bool ok = false;
    const double percent = printed.mid(begin + 1, end - begin - 1).toDouble(&ok);
    return ok ? qBound(0.0, percent / 100, 1.0) : -1;
}

ErrorCode codeOf(const QString &words)
{
    if (words.contains("lock"_L1) && words.contains("Failed to get"_L1))
        return ErrorCode::Busy;
    if (words.contains("No such file"_L1))
        return ErrorCode::NotFound;
    if (words.contains("Permission denied"_L1) || words.contains("Operation not permitted"_L1))
        return ErrorCode::PermissionDenied;
    return ErrorCode::Failed;
}

} // namespace

Result<QByteArray> runQemuImg(const QemuImg &run)
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"LC_ALL"_s, u"C.UTF-8"_s);
    process.setProcessEnvironment(environment);
    process.setStandardInputFile(QProcess::nullDevice());
    process.start(u"qemu-img"_s, run.arguments);
    if (!process.waitForStarted(-1))
        return failure(ErrorCode::NotFound, u"qemu-img"_s, process.errorString());

    QByteArray printed;
    Bytes done = 0;
    bool isStopped = false;
    while (process.state() != QProcess::NotRunning) {
        // Comes back early where something was printed; a failure means that it ended or that the time is up.
        if (!process.waitForFinished(Interval) && process.error() != QProcess::Timedout)
            break;
        printed += process.readAllStandardOutput();
        if (!run.progress)
            continue;
        if (const double part = portion(printed); part >= 0) {
            done = Bytes(part * double(run.total));
            printed.clear();
        }
        if (!run.progress(done, run.total) && run.canStop && process.state() != QProcess::NotRunning) {
            isStopped = true;
            process.kill();
        }
    }
    process.waitForFinished(-1);
    printed += process.readAllStandardOutput();
    if (isStopped)
        return failure(ErrorCode::Cancelled, run.subject);
    const QString words = QString::fromUtf8(process.readAllStandardError()).trimmed();
    if (process.exitStatus() != QProcess::NormalExit)
        return failure(ErrorCode::Failed, run.subject, words.isEmpty() ? process.errorString() : words);
    if (process.exitCode() != 0 && process.exitCode() != run.acceptedExit)
        return failure(codeOf(words), run.subject, words.isEmpty() ? QString::fromUtf8(printed).trimmed() : words);
    return printed;
}

} // namespace treewarden
