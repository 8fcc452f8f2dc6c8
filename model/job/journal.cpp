// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/journal.h"

#include "model/job/journaljson.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QHash>
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QStandardPaths>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

class Descriptor
{
public:
    explicit Descriptor(int number)
        : m_number(number)
    {
    }
    ~Descriptor()
    {
        if (m_number >= 0)
            ::close(m_number);
    }
    Q_DISABLE_COPY_MOVE(Descriptor)
    operator int() const { return m_number; }

private:
    const int m_number;
};

Result<> makeFolder(const QString &folder)
{
    if (!QDir().mkpath(folder))
        return failure(ErrorCode::PermissionDenied, folder);
    chmod(QFile::encodeName(folder).constData(), 0700);
    return {};
}

// So that a new file's name survives a power loss.
Result<> syncFolder(const QString &folder)
{
    const Descriptor opened(::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened < 0 || fsync(opened) != 0)
        return failure(ErrorCode::Failed, folder, qt_error_string());
    return {};
}

bool writeAll(int descriptor, const QByteArray &bytes)
{
    qsizetype written = 0;
    while (written < bytes.size()) {
        const ssize_t count = ::write(descriptor, bytes.constData() + written, size_t(bytes.size() - written));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        written += count;
    }
    return true;
}

// One that was left in the middle is seen to by what puts it back.
void endUndone(JournalEntry &entry)
{
    entry.isUndone = true;
    if (entry.outcome)
        return;
    entry.outcome = Outcome::Failed;
    entry.error = {ErrorCode::Cancelled, {}, {}};
    entry.isPutBack = true;
}

void apply(const QJsonObject &json, Journal::Contents &contents, QHash<QString, size_t> &places)
{
    const QString record = json.value("record"_L1).toString();
    const QString name = json.value("entry"_L1).toString();
    if (record == "intent"_L1) {
        places.insert(name, contents.entries.size());
        contents.entries.push_back(entryFromJson(json));
        return;
    }
    const auto place = places.constFind(name);
    if (place == places.constEnd())
        return;
    JournalEntry &entry = contents.entries[*place];
    const auto step = size_t(json.value("step"_L1).toInt(-1));
    if (record == "step-begun"_L1 && step < entry.steps.size()) {
        readHow(json, entry.steps[step]);
        entry.steps[step].isBegun = true;
    } else if (record == "step-done"_L1 && step < entry.steps.size()) {
        readResult(json, entry.steps[step]);
        entry.steps[step].isDone = true;
        readLeft(json, entry);
    } else if (record == "put-back"_L1 && step < entry.steps.size()) {
        readPutBack(json, entry.steps[step]);
        readLeft(json, entry);
    } else if (record == "outcome"_L1) {
        entry.outcome = outcomeFromName(json.value("outcome"_L1).toString());
        entry.error = errorFromJson(json.value("error"_L1).toObject());
        entry.isPutBack = json.value("putBack"_L1).toBool();
        readLeft(json, entry);
        const auto undone = places.constFind(json.value("undoes"_L1).toString());
        if (undone != places.constEnd())
            endUndone(contents.entries[*undone]);
    } else if (record == "left"_L1) {
        readLeftAgain(json, entry);
    } else if (record == "undone"_L1) {
        entry.isUndone = true;
    } else if (record == "pin-freed"_L1) {
        const QString pinned = json.value("pinned"_L1).toString();
        for (JournalStep &each : entry.steps) {
            for (Pin &pin : each.pins) {
                if (pin.pinned == pinned)
                    pin.isFreed = true;
            }
        }
    }
}

} // namespace

QString Journal::standardFolder()
{
    const QString state = qEnvironmentVariable("XDG_STATE_HOME");
    // A relative path is none, says the specification.
    return (QDir::isAbsolutePath(state) ? state : QDir::homePath() + u"/.local/state"_s) + u"/treewarden"_s;
}

QString Journal::keyOf(const QString &uri)
{
    QString readable;
    for (const QChar letter : uri) {
        if (letter.unicode() < 128 && letter.isLetterOrNumber())
            readable += letter;
        else if (!readable.isEmpty() && !readable.endsWith(u'-'))
            readable += u'-';
    }
    const QByteArray sum = QCryptographicHash::hash(uri.toUtf8(), QCryptographicHash::Sha256).toHex();
    return readable.left(80) + u'-' + QString::fromLatin1(sum.left(8));
}

Journal::Journal(QString folder, const QString &uri)
    : m_folder(std::move(folder))
    , m_key(keyOf(uri))
{
}

QString Journal::path() const
{
    return m_folder + u"/journal/"_s + m_key + u".jsonl"_s;
}

QString Journal::newName()
{
    return QDateTime::currentDateTimeUtc().toString(u"yyyyMMdd-HHmmss-"_s)
        + u"%1"_s.arg(QRandomGenerator::system()->generate(), 8, 16, QLatin1Char('0'));
}

