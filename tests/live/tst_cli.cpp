// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/base/visible.h"
#include "model/sandbox/machines.h"
#include "model/sandbox/processes.h"
#include "model/sandbox/sandbox.h"
#include "tests/live/cliprocess.h"
#include "tests/support/process.h"
#include "tests/support/qcow2oracle.h"
#include "tests/support/sandboxfixture.h"

#include <QDir>
#include <QDomDocument>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#include <csignal>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

QJsonObject imageInfo(const QString &path)
{
    return object(run(u"qemu-img"_s, {u"info"_s, u"-U"_s, u"--output=json"_s, path}).output);
}

// The files of an image and of all that is below it, as QEMU follows them.
QStringList chainOf(const QString &path)
{
    const QByteArray json
        = run(u"qemu-img"_s, {u"info"_s, u"-U"_s, u"--backing-chain"_s, u"--output=json"_s, path}).output;
    return pluck(QJsonDocument::fromJson(json).array(), "filename"_L1);
}

QDomElement child(const QDomElement &element, const QString &path)
{
    QDomElement found = element;
    for (const QString &step : path.split(u'/'))
        found = found.firstChildElement(step);
    return found;
}

} // namespace

class tst_Cli : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<SandboxFixture> m_sandbox;

    // All options before the command.
    ProcessResult cli(const QStringList &arguments) const
    {
        return run(Cli, QStringList{u"--connect"_s, m_sandbox->paths().uri()} + arguments);
    }
    QJsonObject json(const QStringList &arguments) const
    {
        const ProcessResult result = cli(QStringList{u"--json"_s} + arguments);
        if (result.exitCode != 0)
            qWarning("%s", result.error.constData());
        return object(result.output);
    }
    QString image(const QString &name) const { return m_sandbox->paths().images() + u'/' + name; }
    QString virshWord(const QStringList &arguments) const
    {
        return QString::fromUtf8(m_sandbox->virsh(arguments)).trimmed();
    }
    QStringList snapshotNames(const QString &machine, const QStringList &filter = {}) const
    {
        return sorted(m_sandbox->virshLines(QStringList{u"snapshot-list"_s, machine, u"--name"_s} + filter));
    }
    QDomElement snapshotXml(const QString &machine, const QString &snapshot) const
    {
        QDomDocument document;
        document.setContent(m_sandbox->virsh({u"snapshot-dumpxml"_s, machine, snapshot}));
        return document.documentElement();
    }
    void compareSnapshot(const QString &machine, const QJsonObject &ours);
    void compareImage(const QJsonObject &ours);

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void list();
    void tree_data();
    void tree();
    void images_data();
    void images();
    void allImages();
    void claimsOnASharedBase();
    void orphans();
    void issue811();
    void traits();
    void checkpoints();
    void findingsInText_data();
    void findingsInText();
    void findingsOfTheMachine();
    void textForPeople_data();
    void textForPeople();
    void errors_data();
    void errors();
    void oddNames_data();
    void oddNames();
    void missingImage();
    void events();
    void eventsOfOneMachine();
    void eventsEndWithTheDaemon();
};

void tst_Cli::initTestCase()
{
    QVERIFY2(QFile::exists(Cli), "treewarden-cli is not built");
    m_sandbox = std::make_unique<SandboxFixture>();
    const auto opened = openSandbox({.data = 4 * MiB}, libvirt::openHypervisor);
    QVERIFY2(opened, opened ? "" : qPrintable(opened.error().subject + u": "_s + opened.error().detail));
    // What the running machines write would differ from one look to the next.
    for (const QString &machine : {u"running-internal"_s, u"running-external"_s})
        m_sandbox->virsh({u"suspend"_s, machine});
}

void tst_Cli::cleanupTestCase()
{
    QVERIFY(m_sandbox->end());
}

void tst_Cli::list()
{
    const QJsonObject answer = json({u"list"_s});
    QVERIFY(!answer.contains("unknown"_L1));
    QCOMPARE(sorted(pluck(answer["domains"_L1], "name"_L1)),
        sorted(m_sandbox->virshLines({u"list"_s, u"--all"_s, u"--name"_s})));
    for (const QJsonValue &value : answer["domains"_L1].toArray()) {
        const QJsonObject domain = value.toObject();
        const QString name = domain["name"_L1].toString();
        QCOMPARE(domain["uuid"_L1].toString(), virshWord({u"domuuid"_s, name}));
        QCOMPARE(domain["state"_L1].toString(), virshWord({u"domstate"_s, name}).remove(u' '));
        const auto external = snapshotNames(name, {u"--external"_s}).size();
        const auto internal = snapshotNames(name, {u"--internal"_s}).size();
        QCOMPARE(domain["snapshots"_L1].toInt(), external + internal);
        QCOMPARE(domain["kind"_L1].toString(),
            external && internal ? u"mixed"_s
                : external       ? u"external"_s
                : internal       ? u"internal"_s
                                 : u"none"_s);
        // As the window's badges: a mixed tree is told by its kind. The clones' base, what the 811 machine runs on, and
        // what is left over.
        static const QHash<QString, int> problems{{u"golden-base"_s, 1}, {u"issue-811"_s, 1}, {u"orphans"_s, 3}};
        QVERIFY2(domain["problems"_L1].toInt(-1) == problems.value(name),
            qPrintable(u"%1: %2"_s.arg(name).arg(domain["problems"_L1].toInt(-1))));
    }
}

