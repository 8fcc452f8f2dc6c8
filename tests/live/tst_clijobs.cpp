// SPDX-License-Identifier: GPL-3.0-or-later
// plan, run, undo and history of the command line, on the sandbox's machines.
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/sandbox/processes.h"
#include "model/sandbox/sandbox.h"
#include "tests/live/cliprocess.h"
#include "tests/support/process.h"
#include "tests/support/sandboxfixture.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#include <csignal>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int Patience = 60'000; // milliseconds

QList<QJsonObject> lines(const QByteArray &output)
{
    QList<QJsonObject> objects;
    for (const QByteArray &line : output.split('\n')) {
        if (!line.isEmpty())
            objects << object(line);
    }
    return objects;
}

} // namespace

class tst_CliJobs : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<SandboxFixture> m_sandbox;

    ProcessResult cli(const QStringList &arguments) const
    {
        return run(Cli, QStringList{u"--connect"_s, m_sandbox->paths().uri()} + arguments);
    }
    QJsonObject plan(const QString &machine, const QStringList &intent) const
    {
        return object(cli(QStringList{u"--json"_s, u"plan"_s, machine} + intent).output);
    }
    ProcessResult runIntent(const QString &machine, const QStringList &intent) const
    {
        return cli(QStringList{u"--json"_s, u"run"_s, machine} + intent);
    }
    QJsonArray history() const { return object(cli({u"--json"_s, u"history"_s}).output)["entries"_L1].toArray(); }
    QStringList snapshots(const QString &machine) const
    {
        return sorted(m_sandbox->virshLines({u"snapshot-list"_s, machine, u"--name"_s}));
    }
    QString state(const QString &machine) const
    {
        return QString::fromUtf8(m_sandbox->virsh({u"domstate"_s, machine})).trimmed();
    }
    // Of all jobs so far; a step is under way when the journal has it.
    qsizetype begunSteps() const
    {
        qsizetype count = 0;
        QDirIterator files(
            m_sandbox->paths().root + u"/state"_s, {u"*.jsonl"_s}, QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            QFile journal(files.next());
            if (journal.open(QIODevice::ReadOnly))
                count += journal.readAll().count("\"step-begun\"");
        }
        return count;
    }
    // Begins a job that goes on until somebody ends it: without ACPI a machine hears no request to shut down.
    bool waitForGuest(QProcess &job, const QString &machine) const
    {
        if (state(machine) != "running"_L1) {
            QByteArray definition = m_sandbox->virsh({u"dumpxml"_s, u"--inactive"_s, machine});
            QFile changed(m_sandbox->paths().root + u"/deaf.xml"_s);
            if (!definition.contains("<acpi/>") || !changed.open(QIODevice::WriteOnly)
                || changed.write(definition.replace("<acpi/>", "")) < 0)
                return false;
            changed.close();
            m_sandbox->virsh({u"define"_s, changed.fileName()}); // it warns where that fails
            if (runIntent(machine, {u"start"_s}).exitCode != 0)
                return false;
        }
        const qsizetype before = begunSteps();
        job.start(Cli, {u"--connect"_s, m_sandbox->paths().uri(), u"--json"_s, u"run"_s, machine, u"shutdown"_s});
        return QTest::qWaitFor([&] { return begunSteps() > before; }, Patience);
    }
    // Everything that libvirt and the files have of a machine.
    QByteArray all(const QString &machine) const
    {
        QByteArray text = m_sandbox->virsh({u"dumpxml"_s, u"--inactive"_s, machine});
        text += m_sandbox->virsh({u"snapshot-current"_s, u"--name"_s, machine});
        for (const QString &name : snapshots(machine))
            text += m_sandbox->virsh({u"snapshot-dumpxml"_s, machine, name});
        const QStringList files = QDir(m_sandbox->paths().images()).entryList({machine + u'*'}, QDir::Files);
        for (const QString &file : files) {
            QFile image(m_sandbox->paths().images() + u'/' + file);
            QCryptographicHash sum(QCryptographicHash::Sha1);
            if (image.open(QIODevice::ReadOnly))
                sum.addData(&image);
            text += file.toUtf8() + ' ' + sum.result().toHex() + '\n';
        }
        return text;
    }

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void nothingToUndo();
    void plans_data();
    void plans();
    void usage_data();
    void usage();
    void refused();
    void acknowledged();
    void safetySnapshot();
    void anotherWay();
    void moreThanAsked();
    void staleHash();
    void externalAndBack();
    void orphansGo();
    void wordsOfATree();
    void power();
    void text();
    void cancelled();
    void cannotBeCancelled();
    void connectionLost(); // takes the daemon away: last
};

