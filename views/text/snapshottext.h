// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotfiles.h"
#include "model/item/snapshotmodel.h"

// The words for the rows of a snapshot tree. All is plain text; only toolTip() is rich text, with every name escaped.
namespace treewarden::text {

QString columnTitle(SnapshotModel::Column column);
QString columnHelp(SnapshotModel::Column column);

QString name(const SnapshotItem &item);
// "External disk and memory", "Tag in disk.qcow2 that libvirt does not know"
QString kind(const SnapshotItem &item);
// What stands below the name.
QString secondLine(const SnapshotItem &item, const Fact<Bytes> &onlyHere);
QString state(const SnapshotItem &item);
QString taken(const SnapshotItem &item, qint64 now);
QString onlyHere(const Fact<Bytes> &bytes);
QString hidden(int snapshots);

QString toolTip(const SnapshotItem &item, const Fact<Bytes> &onlyHere);
// One sentence that says the whole row to somebody who cannot see it, and where in the tree it stands.
QString spoken(const SnapshotItem &item, const Fact<Bytes> &onlyHere, qint64 now);
QString spokenPlace(const SnapshotItem &item, const QString &parent, int row, int rows);

// "Frozen state of vda: /images/disk.qcow2"
QString file(const SnapshotFile &file);

// What stands in an empty view.
struct EmptyText
{
    QString title;
    QString hint;
    QString detail; // libvirt's or the system's own words, untranslated
};
EmptyText empty(SnapshotModel::Content content, const Error &why, const QString &filter);

} // namespace treewarden::text
