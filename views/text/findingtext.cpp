// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/findingtext.h"

#include "views/text/plantext.h"

namespace treewarden {

namespace {

QString filled(const QString &text, const Finding &finding)
{
    return PlanText::filled(text, QStringList{finding.subject} + finding.arguments);
}

} // namespace

// %1 is the subject, %2, %3, ... are the arguments; files are named by their last part.
struct FindingText::Line
{
    const char *id; // "id/first argument" and "id/first argument/memory" (an empty second one) win over "id"
    const char *sentence;
    const char *explanation;
};

std::span<const FindingText::Line> FindingText::lines()
{
    static constexpr Line all[] = {
        // model/guard/judge.h
        {"state-lost", QT_TR_NOOP("“%1” would be lost."), QT_TR_NOOP("Others rely on the same file.")},
        {"state-lost/snapshot", QT_TR_NOOP("“%1” would lose what it keeps of disk %3, in %4."),
            QT_TR_NOOP("Its data lies in a file that this would change or remove. You did not ask for that.")},
        {"state-lost/snapshot/memory", QT_TR_NOOP("“%1” would lose its saved memory."),
            QT_TR_NOOP("Its data lies in a file that this would change or remove. You did not ask for that.")},
        {"state-lost/machine", QT_TR_NOOP("The machine “%1” would lose what it has on disk %3 now, in %4."),
            QT_TR_NOOP("The machine’s present state lies in a file that this would change or remove.")},
        {"state-lost/machine/memory", QT_TR_NOOP("The machine “%1” would lose what it has in memory."),
            QT_TR_NOOP("You did not ask for that.")},
        {"state-lost/next-start", QT_TR_NOOP("The next start of “%1” would find other contents on disk %3, in %4."),
            QT_TR_NOOP("What the machine starts with next is not what it runs on now, and this would change it.")},
        {"state-lost/image", QT_TR_NOOP("%1 would no longer hold what it holds."),
            QT_TR_NOOP(
                "It is an overlay that no machine here uses. Somebody may still need it, and it cannot be read without "
                "its base.")},
        {"damaged-state-changes",
            QT_TR_NOOP("“%1” changes on disk %2: the machine has written into %3, which keeps it."),
            QT_TR_NOOP("It is no longer what it was when it was taken. Another such change cannot damage it much more, "
                       "yet what "
                       "it shows will be different.")},
        {"frozen-would-be-written", QT_TR_NOOP("The machine would write into what “%1” relies on."),
            QT_TR_NOOP("With its next start at the latest the machine would change a file that has to stay as it is.")},
        {"frozen-would-be-written/snapshot",
            QT_TR_NOOP("The machine would write into what “%1” keeps of disk %3, in %4."),
            QT_TR_NOOP("With its next start at the latest the machine would change a file that has to stay as it is.")},
        {"snapshot-lost", QT_TR_NOOP("The snapshot “%1” is gone afterwards."),
            QT_TR_NOOP("Nothing else keeps this state.")},
        {"current-state-lost", QT_TR_NOOP("What is on the disks of “%1” now is gone afterwards."),
            QT_TR_NOOP("Take a snapshot of the current state first to keep it.")},
        {"memory-lost", QT_TR_NOOP("What “%1” has in memory is gone afterwards."),
            QT_TR_NOOP("Open work in its guest is lost, as if its power was cut.")},
        {"saved-state-lost", QT_TR_NOOP("The saved state of “%1” is gone afterwards."),
            QT_TR_NOOP("The machine was saved to disk in the middle of its work; it will boot instead of going on from "
                       "there.")},
        {"not-verified", QT_TR_NOOP("%1 could not be read, so nobody can say what this would do."),
            QT_TR_NOOP("Treewarden does not change what it cannot see. Refresh, or see to it that it can be read.")},
        {"users-unknown", QT_TR_NOOP("“%1” could not be read. It may rely on a file that changes: %2."),
            QT_TR_NOOP("Treewarden does not change a file while it cannot be sure who needs it.")},
    };
    return all;
}

const FindingText::Line *FindingText::find(const QString &id)
{
    for (const Line &line : lines()) {
        if (id == QLatin1String(line.id))
            return &line;
    }
    return nullptr;
}

const FindingText::Line *FindingText::lineOf(const Finding &finding)
{
    if (!finding.arguments.isEmpty()) {
        const QString kind = finding.id + u'/' + finding.arguments.first();
        if (finding.arguments.size() > 1 && finding.arguments[1].isEmpty()) {
            if (const Line *line = find(kind + QLatin1String("/memory")))
                return line;
        }
        if (const Line *line = find(kind))
            return line;
    }
    return find(finding.id);
}

QString FindingText::sentence(const Finding &finding)
{
    if (const Line *line = lineOf(finding))
        return filled(tr(line->sentence), finding);
    return finding.subject.isEmpty() ? finding.id
                                     : tr("%1: %2", "finding, what has it").arg(finding.id, finding.subject);
}

QString FindingText::explanation(const Finding &finding)
{
    const Line *line = lineOf(finding);
    return line && *line->explanation ? filled(tr(line->explanation), finding) : QString();
}

QString FindingText::consent(const Finding &finding)
{
    return tr("I understand: %1", "finding").arg(sentence(finding));
}

bool FindingText::isKnown(const QString &id)
{
    return find(id);
}

QStringList FindingText::ids()
{
    QStringList ids;
    for (const Line &line : lines()) {
        if (!QLatin1String(line.id).contains(QLatin1Char('/')))
            ids += QString::fromLatin1(line.id);
    }
    return ids;
}

QString FindingText::severity(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Allow:
        return tr("Fine");
    case Verdict::Warn:
        return tr("Worth knowing");
    case Verdict::Confirm:
        return tr("Needs your yes");
    case Verdict::Block:
        return tr("Refused");
    }
    Q_UNREACHABLE();
}

} // namespace treewarden