void tst_CliJobs::initTestCase()
{
    QVERIFY2(QFile::exists(Cli), "treewarden-cli is not built");
    m_sandbox = std::make_unique<SandboxFixture>();
    // The journal is the test's own, too.
    qputenv("XDG_STATE_HOME", QFile::encodeName(m_sandbox->paths().root + u"/state"_s));
    const auto opened = openSandbox({.data = 4 * MiB}, libvirt::openHypervisor);
    QVERIFY2(opened, opened ? "" : qPrintable(opened.error().subject + u": "_s + opened.error().detail));
}

void tst_CliJobs::cleanupTestCase()
{
    QVERIFY(m_sandbox->end());
}

void tst_CliJobs::nothingToUndo()
{
    QCOMPARE(history(), QJsonArray());
    const ProcessResult undo = cli({u"undo"_s});
    QCOMPARE(undo.exitCode, 4);
    QVERIFY(undo.error.startsWith("treewarden-cli: "));
    const ProcessResult unknown = cli({u"undo"_s, u"no-such-entry"_s});
    QCOMPARE(unknown.exitCode, 4);
    QVERIFY(unknown.error.contains("no-such-entry"));
}

void tst_CliJobs::plans_data()
{
    QTest::addColumn<QString>("machine");
    QTest::addColumn<QStringList>("intent");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QString>("verdict");
    QTest::addColumn<QString>("finding"); // empty: whatever it finds
    QTest::newRow("allowed") << u"internal-branch"_s << QStringList{u"create"_s, u"new"_s} << 0 << u"allow"_s
                             << QString();
    QTest::newRow("options behind") << u"internal-branch"_s
                                    << QStringList{u"create"_s, u"--kind=internal"_s, u"--"_s, u"--memory"_s} << 0
                                    << u"allow"_s << QString();
    QTest::newRow("warned") << u"issue-811"_s << QStringList{u"create"_s, u"new"_s} << 0 << u"warn"_s
                            << u"mixes-kinds"_s;
    QTest::newRow("to be acknowledged") << u"internal-branch"_s << QStringList{u"revert"_s, u"installed"_s} << 5
                                        << u"confirm"_s << u"current-state-lost"_s;
    QTest::newRow("kept first") << u"internal-branch"_s
                                << QStringList{u"revert"_s, u"installed"_s, u"--safety-snapshot"_s} << 0 << u"allow"_s
                                << QString();
    QTest::newRow("blocked") << u"issue-811"_s << QStringList{u"delete"_s, u"before-upgrade"_s} << 3 << u"block"_s
                             << QString();
    QTest::newRow("no such snapshot") << u"internal-branch"_s << QStringList{u"delete"_s, u"nothing"_s} << 3
                                      << u"block"_s << u"no-such-snapshot"_s;
    QTest::newRow("name taken") << u"internal-branch"_s << QStringList{u"create"_s, u"installed"_s} << 3 << u"block"_s
                                << QString();
}

// The shape of docs/cli.md, the exit code that says the verdict, and nothing has changed.
void tst_CliJobs::plans()
{
    QFETCH(const QString, machine);
    QFETCH(const QStringList, intent);
    QFETCH(const int, exitCode);
    QFETCH(const QString, verdict);
    QFETCH(const QString, finding);
    const QByteArray before = all(machine);
    const ProcessResult json = cli(QStringList{u"--json"_s, u"plan"_s, machine} + intent);
    const ProcessResult text = cli(QStringList{u"plan"_s, machine} + intent);
    QCOMPARE(all(machine), before);
    QCOMPARE(json.exitCode, exitCode);
    QCOMPARE(text.exitCode, exitCode);

    const QJsonObject answer = object(json.output);
    QVERIFY(QRegularExpression(u"^[0-9a-f]{64}$"_s).match(answer["plan"_L1].toString()).hasMatch());
    QVERIFY(text.output.contains(answer["plan"_L1].toString().toUtf8()));
    QCOMPARE(answer["verdict"_L1].toString(), verdict);
    if (!finding.isEmpty())
        QVERIFY2(pluck(answer["findings"_L1], "id"_L1).contains(finding), json.output.constData());
    QList<QJsonObject> plans{answer};
    for (const QJsonValue &other : answer["alternatives"_L1].toArray()) {
        QVERIFY(other["verdict"_L1].toString() != "block"_L1);
        plans << other.toObject();
    }
    for (const QJsonObject &each : std::as_const(plans)) {
        for (const QJsonValue &value : each["findings"_L1].toArray()) {
            QVERIFY(!value["text"_L1].toString().isEmpty());
            QVERIFY(QStringList({u"allow"_s, u"warn"_s, u"confirm"_s, u"block"_s})
                        .contains(value["severity"_L1].toString()));
            QVERIFY2(text.output.contains(value["id"_L1].toString().toUtf8()), text.output.constData());
        }
        const QJsonArray steps = each["steps"_L1].toArray();
        for (const QJsonValue &step : steps) {
            QVERIFY(!step["id"_L1].toString().isEmpty());
            QVERIFY(text.output.contains(step["text"_L1].toString().toUtf8()));
            QVERIFY(step["reversible"_L1].isBool());
            QVERIFY(!step["commands"_L1].toArray().isEmpty());
        }
        for (const QJsonValue &effect : each["effects"_L1].toArray()) {
            QVERIFY(effect["step"_L1].toInt(-1) >= 0 && effect["step"_L1].toInt() < steps.size());
            QVERIFY(effect["image"_L1].isNull() || effect["image"_L1].toString().startsWith(u'/'));
        }
        for (const QJsonValue &loss : each["losses"_L1].toArray())
            QVERIFY(loss["bytes"_L1].isDouble() || answer.contains("unknown"_L1));
    }
}