void tst_Cli::tree_data()
{
    QTest::addColumn<QString>("machine");
    for (const QString &machine : exampleMachines())
        QTest::newRow(qPrintable(machine)) << machine;
}

void tst_Cli::tree()
{
    QFETCH(const QString, machine);
    const QJsonObject answer = json({u"tree"_s, machine});
    QCOMPARE(answer["domain"_L1].toString(), machine);
    // What is null is said to be unknown, and why; here that is what only measuring tells.
    QStringList notMeasured;
    for (const QJsonValue &value : answer["snapshots"_L1].toArray()) {
        if (value["bytes"_L1].isNull())
            notMeasured += value["name"_L1].toString();
    }
    for (const QJsonValue &unknown : answer["unknown"_L1].toArray()) {
        QCOMPARE(unknown["fact"_L1].toString(), u"bytes"_s);
        QVERIFY(unknown["why"_L1].toString().contains(u"not measured"_s));
    }
    QCOMPARE(pluck(answer["unknown"_L1], "subject"_L1), notMeasured);
    QCOMPARE(answer.contains("unknown"_L1), !notMeasured.isEmpty());
    QCOMPARE(sorted(pluck(answer["snapshots"_L1], "name"_L1)), snapshotNames(machine));
    QCOMPARE(answer["current"_L1].toString(), virshWord({u"snapshot-current"_s, machine, u"--name"_s}));
    const QMap<QString, QString> parents = m_sandbox->parents(machine);
    const QStringList external = snapshotNames(machine, {u"--external"_s});
    for (const QJsonValue &value : answer["snapshots"_L1].toArray()) {
        const QJsonObject snapshot = value.toObject();
        const QString name = snapshot["name"_L1].toString();
        QCOMPARE(snapshot["parent"_L1].toString(), parents.value(name));
        QCOMPARE(snapshot["parent"_L1].isNull(), parents.value(name).isEmpty());
        QCOMPARE(snapshot["current"_L1].toBool(), name == answer["current"_L1].toString());
        QCOMPARE(snapshot["kind"_L1].toString(), external.contains(name) ? u"external"_s : u"internal"_s);
        compareSnapshot(machine, snapshot);
        if (QTest::currentTestFailed())
            return;
    }
}

void tst_Cli::compareSnapshot(const QString &machine, const QJsonObject &ours)
{
    const QString name = ours["name"_L1].toString();
    const QDomElement xml = snapshotXml(machine, name);
    QVERIFY(!xml.isNull());
    QCOMPARE(ours["state"_L1].toString(), child(xml, u"state"_s).text());
    QCOMPARE(ours["created"_L1].toInteger(), child(xml, u"creationTime"_s).text().toLongLong());
    const QDomElement memory = child(xml, u"memory"_s);
    const QString memoryKind = memory.attribute(u"snapshot"_s);
    QCOMPARE(ours["memory"_L1].toString(), memoryKind == "no"_L1 ? u"none"_s : memoryKind);

    qint64 bytes
        = memoryKind == "external"_L1 ? imageInfo(memory.attribute(u"file"_s))["actual-size"_L1].toInteger() : 0;
    bool isKnown = ours["kind"_L1].toString() == "external"_L1;
    QHash<QString, QString> frozen;
    const QDomElement devices = child(xml, u"domain/devices"_s);
    for (auto disk = devices.firstChildElement(u"disk"_s); !disk.isNull(); disk = disk.nextSiblingElement(u"disk"_s))
        frozen.insert(child(disk, u"target"_s).attribute(u"dev"_s), child(disk, u"source"_s).attribute(u"file"_s));
    qsizetype count = 0;
    const QDomElement disks = child(xml, u"disks"_s);
    for (auto disk = disks.firstChildElement(u"disk"_s); !disk.isNull(); disk = disk.nextSiblingElement(u"disk"_s)) {
        ++count;
        const QString target = disk.attribute(u"name"_s);
        const QJsonObject mine = byKey(ours["disks"_L1], "target"_L1, target);
        QCOMPARE(mine["kind"_L1].toString(), disk.attribute(u"snapshot"_s));
        QCOMPARE(mine["frozen"_L1].toString(), frozen.value(target));
        const QString overlay = child(disk, u"source"_s).attribute(u"file"_s);
        QCOMPARE(mine["overlay"_L1].toString(), overlay);
        QCOMPARE(mine["overlay"_L1].isNull(), disk.attribute(u"snapshot"_s) != "external"_L1);
        if (!overlay.isEmpty())
            bytes += imageInfo(overlay)["actual-size"_L1].toInteger();
        const QJsonObject tag = byKey(imageInfo(frozen.value(target))["snapshots"_L1], "name"_L1, name);
        if (disk.attribute(u"snapshot"_s) == "internal"_L1 && tag["vm-state-size"_L1].toInteger() > 0) {
            bytes += tag["vm-state-size"_L1].toInteger();
            isKnown = true;
        }
    }
    QCOMPARE(ours["disks"_L1].toArray().size(), count);
    QCOMPARE(ours["bytes"_L1].isNull(), !isKnown);
    QCOMPARE(ours["bytes"_L1].toInteger(), bytes);
}

