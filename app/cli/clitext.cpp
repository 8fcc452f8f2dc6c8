// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/clitext.h"

#include "model/plan/step.h"
#include "views/text/problemtext.h"
#include "views/text/unittext.h"

#include <QDateTime>
#include <QLocale>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

QString CliText::usage()
{
    return tr("Usage: treewarden-cli [--connect URI] [--json] COMMAND ...\n"
              "\n"
              "  list               machines, with the kind of their snapshots and what is wrong\n"
              "  tree DOMAIN        the snapshot tree of a machine\n"
              "  images [DOMAIN]    images and who relies on them\n"
              "  events [DOMAIN]    libvirt's and QEMU's job events, until interrupted\n"
              "  plan DOMAIN INTENT what would happen; changes nothing\n"
              "  run DOMAIN INTENT  does it: [--acknowledge ID[@SUBJECT]]... [--alternative N] [--expect HASH]\n"
              "  undo [ENTRY]       puts back what a job did; without a name the last one that can be:\n"
              "                     [--acknowledge ID[@SUBJECT]]...\n"
              "  leave [ENTRY]      leaves what an interrupted job did as it is; without a name the last such job\n"
              "  history            the jobs that were run\n"
              "  verify DIRECTORY   reads a chain of backups: sums, images, order\n"
              "  jobs [DOMAIN]      the block jobs of running machines\n"
              "  job-pause|job-resume|job-cancel DOMAIN JOB, job-speed DOMAIN JOB BYTES_PER_SECOND\n"
              "\n"
              "  INTENT:\n"
              "  create NAME [--kind auto|internal|external] [--memory|--disk-only] [--quiesce] [--description TEXT]\n"
              "  revert NAME [--start|--pause] [--safety-snapshot]\n"
              "  delete NAME [--children|--children-only|--metadata-only]\n"
              "  rename NAME NEW, describe NAME TEXT\n"
              "  policy internal|external|ask, uniform internal|external\n"
              "  start, pause, resume, shutdown, force-off\n"
              "  remove-orphan PATH [--tag NAME]\n"
              "  backup DIRECTORY|nbd://... [--level auto|full|incremental|top] [--disk D]... [--quiesce]\n"
              "         [--engine auto|libvirt|qmp] [--speed BYTES_PER_SECOND] [--compress]\n"
              "\n"
              "  --connect URI      libvirt's URI, or \"sandbox\"; else $LIBVIRT_DEFAULT_URI, else qemu:///system\n"
              "  --json             for programs; the shapes are in docs/cli.md\n"
              "  --reset-sandbox    makes the sandbox's machines anew before the command\n"
              "  --version, --help");
}

QString CliText::unknownCommand(const QString &command)
{
    return tr("there is no command \"%1\"").arg(command);
}

QString CliText::missingCommand()
{
    return tr("name a command; --help lists them");
}

QString CliText::unknownOption(const QString &option)
{
    return tr("there is no option \"%1\", or its value is missing").arg(option);
}

QString CliText::notThereYet(const QString &command)
{
    return tr("\"%1\" is not there yet in this version").arg(command);
}

QString CliText::missingDirectory()
{
    return tr("name the folder");
}

QString CliText::reading(Bytes done, Bytes total)
{
    return tr("reading: %1 of %2", "bytes").arg(UnitText::bytes(done), UnitText::bytes(total));
}

QString CliText::asItWasWritten()
{
    return tr("as it was written", "a file of a backup");
}

QStringList CliText::verifyHeader()
{
    return {tr("No."), tr("Time"), tr("Level"), tr("File"), tr("State")};
}

QStringList CliText::jobsHeader()
{
    return {tr("Job"), tr("Machine"), tr("Disk"), tr("Kind"), tr("State"), tr("Done"), tr("Of")};
}

QString CliText::missingJob(bool withSpeed)
{
    return withSpeed ? tr("name a machine, a job of it, and bytes per second (0: as fast as it goes)")
                     : tr("name a machine, and a job of it as \"jobs\" lists it");
}

