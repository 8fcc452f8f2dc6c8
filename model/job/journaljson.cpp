// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/journaljson.h"

#include "model/job/undo.h"

#include <QJsonDocument>

#include <array>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array<std::pair<Outcome, QLatin1StringView>, 4> outcomes{
    {{Outcome::Succeeded, "succeeded"_L1}, {Outcome::Failed, "failed"_L1}, {Outcome::Cancelled, "cancelled"_L1},
        {Outcome::Indeterminate, "indeterminate"_L1}}};
constexpr std::array<std::pair<Undoable, QLatin1StringView>, 3> undoables{
    {{Undoable::No, "no"_L1}, {Undoable::Partly, "partly"_L1}, {Undoable::Yes, "yes"_L1}}};
constexpr std::array<std::pair<ErrorCode, QLatin1StringView>, 11> codes{
    {{ErrorCode::Failed, "failed"_L1}, {ErrorCode::NotFound, "not-found"_L1},
        {ErrorCode::PermissionDenied, "permission-denied"_L1}, {ErrorCode::Malformed, "malformed"_L1},
        {ErrorCode::Unsupported, "unsupported"_L1}, {ErrorCode::NotRead, "not-read"_L1},
        {ErrorCode::ConnectionFailed, "connection-failed"_L1}, {ErrorCode::ConnectionLost, "connection-lost"_L1},
        {ErrorCode::TimedOut, "timed-out"_L1}, {ErrorCode::Busy, "busy"_L1}, {ErrorCode::Cancelled, "cancelled"_L1}}};

// A machine with a thousand snapshots has megabytes of XML, nearly all of it alike.
constexpr qsizetype PlainLimit = 256 * 1024;

template <typename Table, typename Value>
QString nameIn(const Table &table, Value value)
{
    for (const auto &[known, name] : table) {
        if (known == value)
            return name;
    }
    Q_UNREACHABLE();
}

QJsonArray toJson(const std::vector<Step> &steps)
{
    QJsonArray array;
    for (const Step &step : steps)
        array += toJson(step);
    return array;
}

std::vector<Step> stepsFromJson(const QJsonValue &json)
{
    std::vector<Step> steps;
    for (const QJsonValue &value : json.toArray()) {
        if (const Result<Step> step = stepFromJson(value.toObject()))
            steps.push_back(*step);
    }
    return steps;
}

QStringList stringsFromJson(const QJsonValue &json)
{
    QStringList strings;
    for (const QJsonValue &value : json.toArray())
        strings += value.toString();
    return strings;
}

QJsonArray toJson(const std::vector<FileMark> &marks)
{
    QJsonArray array;
    for (const FileMark &mark : marks) {
        // As text: a double of JSON does not hold nanoseconds since 1970.
        array += QJsonObject{{u"path"_s, mark.path}, {u"size"_s, qint64(mark.size)},
            {u"modified"_s, QString::number(mark.modifiedNanoseconds)}};
    }
    return array;
}

std::vector<FileMark> marksFromJson(const QJsonValue &json)
{
    std::vector<FileMark> marks;
    for (const QJsonValue &value : json.toArray()) {
        const QJsonObject mark = value.toObject();
        marks.push_back({mark.value("path"_L1).toString(), Bytes(mark.value("size"_L1).toInteger()),
            mark.value("modified"_L1).toString().toLongLong()});
    }
    return marks;
}

QJsonObject toJson(const Pin &pin)
{
    return {{u"path"_s, pin.path}, {u"pinned"_s, pin.pinned}, {u"format"_s, pin.format}, {u"backing"_s, pin.backing},
        {u"virtualSize"_s, qint64(pin.virtualSize)}, {u"allocated"_s, qint64(pin.allocated)},
        {u"tags"_s, QJsonArray::fromStringList(pin.tags)}, {u"below"_s, toJson(pin.below)}};
}

Pin pinFromJson(const QJsonObject &json)
{
    const auto text = [&](QLatin1StringView key) { return json.value(key).toString(); };
    Pin pin{text("path"_L1), text("pinned"_L1), text("format"_L1), text("backing"_L1)};
    pin.virtualSize = Bytes(json.value("virtualSize"_L1).toInteger());
    pin.allocated = Bytes(json.value("allocated"_L1).toInteger());
    pin.tags = stringsFromJson(json.value("tags"_L1));
    pin.below = marksFromJson(json.value("below"_L1));
    return pin;
}

