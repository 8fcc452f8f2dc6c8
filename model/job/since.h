// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/undo.h"

namespace treewarden {

// What has become of a job's files and documents since: whether they are still as it left them, or somebody else's.
class Since
{
public:
    Since(const JournalEntry &entry, const JobHost &host, const Draft &now) // which outlive it
        : m_entry(entry)
        , m_host(host)
        , m_before(now)
    {
    }

    // The documents that a step changes which ended in the middle; no other is free to be written over.
    void openDocuments(const JournalStep &each);
    void open(const QStringList &documents);
    // Nobody has changed what the step would write over since the job left it.
    bool isAsLeft(const Step &step) const;

    // Nobody has written to the file since the step made it, or could have: nothing names it.
    bool isAsMade(const QString &path, const JournalStep &step) const;
    // Whether a step after the one that made the file removed it, and it is not there now.
    bool isRemovedAfter(const QString &path, const JournalStep &maker) const;
    // Whether putting back has removed again what a step before this one made, and this one was to remove.
    bool isUnmadeBefore(const JournalStep &removal) const;
    // The machine's, now or when it starts next.
    bool isWritten(const QString &path) const;

    // Whether a tag is a snapshot's that libvirt knows, or the job's.
    bool isClaimed(const DraftImage &image, const QString &tag) const;
    bool isOwnTag(const QString &path, const QString &tag) const;

private:
    bool isNamed(const QString &path) const;
    bool names(const std::shared_ptr<const DomainDefinition> &definition, const QString &path) const;

    const JournalEntry &m_entry;
    const JobHost &m_host;
    const Draft &m_before; // anything that is done now
    QSet<QString> m_open; // documents of which nobody knows what they were like last; as of documentOf()
};

} // namespace treewarden
