// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/result.h"

#include <QByteArray>
#include <QXmlStreamReader>

#include <optional>

namespace treewarden {

// What the readers of this folder share. They read UTF-8, as libvirt always sends it, whatever the declaration says;
// a document type is refused before Qt's parser sees it, so there are no entities to expand. A reader that meets a
// fault calls raiseError() and returns; whoever opened the document turns that into an Error.

// Opens the document and stands on its root, which must be named `root` (empty: any name); else raises an error.
void openDocument(QXmlStreamReader &xml, const QByteArray &document, QStringView root);
// Reads what follows the root, and gives Malformed with line, column and remark where anything was wrong.
Result<> closeDocument(QXmlStreamReader &xml);

// The value of an attribute of the element the reader stands on; valid until the next read. Null: not there.
QStringView attribute(const QXmlStreamReader &xml, QStringView name);
// The text of the element the reader stands on; consumes it.
QString elementText(QXmlStreamReader &xml);
// The text of its last child of that name; consumes it.
QString childText(QXmlStreamReader &xml, QStringView child);
// elementText() as a number within the bounds; raises an error where it is none.
qint64 elementNumber(QXmlStreamReader &xml, qint64 minimum, qint64 maximum);
// elementText() as a size with its unit attribute, KiB where that is missing unless `defaultUnit` says otherwise.
Bytes elementBytes(QXmlStreamReader &xml, QStringView defaultUnit = u"KiB");

// `number` times `unit` as libvirt reads it (virScaleInteger): "b", "bytes", "k" and "KiB" = 1024, "KB" = 1000, and so
// on to "E"; case does not matter. Nothing for an unknown unit, for what is no number and for what overflows.
std::optional<Bytes> scaledBytes(QStringView number, QStringView unit);

} // namespace treewarden