void readUndo(const QJsonObject &json, JournalStep &step)
{
    const QJsonArray undo = json.value("undo"_L1).toArray();
    step.undo = stepsFromJson(undo);
    // Half of an undo is none.
    if (qsizetype(step.undo.size()) != undo.size()) {
        step.undo.clear();
        step.undoable = Undoable::No;
    }
}

} // namespace

QString outcomeName(Outcome outcome)
{
    return nameIn(outcomes, outcome);
}

std::optional<Outcome> outcomeFromName(const QString &name)
{
    for (const auto &[outcome, known] : outcomes) {
        if (known == name)
            return outcome;
    }
    return Outcome::Indeterminate; // a word of a later version: something ended
}

QJsonObject toJson(const Error &error)
{
    return {{u"code"_s, nameIn(codes, error.code)}, {u"subject"_s, error.subject}, {u"detail"_s, error.detail}};
}

Error errorFromJson(const QJsonObject &json)
{
    Error error{ErrorCode::Failed, json.value("subject"_L1).toString(), json.value("detail"_L1).toString()};
    for (const auto &[code, name] : codes) {
        if (name == json.value("code"_L1).toString())
            error.code = code;
    }
    return error;
}

QJsonObject toJson(const JournalEntry &entry)
{
    std::vector<Step> steps;
    for (const JournalStep &each : entry.steps)
        steps.push_back(each.step);
    QJsonObject json{{u"domain"_s, entry.domain.value}, {u"name"_s, entry.domainName},
        {u"intent"_s, QJsonArray::fromStringList(entry.intent)}, {u"way"_s, entry.way}, {u"hash"_s, entry.hash},
        {u"acknowledged"_s, QJsonArray::fromStringList(entry.acknowledged)}, {u"steps"_s, toJson(steps)}};
    if (!entry.undoes.isEmpty())
        json.insert(u"undoes"_s, entry.undoes);
    return json;
}

JournalEntry entryFromJson(const QJsonObject &intent)
{
    const auto text = [&](QLatin1StringView key) { return intent.value(key).toString(); };
    JournalEntry entry;
    entry.entry = text("entry"_L1);
    entry.time = intent.value("time"_L1).toInteger();
    entry.domain = DomainId(text("domain"_L1));
    entry.domainName = text("name"_L1);
    entry.intent = stringsFromJson(intent.value("intent"_L1));
    entry.way = text("way"_L1);
    entry.hash = text("hash"_L1);
    entry.acknowledged = stringsFromJson(intent.value("acknowledged"_L1));
    entry.undoes = text("undoes"_L1);
    for (const Step &step : stepsFromJson(intent.value("steps"_L1)))
        entry.steps.push_back({step});
    return entry;
}

QJsonObject howToJson(const JournalStep &step)
{
    QJsonArray pins;
    for (const Pin &pin : step.pins)
        pins += toJson(pin);
    QJsonObject json{{u"undoable"_s, nameIn(undoables, step.undoable)}, {u"undo"_s, toJson(step.undo)}};
    if (!pins.isEmpty())
        json.insert(u"pins"_s, pins);
    if (!step.unpinned.isEmpty())
        json.insert(u"unpinned"_s, QJsonArray::fromStringList(step.unpinned));
    return json;
}

void readHow(const QJsonObject &json, JournalStep &step)
{
    for (const auto &[undoable, name] : undoables) {
        if (name == json.value("undoable"_L1).toString())
            step.undoable = undoable;
    }
    readUndo(json, step);
    for (const QJsonValue &pin : json.value("pins"_L1).toArray())
        step.pins.push_back(pinFromJson(pin.toObject()));
    step.unpinned = stringsFromJson(json.value("unpinned"_L1));
}

QJsonObject resultToJson(const JournalStep &step)
{
    return {{u"undo"_s, toJson(step.undo)}, {u"made"_s, toJson(step.made)}};
}

void readResult(const QJsonObject &json, JournalStep &step)
{
    readUndo(json, step);
    step.made = marksFromJson(json.value("made"_L1));
}

QJsonArray toJson(const std::vector<DocumentMark> &left)
{
    QJsonArray array;
    for (const DocumentMark &mark : left)
        array += QJsonObject{{u"snapshot"_s, mark.snapshot}, {u"hash"_s, mark.hash}};
    return array;
}