void tst_CliJobs::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("mentions");
    const auto row = [](const char *name, const QStringList &arguments, const QString &mentions = {}) {
        QTest::newRow(name) << arguments << mentions;
    };
    row("plan of nothing", {u"plan"_s});
    row("no intent", {u"plan"_s, u"orphans"_s});
    row("unknown intent", {u"plan"_s, u"orphans"_s, u"improve"_s}, u"improve"_s);
    row("later intent", {u"plan"_s, u"orphans"_s, u"merge"_s, u"vda"_s}, u"merge"_s);
    row("no name", {u"plan"_s, u"orphans"_s, u"create"_s}, u"create"_s);
    row("two names", {u"plan"_s, u"orphans"_s, u"create"_s, u"a"_s, u"bb"_s}, u"bb"_s);
    row("unknown option", {u"plan"_s, u"orphans"_s, u"create"_s, u"a"_s, u"--start"_s}, u"--start"_s);
    row("no value", {u"plan"_s, u"orphans"_s, u"create"_s, u"a"_s, u"--kind"_s}, u"--kind"_s);
    row("bad value", {u"plan"_s, u"orphans"_s, u"create"_s, u"a"_s, u"--kind"_s, u"odd"_s}, u"odd"_s);
    row("contradiction", {u"plan"_s, u"orphans"_s, u"create"_s, u"a"_s, u"--memory"_s, u"--disk-only"_s},
        u"--disk-only"_s);
    row("run's option", {u"plan"_s, u"orphans"_s, u"start"_s, u"--alternative"_s, u"0"_s}, u"--alternative"_s);
    row("no number", {u"run"_s, u"orphans"_s, u"start"_s, u"--alternative"_s, u"x"_s}, u"x"_s);
    row("no such alternative", {u"run"_s, u"orphans"_s, u"start"_s, u"--alternative"_s, u"7"_s}, u"7"_s);
    row("history of what", {u"history"_s, u"orphans"_s});
    row("two entries", {u"undo"_s, u"a"_s, u"b"_s});
    row("undo's unknown option", {u"undo"_s, u"a"_s, u"--expect"_s, u"b"_s}, u"--expect"_s);
    row("undo without an id", {u"undo"_s, u"--acknowledge"_s}, u"--acknowledge"_s);
    row("a tag without a name", {u"plan"_s, u"orphans"_s, u"remove-orphan"_s, u"/a"_s, u"--tag"_s, u""_s}, u"--tag"_s);
    row("no tag", {u"run"_s, u"orphans"_s, u"remove-orphan"_s, u"/a"_s, u"--tag="_s}, u"--tag"_s);
}

void tst_CliJobs::usage()
{
    QFETCH(const QStringList, arguments);
    QFETCH(const QString, mentions);
    const ProcessResult result = cli(arguments);
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.output, QByteArray());
    QVERIFY2(result.error.startsWith("treewarden-cli: "), result.error.constData());
    QVERIFY2(result.error.contains(mentions.toUtf8()), result.error.constData());
    QCOMPARE(result.error.count('\n'), 1);
}

