// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"
#include "model/item/snapshotfiles.h"
#include "model/item/snapshotmodel.h"
#include "model/item/verdicts.h"

#include <QCoreApplication>

namespace treewarden {

// The words for the rows of a snapshot tree. All is plain text; only toolTip() is rich text, with every name escaped.
class SnapshotText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::SnapshotText)

public:
    static QString columnTitle(SnapshotModel::Column column);
    static QString columnHelp(SnapshotModel::Column column);

    static QString name(const SnapshotItem &item);
    // "External disk and memory", "Tag in disk.qcow2 that libvirt does not know"
    static QString kind(const SnapshotItem &item);
    // What stands below the name.
    static QString secondLine(const SnapshotItem &item, const Fact<Bytes> &onlyHere);
    static QString state(const SnapshotItem &item);
    static QString taken(const SnapshotItem &item, qint64 now);
    static QString onlyHere(const Fact<Bytes> &bytes);
    static QString hidden(int snapshots);
    static QString deletion(const RowVerdict &verdict); // whether it can be deleted, in a sentence
    static QString deletionReason(const RowVerdict &verdict); // the worst finding's; empty: there is none

    static QString toolTip(const SnapshotItem &item, const Fact<Bytes> &onlyHere);
    // One sentence that says the whole row to somebody who cannot see it, and where in the tree it stands.
    static QString spoken(const SnapshotItem &item, const Fact<Bytes> &onlyHere, qint64 now);
    static QString spokenPlace(const SnapshotItem &item, const QString &parent, int row, int rows);

    // "Frozen state of vda: /images/disk.qcow2"
    static QString file(const SnapshotFile &file);

    // What stands in an empty view.
    struct Empty
    {
        QString title;
        QString hint;
        QString detail; // libvirt's or the system's own words, untranslated

        bool operator==(const Empty &) const = default;
    };
    // Instead of a tree, where no machine is chosen. `shown`: the host that is looked at; null: any.
    static Empty noMachine(const Connection *shown);
    static Empty noMatchingMachine(const QString &filter);
    static Empty empty(SnapshotModel::Content content, const Error &why, const QString &filter);
};

} // namespace treewarden
