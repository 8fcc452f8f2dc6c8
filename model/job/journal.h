// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/joblock.h"
#include "model/job/task.h"

#include <QByteArray>

#include <mutex>
#include <utility>

namespace treewarden {

// What a file was like at some moment: when a step had just made it, say.
struct FileMark
{
    QString path;
    Bytes size = 0;
    qint64 modifiedNanoseconds = 0;

    bool operator==(const FileMark &) const = default;
};

// A second name (hard link) of a file that a step removes, so that it can be put back. What it was is written down,
// because no inventory lists it.
struct Pin
{
    QString path; // where the file was
    QString pinned; // where it is kept
    QString format;
    QString backing; // path; empty: none
    Bytes virtualSize = 0;
    Bytes allocated = 0; // what it held when it was pinned
    QStringList tags = {};
    // All that lay below it when it was pinned, the next layer first. Over a base that was written to since it would
    // show what nobody ever saw. A time of 0: nobody could say what that layer was like.
    std::vector<FileMark> below = {};
    bool isFreed = false; // given up, or put back

    bool operator==(const Pin &) const = default;
};

// How much of a step can be put back.
enum class Undoable {
    No, // it wrote over contents that nobody else has
    Partly, // the disks, but not what the machine had in memory
    Yes,
};

// What a document of libvirt's was like at some moment, so that nobody's later change is written over unseen.
struct DocumentMark
{
    QString snapshot; // empty: the machine's persistent definition
    QString hash; // SHA-256, hexadecimal; empty: there was no such document

    bool operator==(const DocumentMark &) const = default;
};

struct JournalStep
{
    Step step;
    bool isBegun = false;
    bool isDone = false;
    // It failed or was interrupted, and putting its documents back is right however far it came. Not in the journal.
    bool mayBeHalfDone = false;
    // It failed, or the program ended in its middle, so that no mark tells what it did to documents. Not in the
    // journal.
    bool isInterrupted = false;
    // Of such a one: nothing on the host tells either whether it came to its end. Not in the journal.
    bool isUnknown = false;
    Undoable undoable = Undoable::No;
    std::vector<Step> undo = {}; // in the order in which they are to be run; see undo.h
    std::vector<Pin> pins = {};
    std::vector<FileMark> made = {}; // once it is done: tells whether anybody has written to them since
    QStringList unpinned = {}; // files that it removes and that could not be pinned
    // A job that fails puts back what it did, which may be interrupted, too: so many steps of `undo` were run, and the
    // next one was begun.
    size_t putBack = 0;
    bool isPuttingBack = false;

    // It ended in its middle and cannot be put back, and may have written by then over what a snapshot showed: that
    // would be there again and not be what it was.
    bool mayHaveOverwritten() const
    {
        const bool overwrites = step.kind == StepKind::CommitOffline || step.kind == StepKind::CommitLive
            || step.kind == StepKind::DeleteSnapshot || step.kind == StepKind::RevertToSnapshot;
        return isBegun && !isDone && undoable == Undoable::No && overwrites;
    }
    bool isPutBackBegun() const { return putBack > 0 || isPuttingBack; }
    bool isPutBack() const { return putBack > 0 && putBack >= undo.size(); }
};

struct JournalEntry
{
    QString entry;
    qint64 time = 0; // milliseconds since 1970
    DomainId domain;
    QString domainName;
    QStringList intent; // intentWords()
    QString way;
    QString hash;
    QStringList acknowledged;
    QString undoes; // the entry that this one puts back; empty: none
    std::vector<JournalStep> steps;
    std::vector<DocumentMark> left = {}; // the documents that undoing would write over, as the job left them
    std::optional<Outcome> outcome;
    Error error;
    // Of a job that failed or was cancelled: its finished steps were undone again, from the last to the first.
    bool isPutBack = false;
    bool isUndone = false; // by another entry, since
};
// By the journal alone, of a job that is not under way.
HistoryEntry toHistory(const JournalEntry &entry);

// The machine as libvirt described it before a job: what an expert needs where all else fails. Written, and never read
// by Treewarden itself; "packed" is base64 of what qUncompress() unpacks.
struct XmlBefore
{
    QByteArray domain; // the persistent definition
    std::vector<std::pair<QString, QByteArray>> snapshots; // by name
    QString current;
};

// What was done on one host, in a file of JSON Lines that is only ever appended to: FOLDER/journal/KEY.jsonl, readable
// by its owner alone. Each record is on the disk (fsync, with the folder) before the call returns. Several processes
// may write to one file. Each line: {"v":1,"record":NAME,"entry":ENTRY,"time":MILLISECONDS,...}:
//   intent      domain, name, intent, way, hash, acknowledged, undoes, steps, xml
//   step-begun  step (counted from 0), undoable, undo, pins, unpinned: what will be possible once it is done
//   step-done   step, made, undo (again, with what was known only afterwards), left
//   put-back    step, undo (counted from 0), done (else begun), left where it is done: one step of a step's undo
//   outcome     outcome, error, putBack, left (where a step failed), undoes (where it succeeded: the entry that it put
//               back, which is undone and has ended with this very record)
//   left        left: documents of those that undoing the entry would write over, as another entry left them that has
//               put back an undo of it; libvirt does not keep every word of what it is told
//   undone      is not written any more: what `undoes` says now
//   pin-freed   pinned
// Lines of another version and records of another name are kept and skipped. Thread-safe; blocks.
class Journal
{
public:
    static constexpr int Version = 1;
    // $XDG_STATE_HOME/treewarden, else ~/.local/state/treewarden.
    static QString standardFolder();
    // A name for the file: readable letters of the URI, and a sum that tells it from others.
    static QString keyOf(const QString &uri);

    Journal(QString folder, const QString &uri);

    QString path() const;
    static QString newName(); // for an entry

    // Fails where the record could not be brought to the disk; then nothing of it is there.
    Result<> begin(const JournalEntry &entry, const XmlBefore &xml);
    Result<> stepBegun(const QString &entry, int step, const JournalStep &how);
    Result<> stepDone(
        const QString &entry, int step, const JournalStep &how, const std::vector<DocumentMark> &left = {});
    // Before and after the step number `undo` of that step's undo is run because the job failed.
    Result<> putBackBegun(const QString &entry, int step, int undo);
    Result<> putBackDone(const QString &entry, int step, int undo, const std::vector<DocumentMark> &left);
    // `undoes`: what it was to put back and has put back; empty: nothing.
    Result<> end(const QString &entry, Outcome outcome, const Error &error, bool isPutBack,
        const std::vector<DocumentMark> &left = {}, const QString &undoes = {});
    Result<> leftAgain(const QString &entry, const std::vector<DocumentMark> &left);
    Result<> pinFreed(const QString &entry, const QString &pinned);

    struct Contents
    {
        std::vector<JournalEntry> entries; // oldest first
        int damaged = 0; // lines that could not be understood, the last one apart
        bool isTorn = false; // the last line ends in the middle: the computer stopped while it was written
    };
    Result<Contents> read() const; // a journal that does not exist is empty
    Result<JournalEntry> find(const QString &entry) const; // NotFound

    Result<JobLock> lock(const std::vector<DomainId> &domains, const QString &entry) const;
    bool isAlive(const JournalEntry &entry) const; // some process is working on it

private:
    Result<Contents> read(const QByteArray &word) const; // of the lines that have it in them
    Result<> append(const QString &record, const QString &entry, QJsonObject fields);

    const QString m_folder;
    const QString m_key;
    std::mutex m_mutex;
};

} // namespace treewarden