QString CliText::waitingForHost()
{
    return tr("still waiting for libvirt to answer …");
}

QString CliText::missingDomain()
{
    return tr("name the machine");
}

QString CliText::tooManyArguments()
{
    return tr("too many arguments");
}

QString CliText::noSuchDomain(const QString &name, const QString &uri)
{
    return tr("there is no machine \"%1\" on %2").arg(name, uri);
}

QString CliText::error(const Error &error)
{
    const QString what = [&] {
        switch (error.code) {
        case ErrorCode::Failed:
            return tr("failed");
        case ErrorCode::NotFound:
            return tr("not found");
        case ErrorCode::PermissionDenied:
            return tr("permission denied");
        case ErrorCode::Malformed:
            return tr("not understood");
        case ErrorCode::Unsupported:
            return tr("not supported");
        case ErrorCode::NotAnImage:
            return tr("neither a file nor a block device");
        case ErrorCode::NotRead:
            return tr("not read");
        case ErrorCode::ConnectionFailed:
            return tr("the connection could not be opened");
        case ErrorCode::ConnectionLost:
            return tr("the connection was lost");
        case ErrorCode::TimedOut:
            return tr("no answer in time");
        case ErrorCode::Busy:
            return tr("busy");
        case ErrorCode::Cancelled:
            return tr("cancelled");
        }
        return QString();
    }();
    QString text = error.subject.isEmpty() ? what : tr("%1: %2").arg(error.subject, what);
    if (!error.detail.isEmpty())
        text = tr("%1 (%2)").arg(text, error.detail.simplified());
    return text;
}

QString CliText::fact(const QString &fact)
{
    if (fact == "definition"_L1)
        return tr("the definition");
    if (fact == "persistent-definition"_L1)
        return tr("the definition of the next start");
    if (fact == "snapshots"_L1)
        return tr("the snapshots");
    if (fact == "checkpoints"_L1)
        return tr("the checkpoints");
    if (fact == "block-nodes"_L1)
        return tr("what QEMU has open");
    if (fact == "pools"_L1 || fact == "pool"_L1)
        return tr("the storage volumes");
    if (fact == "volume"_L1)
        return tr("the storage volume");
    if (fact == "image"_L1)
        return tr("the contents");
    return fact;
}

QString CliText::unknownFact(const Unknown &unknown)
{
    const QString why = error({unknown.why.code, {}, unknown.why.detail});
    return unknown.subject.isEmpty() ? tr("not known: %1: %2").arg(fact(unknown.fact), why)
                                     : tr("not known: %1 of %2: %3").arg(fact(unknown.fact), unknown.subject, why);
}

QString CliText::argumentError(const ArgumentError &error)
{
    using Kind = ArgumentError::Kind;
    switch (error.kind) {
    case Kind::NoIntent:
        return tr("say what is wanted of the machine; --help lists it");
    case Kind::UnknownIntent:
        return tr("there is no \"%1\" that could be wanted of a machine; --help lists what there is").arg(error.word);
    case Kind::FutureIntent:
        return notThereYet(error.word);
    case Kind::MissingArgument:
        return tr("\"%1\" needs more words; --help lists them").arg(error.word);
    case Kind::TooMany:
        return tr("too many arguments, from \"%1\" on").arg(error.word);
    case Kind::UnknownOption:
        return tr("there is no option \"%1\" here").arg(error.word);
    case Kind::MissingValue:
        return tr("\"%1\" needs a value").arg(error.word);
    case Kind::BadValue:
        return tr("\"%1\" cannot be \"%2\"").arg(error.word, error.value);
    case Kind::Contradiction:
        return tr("\"%1\" and \"%2\" do not go together").arg(error.word, error.value);
    }
    return {};
}

QString CliText::forGood(const QString &step)
{
    return tr("%1 (cannot be undone)").arg(step);
}

QString CliText::sized(const QString &what, const QString &size)
{
    return tr("%1, %2", "what is lost, its size").arg(what, size);
}

QString CliText::lost()
{
    return tr("What is lost:");
}

