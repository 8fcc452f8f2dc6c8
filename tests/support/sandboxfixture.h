// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sandbox/paths.h"

#include <QMap>
#include <QTemporaryDir>

#include <functional>

namespace treewarden::test {

// A sandbox of the test's own, in a short folder of its own. While it lives TREEWARDEN_SANDBOX names it; afterwards
// neither a process nor a file of it is left.
class SandboxFixture
{
public:
    SandboxFixture();
    explicit SandboxFixture(const QString &folderInside); // the root is this folder of the temporary one
    ~SandboxFixture();

    const SandboxPaths &paths() const { return m_paths; }
    // Ends daemon, machines and keeper, and leaves the files. Within a test function it then holds our reading of every
    // image against qemu-img's, and fails the function where they differ or where there is no image.
    bool end();
    // Living processes of it: daemons, machines and the keeper.
    int processes() const;
    pid_t keeper() const; // 0: none

    // virsh on it. An error is an empty answer and a warning.
    QByteArray virsh(const QStringList &arguments) const;
    QStringList virshLines(const QStringList &arguments) const; // without empty ones
    // The parent of each snapshot, empty for a root, as virsh says.
    QMap<QString, QString> parents(const QString &machine) const;

private:
    void compareImages() const;

    QTemporaryDir m_folder;
    SandboxPaths m_paths;
};

// The main() of a live test: runs the keeper where it is one, gathers orphans, and fails where a tool is missing. Own
// mounts are for a test that mounts something (takeOwnMounts()).
enum class Mounts { Systems, Own };
int liveMain(int argc, char **argv, const std::function<int()> &tests, Mounts mounts = Mounts::Systems);

} // namespace treewarden::test

#define TREEWARDEN_LIVE_MAIN(Test, ...)                                                                                \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        const auto tests = [&] {                                                                                       \
            Test test;                                                                                                 \
            return QTest::qExec(&test, argc, argv);                                                                    \
        };                                                                                                             \
        return treewarden::test::liveMain(argc, argv, tests __VA_OPT__(, ) __VA_ARGS__);                               \
    }
