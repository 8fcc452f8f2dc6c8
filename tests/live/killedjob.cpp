// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/live/killedjob.h"

#include "tests/live/cliprocess.h"

#include <QProcess>

namespace treewarden::test {

namespace {

bool copyFolder(const QString &from, const QString &to)
{
    QDir(to).removeRecursively();
    return run(u"cp"_s, {u"-a"_s, from, to}).exitCode == 0;
}

} // namespace

KilledJob::KilledJob(JobMachine &machine)
    : m_machine(machine)
    , m_host(machine.host())
{
}

KilledJob::Ended KilledJob::run(const QStringList &words, std::optional<Fault> fault) const
{
    QTemporaryDir folder(u"/tmp/tw-XXXXXX"_s);
    const QString moments = folder.filePath(u"moments"_s);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"XDG_STATE_HOME"_s, m_machine.stateHome());
    environment.insert(u"LD_PRELOAD"_s, QStringLiteral(TREEWARDEN_MOMENTS));
    environment.insert(u"TREEWARDEN_MOMENTS"_s, moments);
    environment.insert(u"TREEWARDEN_MOMENTS_IN"_s, m_machine.path({}));
    if (fault) {
        const bool isKill = fault->kind == Fault::Kind::Kill;
        environment.insert(
            isKill ? u"TREEWARDEN_MOMENTS_KILL"_s : u"TREEWARDEN_MOMENTS_FAIL"_s, QString::number(fault->at));
    }
    QProcess program;
    program.setProcessEnvironment(environment);
    program.start(Cli, QStringList{u"--connect"_s, m_machine.daemon.uri(), u"--json"_s} + words);
    Ended ended;
    if (!program.waitForFinished(JobMachine::Patience))
        return ended;
    ended.wasKilled = program.exitStatus() == QProcess::CrashExit;
    ended.exitCode = ended.wasKilled ? -1 : program.exitCode();
    ended.output = program.readAllStandardOutput();
    ended.error = program.readAllStandardError();
    if (QFile file(moments); file.open(QIODevice::ReadOnly))
        ended.moments = QString::fromUtf8(file.readAll()).split(u'\n', Qt::SkipEmptyParts);
    return ended;
}

QStringList KilledJob::undoWords(const QString &entry) const
{
    QStringList words{u"undo"_s, entry};
    for (const QString &yes : m_yes)
        words << u"--acknowledge"_s << yes;
    return words;
}

KilledJob::Ended KilledJob::undo(const QString &entry)
{
    for (;;) {
        Ended ended = run(undoWords(entry));
        const QJsonObject refused = object(ended.output);
        const qsizetype known = m_yes.size();
        for (const QJsonValue &finding : refused["findings"_L1].toArray()) {
            const QString name = finding["id"_L1].toString() + u'@' + finding["subject"_L1].toString();
            if (finding["severity"_L1].toString() == "confirm"_L1 && !m_yes.contains(name))
                m_yes << name;
        }
        if (refused["verdict"_L1].toString() != "confirm"_L1 || m_yes.size() == known)
            return ended;
    }
}

bool KilledJob::keep()
{
    const auto inventory = read();
    const auto domain = inventory ? inventory->domain(m_machine.id()) : nullptr;
    if (!domain)
        return false;
    m_isOn = isActive(domain->state);
    QDir().mkpath(kept({}));
    const auto save = [this](const QString &name, const QStringList &command) {
        QFile file(kept(name));
        const QByteArray xml = m_machine.daemon.virsh(command);
        return file.open(QIODevice::WriteOnly) && file.write(xml) == xml.size() && !xml.isEmpty();
    };
    if (!save(u"one.xml"_s, {u"dumpxml"_s, u"one"_s, u"--inactive"_s}))
        return false;
    m_snapshots
        = QString::fromUtf8(m_machine.daemon.virsh({u"snapshot-list"_s, u"one"_s, u"--name"_s, u"--topological"_s}))
              .split(u'\n', Qt::SkipEmptyParts);
    m_current = m_machine.current();
    for (const QString &name : std::as_const(m_snapshots)) {
        if (!save(name + u".xml"_s, {u"snapshot-dumpxml"_s, u"one"_s, name}))
            return false;
    }
    m_keptRecords = journalText().count('\n');
    return copyFolder(m_machine.path({}), kept(u"images"_s)) && copyFolder(m_machine.state(), kept(u"state"_s));
}

