// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/sandbox/machines.h"
#include "model/sandbox/processes.h"
#include "model/sandbox/sandbox.h"
#include "tests/support/process.h"
#include "tests/support/sandboxfixture.h"

#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QScopeGuard>
#include <QTest>

#include <csignal>
#include <future>

#include <sys/stat.h>
#include <unistd.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Parents = QMap<QString, QString>;

// All of it but a gigabyte, which is no other code.
Result<QString> open(bool reset = false)
{
    return openSandbox({.reset = reset, .data = 4 * MiB}, libvirt::openHypervisor);
}

QByteArray explain(const Result<QString> &result)
{
    return result ? QByteArray() : (result.error().subject + u": "_s + result.error().detail).toUtf8();
}

#define OPENED(result) QVERIFY2((result).has_value(), explain(result).constData())

QJsonObject imageInfo(const QString &path)
{
    const auto info = run(u"qemu-img"_s, {u"info"_s, u"-U"_s, u"--output=json"_s, path});
    return QJsonDocument::fromJson(info.output).object();
}

QStringList tags(const QString &path)
{
    QStringList names;
    for (const QJsonValue &tag : imageInfo(path)["snapshots"_L1].toArray())
        names << tag.toObject()["name"_L1].toString();
    return names;
}

qint64 bytesWritten(const SandboxFixture &sandbox, const QString &machine)
{
    for (const QString &line : sandbox.virshLines({u"domblkstat"_s, machine, u"vda"_s})) {
        const QStringList columns = line.simplified().split(u' ');
        if (columns.value(1) == "wr_bytes"_L1)
            return columns.value(2).toLongLong();
    }
    return -1;
}

QStringList running(const SandboxFixture &sandbox)
{
    QStringList names = sandbox.virshLines({u"list"_s, u"--name"_s});
    names.sort();
    return names;
}

} // namespace

class tst_Sandbox : public QObject
{
    Q_OBJECT

private:
    const QStringList m_running = {u"running-external"_s, u"running-internal"_s};
    std::unique_ptr<SandboxFixture> m_sandbox;

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void makesAllMachines();
    void trees_data();
    void trees();
    void filesOfIssue811();
    void orphans();
    void belongsToAnUnprivilegedUser();
    void guestWrites();
    void powerButtonTurnsGuestOff();
    void opensAgainWithoutChange();
    void survivesItsKeeper();
    void survivesItsDaemon();
    void makesUnfinishedMachineAnew();
    void keepsRemovedMachineRemoved();
    void resets();
    void twoOpenersGetOneDaemon();
    void endsAfterItsLastClient();
    void refusesForeignFolder();
    void refusesLongSocketName();
    void opensUnderLongName();
};

void tst_Sandbox::initTestCase()
{
    m_sandbox = std::make_unique<SandboxFixture>();
    OPENED(open());
}

void tst_Sandbox::cleanupTestCase()
{
    const QString root = m_sandbox->paths().root;
    QVERIFY(m_sandbox->end());
    m_sandbox.reset();
    QVERIFY(!QFile::exists(root));
}

void tst_Sandbox::makesAllMachines()
{
    QStringList names = m_sandbox->virshLines({u"list"_s, u"--all"_s, u"--name"_s});
    QStringList expected = exampleMachines();
    names.sort();
    expected.sort();
    QCOMPARE(names, expected);
    QCOMPARE(running(*m_sandbox), m_running);
    QCOMPARE(m_sandbox->virshLines({u"pool-list"_s, u"--name"_s}).value(0).trimmed(), u"sandbox"_s);
    for (const QString &name : names)
        QVERIFY(!m_sandbox->virsh({u"desc"_s, name}).trimmed().isEmpty());
}

