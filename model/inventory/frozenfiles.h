// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imagestore.h"
#include "model/domain/domain.h"
#include "model/domain/inventory.h"
#include "model/qcow2/fingerprint.h"

#include <QHash>
#include <QSet>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace treewarden {

// Remembers how files looked when something came to rest on them: the files that external snapshots froze, and those
// below an overlay. qcow2 itself cannot tell that a backing image was changed under its overlay.
//
// A file is noted when it is first read in that role, so right after a job or another program froze it, while no
// machine is defined to write to it. Later readings compare its size and time, and take another fingerprint only where
// these differ. Notes are kept by file and by what rests on it: after a merge other things do.
//
// Kept as one JSON document in the state folder, written whole under a lock, so that several processes may use it; a
// document that cannot be read or written costs notes, nothing else. Not thread-safe; blocks.
class FrozenFiles
{
public:
    using Opener = std::function<Result<std::unique_ptr<ByteSource>>(const QString &path)>;

    // The document; the folder is made when there is something to write. `patience`: new notes are taken for so long in
    // one reading, since there may be thousands at first; the rest in the next. What differs is always looked at.
    explicit FrozenFiles(QString document, std::chrono::milliseconds patience = std::chrono::milliseconds(100));

    // Notes what is new, and fills in Image::outdated.
    void compare(
        const std::vector<std::shared_ptr<const Domain>> &domains, std::vector<Image> &images, const Opener &open);

private:
    struct Note
    {
        Bytes size = 0;
        qint64 modified = 0; // seconds since 1970
        Fingerprint fingerprint;
        QByteArray marks; // of the internal snapshots and bitmaps in it

        bool operator==(const Note &) const = default;
    };
    struct Change
    {
        Note note;
        std::optional<Note> before; // what it replaces, as this process knew it
    };
    void load();
    void save(const QHash<QString, Note> &set, const QStringList &dropped);

    QString m_document;
    std::chrono::milliseconds m_patience;
    bool m_isLoaded = false;
    QHash<QString, Note> m_notes; // by the file and what rests on it
    QHash<QString, Change> m_unsaved; // that the document has not got yet
    QSet<QString> m_unsavedDrops;
};

} // namespace treewarden