QString CliText::alternative(int number, const QString &title)
{
    return tr("Another way (--alternative %1): %2").arg(number).arg(title);
}

QString CliText::otherIntent(const QStringList &words)
{
    QStringList quoted;
    for (const QString &word : words)
        quoted += shellQuoted(word);
    return tr("This is not what was asked: it is “%1”. To run it name each finding as ID@SUBJECT, or give --expect.")
        .arg(quoted.join(QLatin1Char(' ')));
}

QString CliText::planHash(const QString &hash)
{
    return tr("Plan %1").arg(hash);
}

QString CliText::blocked(const QString &finding, const QString &sentence)
{
    return tr("refused, %1: %2").arg(finding, sentence);
}

QString CliText::needsAcknowledgement(const QString &finding, const QString &sentence)
{
    return tr("needs --acknowledge %1: %2").arg(shellQuoted(finding), sentence);
}

QString CliText::noSuchAlternative(int number, int count)
{
    return tr("there is no alternative %1: there are %n, counted from 0", nullptr, count).arg(number);
}

QString CliText::stalePlan()
{
    return tr("stale plan: this is not the plan that was looked at any more");
}

QString CliText::jobError(const Error &why)
{
    if (why.subject == "stale-plan"_L1)
        return why.detail.isEmpty() ? tr("stale plan: the machine or its files changed meanwhile")
                                    : tr("stale plan: the machine or its files changed meanwhile (%1)").arg(why.detail);
    if (why.subject == "outcome-differs"_L1)
        return tr("what came out is not what was planned (%1)").arg(why.detail);
    return error(why);
}

QString CliText::cancelling()
{
    return tr("cancelling; a step that cannot be stopped runs to its end");
}

QString CliText::cannotCancel()
{
    return tr("cannot be cancelled any more: what is done by now cannot be taken back, so it goes on to its end");
}

QString CliText::progress(const QString &step, const QString &bytes)
{
    return tr("%1  %2", "a step, and how far it is").arg(step, bytes);
}

QString CliText::nothingToUndo()
{
    return tr("there is nothing that can be undone");
}

QString CliText::nothingInterrupted()
{
    return tr("no job was interrupted");
}

QString CliText::notInterrupted(const QString &entry)
{
    return tr("the job \"%1\" has ended").arg(entry);
}

QString CliText::noSuchEntry(const QString &entry)
{
    return tr("the history has no entry \"%1\"").arg(entry);
}

QStringList CliText::historyHeader()
{
    return {tr("Entry"), tr("When"), tr("Machine"), tr("What"), tr("Outcome"), tr("Undo")};
}

QStringList CliText::listHeader()
{
    return {tr("Machine"), tr("State"), tr("Snapshots"), tr("Kind"), tr("Problems")};
}

QStringList CliText::treeHeader()
{
    return {tr("Snapshot"), tr("Kind"), tr("Machine was"), tr("Taken"), tr("Only here")};
}

QStringList CliText::imagesHeader()
{
    return {tr("Image"), tr("Format"), tr("Takes"), tr("Relied on by")};
}

QString CliText::state(DomainState state, PausedBy pausedBy)
{
    switch (state) {
    case DomainState::Unknown:
        return tr("unknown");
    case DomainState::Running:
    case DomainState::Blocked:
        return tr("running");
    case DomainState::Paused:
        return pausedBy == PausedBy::IoError  ? tr("paused by an I/O error")
            : pausedBy == PausedBy::Migration ? tr("paused by a migration")
                                              : tr("paused");
    case DomainState::ShuttingDown:
        return tr("shutting down");
    case DomainState::ShutOff:
        return tr("off");
    case DomainState::Crashed:
        return tr("crashed");
    case DomainState::PmSuspended:
        return tr("suspended");
    }
    return {};
}

