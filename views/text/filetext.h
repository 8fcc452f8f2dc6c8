// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/assessment.h"
#include "model/guard/nvramcopies.h"

#include <QCoreApplication>

#include <optional>

namespace treewarden {

// What the details panel says about files, tags and layers.
class FileText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::FileText)

public:
    static QString filesOf(const QString &target); // "Files of vda"
    static QString tagOf(const QString &target);
    static QString disk(const QString &target);
    static QString layersOf(const QString &target); // an empty target: "Disk layers"
    static QString frozenState();
    static QString whatCameAfter();
    static QString tagTitle(const QString &name);
    static QString memoryHeading();
    static QString memoryTitle();
    static QString nvramHeading();
    static QString nvramTitle();
    static QString nvramCopyTitle();
    static QString nvramKept(const Fact<NvramKept> &kept);
    static QString tpmHeading();
    static QString tpmKept(bool isKept);
    static QString inUseNow();
    static QString itsFile();

    static QString taken(qint64 created, qint64 now); // "Taken 12 days ago (3/4/26, 9:12 AM)"
    static QString isCurrent();
    static QString size(const Image &image); // "900 MiB of 20 GiB, qcow2"
    static QString unknown(const Error &why);
    static QString missing();
    static QString loop();
    static QString tooDeep();
    static QString notLookedAt();
    static QString tag(const Tag &tag);
    static QString noSuchTag();
    static QString frozenNotRecorded();
    static QString manualDisk(const QString &target);
    static QString share(const std::optional<Fact<Bytes>> &measured);
    static QString whyNotMeasured(); // of a machine that runs
    static QString snapshotsUnknown(const Error &why);
    static QString definitionUnknown(const Error &why);
    static QString noDefinition();
    static QString moreProblems(int count);

    // Sentences on who else relies on a file, most important first.
    static QStringList owners(const std::vector<ClaimRef> &claims, const DomainId &here);

    static QString inUseNowMark();
    static QString startsWithMark();
    static QStringList layerFacts(const Image &image); // size, tags
    static QStringList layerOwners(const std::vector<ClaimRef> &claims, const DomainId &here);
    static QString otherOverlays(int count);

    // The most that are named in one sentence.
    static constexpr int Named = 4;
    // "a, b, c, d and 4 more": the first of `count` names.
    static QString folderNotOpened(const QString &folder);
    static QString some(const QStringList &first, int count);
};

} // namespace treewarden