void tst_Sandbox::trees_data()
{
    QTest::addColumn<Parents>("parents");
    QTest::addColumn<QString>("current");
    QTest::addColumn<QStringList>("external");

    QTest::newRow("internal-branch") << Parents{{u"installed"_s, {}}, {u"updated"_s, u"installed"_s},
        {u"desktop-try"_s, u"updated"_s}, {u"desktop-themes"_s, u"desktop-try"_s}, {u"web-server"_s, u"updated"_s}}
                                     << u"web-server"_s << QStringList();
    QTest::newRow("external-branch") << Parents{{u"installed"_s, {}}, {u"database"_s, u"installed"_s},
        {u"file-server"_s, u"installed"_s}}
                                     << u"file-server"_s
                                     << QStringList{u"database"_s, u"file-server"_s, u"installed"_s};
    QTest::newRow("running-internal") << Parents{{u"booted"_s, {}}, {u"at-work"_s, u"booted"_s}} << u"at-work"_s
                                      << QStringList();
    QTest::newRow("running-external") << Parents{{u"with-memory"_s, {}}, {u"disk-only"_s, u"with-memory"_s}}
                                      << u"disk-only"_s << QStringList{u"disk-only"_s, u"with-memory"_s};
    QTest::newRow("issue-811") << Parents{{u"clean-install"_s, {}}, {u"drivers"_s, u"clean-install"_s},
        {u"updates-june"_s, u"clean-install"_s}, {u"before-upgrade"_s, u"updates-june"_s},
        {u"after-upgrade"_s, u"before-upgrade"_s}}
                               << u"updates-june"_s << QStringList{u"after-upgrade"_s, u"before-upgrade"_s};
    QTest::newRow("golden-base") << Parents{{u"sealed"_s, {}}} << u"sealed"_s << QStringList();
    QTest::newRow("golden-clone-1") << Parents{{u"configured"_s, {}}} << u"configured"_s << QStringList();
    QTest::newRow("golden-clone-2") << Parents{{u"configured"_s, {}}} << u"configured"_s << QStringList();
    QTest::newRow("orphans") << Parents{{u"known"_s, {}}, {u"lost"_s, u"known"_s}} << u"lost"_s << QStringList();
    QTest::newRow("big-disk") << Parents{{u"before-data"_s, {}}} << u"before-data"_s << QStringList{u"before-data"_s};

    Parents line;
    for (int night = 1; night <= 60; ++night) {
        const auto name = [](int number) { return u"nightly-%1"_s.arg(number, 2, 10, QChar(u'0')); };
        line.insert(name(night), night == 1 ? QString() : name(night - 1));
    }
    QTest::newRow("linear-60") << line << u"nightly-60"_s << QStringList();
}

void tst_Sandbox::trees()
{
    QFETCH(const Parents, parents);
    QFETCH(const QString, current);
    QFETCH(const QStringList, external);
    const QString machine = QString::fromLatin1(QTest::currentDataTag());

    QCOMPARE(m_sandbox->parents(machine), parents);
    QCOMPARE(m_sandbox->virshLines({u"snapshot-current"_s, machine, u"--name"_s}), QStringList{current});
    QStringList found = m_sandbox->virshLines({u"snapshot-list"_s, machine, u"--external"_s, u"--name"_s});
    found.sort();
    QCOMPARE(found, external);
}

void tst_Sandbox::filesOfIssue811()
{
    const QString images = m_sandbox->paths().images();
    QCOMPARE(tags(images + u"/issue-811.qcow2"_s), (QStringList{u"clean-install"_s, u"drivers"_s, u"updates-june"_s}));
    QCOMPARE(imageInfo(images + u"/issue-811.before-upgrade"_s)["backing-filename"_L1].toString(),
        images + u"/issue-811.qcow2"_s);
    QCOMPARE(imageInfo(images + u"/issue-811.after-upgrade"_s)["backing-filename"_L1].toString(),
        images + u"/issue-811.before-upgrade"_s);
    QVERIFY(QFile::exists(images + u"/issue-811.after-upgrade.mem"_s));
    QVERIFY(m_sandbox->virsh({u"domblklist"_s, u"issue-811"_s}).contains("/issue-811.qcow2"));
}

