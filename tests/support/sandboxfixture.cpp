// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sandboxfixture.h"

#include "model/sandbox/keeper.h"
#include "model/sandbox/processes.h"
#include "tests/support/ownmounts.h"
#include "tests/support/process.h"
#include "tests/support/qcow2oracle.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QTest>

#include <cstdio>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace treewarden::test {

SandboxFixture::SandboxFixture()
    : SandboxFixture(QString())
{
}

SandboxFixture::SandboxFixture(const QString &folderInside)
    : m_folder(u"/tmp/tw-XXXXXX"_s)
{
    m_paths.root = m_folder.path();
    if (!folderInside.isEmpty()) {
        // The unprivileged user must get through.
        QFile::setPermissions(m_folder.path(), QFile::Permissions(0x7055));
        m_paths.root += u'/' + folderInside;
    }
    qputenv("TREEWARDEN_SANDBOX", QFile::encodeName(m_paths.root));
}

SandboxFixture::~SandboxFixture()
{
    if (!end())
        qWarning("processes of the sandbox in %s did not end", qPrintable(m_paths.root));
    qunsetenv("TREEWARDEN_SANDBOX");
}

bool SandboxFixture::end()
{
    if (!QFile::exists(m_paths.root))
        return true;
    const auto ended = endKeeper(m_paths, 20s);
    while (waitpid(-1, nullptr, WNOHANG) > 0) { }
    if (!ended || processes() != 0)
        return false;
    // Whatever the test made: our reading of it against qemu-img's.
    if (QTest::currentTestFunction() && !QTest::currentTestFailed())
        compareImages();
    return !QTest::currentTestFailed();
}

void SandboxFixture::compareImages() const
{
    QVERIFY(compareImagesBelow(m_paths.images()) > 0);
}

int SandboxFixture::processes() const
{
    return int(sandboxProcesses(m_paths, SandboxProcess::Daemon).size()
        + sandboxProcesses(m_paths, SandboxProcess::Machine).size() + (keeper() > 0 ? 1 : 0));
}

pid_t SandboxFixture::keeper() const
{
    return keeperPid(m_paths);
}

QByteArray SandboxFixture::virsh(const QStringList &arguments) const
{
    const ProcessResult result = run(u"virsh"_s, QStringList{u"-q"_s, u"-c"_s, m_paths.uri()} + arguments);
    if (result.exitCode != 0)
        qWarning("virsh %s: %s", qPrintable(arguments.join(u' ')), result.error.constData());
    return result.output;
}

QStringList SandboxFixture::virshLines(const QStringList &arguments) const
{
    return QString::fromUtf8(virsh(arguments)).split(u'\n', Qt::SkipEmptyParts);
}

QMap<QString, QString> SandboxFixture::parents(const QString &machine) const
{
    // Columns: name, date, time, zone, state, parent.
    QMap<QString, QString> found;
    for (const QString &line : virshLines({u"snapshot-list"_s, machine, u"--parent"_s})) {
        const QStringList columns = line.simplified().split(u' ');
        found.insert(columns.value(0), columns.value(5));
    }
    return found;
}

int liveMain(int argc, char **argv, const std::function<int()> &tests, Mounts mounts)
{
    if (const auto kept = runKeeperIfAsked(argc, argv))
        return *kept;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (const auto failed = mounts == Mounts::Own ? takeOwnMounts() : std::nullopt) {
        std::fprintf(stderr, "FAIL! : %s\n", qPrintable(*failed));
        return 1;
    }
    const QCoreApplication application(argc, argv);
    for (const QString &tool : {u"libvirtd"_s, u"virsh"_s, u"qemu-img"_s, u"qemu-io"_s, u"qemu-system-x86_64"_s}) {
        if (const QByteArray missing = missingTool(tool); !missing.isEmpty()) {
            std::fprintf(stderr, "FAIL! : %s\n", missing.constData());
            return 1;
        }
    }
    return tests();
}

} // namespace treewarden::test