void tst_Cli::images_data()
{
    tree_data();
}

void tst_Cli::images()
{
    QFETCH(const QString, machine);
    const QJsonObject answer = json({u"images"_s, machine});
    QVERIFY2(!answer.contains("unknown"_L1), QJsonDocument(answer["unknown"_L1].toArray()).toJson().constData());

    // What virsh says that the machine and its snapshots name, and what QEMU finds below that.
    QStringList tops;
    for (const QString &line : m_sandbox->virshLines({u"domblklist"_s, machine}))
        tops << line.simplified().section(u' ', 1);
    QSet<QString> expected;
    for (const QString &name : snapshotNames(machine)) {
        const QJsonObject snapshot = byKey(json({u"tree"_s, machine})["snapshots"_L1], "name"_L1, name);
        for (const QJsonValue &disk : snapshot["disks"_L1].toArray()) {
            tops << disk["frozen"_L1].toString();
            if (disk["overlay"_L1].isString())
                tops << disk["overlay"_L1].toString();
        }
        if (const QDomElement memory = child(snapshotXml(machine, name), u"memory"_s); memory.hasAttribute(u"file"_s))
            expected.insert(memory.attribute(u"file"_s));
        if (machine == "linear-60"_L1)
            break; // all sixty are in the one file
    }
    tops.removeDuplicates();
    for (const QString &top : std::as_const(tops)) {
        for (const QString &layer : chainOf(top))
            expected.insert(layer);
    }
    const QStringList found = pluck(answer["images"_L1], "path"_L1);
    for (const QString &path : std::as_const(expected))
        QVERIFY2(found.contains(path), qPrintable(path));
    for (const QJsonValue &value : answer["images"_L1].toArray()) {
        compareImage(value.toObject());
        if (QTest::currentTestFailed())
            return;
    }
}

void tst_Cli::compareImage(const QJsonObject &ours)
{
    const QString path = ours["path"_L1].toString();
    const QJsonObject info = imageInfo(path);
    QCOMPARE(ours["actual"_L1].toInteger(), info["actual-size"_L1].toInteger());
    if (ours["format"_L1].toString() == "libvirt-save"_L1) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.read(16), QByteArray("LibvirtQemudSave"));
        return;
    }
    QCOMPARE(ours["format"_L1].toString(), info["format"_L1].toString());
    QCOMPARE(ours["virtual"_L1].toInteger(), info["virtual-size"_L1].toInteger());
    QCOMPARE(ours["backing"_L1].toString(), info["full-backing-filename"_L1].toString());
    QCOMPARE(ours["backing"_L1].isNull(), !info.contains("backing-filename"_L1));
    QCOMPARE(strings(ours["tags"_L1]), pluck(info["snapshots"_L1], "name"_L1));
    QCOMPARE(strings(ours["bitmaps"_L1]), pluck(info["format-specific"_L1]["data"_L1]["bitmaps"_L1], "name"_L1));
    if (ours["format"_L1].toString() == "qcow2"_L1)
        compareWithQemuImg(path);
}

void tst_Cli::allImages()
{
    const QJsonObject answer = json({u"images"_s});
    QVERIFY(!answer.contains("unknown"_L1));
    const QStringList found = pluck(answer["images"_L1], "path"_L1);
    for (const QFileInfo &entry : QDir(m_sandbox->paths().images()).entryInfoList(QDir::Files))
        QVERIFY2(found.contains(entry.filePath()), qPrintable(entry.filePath()));
    QCOMPARE(QSet<QString>(found.begin(), found.end()).size(), found.size());
    for (const QJsonValue &value : answer["images"_L1].toArray()) {
        compareImage(value.toObject());
        if (QTest::currentTestFailed())
            return;
    }
}

void tst_Cli::claimsOnASharedBase()
{
    const QJsonObject base = byKey(json({u"images"_s})["images"_L1], "path"_L1, image(u"golden-base.qcow2"_s));
    QSet<QString> domains;
    for (const QString &domain : pluck(base["claims"_L1], "domain"_L1))
        domains.insert(domain);
    QCOMPARE(domains, (QSet<QString>{u"golden-base"_s, u"golden-clone-1"_s, u"golden-clone-2"_s}));
    QVERIFY(strings(base["problems"_L1]).contains(u"shared-base-writable"_s));
    const QJsonArray claims = base["claims"_L1].toArray();
    QVERIFY(std::any_of(claims.begin(), claims.end(), [](const QJsonValue &claim) {
        return claim["owner"_L1].toString() == "snapshot:sealed"_L1 && claim["layer"_L1].toString() == "tag:sealed"_L1;
    }));
}

void tst_Cli::orphans()
{
    const QJsonObject answer = json({u"tree"_s, u"orphans"_s});
    const QJsonArray found = answer["orphans"_L1].toArray();
    const QJsonObject tag = byKey(found, "kind"_L1, u"tag"_s);
    QCOMPARE(tag["name"_L1].toString(), u"try-nvidia"_s);
    QCOMPARE(tag["path"_L1].toString(), image(u"orphans.qcow2"_s));
    const QJsonObject overlay = byKey(found, "kind"_L1, u"overlay"_s);
    QCOMPARE(overlay["path"_L1].toString(), image(u"orphans.1719650000"_s));
    QCOMPARE(byKey(found, "kind"_L1, u"metadata"_s)["name"_L1].toString(), u"lost"_s);
    QCOMPARE(found.size(), 3);
    // Nobody else has any.
    for (const QString &machine : exampleMachines()) {
        if (machine != "orphans"_L1)
            QCOMPARE(json({u"tree"_s, machine})["orphans"_L1].toArray(), QJsonArray());
    }
}

