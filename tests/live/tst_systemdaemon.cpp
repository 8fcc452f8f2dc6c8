// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/backend/libvirt/volumestore.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/connection/connection.h"
#include "model/connection/worker.h"
#include "model/guard/unlistedfolders.h"
#include "model/xml/poolxml.h"
#include "tests/support/process.h"
#include "tests/support/qcow2oracle.h"
#include "tests/support/systemdaemon.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <cstdio>

#include <sys/stat.h>
#include <unistd.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const QString Cli = QStringLiteral(TREEWARDEN_BIN "/treewarden-cli");
constexpr uid_t Nobody = SystemDaemon::Nobody;
constexpr int Patience = 60'000;

QJsonObject byPath(const QJsonObject &answer, const QString &path)
{
    for (const QJsonValue &image : answer["images"_L1].toArray()) {
        if (image["path"_L1].toString() == path)
            return image.toObject();
    }
    return {};
}

QString whyUnknown(const QJsonObject &answer, const QString &path)
{
    for (const QJsonValue &unknown : answer["unknown"_L1].toArray()) {
        if (unknown["subject"_L1].toString() == path)
            return unknown["why"_L1].toString();
    }
    return {};
}

// In the child between fork and exec.
void becomeNobody()
{
    if (setresgid(Nobody, Nobody, Nobody) != 0 || setresuid(Nobody, Nobody, Nobody) != 0)
        _exit(126);
}

// What the window does when the user takes its offer, in a process of that user's: makes the folder of the disk of the
// machine "hidden" a storage pool. Says what the pool was to be called and which tags the disk has then.
int takeOffer(const QString &uri, const QString &disk)
{
    const auto fails = [](const QString &why) {
        std::fprintf(stderr, "%s\n", qPrintable(why));
        return 1;
    };
    {
        Connection connection(uri,
            {[uri](const Announce &) { return libvirt::openHypervisor(uri); },
                [](const std::shared_ptr<Hypervisor> &hypervisor) {
                    return std::vector<std::shared_ptr<ImageStore>>{
                        std::make_shared<LocalFiles>(), std::make_shared<VolumeStore>(hypervisor)};
                }});
        QString failed;
        QObject::connect(&connection, &Connection::operationFailed,
            [&](const QString &, const DomainId &, const Error &error) { failed = error.detail; });
        const auto facts = [&] {
            const Image *image = connection.inventory()->images->at({SourceKind::File, disk});
            return image ? image->facts : Fact<ImageFacts>();
        };
        connection.open();
        if (!QTest::qWaitFor([&] { return connection.status() == Connection::Status::Open; }, Patience))
            return fails(u"not connected: "_s + connection.error().detail);
        const auto inventory = connection.inventory();
        const auto hidden = std::find_if(inventory->domains.begin(), inventory->domains.end(),
            [](const auto &domain) { return domain->name == "hidden"_L1; });
        if (hidden == inventory->domains.end() || !facts().isUnknown())
            return fails(u"there is nothing to offer"_s);
        const auto folders = unlistedFolders(*inventory, *connection.assessment(), (*hidden)->uuid);
        if (folders.size() != 1)
            return fails(u"%1 folders are offered"_s.arg(folders.size()));
        connection.makePool(folders.front().poolName, folders.front().folder);
        if (!QTest::qWaitFor([&] { return facts().isKnown() || !failed.isEmpty(); }, Patience) || !failed.isEmpty())
            return fails(u"still not known: "_s + failed);
        QStringList words{folders.front().poolName};
        const Fact<ImageFacts> found = facts();
        for (const Tag &tag : found->tags)
            words << tag.name;
        std::printf("%s\n", qPrintable(words.join(u' ')));
        if (!unlistedFolders(*connection.inventory(), *connection.assessment(), (*hidden)->uuid).empty())
            return fails(u"it is offered again"_s);
    }
    return waitForWorkers(std::chrono::seconds(10)) ? 0 : fails(u"a worker did not end"_s);
}

} // namespace

// An ordinary user of the system daemon, whose images that user cannot open.
class tst_SystemDaemon : public QObject
{
    Q_OBJECT

private:
    SystemDaemon m_system;
    QString m_uri;