static std::vector<DocumentMark> leftFromJson(const QJsonObject &json)
{
    std::vector<DocumentMark> left;
    for (const QJsonValue &value : json.value("left"_L1).toArray()) {
        const QJsonObject mark = value.toObject();
        left.push_back({mark.value("snapshot"_L1).toString(), mark.value("hash"_L1).toString()});
    }
    return left;
}

void readLeft(const QJsonObject &json, JournalEntry &entry)
{
    if (json.contains("left"_L1))
        entry.left = leftFromJson(json);
}

void readLeftAgain(const QJsonObject &json, JournalEntry &entry)
{
    for (const DocumentMark &anew : leftFromJson(json)) {
        for (DocumentMark &mark : entry.left) {
            if (mark.snapshot == anew.snapshot)
                mark = anew;
        }
    }
}

void readPutBack(const QJsonObject &json, JournalStep &step)
{
    const int undo = json.value("undo"_L1).toInt(-1);
    if (undo < 0 || size_t(undo) >= step.undo.size())
        return;
    step.isPuttingBack = !json.value("done"_L1).toBool();
    step.putBack = size_t(undo) + (step.isPuttingBack ? 0 : 1);
    for (Pin &pin : step.pins) {
        if (!step.isPuttingBack && step.undo[size_t(undo)].base == pin.pinned)
            pin.isFreed = true; // it has moved
    }
}

QJsonObject toJson(const XmlBefore &xml)
{
    QJsonArray snapshots;
    for (const auto &[name, text] : xml.snapshots)
        snapshots += QJsonObject{{u"name"_s, name}, {u"xml"_s, QString::fromUtf8(text)}};
    QJsonObject json{{u"domain"_s, QString::fromUtf8(xml.domain)}, {u"current"_s, xml.current}};
    const QByteArray plain = QJsonDocument(snapshots).toJson(QJsonDocument::Compact);
    if (plain.size() <= PlainLimit)
        json.insert(u"snapshots"_s, snapshots);
    else
        json.insert(u"packed"_s, QString::fromLatin1(qCompress(plain).toBase64())); // qUncompress() unpacks it
    return json;
}

namespace {

// A job that ended in the middle has nobody who could have said whether its last step was done.
bool isUnknown(const JournalEntry &entry, const JournalStep &each)
{
    if (!each.isBegun || each.isDone || entry.isPutBack)
        return false;
    const bool wasInterrupted = entry.outcome == Outcome::Failed && entry.error.code == ErrorCode::Cancelled;
    return each.isUnknown || entry.outcome == Outcome::Indeterminate || (wasInterrupted && !isKnowable(each.step.kind))
        || (!entry.outcome && !each.isInterrupted);
}

} // namespace

HistoryEntry toHistory(const JournalEntry &entry)
{
    HistoryEntry history;
    history.entry = entry.entry;
    history.time = entry.time;
    history.domain = entry.domain;
    history.domainName = entry.domainName;
    history.intent = entry.intent;
    history.outcome = entry.outcome;
    history.error = entry.error;
    history.isUndone = entry.isUndone || entry.isPutBack;
    history.undoes = entry.undoes;
    auto least = Undoable::Yes;
    bool hasUndo = false;
    for (const JournalStep &each : entry.steps) {
        history.steps.push_back({each.step,
            isUnknown(entry, each) ? Fact<bool>() : Fact<bool>(each.isDone && !entry.isPutBack && !each.isPutBack())});
        for (const Pin &pin : each.pins) {
            if (!pin.isFreed)
                history.pinned += pin.allocated;
        }
        if (each.mayHaveOverwritten())
            least = Undoable::No;
        if ((!each.isDone && !each.mayBeHalfDone) || each.isPutBack())
            continue;
        hasUndo = hasUndo || !each.undo.empty();
        const bool isHeld = each.isPutBackBegun()
            || std::none_of(each.pins.begin(), each.pins.end(), [](const Pin &pin) { return pin.isFreed; });
        least = std::min(least, isHeld ? each.undoable : Undoable::No);
    }
    // What put something back is itself no more than the past, where it is not in the middle of it.
    if (!hasUndo || history.isUndone || (entry.outcome && !entry.undoes.isEmpty()))
        least = Undoable::No;
    history.undo = least == Undoable::Yes ? HistoryEntry::Undo::Possible
        : least == Undoable::Partly       ? HistoryEntry::Undo::Partly
                                          : HistoryEntry::Undo::No;
    return history;
}

} // namespace treewarden