// A Block has no way through, and says what else there is.
void tst_CliJobs::refused()
{
    const QString machine = u"issue-811"_s;
    const QStringList intent{u"delete"_s, u"before-upgrade"_s};
    const QJsonObject planned = plan(machine, intent);
    const QByteArray before = all(machine);
    QStringList acknowledge;
    for (const QString &id : pluck(planned["findings"_L1], "id"_L1))
        acknowledge << u"--acknowledge"_s << id;
    const ProcessResult result = runIntent(machine, intent + acknowledge);
    QCOMPARE(result.exitCode, 3);
    QCOMPARE(all(machine), before);
    QCOMPARE(history(), QJsonArray());
    for (const QByteArray &line : result.error.chopped(1).split('\n'))
        QVERIFY2(line.startsWith("treewarden-cli: "), line.constData());
    for (const QJsonValue &finding : planned["findings"_L1].toArray()) {
        if (finding["severity"_L1].toString() == "block"_L1) {
            QVERIFY(result.error.contains(finding["id"_L1].toString().toUtf8()));
            QVERIFY(result.error.contains(finding["text"_L1].toString().toUtf8()));
        }
    }
    const QJsonArray others = planned["alternatives"_L1].toArray();
    QVERIFY(!others.isEmpty());
    for (const QJsonValue &other : others)
        QVERIFY(result.error.contains(other["text"_L1].toString().toUtf8()));
    const QList<QJsonObject> said = lines(result.output);
    QCOMPARE(said.size(), 1);
    QCOMPARE(said[0]["event"_L1].toString(), u"refused"_s);
    QCOMPARE(said[0]["verdict"_L1].toString(), u"block"_s);
    QCOMPARE(said[0]["alternatives"_L1].toArray().size(), others.size());
}

void tst_CliJobs::acknowledged()
{
    const QString machine = u"internal-branch"_s;
    const QStringList intent{u"revert"_s, u"installed"_s};
    const QByteArray before = all(machine);
    for (const QString &wrong : {QString(), u"mixes-kinds"_s, u"current-state-lost@somebody"_s}) {
        const QStringList said = wrong.isEmpty() ? QStringList() : QStringList{u"--acknowledge"_s, wrong};
        const ProcessResult result = runIntent(machine, intent + said);
        QCOMPARE(result.exitCode, 5);
        QVERIFY2(result.error.contains("current-state-lost@internal-branch"), result.error.constData());
        QCOMPARE(lines(result.output).value(0)["event"_L1].toString(), u"refused"_s);
        QCOMPARE(all(machine), before);
    }
    // One that is not needed is ignored.
    const ProcessResult result = runIntent(machine,
        intent
            + QStringList{u"--acknowledge"_s, u"current-state-lost@internal-branch"_s, u"--acknowledge=mixes-kinds"_s});
    QVERIFY2(result.exitCode == 0, result.error.constData());
    QCOMPARE(
        QString::fromUtf8(m_sandbox->virsh({u"snapshot-current"_s, u"--name"_s, machine})).trimmed(), u"installed"_s);
    const QJsonObject done = lines(result.output).last();
    QCOMPARE(done["outcome"_L1].toString(), u"succeeded"_s);
    QCOMPARE(strings(done["written"_L1]), QStringList{m_sandbox->paths().images() + u"/internal-branch.qcow2"_s});
    // What it wrote over nobody has: that cannot be put back, and is not tried.
    const QJsonObject entry = history().at(0).toObject();
    QCOMPARE(entry["undo"_L1].toString(), u"no"_s);
    const QByteArray after = all(machine);
    QCOMPARE(cli({u"undo"_s, entry["entry"_L1].toString()}).exitCode, 3);
    QCOMPARE(all(machine), after);
}

void tst_CliJobs::safetySnapshot()
{
    const QString machine = u"internal-branch"_s;
    const QStringList before = snapshots(machine);
    const ProcessResult result = runIntent(machine, {u"revert"_s, u"updated"_s, u"--safety-snapshot"_s});
    QVERIFY2(result.exitCode == 0, result.error.constData());
    QCOMPARE(snapshots(machine), sorted(before + QStringList{u"before-revert-to-updated"_s}));
    const ProcessResult again = runIntent(machine, {u"revert"_s, u"updated"_s, u"--safety-snapshot"_s});
    QVERIFY2(again.exitCode == 0, again.error.constData());
    QVERIFY(snapshots(machine).contains(u"before-revert-to-updated-2"_s));
}