    QString path(const QString &name) const { return m_system.path(name); }
    QString image(const QString &name) const { return path(u"images/"_s + name); }

    QByteArray virsh(const QStringList &arguments) const
    {
        const ProcessResult result = run(u"virsh"_s, QStringList{u"-q"_s, u"-c"_s, m_uri} + arguments);
        if (result.exitCode != 0)
            qWarning("virsh %s: %s", qPrintable(arguments.join(u' ')), result.error.constData());
        return result.output;
    }
    bool qemuImg(const QStringList &arguments) const { return run(u"qemu-img"_s, arguments).exitCode == 0; }

    bool define(const QString &name, const QString &disk) const
    {
        QFile file(path(u"machine.xml"_s));
        if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            return false;
        file.write(u"<domain type='qemu'><name>%1</name><memory unit='MiB'>16</memory>"
                   "<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>"
                   "<driver name='qemu' type='qcow2'/><source file='%2'/><target dev='vda' bus='virtio'/></disk>"
                   "<memballoon model='none'/></devices></domain>"_s.arg(name, disk)
                       .toUtf8());
        file.close();
        return run(u"virsh"_s, {u"-c"_s, m_uri, u"define"_s, file.fileName()}).exitCode == 0;
    }

    QJsonObject cli(const QStringList &arguments, bool asNobody, int *exitCode = nullptr) const
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"XDG_STATE_HOME"_s, path(asNobody ? u"state"_s : u"state-of-root"_s));
        process.setProcessEnvironment(environment);
        if (asNobody)
            process.setChildProcessModifier(becomeNobody);
        process.start(path(u"treewarden-cli"_s), QStringList{u"--connect"_s, m_uri, u"--json"_s} + arguments);
        process.waitForFinished(Patience);
        if (exitCode)
            *exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        else if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
            qWarning("treewarden-cli: %d %s", process.exitCode(), process.readAllStandardError().constData());
        // Of several lines the last one.
        return QJsonDocument::fromJson(process.readAllStandardOutput().trimmed().split('\n').last()).object();
    }
    // As the ordinary user: the first way that is not blocked, with all that it asks for. `ways`: each with its
    // findings.
    QJsonObject runAsNobody(const QStringList &intent, QJsonArray *ways = nullptr) const
    {
        int exitCode = 0;
        const QJsonObject plan = cli(QStringList{u"plan"_s, u"mine"_s} + intent, true, &exitCode);
        QJsonArray all{plan};
        for (const QJsonValue &other : plan["alternatives"_L1].toArray())
            all.append(other);
        if (ways)
            *ways = all;
        for (qsizetype n = 0; n < all.size(); ++n) {
            if (all[n]["verdict"_L1].toString() == "block"_L1)
                continue;
            QStringList arguments = QStringList{u"run"_s, u"mine"_s} + intent;
            if (n > 0)
                arguments << u"--alternative"_s << QString::number(n - 1);
            for (const QJsonValue &finding : all[n]["findings"_L1].toArray()) {
                if (finding["severity"_L1].toString() == "confirm"_L1)
                    arguments << u"--acknowledge"_s
                              << finding["id"_L1].toString() + u'@' + finding["subject"_L1].toString();
            }
            return cli(arguments, true, &exitCode);
        }
        return {};
    }
    static QStringList idsOf(const QJsonValue &way, const QString &severity)
    {
        QStringList ids;
        for (const QJsonValue &finding : way["findings"_L1].toArray()) {
            if (finding["severity"_L1].toString() == severity)
                ids << finding["id"_L1].toString();
        }
        return ids;
    }
    QString diskOf(const QString &machine) const
    {
        return QString::fromUtf8(virsh({u"domblklist"_s, machine})).simplified().section(u' ', 1, 1);
    }
    QByteArray contentsOf(const QString &file) const // of its first bytes, through its chain
    {
        const QString raw = path(u"contents.raw"_s);
        QFile copy(raw);
        if (!qemuImg({u"convert"_s, u"-U"_s, u"-f"_s, u"qcow2"_s, u"-O"_s, u"raw"_s, file, raw})
            || !copy.open(QIODevice::ReadOnly))
            return {};
        return copy.read(4);
    }
    bool isPoolActive() const
    {
        return virsh({u"pool-list"_s, u"--name"_s}).simplified().split(' ').contains("images");
    }
    // An image that ends too early: libvirt stops a pool that it finds one in.
    bool cutImage(const QString &file, int bytes) const
    {
        QFile whole(image(u"base.qcow2"_s));
        QFile cut(file);
        return whole.open(QIODevice::ReadOnly) && cut.open(QIODevice::WriteOnly | QIODevice::Truncate)
            && cut.write(whole.read(bytes)) == bytes && chmod(qPrintable(file), 0600) == 0;
    }
    bool put(const QString &file, int value) const
    {
        return run(u"qemu-io"_s, {u"-f"_s, u"qcow2"_s, u"-c"_s, u"write -P %1 0 64k"_s.arg(value), file}).exitCode == 0;
    }

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void refusesNobody();
    void sameTrees_data();
    void sameTrees();
    void sameImages();
    void outsideAnyPool();
    void overlayThatThePoolDoesNotListYet();
    void lookingStopsNoPool_data();
    void lookingStopsNoPool();
    void poolThatLibvirtStops();
    void brokenImage();
    void truncatedImage();
    void headerThatNamesAFileOfTheHost();
    void folderBecomesAPool();
    void ordinaryUserWorks();
    void ordinaryUserIsToldWhatNeedsTheFile();
};

