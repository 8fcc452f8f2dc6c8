// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QProcessEnvironment>
#include <QTemporaryDir>

#include <memory>

namespace treewarden::bench {

// Everything the bench puts on the disk, and who its programs run as: never root. Removed at the end.
class Workplace
{
public:
    Workplace();

    // A new folder that the programs may write to.
    QString folder(const QString &name) const;
    // Hands a folder and all in it to the programs' user.
    void handOver(const QString &folder) const;
    // An environment with nothing of the user's: XDG folders inside `home`.
    QProcessEnvironment environment(const QString &home) const;
    // A program that ends with the returned object at the latest.
    std::unique_ptr<QProcess> start(
        const QString &program, const QStringList &arguments, const QProcessEnvironment &environment) const;

private:
    QTemporaryDir m_root;
};

// Asks it to end, and ends it.
void end(QProcess &process);

} // namespace treewarden::bench