void tst_CliJobs::anotherWay()
{
    const QString machine = u"issue-811"_s;
    const QStringList intent{u"delete"_s, u"before-upgrade"_s};
    const QJsonObject other = plan(machine, intent)["alternatives"_L1].toArray().at(0).toObject();
    QStringList said{u"--alternative"_s, u"0"_s, u"--expect"_s, other["plan"_L1].toString()};
    for (const QJsonValue &finding : other["findings"_L1].toArray()) {
        if (finding["severity"_L1].toString() == "confirm"_L1)
            said << u"--acknowledge"_s << finding["id"_L1].toString() + u'@' + finding["subject"_L1].toString();
    }
    const QStringList before = snapshots(machine);
    const ProcessResult result = runIntent(machine, intent + said);
    QVERIFY2(result.exitCode == 0, result.error.constData());
    QStringList left = before;
    left.removeOne(u"before-upgrade"_s);
    QCOMPARE(snapshots(machine), left);
    const QJsonObject entry = history().at(0).toObject();
    QCOMPARE(strings(entry["intent"_L1]), intent);
    QCOMPARE(entry["domain"_L1].toString(), machine);
    QCOMPARE(entry["outcome"_L1].toString(), u"succeeded"_s);
}

// Which way has which number depends on the state; a bare id must not cover what nobody asked for.
void tst_CliJobs::moreThanAsked()
{
    const QString machine = u"issue-811"_s;
    QCOMPARE(cli({u"undo"_s}).exitCode, 0);
    const QStringList intent{u"delete"_s, u"before-upgrade"_s};
    const QJsonArray others = plan(machine, intent)["alternatives"_L1].toArray();
    qsizetype number = 0;
    while (number < others.size() && others[number]["way"_L1].toString() != "one-by-one"_L1)
        ++number;
    QVERIFY(number < others.size());
    QCOMPARE(strings(others[number]["intent"_L1]), (QStringList{u"delete"_s, u"before-upgrade"_s, u"--children"_s}));
    QCOMPARE(strings(plan(machine, intent)["intent"_L1]), intent);
    const QStringList bare{u"--alternative"_s, QString::number(number), u"--acknowledge=snapshot-lost"_s,
        u"--acknowledge=entry-explains-chain"_s};
    QStringList named{u"--alternative"_s, QString::number(number)};
    for (const QJsonValue &finding : others[number]["findings"_L1].toArray()) {
        if (finding["severity"_L1].toString() == "confirm"_L1)
            named << u"--acknowledge"_s << finding["id"_L1].toString() + u'@' + finding["subject"_L1].toString();
    }
    QVERIFY(named.size() > 2);
    const QByteArray before = all(machine);
    const ProcessResult refused = runIntent(machine, intent + bare);
    QCOMPARE(refused.exitCode, 5);
    QVERIFY2(refused.error.contains("snapshot-lost@"), refused.error.constData());
    QCOMPARE(all(machine), before);
    // The text has a hash for each way, and says which is another intent.
    const QByteArray text = cli({u"plan"_s, machine, u"delete"_s, u"before-upgrade"_s}).output;
    for (const QJsonValue &other : others)
        QVERIFY2(text.contains(QByteArray("Plan " + other["plan"_L1].toString().toLatin1())), text.constData());
    QCOMPARE(text.count("This is not what was asked"), 1);
    QVERIFY2(text.contains("delete before-upgrade --children"), text.constData());

    const ProcessResult stale = runIntent(machine, intent + bare + QStringList{u"--expect"_s, QString(64, u'0')});
    QCOMPARE(stale.exitCode, 4);
    QCOMPARE(all(machine), before);
    const ProcessResult done = runIntent(machine, intent + named);
    QVERIFY2(done.exitCode == 0, done.error.constData());
    QVERIFY(!snapshots(machine).contains(u"before-upgrade"_s));
}

void tst_CliJobs::staleHash()
{
    const QString machine = u"golden-clone-2"_s;
    const QStringList intent{u"create"_s, u"looked-at"_s};
    const QString hash = plan(machine, intent)["plan"_L1].toString();
    QCOMPARE(plan(machine, intent)["plan"_L1].toString(), hash);
    const QByteArray before = all(machine);
    const ProcessResult stale = runIntent(machine, {u"create"_s, u"another"_s, u"--expect"_s, hash});
    QCOMPARE(stale.exitCode, 4);
    QVERIFY2(stale.error.contains("stale plan"), stale.error.constData());
    QCOMPARE(all(machine), before);
    // Somebody else was quicker.
    m_sandbox->virsh({u"snapshot-create-as"_s, machine, u"quicker"_s, u"--disk-only"_s});
    QCOMPARE(runIntent(machine, intent + QStringList{u"--expect"_s, hash}).exitCode, 4);
    QVERIFY(!snapshots(machine).contains(u"looked-at"_s));
    const QString anew = plan(machine, intent)["plan"_L1].toString();
    const ProcessResult result
        = runIntent(machine, intent + QStringList{u"--expect"_s, anew, u"--acknowledge=mixes-kinds"_s});
    QVERIFY2(result.exitCode == 0, result.error.constData());
    QVERIFY(snapshots(machine).contains(u"looked-at"_s));
}