void tst_SystemDaemon::initTestCase()
{
    QVERIFY2(QFile::exists(Cli), "treewarden-cli is not built");
    const auto failed = m_system.start();
    QVERIFY2(!failed, qPrintable(failed.value_or(QString())));
    m_uri = m_system.uri();
    QVERIFY(QFile::copy(Cli, path(u"treewarden-cli"_s)));
    QCOMPARE(chmod(qPrintable(path(u"treewarden-cli"_s)), 0755), 0);
    for (const QString &folder : {u"images"_s, u"elsewhere"_s}) {
        QVERIFY(QDir().mkpath(path(folder)));
        QCOMPARE(chmod(qPrintable(path(folder)), 0711), 0);
    }

    QVERIFY(qemuImg({u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, image(u"base.qcow2"_s), u"64M"_s}));
    for (const char *name : {"off", "running"}) {
        const QString disk = image(QString::fromLatin1(name) + u".qcow2"_s);
        QVERIFY(qemuImg(
            {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, image(u"base.qcow2"_s), u"-F"_s, u"qcow2"_s, disk}));
        QVERIFY(define(QString::fromLatin1(name), disk));
    }
    QVERIFY(qemuImg({u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, path(u"elsewhere/hidden.qcow2"_s), u"64M"_s}));
    QVERIFY(define(u"hidden"_s, path(u"elsewhere/hidden.qcow2"_s)));

    virsh({u"snapshot-create-as"_s, u"off"_s, u"internal"_s});
    virsh({u"snapshot-create-as"_s, u"off"_s, u"external"_s, u"--disk-only"_s});
    virsh({u"snapshot-create-as"_s, u"hidden"_s, u"inside"_s});
    virsh({u"start"_s, u"running"_s});
    virsh({u"snapshot-create-as"_s, u"running"_s, u"with-memory"_s});
    virsh({u"snapshot-create-as"_s, u"running"_s, u"external"_s, u"--memspec"_s, u"file="_s + image(u"running.mem"_s)});
    virsh({u"suspend"_s, u"running"_s}); // two readings are compared
    virsh({u"pool-define-as"_s, u"images"_s, u"dir"_s, u"--target"_s, path(u"images"_s)});
    virsh({u"pool-start"_s, u"images"_s});
    for (const QString &folder : {u"images"_s, u"elsewhere"_s}) {
        for (const QFileInfo &file : QDir(path(folder)).entryInfoList(QDir::Files))
            QCOMPARE(chmod(qPrintable(file.filePath()), 0600), 0);
    }
}

void tst_SystemDaemon::cleanupTestCase()
{
    virsh({u"destroy"_s, u"running"_s});
    QVERIFY(compareImagesBelow(path(u"images"_s)) > 0);
    QVERIFY(compareImagesBelow(path(u"elsewhere"_s)) > 0);
}