void tst_Cli::issue811()
{
    QCOMPARE(byKey(json({u"list"_s})["domains"_L1], "name"_L1, u"issue-811"_s)["kind"_L1].toString(), u"mixed"_s);
    const QJsonObject answer = json({u"tree"_s, u"issue-811"_s});
    const QJsonObject frozen = byKey(answer["snapshots"_L1], "name"_L1, u"before-upgrade"_s);
    QVERIFY(strings(frozen["findings"_L1]).contains(u"frozen-file-in-use"_s));
    // What lies on top of it is no better.
    const QJsonObject above = byKey(answer["snapshots"_L1], "name"_L1, u"after-upgrade"_s);
    QVERIFY(strings(above["findings"_L1]).contains(u"frozen-file-in-use"_s));
    for (const char *sound : {"clean-install", "drivers", "updates-june"}) {
        const QJsonObject snapshot = byKey(answer["snapshots"_L1], "name"_L1, QString::fromLatin1(sound));
        QCOMPARE(strings(snapshot["findings"_L1]), QStringList());
    }
}

// What each example machine is there for. That the trees are as virsh says was seen above.
void tst_Cli::traits()
{
    QHash<QString, QJsonArray> trees;
    QHash<QString, QMap<QString, QStringList>> children; // by machine, by parent
    for (const QString &machine : exampleMachines()) {
        const QJsonObject answer = json({u"tree"_s, machine});
        trees.insert(machine, answer["snapshots"_L1].toArray());
        for (const QJsonValue &snapshot : trees[machine])
            children[machine][snapshot["parent"_L1].toString()] += snapshot["name"_L1].toString();
    }
    const auto all = [&](const QString &machine, QLatin1StringView key) {
        QStringList values = pluck(trees[machine], key);
        values.removeDuplicates();
        return sorted(values);
    };
    const auto hasBranch = [&](const QString &machine) {
        const auto &below = children[machine];
        return std::any_of(below.begin(), below.end(), [](const QStringList &names) { return names.size() > 1; });
    };
    const QJsonArray domains = json({u"list"_s})["domains"_L1].toArray();
    const auto isActive = [&](const QString &machine) {
        return byKey(domains, "name"_L1, machine)["state"_L1].toString() != "shutoff"_L1;
    };

    QCOMPARE(all(u"internal-branch"_s, "kind"_L1), QStringList{u"internal"_s});
    QVERIFY(hasBranch(u"internal-branch"_s));

    QCOMPARE(all(u"external-branch"_s, "kind"_L1), QStringList{u"external"_s});
    QVERIFY(hasBranch(u"external-branch"_s));
    for (const QJsonValue &snapshot : trees[u"external-branch"_s]) {
        QCOMPARE(sorted(pluck(snapshot["disks"_L1], "target"_L1)), (QStringList{u"vda"_s, u"vdb"_s}));
        QCOMPARE(pluck(snapshot["disks"_L1], "kind"_L1), (QStringList{u"external"_s, u"external"_s}));
    }

    QVERIFY(isActive(u"running-internal"_s));
    QCOMPARE(all(u"running-internal"_s, "kind"_L1), QStringList{u"internal"_s});
    QCOMPARE(all(u"running-internal"_s, "memory"_L1), QStringList{u"internal"_s});
    for (const QJsonValue &snapshot : trees[u"running-internal"_s])
        QVERIFY(snapshot["bytes"_L1].toInteger() > 0);

    QVERIFY(isActive(u"running-external"_s));
    QCOMPARE(all(u"running-external"_s, "kind"_L1), QStringList{u"external"_s});
    QCOMPARE(all(u"running-external"_s, "memory"_L1), (QStringList{u"external"_s, u"none"_s}));

    // Internal, then an external child, then back to the internal one, whose file the machine writes into.
    const QJsonObject child = byKey(trees[u"issue-811"_s], "name"_L1, u"before-upgrade"_s);
    const QJsonObject parent = byKey(trees[u"issue-811"_s], "name"_L1, child["parent"_L1].toString());
    QCOMPARE(child["kind"_L1].toString(), u"external"_s);
    QCOMPARE(parent["kind"_L1].toString(), u"internal"_s);
    QVERIFY(parent["current"_L1].toBool());
    const QJsonObject disk = child["disks"_L1].toArray().at(0).toObject();
    const QString now = m_sandbox->virshLines({u"domblklist"_s, u"issue-811"_s}).value(0).simplified().section(u' ', 1);
    QCOMPARE(now, disk["frozen"_L1].toString());
    QVERIFY(now != disk["overlay"_L1].toString());
    QVERIFY(pluck(imageInfo(now)["snapshots"_L1], "name"_L1).contains(parent["name"_L1].toString()));

    const QString base = image(u"golden-base.qcow2"_s);
    for (const QString &clone : {u"golden-clone-1"_s, u"golden-clone-2"_s}) {
        const QString top = m_sandbox->virshLines({u"domblklist"_s, clone}).value(0).simplified().section(u' ', 1);
        QCOMPARE(chainOf(top), (QStringList{top, base}));
        QCOMPARE(trees[clone].size(), 1);
    }
    QVERIFY(m_sandbox->virsh({u"domblklist"_s, u"golden-base"_s}).contains(base.toUtf8()));

    QCOMPARE(trees[u"linear-60"_s].size(), 60);
    QCOMPARE(children[u"linear-60"_s][{}].size(), 1);
    QVERIFY(!hasBranch(u"linear-60"_s));

    const QJsonObject stray = json({u"tree"_s, u"orphans"_s});
    const QString tag = byKey(stray["orphans"_L1], "kind"_L1, u"tag"_s)["name"_L1].toString();
    QVERIFY(pluck(imageInfo(image(u"orphans.qcow2"_s))["snapshots"_L1], "name"_L1).contains(tag));
    QVERIFY(!snapshotNames(u"orphans"_s).contains(tag));
    const QString overlay = byKey(stray["orphans"_L1], "kind"_L1, u"overlay"_s)["path"_L1].toString();
    QCOMPARE(chainOf(overlay), (QStringList{overlay, image(u"orphans.qcow2"_s)}));
    for (const QString &machine : exampleMachines()) {
        QVERIFY(!m_sandbox->virsh({u"dumpxml"_s, machine}).contains(overlay.toUtf8()));
        for (const QString &snapshot : snapshotNames(machine)) {
            if (machine != "linear-60"_L1)
                QVERIFY(!m_sandbox->virsh({u"snapshot-dumpxml"_s, machine, snapshot}).contains(overlay.toUtf8()));
        }
    }
}