// The lines of a run, the files that it names, and undo puts all of it back.
void tst_CliJobs::externalAndBack()
{
    const QString machine = u"external-branch"_s;
    const QByteArray before = all(machine);
    const ProcessResult result = runIntent(machine, {u"create"_s, u"extra"_s, u"--description"_s, u"two  words"_s});
    QVERIFY2(result.exitCode == 0, result.error.constData());
    const QList<QJsonObject> said = lines(result.output);
    QCOMPARE(said.first()["event"_L1].toString(), u"step"_s);
    QCOMPARE(said.first()["id"_L1].toString(), u"create-snapshot"_s);
    const QJsonObject done = said.last();
    QCOMPARE(done["event"_L1].toString(), u"done"_s);
    QCOMPARE(said.first()["task"_L1], done["entry"_L1]);
    QVERIFY(done["error"_L1].isNull());
    const QStringList created = strings(done["created"_L1]);
    QCOMPARE(created.size(), 2); // its disks
    for (const QString &path : created) {
        QVERIFY(QFile::exists(path));
        QVERIFY(m_sandbox->virsh({u"domblklist"_s, machine}).contains(path.toUtf8()));
    }
    QCOMPARE(done["removed"_L1].toArray(), QJsonArray());
    QVERIFY(m_sandbox->virsh({u"snapshot-dumpxml"_s, machine, u"extra"_s}).contains("two  words"));

    QJsonObject entry = history().at(0).toObject();
    QCOMPARE(entry["entry"_L1], done["entry"_L1]);
    QCOMPARE(entry["undo"_L1].toString(), u"possible"_s);
    QVERIFY(entry["undoes"_L1].isNull());
    QVERIFY(qAbs(entry["time"_L1].toDouble() - double(QDateTime::currentSecsSinceEpoch())) < 600);
    QCOMPARE(entry["steps"_L1].toArray().size(), 1);
    QVERIFY(entry["steps"_L1].toArray().at(0)["done"_L1].toBool());

    // What is lost by it is to be accepted, as of any plan.
    const QByteArray after = all(machine);
    for (const QStringList &accepted : {QStringList(), QStringList{u"--acknowledge"_s, u"snapshot-lost@another"_s}}) {
        const ProcessResult unseen = cli(QStringList{u"--json"_s, u"undo"_s} + accepted);
        QCOMPARE(unseen.exitCode, 5);
        QVERIFY2(unseen.error.contains("--acknowledge snapshot-lost@extra"), unseen.error.constData());
        const QJsonObject refused = lines(unseen.output).value(0);
        QCOMPARE(refused["event"_L1].toString(), u"refused"_s);
        QVERIFY(pluck(refused["losses"_L1], "what"_L1).contains(u"snapshot:extra"_s));
        QCOMPARE(all(machine), after);
    }
    QVERIFY(cli({u"undo"_s}).output.contains("What is lost:"));
    QCOMPARE(all(machine), after);
    const ProcessResult undo = cli({u"undo"_s, u"--acknowledge"_s, u"snapshot-lost@extra"_s, u"--json"_s});
    QVERIFY2(undo.exitCode == 0, undo.error.constData());
    QCOMPARE(strings(lines(undo.output).last()["removed"_L1]), created);
    QCOMPARE(all(machine), before);
    const QJsonArray now = history();
    QCOMPARE(now.at(0)["undoes"_L1], entry["entry"_L1]);
    entry = now.at(1).toObject();
    QVERIFY(entry["undone"_L1].toBool());
    QCOMPARE(entry["undo"_L1].toString(), u"no"_s);
}

