// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/builder.h"

namespace treewarden::ways {

// A path beside `like`, named after it and `suffix`, that no file of the draft has and nobody names: "disk.qcow2" and
// "a b" give "disk.a b", "disk.a b-2", ... The same draft gives the same path, so that planning again gives the same
// plan.
QString freePathBeside(const Draft &draft, const QString &like, const QString &suffix);
// For many of them: the files that metadata name, which no step between may change.
QSet<QString> filesNamed(const Draft &draft);
QString freePathBeside(const Draft &draft, const QSet<QString> &named, const QString &like, const QString &suffix);

// What each disk of a snapshot froze, as the draft has it: the image of a tag, or the frozen file.
struct Part
{
    QString target;
    bool isTag = false;
    QString path;
    QString format;
};
std::vector<Part> partsOf(const DraftDomain &domain, const Snapshot &snapshot);

// The images that anybody relies on, whole chains. An overlay that nobody relies on counts only where it was one at
// first already: then another host may run on it; else a plan has just left it behind.
QSet<ImageId> reliedOn(const PlanBuilder &builder);
// The bytes that an image and everything below it take, as far as they are known.
Bytes allocatedInChain(const Draft &draft, const QString &path);
// Removes those of the files that nobody relies on any more, that nothing lies on and that hold no tags. Finding:
// leftover-removed  Confirm  path  bytes: nobody had it before either, so that no owner's loss tells of it
void removeUnclaimed(PlanBuilder &builder, const QStringList &paths);
// The files of a snapshot: overlays that were made with it and on reverting to it, its memory, then its frozen files.
QStringList filesOf(const Snapshot &snapshot);
// The files that the machine writes now.
QStringList topsOf(const DraftDomain &domain);

} // namespace treewarden::ways