// The images that a checkpoint's bitmap is in are relied on by it.
void tst_Cli::checkpoints()
{
    const auto ours = [this](const QString &machine) {
        QSet<QString> names;
        for (const QJsonValue &file : json({u"images"_s, machine})["images"_L1].toArray()) {
            for (const QJsonValue &claim : file["claims"_L1].toArray()) {
                const QString owner = claim["owner"_L1].toString();
                if (owner.startsWith("checkpoint:"_L1) && claim["domain"_L1].toString() == machine)
                    names.insert(owner.section(u':', 1));
            }
        }
        return sorted(QStringList(names.begin(), names.end()));
    };
    const auto theirs = [this](const QString &machine) {
        return sorted(m_sandbox->virshLines({u"checkpoint-list"_s, machine, u"--name"_s}));
    };
    const QString machine = u"big-disk"_s;
    m_sandbox->virsh({u"start"_s, machine});
    for (const QString &name : {u"first"_s, u"second"_s})
        m_sandbox->virsh({u"checkpoint-create-as"_s, machine, name});
    QCOMPARE(theirs(machine), (QStringList{u"first"_s, u"second"_s}));
    for (const QString &each : exampleMachines())
        QCOMPARE(ours(each), theirs(each));
    m_sandbox->virsh({u"destroy"_s, machine});
    QCOMPARE(ours(machine), theirs(machine));
    const QString top = m_sandbox->virshLines({u"domblklist"_s, machine}).value(0).simplified().section(u' ', 1);
    const QJsonObject file = byKey(json({u"images"_s, machine})["images"_L1], "path"_L1, top);
    QCOMPARE(sorted(strings(file["bitmaps"_L1])), theirs(machine));
    compareWithQemuImg(top);

    // While QEMU can take the bitmaps away with them.
    m_sandbox->virsh({u"start"_s, machine});
    for (const QString &name : {u"second"_s, u"first"_s})
        m_sandbox->virsh({u"checkpoint-delete"_s, machine, name});
    m_sandbox->virsh({u"destroy"_s, machine});
    QCOMPARE(theirs(machine), QStringList());
    QCOMPARE(ours(machine), QStringList());
}

// Each finding of --json stands below what has it, once.
void tst_Cli::findingsInText_data()
{
    QTest::addColumn<QStringList>("command");
    QTest::addColumn<QString>("entry"); // how its line begins, without the tree's lines
    QTest::addColumn<QStringList>("findings");
    QTest::addColumn<QString>("sentence"); // a part of the first one's
    const auto row = [](const char *name, const QStringList &command, const QString &entry, const QStringList &findings,
                         const QString &sentence) { QTest::newRow(name) << command << entry << findings << sentence; };
    const QStringList mixed{u"tree"_s, u"issue-811"_s};
    row("issue-811", mixed, u"before-upgrade"_s, {u"frozen-file-in-use"_s}, u"which the machine writes to"_s);
    row("issue-811, above it", mixed, u"after-upgrade"_s, {u"frozen-file-in-use"_s}, u"lies on top of"_s);
    row("issue-811, sound", mixed, u"drivers"_s, {}, {});
    row("orphans", {u"tree"_s, u"orphans"_s}, u"lost"_s, {u"tag-missing"_s}, u"has no such tag"_s);
    row("golden-base", {u"images"_s}, u"golden-base.qcow2"_s, {u"shared-base-writable"_s},
        u"is the base of 2 other machines"_s);
    row("golden-base, a clone", {u"images"_s, u"golden-clone-1"_s}, u"golden-base.qcow2"_s, {u"shared-base-writable"_s},
        u"can be written to"_s);
    row("golden-base, sound", {u"images"_s}, u"golden-clone-1.qcow2"_s, {}, {});
}