// What `tree` lists under "orphans" can be removed: a file comes back with undo, a tag does not.
void tst_CliJobs::orphansGo()
{
    const QString machine = u"orphans"_s;
    const QJsonArray listed = lines(cli({u"--json"_s, u"tree"_s, machine}).output).first()["orphans"_L1].toArray();
    QStringList intent[2];
    QString stray;
    for (const QJsonValue &orphan : listed) {
        const QString path = orphan["path"_L1].toString();
        if (orphan["kind"_L1].toString() == "tag"_L1)
            intent[1] = {u"remove-orphan"_s, path, u"--tag"_s, orphan["name"_L1].toString()};
        if (orphan["kind"_L1].toString() == "overlay"_L1)
            intent[0] = {u"remove-orphan"_s, stray = path};
    }
    QVERIFY2(!intent[0].isEmpty() && !intent[1].isEmpty(), "the sandbox's orphans are not listed");
    const QByteArray before = all(machine);
    QCOMPARE(runIntent(machine, intent[0]).exitCode, 5);
    QVERIFY(QFile::exists(stray));
    const ProcessResult removed
        = runIntent(machine, intent[0] + QStringList{u"--acknowledge"_s, u"leftover-removed"_s});
    QVERIFY2(removed.exitCode == 0, removed.error.constData());
    QCOMPARE(strings(lines(removed.output).last()["removed"_L1]), QStringList{stray});
    QVERIFY(!QFile::exists(stray));
    QCOMPARE(cli({u"undo"_s}).exitCode, 0);
    QCOMPARE(all(machine), before);

    QCOMPARE(runIntent(machine, intent[1] + QStringList{u"--acknowledge"_s, u"tag-removed"_s}).exitCode, 0);
    QCOMPARE(history().at(0)["undo"_L1].toString(), u"no"_s);
    // A snapshot's tag is none.
    QCOMPARE(runIntent(machine, {u"remove-orphan"_s, intent[1][1], u"--tag"_s, u"known"_s}).exitCode, 3);
}

void tst_CliJobs::wordsOfATree()
{
    const QString machine = u"golden-clone-1"_s;
    const QString name = snapshots(machine).front();
    QCOMPARE(runIntent(machine, {u"describe"_s, name, u"as it came <&>"_s}).exitCode, 0);
    QVERIFY(m_sandbox->virsh({u"snapshot-dumpxml"_s, machine, name}).contains("as it came &lt;&amp;&gt;"));
    const auto wouldBe = [&] {
        return pluck(plan(machine, {u"create"_s, u"next"_s})["effects"_L1], "kind"_L1).contains(u"create"_s)
            ? u"external"_s
            : u"internal"_s;
    };
    QCOMPARE(wouldBe(), u"internal"_s);
    QCOMPARE(runIntent(machine, {u"policy"_s, u"external"_s}).exitCode, 0);
    QCOMPARE(wouldBe(), u"external"_s);
    QCOMPARE(cli({u"undo"_s}).exitCode, 0);
    QCOMPARE(wouldBe(), u"internal"_s);
}

void tst_CliJobs::power()
{
    const QString machine = u"linear-60"_s;
    QCOMPARE(runIntent(machine, {u"start"_s}).exitCode, 0);
    QCOMPARE(state(machine), u"running"_s);
    QCOMPARE(runIntent(machine, {u"pause"_s}).exitCode, 0);
    QCOMPARE(state(machine), u"paused"_s);
    const QJsonObject planned = plan(machine, {u"force-off"_s});
    QStringList said;
    for (const QJsonValue &finding : planned["findings"_L1].toArray())
        said << u"--acknowledge"_s << finding["id"_L1].toString();
    QCOMPARE(runIntent(machine, QStringList{u"force-off"_s} + said).exitCode, 0);
    QCOMPARE(state(machine), u"shut off"_s);
}

void tst_CliJobs::text()
{
    const ProcessResult result = cli({u"run"_s, u"big-disk"_s, u"create"_s, u"plain"_s});
    QVERIFY2(result.exitCode == 0, result.error.constData());
    QCOMPARE(result.error, QByteArray());
    QVERIFY(!result.output.contains('\r')); // no line that is written over where there is no terminal
    const ProcessResult jobs = cli({u"history"_s});
    QCOMPARE(jobs.exitCode, 0);
    QCOMPARE(jobs.output.count('\n'), history().size() + 1);
    for (const QJsonValue &entry : history())
        QVERIFY(jobs.output.contains(entry["entry"_L1].toString().toUtf8()));
}

void tst_CliJobs::cancelled()
{
    QProcess job;
    QVERIFY(waitForGuest(job, u"big-disk"_s));
    ::kill(pid_t(job.processId()), SIGINT);
    QVERIFY(job.waitForFinished(Patience));
    QCOMPARE(job.exitStatus(), QProcess::NormalExit);
    const QByteArray output = job.readAllStandardOutput();
    QVERIFY2(job.exitCode() == 6, output.constData());
    QCOMPARE(lines(output).last()["outcome"_L1].toString(), u"cancelled"_s);
    QVERIFY(job.readAllStandardError().contains("cancelled"));
    QCOMPARE(history().first().toObject()["outcome"_L1].toString(), u"cancelled"_s);
    QCOMPARE(state(u"big-disk"_s), u"running"_s);
}