QString CliText::state(SnapshotState state)
{
    switch (state) {
    case SnapshotState::Unknown:
        return tr("unknown");
    case SnapshotState::Running:
    case SnapshotState::Blocked:
        return tr("running");
    case SnapshotState::Paused:
        return tr("paused");
    case SnapshotState::ShuttingDown:
        return tr("shutting down");
    case SnapshotState::ShutOff:
        return tr("off");
    case SnapshotState::Crashed:
        return tr("crashed");
    case SnapshotState::PmSuspended:
        return tr("suspended");
    case SnapshotState::DiskSnapshot:
        return tr("running, memory not kept");
    }
    return {};
}

QString CliText::kind(TreeKind kind)
{
    switch (kind) {
    case TreeKind::None:
        return tr("none");
    case TreeKind::Internal:
        return tr("internal");
    case TreeKind::External:
        return tr("external");
    case TreeKind::Mixed:
        return tr("mixed");
    }
    return {};
}

QString CliText::kind(const Snapshot &snapshot)
{
    if (snapshot.kind() == SnapshotKind::Internal)
        return snapshot.memory == MemoryKind::Internal ? tr("internal, with memory") : tr("internal");
    return snapshot.memory == MemoryKind::External ? tr("external, with memory") : tr("external");
}

QString CliText::problem(const Problem &problem, const QString &at)
{
    const QString severity = [&] {
        switch (problem.severity) {
        case Severity::Note:
            return tr("note");
        case Severity::Warning:
            return tr("warning");
        case Severity::Danger:
            return tr("danger");
        }
        return QString();
    }();
    return u"%1: %2  [%3]"_s.arg(severity, ProblemText::sentence(problem, at), problem.id);
}

QString CliText::orphan(const Orphan &orphan)
{
    const QString what = [&orphan] {
        switch (orphan.kind) {
        case OrphanKind::Tag:
            return tr("tag \"%1\" in %2 that libvirt does not know").arg(orphan.name, orphan.path);
        case OrphanKind::Overlay:
            return tr("overlay that nothing refers to: %1").arg(orphan.path);
        case OrphanKind::Memory:
            return tr("saved memory that nothing refers to: %1").arg(orphan.path);
        case OrphanKind::Metadata:
            return tr("snapshot \"%1\" without its data").arg(orphan.name);
        case OrphanKind::Nvram:
            return tr("copy of firmware settings whose snapshot is gone: %1").arg(orphan.path);
        }
        return QString();
    }();
    return orphan.isCertain ? what : tr("not certain: %1", "what is left over").arg(what);
}

QString CliText::mayRelyOnAnything(const QStringList &unread)
{
    constexpr qsizetype Named = 10;
    QStringList names = unread.mid(0, Named);
    if (unread.size() > Named)
        names += claims(int(unread.size() - Named));
    return tr("what is left over is not known for certain; this could not be read and may rely on any file: %1")
        .arg(names.join(u", "_s));
}

QString CliText::notWritten()
{
    return tr("the answer could not be written");
}

QString CliText::current()
{
    return tr("you are here");
}

QString CliText::size(const Fact<Bytes> &bytes)
{
    if (bytes.isKnown())
        return QLocale().formattedDataSize(qint64(*bytes), 1, QLocale::DataSizeIecFormat);
    return bytes.isAbsent() ? tr("none") : tr("not known");
}

QString CliText::time(qint64 seconds)
{
    return seconds == 0 ? notKnown() : QLocale().toString(QDateTime::fromSecsSinceEpoch(seconds), QLocale::ShortFormat);
}

QString CliText::claims(int count)
{
    return tr("%n other(s)", nullptr, count);
}

// An internal snapshot's share of its image is nowhere written down.
QString CliText::onlyHere(const Fact<Bytes> &bytes)
{
    return bytes.isAbsent() ? tr("not measured") : size(bytes);
}

QString CliText::namedBy(const QString &machine)
{
    return tr("only named by a snapshot of %1").arg(machine);
}

QString CliText::nobody()
{
    return tr("nothing refers to it");
}

QString CliText::missingUri()
{
    return tr("--connect needs an address");
}

QString CliText::notKnown()
{
    return tr("not known");
}

} // namespace treewarden::cli