void tst_Cli::findingsInText()
{
    QFETCH(const QStringList, command);
    QFETCH(const QString, entry);
    QFETCH(const QStringList, findings);
    QFETCH(const QString, sentence);
    const bool isTree = command[0] == "tree"_L1;
    const QJsonObject answer = json(command);
    QCOMPARE(strings(isTree ? byKey(answer["snapshots"_L1], "name"_L1, entry)["findings"_L1]
                            : byKey(answer["images"_L1], "path"_L1, image(entry))["problems"_L1]),
        findings);
    const ProcessResult text = cli(command);
    QCOMPARE(text.exitCode, 0);
    static const QRegularExpression lines(u"^[│├└─ ]*"_s);
    static const QRegularExpression finding(u"^(note|warning|danger): .*  \\[([a-z0-9-]+)\\]$"_s);
    QStringList below;
    bool isBelow = false;
    for (QString line : QString::fromUtf8(text.output).split(u'\n')) {
        const bool isIndented = lines.match(line).hasMatch() && lines.match(line).capturedLength() > 0;
        line.remove(lines);
        const QRegularExpressionMatch match = finding.match(line);
        if (isBelow && isIndented && match.hasMatch()) {
            below += match.captured(2);
            if (below.size() == 1)
                QVERIFY2(line.contains(sentence), qPrintable(line));
        } else {
            isBelow = line.startsWith(QString((isTree ? entry : image(entry)) + u"  "_s));
        }
    }
    QCOMPARE(below, findings);
}

// What is wrong with the machine as a whole, and with its images, stands below its tree.
void tst_Cli::findingsOfTheMachine()
{
    QVERIFY(cli({u"tree"_s, u"issue-811"_s}).output.contains("\nwarning: This tree mixes internal and external"));
    QVERIFY(!cli({u"tree"_s, u"linear-60"_s}).output.contains("warning: "));
}

void tst_Cli::textForPeople_data()
{
    tree_data();
}

// Read as a person would: a line that branches off hangs on the last one that is a step less deep, any other on the one
// above it.
static QMap<QString, QString> drawnParents(const QByteArray &text, const QStringList &names)
{
    QMap<QString, QString> parents;
    QStringList above; // by depth
    QString before;
    for (const QString &line : QString::fromUtf8(text).split(u'\n')) {
        static const QRegularExpression drawn(u"^([│├└─ ]*)(.+?)(  .*|)$"_s);
        const QRegularExpressionMatch match = drawn.match(line);
        if (!names.contains(match.captured(2)))
            continue;
        const QString lines = match.captured(1);
        const qsizetype depth = lines.size() / 2;
        const bool branches = lines.contains(u'─');
        above.resize(depth + 1);
        parents.insert(match.captured(2), !branches ? before : depth > 0 ? above[depth - 1] : QString());
        above[depth] = match.captured(2);
        before = match.captured(2);
    }
    return parents;
}

// Not word by word: but nothing that --json shows is left out.
void tst_Cli::textForPeople()
{
    QFETCH(const QString, machine);
    const ProcessResult tree = cli({u"tree"_s, machine});
    QCOMPARE(tree.exitCode, 0);
    QCOMPARE(tree.error, QByteArray());
    for (const QString &name : snapshotNames(machine))
        QVERIFY2(tree.output.contains(name.toUtf8()), qPrintable(name));
    QCOMPARE(drawnParents(tree.output, snapshotNames(machine)), m_sandbox->parents(machine));
    QCOMPARE(tree.output.count("you are here"), 1);
    const ProcessResult images = cli({u"images"_s, machine});
    QCOMPARE(images.exitCode, 0);
    for (const QString &path : pluck(json({u"images"_s, machine})["images"_L1], "path"_L1))
        QVERIFY2(images.output.contains(path.toUtf8()), qPrintable(path));
    QVERIFY(cli({u"list"_s}).output.contains(machine.toUtf8()));
}