// What this test rests on.
void tst_SystemDaemon::refusesNobody()
{
    for (const QString &file :
        {image(u"off.qcow2"_s), image(u"running.external"_s), path(u"elsewhere/hidden.qcow2"_s)}) {
        QProcess process;
        process.setChildProcessModifier(becomeNobody);
        process.start(u"cat"_s, {file});
        QVERIFY(process.waitForFinished());
        QVERIFY(process.exitCode() != 0);
        QVERIFY(QFile::exists(file));
    }
}

void tst_SystemDaemon::sameTrees_data()
{
    QTest::addColumn<QString>("machine");
    QTest::addColumn<int>("snapshots");
    QTest::newRow("off") << u"off"_s << 2;
    QTest::newRow("running") << u"running"_s << 2;
}

void tst_SystemDaemon::sameTrees()
{
    QFETCH(const QString, machine);
    QFETCH(const int, snapshots);
    QJsonObject ours = cli({u"tree"_s, machine}, true);
    QCOMPARE(ours["snapshots"_L1].toArray().size(), snapshots);
    // "hidden" may rely on any file, so nobody can tell what nothing relies on. All else is known.
    QJsonObject roots = cli({u"tree"_s, machine}, false);
    QStringList onlyOurs;
    const QJsonArray rootsUnknown = roots.take("unknown"_L1).toArray(); // what only measuring tells
    for (const QJsonValue &unknown : ours.take("unknown"_L1).toArray()) {
        if (!rootsUnknown.contains(unknown))
            onlyOurs += unknown["fact"_L1].toString();
    }
    QCOMPARE(onlyOurs, QStringList{u"orphans"_s});
    QCOMPARE(ours, roots);
    for (const QJsonValue &snapshot : ours["snapshots"_L1].toArray())
        QCOMPARE(snapshot["findings"_L1].toArray(), QJsonArray());
}

void tst_SystemDaemon::sameImages()
{
    const QJsonObject ours = cli({u"images"_s}, true);
    const QJsonObject roots = cli({u"images"_s}, false);
    QVERIFY(!roots.contains("unknown"_L1));
    QCOMPARE(ours["images"_L1].toArray().size(), roots["images"_L1].toArray().size());
    int compared = 0;
    for (const QJsonValue &value : roots["images"_L1].toArray()) {
        const QString name = value["path"_L1].toString();
        if (!name.startsWith(path(u"images"_s)))
            continue;
        ++compared;
        QCOMPARE(byPath(ours, name), value.toObject());
    }
    QCOMPARE(compared, 6); // base, two disks, two overlays, memory
    const QJsonArray tags = byPath(ours, image(u"off.qcow2"_s))["tags"_L1].toArray();
    QCOMPARE(tags, QJsonArray{u"internal"_s});
}

void tst_SystemDaemon::outsideAnyPool()
{
    const QString file = path(u"elsewhere/hidden.qcow2"_s);
    const QJsonObject roots = byPath(cli({u"images"_s, u"hidden"_s}, false), file);
    QCOMPARE(roots["tags"_L1].toArray(), QJsonArray{u"inside"_s});
    const QJsonObject answer = cli({u"images"_s, u"hidden"_s}, true);
    const QJsonObject ours = byPath(answer, file);
    QVERIFY(!ours.isEmpty());
    for (const char *key : {"format", "virtual", "backing", "tags", "bitmaps"})
        QVERIFY2(ours[QLatin1StringView(key)].isNull(), key);
    QVERIFY2(whyUnknown(answer, file).startsWith("permission denied"_L1), qPrintable(whyUnknown(answer, file)));
    QVERIFY(whyUnknown(answer, file).contains("pool"_L1));
    // Not known is not gone.
    const QJsonObject tree = cli({u"tree"_s, u"hidden"_s}, true);
    QCOMPARE(tree["snapshots"_L1].toArray().size(), 1);
    QCOMPARE(tree["snapshots"_L1][0]["findings"_L1].toArray(), QJsonArray());
    QCOMPARE(tree["orphans"_L1].toArray(), QJsonArray());

    // Nor where not even the folder may be entered.
    QCOMPARE(chmod(qPrintable(path(u"elsewhere"_s)), 0700), 0);
    const QJsonObject closed = cli({u"images"_s, u"hidden"_s}, true);
    QCOMPARE(chmod(qPrintable(path(u"elsewhere"_s)), 0711), 0);
    QVERIFY(byPath(closed, file)["tags"_L1].isNull());
    QVERIFY(byPath(closed, file)["actual"_L1].isNull());
    QVERIFY(whyUnknown(closed, file).startsWith("permission denied"_L1));
    QVERIFY(!byPath(closed, file)["problems"_L1].toArray().contains(u"image-missing"_s));
}