Result<> Journal::append(const QString &record, const QString &entry, QJsonObject fields)
{
    const std::lock_guard guard(m_mutex);
    fields.insert(u"v"_s, Version);
    fields.insert(u"record"_s, record);
    fields.insert(u"entry"_s, entry);
    fields.insert(u"time"_s, QDateTime::currentMSecsSinceEpoch());
    const QString folder = m_folder + u"/journal"_s;
    if (const auto made = makeFolder(m_folder); !made)
        return made;
    if (const auto made = makeFolder(folder); !made)
        return made;
    const Descriptor file(
        ::open(QFile::encodeName(path()).constData(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file < 0)
        return failure(ErrorCode::PermissionDenied, path(), qt_error_string());
    while (flock(file, LOCK_EX) != 0) {
        if (errno != EINTR)
            return failure(ErrorCode::Failed, path(), qt_error_string());
    }
    const off_t end = lseek(file, 0, SEEK_END);
    QByteArray line = QJsonDocument(fields).toJson(QJsonDocument::Compact) + '\n';
    // What a power loss tore stays a line of its own.
    char last = '\n';
    if (end > 0 && pread(file, &last, 1, end - 1) == 1 && last != '\n')
        line.prepend('\n');
    if (end < 0 || !writeAll(file, line) || fsync(file) != 0) {
        const QString why = qt_error_string();
        // Half a record would be taken for a torn one.
        if (end >= 0 && ftruncate(file, end) != 0)
            return failure(ErrorCode::Failed, path(), why + u"; "_s + qt_error_string());
        return failure(ErrorCode::Failed, path(), why);
    }
    return end == 0 ? syncFolder(folder) : Result<>();
}

Result<> Journal::begin(const JournalEntry &entry, const XmlBefore &xml)
{
    QJsonObject fields = toJson(entry);
    fields.insert(u"xml"_s, toJson(xml));
    return append(u"intent"_s, entry.entry, fields);
}

Result<> Journal::stepBegun(const QString &entry, int step, const JournalStep &how)
{
    QJsonObject fields = howToJson(how);
    fields.insert(u"step"_s, step);
    return append(u"step-begun"_s, entry, fields);
}

Result<> Journal::stepDone(
    const QString &entry, int step, const JournalStep &how, const std::vector<DocumentMark> &left)
{
    QJsonObject fields = resultToJson(how);
    fields.insert(u"step"_s, step);
    fields.insert(u"left"_s, toJson(left));
    return append(u"step-done"_s, entry, fields);
}

Result<> Journal::putBackBegun(const QString &entry, int step, int undo)
{
    return append(u"put-back"_s, entry, {{u"step"_s, step}, {u"undo"_s, undo}, {u"done"_s, false}});
}

Result<> Journal::putBackDone(const QString &entry, int step, int undo, const std::vector<DocumentMark> &left)
{
    return append(
        u"put-back"_s, entry, {{u"step"_s, step}, {u"undo"_s, undo}, {u"done"_s, true}, {u"left"_s, toJson(left)}});
}

Result<> Journal::end(const QString &entry, Outcome outcome, const Error &error, bool isPutBack,
    const std::vector<DocumentMark> &left, const QString &undoes)
{
    QJsonObject fields{{u"outcome"_s, outcomeName(outcome)}, {u"error"_s, toJson(error)}, {u"putBack"_s, isPutBack}};
    if (!left.empty())
        fields.insert(u"left"_s, toJson(left));
    if (!undoes.isEmpty())
        fields.insert(u"undoes"_s, undoes);
    return append(u"outcome"_s, entry, fields);
}

Result<> Journal::leftAgain(const QString &entry, const std::vector<DocumentMark> &left)
{
    return append(u"left"_s, entry, {{u"left"_s, toJson(left)}});
}

Result<> Journal::pinFreed(const QString &entry, const QString &pinned)
{
    return append(u"pin-freed"_s, entry, {{u"pinned"_s, pinned}});
}

Result<Journal::Contents> Journal::read() const
{
    return read(QByteArray());
}

Result<Journal::Contents> Journal::read(const QByteArray &word) const
{
    QFile file(path());
    if (!file.exists())
        return Contents{};
    if (!file.open(QIODevice::ReadOnly))
        return failure(ErrorCode::PermissionDenied, path(), file.errorString());
    Contents contents;
    QHash<QString, size_t> places;
    while (!file.atEnd()) {
        const QByteArray line = file.readLine();
        // A line without its end is torn even where what is there can be read.
        if (!line.endsWith('\n')) {
            contents.isTorn = true;
            continue;
        }
        // An intent holds whole documents: taking it apart takes nearly all the time.
        if (line.trimmed().isEmpty() || !line.contains(word))
            continue;
        QJsonParseError error;
        const QJsonObject json = QJsonDocument::fromJson(line, &error).object();
        if (error.error != QJsonParseError::NoError || !json.contains("record"_L1))
            ++contents.damaged;
        else if (json.value("v"_L1).toInt() == Version)
            apply(json, contents, places);
    }
    if (file.error() != QFileDevice::NoError)
        return failure(ErrorCode::Failed, path(), file.errorString());
    return contents;
}

Result<JournalEntry> Journal::find(const QString &name) const
{
    const Result<Contents> contents = read(name.toUtf8());
    if (!contents)
        return failure(contents.error());
    for (const JournalEntry &entry : contents->entries) {
        if (entry.entry == name)
            return entry;
    }
    return failure(ErrorCode::NotFound, name);
}

Result<JobLock> Journal::lock(const std::vector<DomainId> &domains, const QString &entry) const
{
    return JobLock::take(m_folder + u"/locks/"_s + m_key, domains, entry);
}

bool Journal::isAlive(const JournalEntry &entry) const
{
    return JobLock::isHeld(m_folder + u"/locks/"_s + m_key, entry.domain, entry.entry);
}

} // namespace treewarden