void tst_Cli::errors_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QString>("mentions");
    const QString uri = m_sandbox->paths().uri();
    const QStringList here{u"--connect"_s, uri};
    QTest::newRow("no command") << here << 2 << QString();
    QTest::newRow("unknown command") << here + QStringList{u"frobnicate"_s} << 2 << u"frobnicate"_s;
    QTest::newRow("unknown option") << here + QStringList{u"--frob"_s, u"list"_s} << 2 << u"--frob"_s;
    for (const char *command : {"job-pause", "job-resume", "job-cancel", "job-speed"})
        QTest::newRow(command) << here + QStringList{QString::fromLatin1(command), u"orphans"_s} << 2 << u"machine"_s;
    for (const char *command : {"doctor", "bitmaps", "restore"}) {
        QTest::newRow(command) << here + QStringList{QString::fromLatin1(command), u"orphans"_s} << 2
                               << QString::fromLatin1(command);
    }
    QTest::newRow("tree of nothing") << here + QStringList{u"tree"_s} << 2 << QString();
    QTest::newRow("too much") << here + QStringList{u"tree"_s, u"orphans"_s, u"more"_s} << 2 << QString();
    QTest::newRow("too much for list") << here + QStringList{u"list"_s, u"more"_s} << 2 << QString();
    QTest::newRow("URI forgotten") << QStringList{u"--connect"_s} << 2 << QString();
    for (const char *command : {"tree", "images", "events", "jobs"}) {
        QTest::newRow(qPrintable(u"unknown machine, "_s + QLatin1StringView(command)))
            << here + QStringList{QString::fromLatin1(command), u"no such machine"_s} << 4 << u"no such machine"_s;
        QTest::newRow(qPrintable(u"unknown machine, --json "_s + QLatin1StringView(command)))
            << here + QStringList{u"--json"_s, QString::fromLatin1(command), u"no such machine"_s} << 4
            << u"no such machine"_s;
        const QString machine = u"orphans"_s;
        QTest::newRow(qPrintable(u"wrong URI, "_s + QLatin1StringView(command))) << QStringList{u"--connect"_s,
            u"nonsense://nowhere/"_s, QString::fromLatin1(command), machine} << 4 << u"nonsense"_s;
        QTest::newRow(qPrintable(u"no URI at all, "_s + QLatin1StringView(command)))
            << QStringList{u"--connect"_s, u"&<>"_s, QString::fromLatin1(command), machine} << 4 << QString();
        const QString nowhere = u"/tmp/treewarden-no-such-socket"_s;
        QTest::newRow(qPrintable(u"no socket, "_s + QLatin1StringView(command))) << QStringList{u"--connect"_s,
            u"qemu+unix:///session?socket="_s + nowhere, QString::fromLatin1(command), machine}
                                                                                 << 4 << nowhere;
    }
}

void tst_Cli::errors()
{
    QFETCH(const QStringList, arguments);
    QFETCH(const int, exitCode);
    QFETCH(const QString, mentions);
    QProcess process;
    process.start(Cli, arguments);
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), exitCode);
    QCOMPARE(process.readAllStandardOutput(), QByteArray());
    const QString error = QString::fromUtf8(process.readAllStandardError());
    QVERIFY2(error.contains(mentions), qPrintable(error));
    QVERIFY(error.endsWith(u'\n'));
    for (const QString &line : error.chopped(1).split(u'\n')) {
        QVERIFY2(line.startsWith("treewarden-cli: "_L1), qPrintable(line));
        QVERIFY(line.size() > 20);
    }
}

void tst_Cli::oddNames_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("spaces") << u"two  words"_s;
    QTest::newRow("quotes") << u"it's a \"name\""_s;
    QTest::newRow("markup") << u"<b>&amp;<b>"_s;
    QTest::newRow("right to left") << u"\u05de\u05db\u05d5\u05e0\u05d4 \u202eabc"_s;
    QTest::newRow("200 characters") << QString(200, u'n');
    QTest::newRow("a dash first") << u"-dash"_s;
    QTest::newRow("an option") << u"--json"_s;
    QTest::newRow("a colon") << u"nbd:host"_s;
    QTest::newRow("json") << u"json:{}"_s;
}