bool KilledJob::restore() const
{
    (void)treewarden::test::run(u"virsh"_s,
        m_machine.virsh({u"destroy one; undefine one --snapshots-metadata --checkpoints-metadata --managed-save"_s}));
    QDir images(m_machine.path({}));
    const QStringList left = images.entryList(QDir::Files);
    for (const QString &file : left)
        images.remove(file);
    QDir(images.filePath(u".treewarden"_s)).removeRecursively();
    // The folder itself stays: the daemon's user may write to it.
    if (treewarden::test::run(u"cp"_s, {u"-a"_s, kept(u"images/."_s), images.path()}).exitCode != 0
        || !copyFolder(kept(u"state"_s), m_machine.state()))
        return false;
    QStringList commands{u"define %1"_s.arg(kept(u"one.xml"_s))};
    for (const QString &name : m_snapshots) {
        commands << u"snapshot-create one %1 --redefine%2"_s.arg(
            kept(name + u".xml"_s), name == m_current ? u" --current"_s : QString());
    }
    if (m_isOn)
        commands << u"start one"_s;
    return treewarden::test::run(u"virsh"_s, m_machine.virsh({commands.join(u"; "_s)})).exitCode == 0;
}

QByteArray KilledJob::journalText() const
{
    QFile file(m_machine.journal()->path());
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::vector<QJsonObject> KilledJob::records() const
{
    std::vector<QJsonObject> records;
    for (const QByteArray &line : journalText().split('\n').mid(m_keptRecords)) {
        if (!line.isEmpty())
            records.push_back(object(line));
    }
    return records;
}

QJsonObject KilledJob::told() const
{
    return object(run({u"history"_s}).output)["entries"_L1][0].toObject();
}

std::vector<KilledJob::Fault> KilledJob::faultsOf(const Ended &whole) const
{
    const std::vector<QJsonObject> written = records();
    std::vector<Fault> found;
    size_t record = 0;
    for (int i = 0; i < int(whole.moments.size()); ++i) {
        const QString &moment = whole.moments[i];
        if (moment.startsWith(u"call"))
            found.push_back({Fault::Kind::Fail, i});
        if (moment == "record"_L1) {
            ++record;
            found.push_back({Fault::Kind::Kill, i});
        } else if (moment == "recording"_L1) {
            // Of another record than this that comes right after the last one all was there when that was written.
            const bool isOfStep = record < written.size() && written[record]["record"_L1].toString() == "step-done"_L1;
            if (isOfStep || (i > 0 && whole.moments[i - 1] != "record"_L1))
                found.push_back({Fault::Kind::Kill, i});
        } else if (whole.moments.value(i + 1) != "recording"_L1) {
            found.push_back({Fault::Kind::Kill, i});
        }
    }
    return found;
}

std::vector<KilledJob::Far> KilledJob::howFar(const QStringList &moments, const std::vector<QJsonObject> &records)
{
    std::vector<Far> steps;
    size_t record = 0;
    bool isOpen = false; // the last step has begun
    for (const QString &moment : moments) {
        if (moment != "record"_L1) {
            const bool isWhole = moment == "recording"_L1
                && (record >= records.size() || records[record]["record"_L1].toString() == "step-done"_L1);
            if (isOpen)
                steps.back() = isWhole ? Far::Done : Far::InTheMiddle;
            continue;
        }
        if (record >= records.size())
            break;
        const QString written = records[record++]["record"_L1].toString();
        isOpen = written == "step-begun"_L1;
        if (isOpen)
            steps.push_back(Far::NotBegun);
    }
    return steps;
}

QByteArray KilledJob::documents() const
{
    QStringList commands{u"dumpxml one --inactive"_s, u"snapshot-current one --name"_s};
    const QStringList names = QString::fromUtf8(m_machine.daemon.virsh({u"snapshot-list"_s, u"one"_s, u"--name"_s}))
                                  .split(u'\n', Qt::SkipEmptyParts);
    for (const QString &name : names)
        commands << u"snapshot-dumpxml one "_s + name;
    return m_machine.daemon.virsh({commands.join(u"; "_s)})
        + QDir(m_machine.path({})).entryList(QDir::Files).join(u' ').toUtf8();
}

} // namespace treewarden::test