void tst_SystemDaemon::overlayThatThePoolDoesNotListYet()
{
    virsh({u"snapshot-create-as"_s, u"off"_s, u"later"_s, u"--disk-only"_s});
    const QString overlay = image(u"off.later"_s);
    QCOMPARE(chmod(qPrintable(overlay), 0600), 0);
    const QJsonObject found = byPath(cli({u"images"_s, u"off"_s}, true), overlay);
    QCOMPARE(found["format"_L1].toString(), u"qcow2"_s);
    QCOMPARE(found["backing"_L1].toString(), image(u"off.external"_s));
    QCOMPARE(cli({u"tree"_s, u"off"_s}, true)["current"_L1].toString(), u"later"_s);

    // In a folder that nobody else may list or enter, too.
    QCOMPARE(chmod(qPrintable(path(u"images"_s)), 0700), 0);
    const QJsonObject closed = cli({u"images"_s, u"off"_s}, true);
    QCOMPARE(chmod(qPrintable(path(u"images"_s)), 0711), 0);
    QVERIFY(!closed.contains("unknown"_L1));
    QCOMPARE(byPath(closed, overlay), found);
}

void tst_SystemDaemon::lookingStopsNoPool_data()
{
    QTest::addColumn<int>("bytes");
    QTest::addColumn<bool>("asNobody");
    QTest::addColumn<int>("mode"); // of the folder
    for (const int bytes : {50, 72}) {
        QTest::addRow("root, %d bytes", bytes) << bytes << false << 0711;
        QTest::addRow("ordinary user, %d bytes", bytes) << bytes << true << 0711;
        QTest::addRow("ordinary user who sees the name, %d bytes", bytes) << bytes << true << 0755;
    }
}

void tst_SystemDaemon::lookingStopsNoPool()
{
    QFETCH(const int, bytes);
    QFETCH(const bool, asNobody);
    QFETCH(const int, mode);
    const QString cut = image(u"cut.qcow2"_s);
    QVERIFY(isPoolActive());
    QVERIFY(cutImage(cut, bytes));
    QCOMPARE(chmod(qPrintable(path(u"images"_s)), mode_t(mode)), 0);
    (void)cli({u"list"_s}, asNobody);
    (void)cli({u"tree"_s, u"off"_s}, asNobody);
    const QJsonObject images = cli({u"images"_s}, asNobody);
    QCOMPARE(chmod(qPrintable(path(u"images"_s)), 0711), 0);
    QVERIFY(isPoolActive());
    if (!asNobody)
        QVERIFY2(whyUnknown(images, cut).startsWith("malformed"_L1), qPrintable(whyUnknown(images, cut)));
    QVERIFY(QFile::remove(cut));
}

// For an overlay of a snapshot libvirt has to list the pool anew. Where that ends badly it is said.
void tst_SystemDaemon::poolThatLibvirtStops()
{
    const QString cut = image(u"cut.qcow2"_s);
    QVERIFY(cutImage(cut, 50));
    virsh({u"snapshot-create-as"_s, u"off"_s, u"latest"_s, u"--disk-only"_s});
    const QString overlay = diskOf(u"off"_s);
    QCOMPARE(chmod(qPrintable(overlay), 0600), 0);
    QString why = whyUnknown(cli({u"images"_s, u"off"_s}, true), overlay);
    QVERIFY(!isPoolActive());
    QVERIFY2(why.contains("stopped the storage pool images"_L1), qPrintable(why));

    // An inactive pool is not an empty one.
    const QJsonObject answer = cli({u"images"_s, u"off"_s}, true);
    why = whyUnknown(answer, overlay);
    QVERIFY2(why.contains("in the storage pool images, which is not active"_L1), qPrintable(why));
    QVERIFY2(whyUnknown(answer, u"images"_s).contains("not active"_L1), QJsonDocument(answer).toJson().constData());
    QStringList facts;
    for (const QJsonValue &unknown : cli({u"tree"_s, u"off"_s}, false)["unknown"_L1].toArray())
        facts += unknown["fact"_L1].toString();
    QVERIFY2(facts.contains(u"orphans"_s), qPrintable(facts.join(u' ')));

    QVERIFY(QFile::remove(cut));
    virsh({u"pool-start"_s, u"images"_s});
    QCOMPARE(byPath(cli({u"images"_s, u"off"_s}, true), overlay)["format"_L1].toString(), u"qcow2"_s);
}

