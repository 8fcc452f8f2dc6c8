// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/problemtext.h"

#include "views/text/errortext.h"

namespace treewarden {

QString ProblemText::sentence(const Problem &problem, const QString &at)
{
    const QString &id = problem.id;
    const QString &subject = problem.subject;
    const QString first = problem.arguments.value(0);
    const QString second = problem.arguments.value(1);

    if (id == QLatin1String("image-missing"))
        return tr("The image of disk %1 is not there: %2. The machine cannot start with it.").arg(first, subject);
    if (id == QLatin1String("missing-backing-image"))
        return tr("%1 rests on %2, which is not there. Without it its contents cannot be read.").arg(first, subject);
    if (id == QLatin1String("backing-chain-loop"))
        return tr("The backing images of %1 lead back to it (by way of %2). No program can read it.")
            .arg(subject, first);
    if (id == QLatin1String("backing-chain-deep"))
        return tr("%1 rests on a chain of %n layer(s). Long chains are slow, and libvirt has a limit.", nullptr,
            first.toInt())
            .arg(subject);
    if (id == QLatin1String("backing-format-missing"))
        return tr("%1 does not record the format of its backing image %2. libvirt then takes it as raw or refuses it.")
            .arg(subject, first);
    if (id == QLatin1String("backing-outside"))
        return tr("The header of %1 names %2, which lies where no machine and no storage pool has any images. Whoever "
                  "made the image chose that file: find out why before you use it.")
            .arg(subject, first);
    if (id == QLatin1String("image-unreadable")) {
        if (problem.why && problem.why->code == ErrorCode::Malformed) {
            const QString &detail = problem.why->detail;
            return tr("%1 is not a valid disk image: it is cut short, damaged or something else%2. What it should hold "
                      "is unknown.")
                .arg(subject, detail.isEmpty() ? QString() : tr(" (%1)", "what the reader found").arg(detail));
        }
        if (problem.why && problem.why->code == ErrorCode::PermissionDenied)
            return tr("%1 may not be read by your user, so what it holds is unknown.").arg(subject);
        if (problem.why && problem.why->code == ErrorCode::NotAnImage)
            return tr("%1 is neither a file nor a block device. Nothing of it can be kept by a snapshot.").arg(subject);
        return tr("%1 could not be looked at: %2. What it holds is unknown.")
            .arg(subject, ErrorText::reason(problem.why.value_or(Error{})));
    }
    if (id == QLatin1String("image-corrupt"))
        return tr("%1 is marked as corrupt. QEMU opens it for reading only; copy what matters and have it checked.")
            .arg(subject);
    if (id == QLatin1String("image-dirty"))
        return tr("%1 was not closed cleanly. QEMU repairs it when it opens it next.").arg(subject);
    if (id == QLatin1String("data-file"))
        return first.isEmpty() ? tr("%1 keeps its contents in a separate data file.").arg(subject)
                               : tr("%1 keeps its contents in a separate data file, %2.").arg(subject, first);
    if (id == QLatin1String("data-file-missing"))
        return tr("%1 keeps its contents in %2, which is not there. Without it nothing can be read.")
            .arg(first, subject);
    if (id == QLatin1String("format-disputed")) {
        QStringList said;
        for (qsizetype i = 0; i + 1 < problem.arguments.size(); i += 2)
            said += tr("“%1” as %2").arg(problem.arguments[i], problem.arguments[i + 1]);
        return tr("%1 is defined in different formats: %2. A machine that writes to it in a wrong one destroys it.")
            .arg(subject, said.join(QLatin1String(", ")));
    }
    if (id == QLatin1String("duplicate-tag"))
        return tr("%1 holds more than one internal snapshot named “%2”. QEMU may take either of them.")
            .arg(first, subject);
    if (id == QLatin1String("bitmap-inconsistent"))
        return tr(
            "The bitmap “%1” in %2 is inconsistent. The next incremental backup that needs it must be a full one.")
            .arg(subject, first);
    if (id == QLatin1String("shared-base-writable"))
        return tr("%1 is the base of %n other machine(s) (%2) and can be written to. Writing damages what lies on it.",
            nullptr, int(problem.arguments.size()))
            .arg(subject, problem.arguments.join(QLatin1String(", ")));
    if (id == QLatin1String("mixed-tree"))
        return tr(
            "This tree mixes internal and external snapshots. libvirt’s own revert and delete can lose data here.");
    if (id == QLatin1String("paused-by-io-error"))
        return tr(
            "“%1” is paused because one of its disks could not be read or written. Most often the file system of the "
            "disk is full: free some space, then let the machine go on.")
            .arg(subject);
    if (id == QLatin1String("frozen-file-in-use") && problem.alsoAt.contains(at))
        return tr("“%1” lies on top of %2, which the machine writes to. What “%1” shows may be garbage.")
            .arg(at, first);
    if (id == QLatin1String("frozen-file-in-use"))
        return tr("The frozen state of “%1” on disk %2 lies in %3, which the machine writes to. Its contents may have "
                  "changed since.")
            .arg(subject, second, first);
    if (id == QLatin1String("frozen-file-changed") && problem.alsoAt.contains(at))
        return problem.severity == Severity::Danger
            ? tr("“%1” lies on top of %2, which is not as it was when “%3” came to rest on it. What “%1” shows may be "
                 "garbage.")
                  .arg(at, first, subject)
            : tr("“%1” lies on top of %2, which was written to since “%3” came to rest on it, though samples of its "
                 "contents are the same.")
                  .arg(at, first, subject);
    if (id == QLatin1String("frozen-file-changed"))
        return problem.severity == Severity::Danger
            ? tr("%1 is not as it was when “%2” came to rest on it. What that shows may be garbage.")
                  .arg(first, subject)
            : tr("%1 was written to since “%2” came to rest on it, though samples of its contents are the same.")
                  .arg(first, subject);
    if (id == QLatin1String("tag-missing"))
        return tr("The data of “%1” on disk %2 is gone: %3 has no such tag.").arg(subject, second, first);
    if (id == QLatin1String("snapshot-file-missing"))
        return tr("The data of “%1” on disk %2 is gone: %3 is not there.").arg(subject, second, first);
    if (id == QLatin1String("memory-file-missing"))
        return tr("The saved memory of “%1” is gone: %2 is not there.").arg(subject, first);
    if (id == QLatin1String("delete-in-progress"))
        return tr(
            "libvirt was interrupted while it deleted “%1” (%n disk(s): %2).", nullptr, int(problem.arguments.size()))
            .arg(subject, problem.arguments.join(QLatin1String(", ")));
    if (id == QLatin1String("snapshot-parent-missing"))
        return tr("“%1” names a parent that does not exist: “%2”. It is shown as a root.").arg(subject, first);
    if (id == QLatin1String("snapshot-parent-loop"))
        return tr("“%1” is its own ancestor by way of “%2”. It is shown as a root.").arg(subject, first);
    return tr("%1: %2", "kind of problem, what has it").arg(id, subject);
}

} // namespace treewarden