void tst_Sandbox::orphans()
{
    const QString images = m_sandbox->paths().images();
    QCOMPARE(tags(images + u"/orphans.qcow2"_s), (QStringList{u"known"_s, u"try-nvidia"_s}));
    QCOMPARE(
        imageInfo(images + u"/orphans.1719650000"_s)["backing-filename"_L1].toString(), images + u"/orphans.qcow2"_s);
    for (const QString &machine : exampleMachines())
        QVERIFY(!m_sandbox->virsh({u"domblklist"_s, machine}).contains("orphans.1719650000"));
}

void tst_Sandbox::belongsToAnUnprivilegedUser()
{
    const SandboxUser user = sandboxUser(m_sandbox->paths());
    QVERIFY(user.uid != 0);
    QDirIterator files(m_sandbox->paths().root, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString path = files.next();
        struct stat status = {};
        QCOMPARE(lstat(QFile::encodeName(path).constData(), &status), 0);
        QVERIFY2(status.st_uid == user.uid, qPrintable(path));
    }
    const auto daemons = sandboxProcesses(m_sandbox->paths(), SandboxProcess::Daemon);
    QCOMPARE(daemons.size(), size_t(1));
    struct stat status = {};
    QCOMPARE(stat(QByteArray("/proc/" + QByteArray::number(daemons.front().pid())).constData(), &status), 0);
    QCOMPARE(status.st_uid, user.uid);
}

