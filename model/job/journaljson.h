// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/journal.h"

#include <QJsonArray>
#include <QJsonObject>

namespace treewarden {

// The records of the journal as JSON. What is missing reads as empty.
QJsonObject toJson(const JournalEntry &entry); // what its intent record holds
JournalEntry entryFromJson(const QJsonObject &intent);
QJsonObject howToJson(const JournalStep &step); // undo and pins
void readHow(const QJsonObject &json, JournalStep &step);
QJsonObject resultToJson(const JournalStep &step);
void readResult(const QJsonObject &json, JournalStep &step);
QJsonArray toJson(const std::vector<DocumentMark> &left);
void readLeft(const QJsonObject &json, JournalEntry &entry); // where the record says so
void readLeftAgain(const QJsonObject &json, JournalEntry &entry); // those alone that it knows of
void readPutBack(const QJsonObject &json, JournalStep &step);
QJsonObject toJson(const XmlBefore &xml);
QJsonObject toJson(const Error &error);
Error errorFromJson(const QJsonObject &json);
std::optional<Outcome> outcomeFromName(const QString &name);

} // namespace treewarden