void tst_SystemDaemon::brokenImage()
{
    QFile file(image(u"broken.qcow2"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("not at all a qcow2 image");
    file.close();
    QVERIFY(define(u"broken"_s, file.fileName()));
    QCOMPARE(chmod(qPrintable(file.fileName()), 0600), 0);
    const QJsonObject answer = cli({u"images"_s, u"broken"_s}, true);
    QVERIFY(byPath(answer, file.fileName())["tags"_L1].isNull());
    QVERIFY2(whyUnknown(answer, file.fileName()).startsWith("malformed"_L1),
        qPrintable(whyUnknown(answer, file.fileName())));
}

void tst_SystemDaemon::truncatedImage()
{
    QFile file(image(u"broken.qcow2"_s));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.close();
    const QJsonObject answer = cli({u"images"_s, u"broken"_s}, true);
    QVERIFY(byPath(answer, file.fileName())["tags"_L1].isNull());
    QVERIFY2(whyUnknown(answer, file.fileName()).startsWith("malformed"_L1),
        qPrintable(whyUnknown(answer, file.fileName())));
}

// The class of CVE-2024-32498: root looks, and whoever wrote the image reads what is said.
void tst_SystemDaemon::headerThatNamesAFileOfTheHost()
{
    QVERIFY(QDir().mkpath(path(u"private"_s)));
    const QString secret = path(u"private/shadow"_s);
    QFile file(secret);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(QByteArray("root:$6$secret").repeated(8)), qint64(112));
    file.close();
    const QString disk = image(u"hostile.qcow2"_s);
    QVERIFY(qemuImg(
        {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-u"_s, u"-b"_s, secret, u"-F"_s, u"qcow2"_s, disk, u"4M"_s}));
    QVERIFY(define(u"hostile"_s, disk));
    const QJsonObject answer = cli({u"images"_s, u"hostile"_s}, false);
    virsh({u"undefine"_s, u"hostile"_s});
    QVERIFY(QFile::remove(disk));
    QVERIFY(byPath(answer, disk)["problems"_L1].toArray().contains(u"backing-outside"_s));
    QCOMPARE(whyUnknown(answer, secret), u"malformed: no qcow2 image that can be read"_s);
    QVERIFY(!QJsonDocument(answer).toJson().contains("726f6f74"));
}

void tst_SystemDaemon::folderBecomesAPool()
{
    const QString disk = path(u"elsewhere/hidden.qcow2"_s);
    const QString program = path(u"take-offer"_s);
    QVERIFY(QFile::copy(QCoreApplication::applicationFilePath(), program)); // to where nobody may run it
    QCOMPARE(chmod(qPrintable(program), 0755), 0);
    QProcess process;
    process.setChildProcessModifier(becomeNobody);
    process.start(program, {u"--take-offer"_s, m_uri, disk});
    QVERIFY(process.waitForFinished(3 * Patience));
    const QByteArray said = process.readAllStandardError();
    QVERIFY2(process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0, said.constData());
    QCOMPARE(process.readAllStandardOutput(), QByteArray("elsewhere inside\n"));

    QVERIFY(virsh({u"pool-info"_s, u"elsewhere"_s}).simplified().contains("Autostart: yes"));
    QVERIFY(virsh({u"pool-dumpxml"_s, u"elsewhere"_s}).contains(path(u"elsewhere"_s).toUtf8()));
    // And so it is for whoever looks next.
    const QJsonObject ours = byPath(cli({u"images"_s, u"hidden"_s}, true), disk);
    QCOMPARE(ours["tags"_L1].toArray(), QJsonArray{u"inside"_s});
    QCOMPARE(ours, byPath(cli({u"images"_s, u"hidden"_s}, false), disk));
    struct stat file;
    QCOMPARE(stat(qPrintable(disk), &file), 0);
    QCOMPARE(file.st_mode & 0777, mode_t(0600)); // nothing was opened up

    // What cannot be started leaves nothing behind.
    const auto hypervisor = libvirt::openHypervisor(m_uri);
    QVERIFY(hypervisor);
    QVERIFY(!(*hypervisor)->definePool(writeFolderPool(u"nowhere"_s, path(u"nowhere"_s))));
    QVERIFY(!virsh({u"pool-list"_s, u"--all"_s}).contains("nowhere"));
}

void tst_SystemDaemon::ordinaryUserWorks()
{
    const QString disk = image(u"mine.qcow2"_s);
    QVERIFY(qemuImg({u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, disk, u"4M"_s}));
    QVERIFY(put(disk, 0x31));
    QVERIFY(define(u"mine"_s, disk));
    QCOMPARE(chmod(qPrintable(disk), 0600), 0);
    QVERIFY(QDir().mkpath(path(u"state"_s)));
    QCOMPARE(chown(qPrintable(path(u"state"_s)), Nobody, Nobody), 0);
    const auto succeeded = u"succeeded"_s;
    const auto outcome = [](const QJsonObject &done) {
        const QString word = done["outcome"_L1].toString();
        if (word != "succeeded"_L1)
            qWarning("%s", QJsonDocument(done).toJson().constData());
        return word;
    };

    QCOMPARE(outcome(runAsNobody({u"create"_s, u"first"_s, u"--kind"_s, u"external"_s})), succeeded);
    QVERIFY(put(diskOf(u"mine"_s), 0x32));
    QCOMPARE(outcome(runAsNobody({u"create"_s, u"second"_s, u"--kind"_s, u"external"_s})), succeeded);
    QVERIFY(put(diskOf(u"mine"_s), 0x33));
    QCOMPARE(QString::fromUtf8(virsh({u"snapshot-list"_s, u"mine"_s, u"--name"_s})).split(u'\n', Qt::SkipEmptyParts),
        (QStringList{u"first"_s, u"second"_s}));

    // An overlay of others, which nothing names and the pool does not list yet: the job looks before it merges.
    const QString clone = image(u"clone-of-mine.qcow2"_s);
    QVERIFY(
        qemuImg({u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, diskOf(u"mine"_s), u"-F"_s, u"qcow2"_s, clone}));
    int planned = 0;
    (void)cli({u"plan"_s, u"mine"_s, u"delete"_s, u"second"_s}, true, &planned);
    QCOMPARE(planned, 5); // nobody knows yet
    QVERIFY(runAsNobody({u"delete"_s, u"second"_s})["outcome"_L1].toString() != succeeded);
    QCOMPARE(contentsOf(clone), QByteArray("3333"));
    QVERIFY(QFile::remove(clone));
    virsh({u"pool-refresh"_s, u"images"_s});

    // libvirt merges by itself.
    QJsonArray ways;
    const QJsonObject deleted = runAsNobody({u"delete"_s, u"second"_s}, &ways);
    QVERIFY2(outcome(deleted) == succeeded,
        QByteArray(QJsonDocument(deleted).toJson() + QJsonDocument(ways).toJson()).constData());
    QVERIFY(!virsh({u"snapshot-list"_s, u"mine"_s, u"--name"_s}).contains("second"));
    QCOMPARE(contentsOf(diskOf(u"mine"_s)), QByteArray("3333"));
    QCOMPARE(contentsOf(disk), QByteArray("1111"));
    QCOMPARE(outcome(runAsNobody({u"create"_s, u"second"_s, u"--kind"_s, u"external"_s})), succeeded);
    QVERIFY(put(diskOf(u"mine"_s), 0x34));

    // A storage volume is made for what comes after.
    const QString later = diskOf(u"mine"_s);
    const QJsonObject reverted = runAsNobody({u"revert"_s, u"first"_s}, &ways);
    QVERIFY2(outcome(reverted) == succeeded,
        QByteArray(QJsonDocument(reverted).toJson() + QJsonDocument(ways).toJson()).constData());
    const QString now = diskOf(u"mine"_s);
    QVERIFY(now != disk && now != later);
    QCOMPARE(contentsOf(now), QByteArray("1111"));
    QCOMPARE(contentsOf(disk), QByteArray("1111"));

    const QJsonArray entries = cli({u"history"_s}, true)["entries"_L1].toArray();
    QCOMPARE(entries.size(), 6); // with the one that was refused
    if (ways[0]["verdict"_L1].toString() != "block"_L1)
        return; // a newer libvirt did it by itself
    // What was to be lost is gone: this user cannot keep it under a second name, and was told so.
    QVERIFY(!QFile::exists(later));
    QStringList warnings;
    for (const QJsonValue &way : std::as_const(ways))
        warnings += idsOf(way, u"warn"_s);
    QVERIFY2(warnings.contains(u"cannot-be-kept"_s), qPrintable(warnings.join(u' ')));
    QCOMPARE(entries[0]["undo"_L1].toString(), u"no"_s);
    int exitCode = 0;
    (void)cli({u"undo"_s, entries[0]["entry"_L1].toString()}, true, &exitCode);
    QCOMPARE(exitCode, 3);
    QCOMPARE(diskOf(u"mine"_s), now);
}

void tst_SystemDaemon::ordinaryUserIsToldWhatNeedsTheFile()
{
    // An internal snapshot below an overlay: to go back to it its contents have to be copied out of the file.
    virsh({u"snapshot-delete"_s, u"mine"_s, u"first"_s, u"--metadata"_s});
    const QString disk = diskOf(u"mine"_s);
    virsh({u"snapshot-create-as"_s, u"mine"_s, u"inside"_s});
    virsh({u"snapshot-create-as"_s, u"mine"_s, u"outside"_s, u"--disk-only"_s});
    const QString overlay = diskOf(u"mine"_s);
    QVERIFY(overlay != disk);
    for (const QString &file : {disk, overlay})
        QCOMPARE(chmod(qPrintable(file), 0600), 0);
    const QByteArray before = virsh({u"dumpxml"_s, u"mine"_s});
    for (const QStringList &intent : {QStringList{u"revert"_s, u"inside"_s}, QStringList{u"delete"_s, u"outside"_s}}) {
        int exitCode = 0;
        const QJsonObject plan = cli(QStringList{u"plan"_s, u"mine"_s} + intent, true, &exitCode);
        QStringList blocks;
        for (const QJsonValue &other : plan["alternatives"_L1].toArray())
            blocks += idsOf(other, u"block"_s);
        QVERIFY2(blocks.contains(u"files-out-of-reach"_s), QJsonDocument(plan).toJson().constData());
        // For root that way is open.
        const QJsonObject roots = cli(QStringList{u"plan"_s, u"mine"_s} + intent, false, &exitCode);
        bool isOpen = false;
        for (const QJsonValue &other : roots["alternatives"_L1].toArray())
            isOpen = isOpen || other["verdict"_L1].toString() != "block"_L1;
        QVERIFY2(isOpen, QJsonDocument(roots).toJson().constData());
        (void)cli(QStringList{u"run"_s, u"mine"_s} + intent + QStringList{u"--alternative"_s, u"0"_s}, true, &exitCode);
        QCOMPARE(exitCode, 3);
    }
    QCOMPARE(virsh({u"dumpxml"_s, u"mine"_s}), before);
}

int main(int argc, char **argv)
{
    if (argc == 4 && QByteArrayView(argv[1]) == "--take-offer") {
        const QCoreApplication application(argc, argv);
        return takeOffer(QString::fromLocal8Bit(argv[2]), QString::fromLocal8Bit(argv[3]));
    }
    if (const auto exitCode = runAsRoot(argc, argv))
        return *exitCode;
    const QCoreApplication application(argc, argv);
    for (const QString &tool : {u"libvirtd"_s, u"virsh"_s, u"qemu-img"_s, u"qemu-system-x86_64"_s}) {
        if (const QByteArray missing = missingTool(tool); !missing.isEmpty()) {
            std::fprintf(stderr, "FAIL! : %s\n", missing.constData());
            return 1;
        }
    }
    tst_SystemDaemon test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_systemdaemon.moc"