void tst_Cli::oddNames()
{
    QFETCH(const QString, name);
    // Where others keep it from being taken for an option or a protocol, too.
    const QString disk = image(name + u".qcow2"_s);
    const QString overlay = image(u"o "_s + name);
    QCOMPARE(run(u"qemu-img"_s, {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, disk, u"1M"_s}).exitCode, 0);
    QCOMPARE(
        run(u"qemu-img"_s, {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-F"_s, u"qcow2"_s, u"-b"_s, disk, overlay})
            .exitCode,
        0);
    for (const QString &file : {disk, overlay}) {
        // When root runs the test, the daemon is somebody else.
        QVERIFY(QFile::setPermissions(file, QFile::Permissions(0x6666)));
    }
    QFile xml(m_sandbox->paths().root + u"/odd.xml"_s);
    QVERIFY(xml.open(QIODevice::WriteOnly));
    xml.write(
        u"<domain type='qemu'><name>%1</name><memory unit='MiB'>16</memory><os><type arch='x86_64'>hvm</type></os>"
        "<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%2'/>"
        "<target dev='vda' bus='virtio'/></disk></devices></domain>"_s
            .arg(name.toHtmlEscaped(), disk.toHtmlEscaped().replace(u'\'', "&apos;"_L1))
            .toUtf8());
    xml.close();
    m_sandbox->virsh({u"define"_s, xml.fileName()});
    const QStringList machine{u"--domain="_s + name};
    m_sandbox->virsh(QStringList{u"snapshot-create-as"_s} + machine
        + QStringList{QString(u"--name="_s + name), QString(u"--description="_s + name)});

    const QJsonObject listed = byKey(json({u"list"_s})["domains"_L1], "name"_L1, name);
    QCOMPARE(listed["snapshots"_L1].toInt(), 1);
    const QJsonObject tree = json({u"tree"_s, u"--"_s, name});
    QCOMPARE(tree["domain"_L1].toString(), name);
    QCOMPARE(tree["current"_L1].toString(), name);
    const QJsonObject snapshot = byKey(tree["snapshots"_L1], "name"_L1, name);
    QCOMPARE(snapshot["disks"_L1].toArray().at(0)["frozen"_L1].toString(), disk);
    QCOMPARE(pluck(tree["unknown"_L1], "fact"_L1), QStringList{u"bytes"_s}); // not measured
    QCOMPARE(byKey(tree["orphans"_L1], "kind"_L1, u"overlay"_s)["path"_L1].toString(), overlay);

    const QJsonObject images = json({u"images"_s, u"--"_s, name});
    QVERIFY(!images.contains("unknown"_L1));
    const QJsonObject file = byKey(images["images"_L1], "path"_L1, disk);
    QCOMPARE(strings(file["tags"_L1]), QStringList{name});
    QCOMPARE(byKey(images["images"_L1], "path"_L1, overlay)["backing"_L1].toString(), disk);
    compareWithQemuImg(disk);
    compareWithQemuImg(overlay);
    // People are shown what turns the text around; programs get the name as it is.
    for (const QStringList &command :
        {QStringList{u"tree"_s, u"--"_s, name}, QStringList{u"images"_s, u"--"_s, name}}) {
        const ProcessResult text = cli(command);
        QCOMPARE(text.exitCode, 0);
        QVERIFY2(text.output.contains(visible(name).toUtf8()), text.output.constData());
        QVERIFY(!text.output.contains("\u202e"));
    }

    m_sandbox->virsh(QStringList{u"undefine"_s} + machine + QStringList{u"--snapshots-metadata"_s});
    QVERIFY(QFile::remove(disk) && QFile::remove(overlay));
    QVERIFY(byKey(json({u"list"_s})["domains"_L1], "name"_L1, name).isEmpty());
}

void tst_Cli::missingImage()
{
    const QString base = image(u"golden-base.qcow2"_s);
    const QString away = m_sandbox->paths().root + u"/away"_s;
    QVERIFY(QFile::rename(base, away));
    const QJsonObject answer = json({u"images"_s, u"golden-clone-1"_s});
    QVERIFY(QFile::rename(away, base));
    const QJsonObject clone = byKey(answer["images"_L1], "path"_L1, image(u"golden-clone-1.qcow2"_s));
    QCOMPARE(clone["backing"_L1].toString(), base);
    const QJsonObject missing = byKey(answer["images"_L1], "path"_L1, base);
    QVERIFY(strings(missing["problems"_L1]).contains(u"missing-backing-image"_s));
    QVERIFY(missing["format"_L1].isNull());
    QVERIFY(missing["tags"_L1].isNull());
    QVERIFY(!answer.contains("unknown"_L1)); // that it is not there is known
}

void tst_Cli::events()
{
    const QString machine = u"internal-branch"_s;
    EventProcess events({u"--connect"_s, m_sandbox->paths().uri(), u"--json"_s, u"events"_s});
    // It says nothing when it has begun to listen.
    for (int turn = 0; turn < 5 && !events.has(machine, u"started"_s); ++turn) {
        m_sandbox->virsh({u"start"_s, machine});
        m_sandbox->virsh({u"destroy"_s, machine});
    }
    QVERIFY(events.has(machine, u"started"_s));
    QTRY_VERIFY(events.has(machine, u"stopped"_s));
    for (const QJsonObject &event : events.all()) {
        QCOMPARE(sorted(event.keys()),
            (QStringList{u"data"_s, u"disk"_s, u"domain"_s, u"event"_s, u"job"_s, u"source"_s, u"time"_s}));
        QVERIFY(qAbs(event["time"_L1].toDouble() - double(QDateTime::currentSecsSinceEpoch())) < 300);
        QVERIFY(event["data"_L1].isObject());
        QVERIFY(event["disk"_L1].isNull());
        QVERIFY(event["source"_L1].toString() == "libvirt"_L1 || event["source"_L1].toString() == "qmp"_L1);
    }
    QCOMPARE(events.end(SIGINT), 0);
    QCOMPARE(events.errors(), QByteArray());
}

void tst_Cli::eventsOfOneMachine()
{
    const QString machine = u"golden-clone-1"_s;
    EventProcess events({u"--connect"_s, m_sandbox->paths().uri(), u"events"_s, u"--json"_s, machine});
    for (int turn = 0; turn < 5 && !events.has(machine, u"started"_s); ++turn) {
        for (const QString &each : {u"golden-clone-2"_s, machine}) {
            m_sandbox->virsh({u"start"_s, each});
            m_sandbox->virsh({u"destroy"_s, each});
        }
    }
    QVERIFY(events.has(machine, u"started"_s));
    for (const QJsonObject &event : events.all())
        QCOMPARE(event["domain"_L1].toString(), machine);
    QCOMPARE(events.end(SIGTERM), 0);
}

void tst_Cli::eventsEndWithTheDaemon()
{
    EventProcess events({u"--connect"_s, m_sandbox->paths().uri(), u"--json"_s, u"events"_s, u"golden-clone-1"_s});
    for (int turn = 0; turn < 5 && events.all().isEmpty(); ++turn) {
        m_sandbox->virsh({u"start"_s, u"golden-clone-1"_s});
        m_sandbox->virsh({u"destroy"_s, u"golden-clone-1"_s});
    }
    QVERIFY(!events.all().isEmpty());
    for (const ProcessHandle &daemon : sandboxProcesses(m_sandbox->paths(), SandboxProcess::Daemon))
        daemon.signal(SIGKILL);
    QCOMPARE(events.end(0), 4);
    QVERIFY(events.errors().startsWith("treewarden-cli: "));
}

TREEWARDEN_LIVE_MAIN(tst_Cli)
#include "tst_cli.moc"