// A merge that writes over what was to be deleted has begun: it goes on, however often it is told to end.
void tst_CliJobs::cannotBeCancelled()
{
    const QString machine = u"golden-clone-1"_s;
    const QStringList create{u"create"_s, u"over"_s, u"--kind"_s, u"external"_s, u"--acknowledge"_s, u"mixes-kinds"_s};
    QCOMPARE(runIntent(machine, create).exitCode, 0);
    const QJsonObject planned = plan(machine, {u"delete"_s, u"over"_s});
    QList<QJsonObject> plans{planned};
    for (const QJsonValue &other : planned["alternatives"_L1].toArray())
        plans << other.toObject();
    const auto merging = std::find_if(plans.begin(), plans.end(),
        [](const QJsonObject &each) { return pluck(each["steps"_L1], "id"_L1).contains(u"commit-offline"_s); });
    QVERIFY(merging != plans.end());
    QStringList arguments{
        u"--connect"_s, m_sandbox->paths().uri(), u"--json"_s, u"run"_s, machine, u"delete"_s, u"over"_s};
    if (merging != plans.begin())
        arguments << u"--alternative"_s << QString::number(merging - plans.begin() - 1);
    for (const QString &id : pluck((*merging)["findings"_L1], "id"_L1))
        arguments << u"--acknowledge"_s << id;
    // qemu-img waits with its merge until it is let.
    const QString folder = m_sandbox->paths().root + u"/slow"_s;
    QVERIFY(QDir().mkpath(folder));
    QFile slow(folder + u"/qemu-img"_s);
    QVERIFY(slow.open(QIODevice::WriteOnly));
    slow.write("#!/bin/sh\nif [ \"$1\" = commit ]; then touch '" + folder.toUtf8() + "/begun'; while ! [ -e '"
        + folder.toUtf8() + "/go' ]; do sleep 0.1; done; fi\nPATH=\"${PATH#*:}\" exec qemu-img \"$@\"\n");
    slow.close();
    QVERIFY(slow.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    QProcess job;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"PATH"_s, folder + u':' + environment.value(u"PATH"_s));
    job.setProcessEnvironment(environment);
    job.start(Cli, arguments);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder + u"/begun"_s), Patience);
    QByteArray said;
    for (int times = 1; times <= 2; ++times) {
        ::kill(pid_t(job.processId()), SIGINT);
        QTRY_VERIFY_WITH_TIMEOUT(
            (said += job.readAllStandardError()).count("cannot be cancelled any more") == times, Patience);
    }
    QCOMPARE(job.state(), QProcess::Running);
    QFile go(folder + u"/go"_s);
    QVERIFY(go.open(QIODevice::WriteOnly));
    go.close();
    QVERIFY(job.waitForFinished(Patience));
    const QByteArray output = job.readAllStandardOutput();
    QVERIFY2(job.exitCode() == 0, output.constData());
    QCOMPARE(lines(output).last()["outcome"_L1].toString(), u"succeeded"_s);
    QCOMPARE(history().first().toObject()["outcome"_L1].toString(), u"succeeded"_s);
    QVERIFY(!snapshots(machine).contains(u"over"_s));
}

// Nobody can say then what came of the step that was under way.
void tst_CliJobs::connectionLost()
{
    QProcess job;
    QVERIFY(waitForGuest(job, u"big-disk"_s));
    const auto daemons = sandboxProcesses(m_sandbox->paths(), SandboxProcess::Daemon);
    QVERIFY(!daemons.empty());
    for (const ProcessHandle &daemon : daemons)
        daemon.signal(SIGKILL);
    QVERIFY(job.waitForFinished(Patience));
    const QByteArray said = job.readAllStandardError();
    QVERIFY2(job.exitStatus() == QProcess::NormalExit, QByteArray::number(job.exitCode()).constData());
    QVERIFY2(job.exitCode() == 7, said.constData());
    QCOMPARE(lines(job.readAllStandardOutput()).last()["outcome"_L1].toString(), u"indeterminate"_s);
    QVERIFY(said.startsWith("treewarden-cli: "));
}

TREEWARDEN_LIVE_MAIN(tst_CliJobs)
#include "tst_clijobs.moc"