void tst_Sandbox::guestWrites()
{
    for (const QString &machine : m_running) {
        const qint64 before = bytesWritten(*m_sandbox, machine);
        QVERIFY(before > 0);
        QTRY_VERIFY_WITH_TIMEOUT(bytesWritten(*m_sandbox, machine) > before + 8192, 60'000);
    }
}

void tst_Sandbox::powerButtonTurnsGuestOff()
{
    m_sandbox->virsh({u"start"_s, u"internal-branch"_s});
    QTRY_VERIFY_WITH_TIMEOUT(bytesWritten(*m_sandbox, u"internal-branch"_s) > 0, 60'000);
    m_sandbox->virsh({u"shutdown"_s, u"internal-branch"_s});
    QTRY_COMPARE_WITH_TIMEOUT(running(*m_sandbox), m_running, 60'000);
}

void tst_Sandbox::opensAgainWithoutChange()
{
    const pid_t keeper = m_sandbox->keeper();
    const QByteArray machines = m_sandbox->virsh({u"list"_s, u"--all"_s});
    QElapsedTimer timer;
    timer.start();
    const auto uri = open();
    const qint64 elapsed = timer.elapsed();
    OPENED(uri);
    QCOMPARE(*uri, m_sandbox->paths().uri());
    QVERIFY2(elapsed < 10'000, QByteArray::number(elapsed).constData());
    QCOMPARE(m_sandbox->keeper(), keeper);
    QCOMPARE(m_sandbox->virsh({u"list"_s, u"--all"_s}), machines);
}

void tst_Sandbox::survivesItsKeeper()
{
    const pid_t keeper = m_sandbox->keeper();
    QVERIFY(keeper > 0);
    const QByteArray machines = m_sandbox->virsh({u"list"_s, u"--all"_s});
    const pid_t daemon = sandboxProcesses(m_sandbox->paths(), SandboxProcess::Daemon).front().pid();
    kill(keeper, SIGKILL);
    QTRY_COMPARE(m_sandbox->keeper(), 0);

    OPENED(open());
    QVERIFY(m_sandbox->keeper() > 0);
    QVERIFY(m_sandbox->keeper() != keeper);
    const auto daemons = sandboxProcesses(m_sandbox->paths(), SandboxProcess::Daemon);
    QCOMPARE(daemons.size(), size_t(1));
    QCOMPARE(daemons.front().pid(), daemon);
    QCOMPARE(m_sandbox->virsh({u"list"_s, u"--all"_s}), machines);
}

void tst_Sandbox::survivesItsDaemon()
{
    const QByteArray machines = m_sandbox->virsh({u"list"_s, u"--all"_s});
    {
        const auto daemons = sandboxProcesses(m_sandbox->paths(), SandboxProcess::Daemon);
        QCOMPARE(daemons.size(), size_t(1));
        // One that ends at once is not started again and again.
        QTest::qWait(5000);
        daemons.front().signal(SIGKILL);
        QVERIFY(daemons.front().waitForEnd(5s));
    }
    OPENED(open());
    QCOMPARE(sandboxProcesses(m_sandbox->paths(), SandboxProcess::Daemon).size(), size_t(1));
    QCOMPARE(m_sandbox->virsh({u"list"_s, u"--all"_s}), machines);
}

void tst_Sandbox::makesUnfinishedMachineAnew()
{
    const Parents expected = m_sandbox->parents(u"orphans"_s);
    const QString image = m_sandbox->paths().images() + u"/orphans.qcow2"_s;
    QVERIFY(QFile::remove(m_sandbox->paths().made(u"orphans"_s)));
    m_sandbox->virsh({u"snapshot-delete"_s, u"orphans"_s, u"known"_s});
    const QByteArray others = m_sandbox->virsh({u"snapshot-list"_s, u"issue-811"_s});

    OPENED(open());
    QCOMPARE(m_sandbox->parents(u"orphans"_s), expected);
    QCOMPARE(tags(image), (QStringList{u"known"_s, u"try-nvidia"_s}));
    QCOMPARE(m_sandbox->virsh({u"snapshot-list"_s, u"issue-811"_s}), others);
    QCOMPARE(running(*m_sandbox), m_running);
}

void tst_Sandbox::keepsRemovedMachineRemoved()
{
    m_sandbox->virsh({u"undefine"_s, u"linear-60"_s, u"--snapshots-metadata"_s});
    OPENED(open());
    QVERIFY(!m_sandbox->virshLines({u"list"_s, u"--all"_s, u"--name"_s}).contains(u"linear-60"_s));
}

// Links of both kinds lead out of the sandbox, and what is beside it has the same beginning of its name.
void tst_Sandbox::resets()
{
    const QString root = m_sandbox->paths().root;
    const QStringList outside{root + u"-2"_s, root + u".backup"_s};
    const auto removed = qScopeGuard([&] {
        for (const QString &folder : outside)
            QDir(folder).removeRecursively();
    });
    const auto treasures = [&] {
        QStringList seen;
        for (const QString &folder : outside) {
            QDirIterator files(
                folder, QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDirIterator::Subdirectories);
            while (files.hasNext()) {
                const QString path = files.next();
                struct stat status = {};
                lstat(QFile::encodeName(path).constData(), &status);
                QFile file(path);
                const bool isRead = S_ISREG(status.st_mode) && file.open(QIODevice::ReadOnly);
                seen << u"%1 %2 %3 %4 %5.%6 %7"_s.arg(path)
                            .arg(status.st_ino)
                            .arg(status.st_mode)
                            .arg(status.st_uid)
                            .arg(status.st_mtim.tv_sec)
                            .arg(status.st_mtim.tv_nsec)
                            .arg(QString::fromUtf8(isRead ? file.readAll() : QByteArray()));
            }
        }
        seen.sort();
        return seen;
    };
    int planted = 0;
    for (const QString &folder : outside) {
        QVERIFY(QDir().mkpath(folder + u"/images/deep"_s));
        for (const QString &name :
            {u"/treewarden-sandbox"_s, u"/images/treasure.qcow2"_s, u"/images/deep/treasure"_s}) {
            QFile file(folder + name);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write("mine") == 4);
        }
        for (const QString &place : {root, m_sandbox->paths().images(), m_sandbox->paths().home()}) {
            const QString plant = place + u"/planted-%1"_s.arg(++planted);
            QVERIFY(QFile::link(folder, plant + u"-folder"_s));
            QVERIFY(QFile::link(folder + u"/images/treasure.qcow2"_s, plant + u"-file"_s));
            QCOMPARE(::link(QFile::encodeName(folder + u"/images/treasure.qcow2"_s).constData(),
                         QFile::encodeName(plant + u"-hard.qcow2"_s).constData()),
                0);
        }
    }
    const QStringList before = treasures();
    QCOMPARE(before.size(), qsizetype(2 * 5));

    OPENED(open(true));
    QCOMPARE(treasures(), before);
    makesAllMachines();
    QDirIterator left(
        root, {u"planted-*"_s}, QDir::AllEntries | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
    QVERIFY2(!left.hasNext(), qPrintable(left.next()));
}

void tst_Sandbox::twoOpenersGetOneDaemon()
{
    QVERIFY(m_sandbox->end());
    auto other = std::async(std::launch::async, [] { return open(); });
    const auto mine = open();
    const auto theirs = other.get();
    OPENED(mine);
    OPENED(theirs);
    QCOMPARE(*mine, *theirs);
    QCOMPARE(sandboxProcesses(m_sandbox->paths(), SandboxProcess::Daemon).size(), size_t(1));
    // And those that ran before run again.
    QTRY_COMPARE_WITH_TIMEOUT(running(*m_sandbox), m_running, 60'000);
}

void tst_Sandbox::endsAfterItsLastClient()
{
    QVERIFY(m_sandbox->end());
    qputenv("TREEWARDEN_SANDBOX_LINGER", "1");
    const auto uri = open();
    qunsetenv("TREEWARDEN_SANDBOX_LINGER");
    OPENED(uri);
    auto client = libvirt::openHypervisor(*uri);
    QVERIFY(client.has_value());
    QTest::qWait(3000);
    QCOMPARE(m_sandbox->processes(), 4);

    client = failure(ErrorCode::Cancelled);
    QTRY_COMPARE_WITH_TIMEOUT(m_sandbox->processes(), 0, 20'000);
    QVERIFY(!QFile::exists(m_sandbox->paths().socket()));
    QVERIFY(run(u"qemu-img"_s, {u"check"_s, m_sandbox->paths().images() + u"/running-internal.qcow2"_s}).exitCode == 0);
}

void tst_Sandbox::refusesForeignFolder()
{
    QTemporaryDir folder;
    QFile file(folder.filePath(u"thesis.odt"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    qputenv("TREEWARDEN_SANDBOX", QFile::encodeName(folder.path()));
    const auto opened = open();
    const auto reset = open(true);
    qputenv("TREEWARDEN_SANDBOX", QFile::encodeName(m_sandbox->paths().root));
    QCOMPARE(opened.error().code, ErrorCode::Unsupported);
    QCOMPARE(opened.error().subject, folder.path());
    QCOMPARE(reset.error().code, ErrorCode::Unsupported);
    QVERIFY(file.exists());
    QVERIFY(!clearRoot(SandboxPaths{folder.path()}));
    QVERIFY(file.exists());
}

void tst_Sandbox::refusesLongSocketName()
{
    const QString root = u"/tmp/"_s + QString(100, u'x');
    qputenv("TREEWARDEN_SANDBOX", QFile::encodeName(root));
    const auto opened = open();
    qputenv("TREEWARDEN_SANDBOX", QFile::encodeName(m_sandbox->paths().root));
    QCOMPARE(opened.error().code, ErrorCode::Unsupported);
    QVERIFY(opened.error().subject.startsWith(root));
    QVERIFY(!QFile::exists(root));
}

// As long as a home folder with a long user name makes it, with what a shell would take apart.
void tst_Sandbox::opensUnderLongName()
{
    m_sandbox->end();
    const QByteArray before = qgetenv("TREEWARDEN_SANDBOX");
    {
        SandboxFixture sandbox(u"home of a user & more/.local/share/treewarden/sandbox"_s);
        OPENED(open());
        QCOMPARE(running(sandbox), m_running);
        QVERIFY(sandbox.end());
        for (const QFileInfo &entry : QDir(u"/tmp"_s).entryInfoList({u"tw-*"_s}))
            QVERIFY(entry.symLinkTarget() != sandbox.paths().root);
    }
    qputenv("TREEWARDEN_SANDBOX", before);
}

TREEWARDEN_LIVE_MAIN(tst_Sandbox)
#include "tst_sandbox.moc"
