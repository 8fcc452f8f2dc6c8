// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/plantext.h"

#include "model/base/visible.h"
#include "views/text/filetext.h"
#include "views/text/findingtext.h"
#include "views/text/tasktext.h"
#include "views/text/unittext.h"

#include <QLocale>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace treewarden {

namespace {

// A visitor made of lambdas.
template <typename... Parts>
struct Cases : Parts...
{
    using Parts::operator()...;
};
template <typename... Parts>
Cases(Parts...) -> Cases<Parts...>;

// Whose states a blocked plan would take, from its findings.
struct Victims
{
    QStringList snapshots;
    QStringList machines;
    QStringList images;
    QStringList files; // that they lie in

    explicit Victims(const Plan &plan, const QString &path = {})
    {
        for (const Finding &finding : plan.findings) {
            if (finding.id != QLatin1String("state-lost") && finding.id != QLatin1String("frozen-would-be-written"))
                continue;
            const QString file = finding.arguments.value(2);
            if (!path.isEmpty() && file != path)
                continue;
            const QString kind = finding.arguments.value(0);
            if (kind == QLatin1String("snapshot"))
                snapshots += finding.subject;
            else if (kind == QLatin1String("image"))
                images += PlanText::shown(finding.subject);
            else
                machines += finding.subject;
            if (!file.isEmpty())
                files += PlanText::shown(file);
        }
        for (QStringList *names : {&snapshots, &machines, &images, &files})
            names->removeDuplicates();
    }
    bool isEmpty() const { return snapshots.isEmpty() && machines.isEmpty() && images.isEmpty(); }
};

// Its entry goes, its data stays.
bool isForgotten(const Plan &plan, const Loss &loss)
{
    const auto keeper = size_t(loss.keptBy);
    return loss.keptBy >= 0 && keeper < plan.steps.size() && plan.steps[keeper].step.kind == StepKind::ForgetSnapshot;
}

QString some(const QStringList &names)
{
    return FileText::some(names.mid(0, FileText::Named), int(names.size()));
}

} // namespace

bool PlanText::isUndo(const Plan &plan)
{
    return plan.way == QLatin1String("undo");
}

QString PlanText::shown(const QString &pathOrName)
{
    return visible(pathOrName.startsWith(u'/') ? pathOrName.section(u'/', -1) : pathOrName);
}

QString PlanText::filled(const QString &text, const QStringList &arguments)
{
    static const QRegularExpression place(QStringLiteral("%([blp]?)([1-9])"));
    QString said;
    qsizetype done = 0;
    for (auto match = place.globalMatch(text); match.hasNext();) {
        const QRegularExpressionMatch found = match.next();
        const int number = found.capturedView(2).toInt() - 1;
        const QString argument = arguments.value(number);
        said += QStringView(text).mid(done, found.capturedStart() - done);
        const QStringView form = found.capturedView(1);
        said += form == u'b' ? UnitText::bytes(argument.toULongLong())
            : form == u'l'   ? visible(some(arguments.mid(number)))
            : form == u'p'   ? visible(argument)
                             : shown(argument);
        done = found.capturedEnd();
    }
    return said + QStringView(text).mid(done);
}

QString PlanText::windowTitle(const Intent &intent)
{
    return std::visit(Cases{
                          [](const CreateIntent &) { return tr("New snapshot"); },
                          [](const RevertIntent &) { return tr("Revert"); },
                          [](const DeleteIntent &what) {
                              if (what.metadataOnly)
                                  return tr("Take out of the tree");
                              return what.scope == DeleteIntent::Scope::One ? tr("Delete snapshot")
                                                                            : tr("Delete snapshots");
                          },
                          [](const RenameIntent &) { return tr("Rename snapshot"); },
                          [](const DescribeIntent &) { return tr("Describe snapshot"); },
                          [](const PolicyIntent &) { return tr("Kind of snapshots"); },
                          [](const UniformIntent &) { return tr("Make uniform"); },
                          [](const PowerIntent &) { return tr("Power"); },
                          [](const RemoveOrphanIntent &) { return tr("Remove what is left over"); },
                          [](const BackupIntent &) { return tr("Back up"); },
                      },
        intent.what);
}

QString PlanText::title(const Plan &plan, const QString &machine)
{
    const bool blocked = plan.verdict == Verdict::Block;
    if (isUndo(plan)) {
        const QString what = TaskText::what(intentWords(plan.intent));
        return blocked ? tr("This cannot be undone on %1: %2", "machine, what").arg(machine, what)
                       : tr("Undo this on %1: %2?", "machine, what").arg(machine, what);
    }
    return std::visit(
        Cases{
            [&](const CreateIntent &what) {
                return blocked ? tr("This snapshot cannot be taken")
                               : tr("Take the snapshot “%1” of %2?").arg(what.name, machine);
            },
            [&](const RevertIntent &what) {
                return blocked ? tr("%1 cannot be reverted to “%2” this way").arg(machine, what.snapshot)
                               : tr("Revert %1 to “%2”?").arg(machine, what.snapshot);
            },
            [&](const DeleteIntent &what) {
                switch (what.scope) {
                case DeleteIntent::Scope::WithChildren:
                    if (what.metadataOnly)
                        return blocked ? tr("“%1” and what follows cannot be taken out of the tree").arg(what.snapshot)
                                       : tr("Take “%1” and all that follows out of the tree?").arg(what.snapshot);
                    return blocked ? tr("“%1” and what follows cannot be deleted this way").arg(what.snapshot)
                                   : tr("Delete “%1” and all that follows it?").arg(what.snapshot);
                case DeleteIntent::Scope::ChildrenOnly:
                    if (what.metadataOnly)
                        return blocked ? tr("What follows “%1” cannot be taken out of the tree").arg(what.snapshot)
                                       : tr("Take all that follows “%1” out of the tree?").arg(what.snapshot);
                    return blocked ? tr("What follows “%1” cannot be deleted this way").arg(what.snapshot)
                                   : tr("Delete all that follows “%1”?").arg(what.snapshot);
                case DeleteIntent::Scope::One:
                    break;
                }
                if (what.metadataOnly)
                    return blocked ? tr("“%1” cannot be taken out of the tree").arg(what.snapshot)
                                   : tr("Take “%1” out of the tree?").arg(what.snapshot);
                return blocked ? tr("“%1” cannot be deleted this way").arg(what.snapshot)
                               : tr("Delete “%1”?").arg(what.snapshot);
            },
            [&](const RenameIntent &what) {
                return blocked ? tr("“%1” cannot be renamed").arg(what.snapshot)
                               : tr("Rename “%1”?").arg(what.snapshot);
            },
            [&](const DescribeIntent &what) {
                return blocked ? tr("“%1” cannot be described").arg(what.snapshot)
                               : tr("Describe “%1”").arg(what.snapshot);
            },
            [&](const PolicyIntent &) {
                return blocked ? tr("This cannot be kept for %1").arg(machine)
                               : tr("Change which kind of snapshots %1 gets?").arg(machine);
            },
            [&](const UniformIntent &what) {
                if (blocked)
                    return tr("The snapshots of %1 cannot be made uniform").arg(machine);
                return what.kind == SnapshotKind::External ? tr("Make every snapshot of %1 external?").arg(machine)
                                                           : tr("Make every snapshot of %1 internal?").arg(machine);
            },
            [&](const PowerIntent &what) {
                switch (what.to) {
                case PowerIntent::To::Start:
                    return blocked ? tr("%1 cannot be started").arg(machine) : tr("Start %1?").arg(machine);
                case PowerIntent::To::Pause:
                    return blocked ? tr("%1 cannot be paused").arg(machine) : tr("Pause %1?").arg(machine);
                case PowerIntent::To::Resume:
                    return blocked ? tr("%1 cannot be resumed").arg(machine) : tr("Resume %1?").arg(machine);
                case PowerIntent::To::ShutDown:
                    return blocked ? tr("%1 cannot be shut down").arg(machine) : tr("Shut %1 down?").arg(machine);
                case PowerIntent::To::ForceOff:
                    return blocked ? tr("%1 cannot be forced off").arg(machine) : tr("Force %1 off?").arg(machine);
                }
                Q_UNREACHABLE();
            },
            [&](const RemoveOrphanIntent &what) {
                if (what.tag.isEmpty())
                    return blocked ? tr("%1 cannot be removed this way", "file").arg(shown(what.path))
                                   : tr("Remove %1?", "file").arg(shown(what.path));
                return blocked ? tr("The tag “%1” cannot be removed this way").arg(what.tag)
                               : tr("Remove the tag “%1” from %2?").arg(what.tag, shown(what.path));
            },
            [&](const BackupIntent &what) {
                return blocked ? tr("%1 cannot be backed up this way", "machine").arg(machine)
                               : tr("Back up %1 to %2?", "machine, folder").arg(machine, visible(what.directory));
            },
        },
        plan.intent.what);
}

QString PlanText::summary(const Plan &plan)
{
    const auto worst = std::find_if(plan.findings.begin(), plan.findings.end(),
        [&plan](const Finding &finding) { return finding.severity == plan.verdict; });
    if (plan.verdict == Verdict::Block) {
        const Victims victims(plan);
        if (!victims.isEmpty()) {
            QStringList parts;
            if (!victims.snapshots.isEmpty())
                parts += victims.snapshots.size() == 1 ? tr("the snapshot “%1”").arg(victims.snapshots.first())
                                                       : tr("%n snapshots", nullptr, int(victims.snapshots.size()));
            if (!victims.machines.isEmpty())
                parts += victims.machines.size() == 1
                    ? tr("the present state of %1").arg(victims.machines.first())
                    : tr("the present state of %n machines", nullptr, int(victims.machines.size()));
            if (!victims.images.isEmpty())
                parts += tr("%n overlay(s)", nullptr, int(victims.images.size()));
            const QString lost = parts.join(tr(" and ", "between what would be lost"));
            return victims.files.isEmpty()
                ? tr("It would damage %1.", "what would be lost").arg(lost)
                : tr("It would take %1, and with it %2.", "files; what would be lost").arg(some(victims.files), lost);
        }
        return worst == plan.findings.end() ? tr("Treewarden does not do this.") : FindingText::sentence(*worst);
    }
    const auto isGone = [](const Loss &loss) { return loss.keptBy < 0; };
    const std::vector<Loss> all = losses(plan);
    const auto gone = std::count_if(all.begin(), all.end(), isGone);
    const bool isKept = qsizetype(all.size()) > gone;
    const bool onlyForgets
        = std::all_of(all.begin(), all.end(), [&plan](const Loss &loss) { return isForgotten(plan, loss); });
    if (gone > 0) {
        const auto first = std::find_if(all.begin(), all.end(), isGone);
        const QString lost = gone == 1 ? tr("Lost: %1.").arg(loss(*first))
                                       : tr("Lost: %1 and %n more.", nullptr, int(gone) - 1).arg(loss(*first));
        return isKept ? tr("%1 The rest is kept.").arg(lost) : lost;
    }
    if (plan.verdict == Verdict::Confirm && worst != plan.findings.end())
        return isKept ? tr("%1 What goes is kept first.", "finding").arg(FindingText::sentence(*worst))
                      : FindingText::sentence(*worst);
    if (isKept)
        return onlyForgets ? tr("No data is lost: its files stay.") : tr("Nothing is lost: what goes is kept first.");
    const auto remarks = std::count_if(plan.findings.begin(), plan.findings.end(),
        [](const Finding &finding) { return finding.severity == Verdict::Warn; });
    return remarks > 0 ? tr("Nothing is lost. %n thing(s) are worth knowing before.", nullptr, int(remarks))
                       : nothingLost();
}

QString PlanText::spokenVerdict(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Allow:
        return tr("Safe");
    case Verdict::Warn:
        return tr("Safe, with a remark");
    case Verdict::Confirm:
        return tr("Needs your yes");
    case Verdict::Block:
        return tr("Refused");
    }
    Q_UNREACHABLE();
}

QString PlanText::happens(const Plan &plan, const Host &host)
{
    if (plan.verdict != Verdict::Block)
        return tr("What will happen");
    if (plan.way != QLatin1String("libvirt"))
        return tr("What it would do");
    return tr("What libvirt %1 would do")
        .arg(QStringLiteral("%1.%2.%3").arg(host.libvirt.major).arg(host.libvirt.minor).arg(host.libvirt.release));
}

bool PlanText::takesFirst(const Plan &plan)
{
    const auto *revert = std::get_if<RevertIntent>(&plan.intent.what);
    return revert && plan.verdict == Verdict::Block && !revert->safetySnapshot.isEmpty() && !isUndo(plan)
        && !plan.steps.empty() && plan.steps.front().step.kind == StepKind::CreateSnapshot;
}

QString PlanText::happensFirst()
{
    return tr("What Treewarden would do first, to keep the current state");
}

std::vector<Loss> PlanText::losses(const Plan &plan)
{
    std::vector<Loss> all;
    for (const Loss &loss : plan.losses) {
        const auto same = std::find_if(all.begin(), all.end(), [&](const Loss &other) {
            return other.what == loss.what && other.subject == loss.subject && other.keptBy == loss.keptBy
                && (loss.what != Loss::What::OtherState || other.path == loss.path);
        });
        if (same == all.end())
            all.push_back(loss);
        else if (same->bytes.isKnown() && loss.bytes.isKnown())
            same->bytes = *same->bytes + *loss.bytes;
        else if (same->bytes.isAbsent() || loss.bytes.isUnknown())
            same->bytes = loss.bytes;
    }
    return all;
}

QString PlanText::loss(const Loss &loss)
{
    switch (loss.what) {
    case Loss::What::CurrentState:
        return tr("what is on the disks of “%1” now").arg(loss.subject);
    case Loss::What::Memory:
        return tr("what “%1” has in memory now").arg(loss.subject);
    case Loss::What::SnapshotMemory:
        return tr("the memory that was saved with “%1”").arg(loss.subject);
    case Loss::What::Snapshot:
        return tr("the state that “%1” keeps").arg(loss.subject);
    case Loss::What::SavedState:
        return tr("the saved state of “%1”").arg(loss.subject);
    case Loss::What::OtherState:
        return loss.path.isEmpty() || shown(loss.path) == shown(loss.subject)
            ? tr("what “%1” holds").arg(shown(loss.subject))
            : tr("what “%1” holds, in %2").arg(shown(loss.subject), shown(loss.path));
    }
    Q_UNREACHABLE();
}

QString PlanText::lossSize(const Loss &loss)
{
    if (loss.bytes.isKnown())
        return UnitText::bytes(*loss.bytes);
    return loss.bytes.isUnknown() ? tr("size unknown") : QString();
}

QString PlanText::fate(const Plan &plan, const Loss &loss)
{
    if (isForgotten(plan, loss))
        return tr("its files stay");
    return loss.keptBy < 0 ? tr("lost") : tr("kept by step %1").arg(QLocale().toString(loss.keptBy + 1));
}

QString PlanText::nothingLost()
{
    return tr("Nothing is lost.");
}

QString PlanText::stays(const Plan &plan, const Domain &machine)
{
    const bool reverts = std::holds_alternative<RevertIntent>(plan.intent.what);
    if (plan.verdict == Verdict::Block || isUndo(plan) || !machine.snapshots.isKnown()
        || !(reverts || std::holds_alternative<DeleteIntent>(plan.intent.what)))
        return {};
    QSet<QString> touched;
    bool isCurrentLost = false;
    for (const Loss &loss : plan.losses) {
        isCurrentLost = isCurrentLost || loss.what == Loss::What::CurrentState;
        touched += loss.subject;
    }
    for (const Finding &finding : plan.findings) {
        if (finding.severity >= Verdict::Confirm)
            touched += finding.subject;
    }
    int others = 0;
    for (int node = 0; node < machine.snapshots->size(); ++node)
        others += touched.contains(machine.snapshots->at(node).name) ? 0 : 1;
    QStringList parts;
    if (!isCurrentLost && !touched.contains(machine.name))
        parts += tr("what is on the disks of “%1” now").arg(machine.name);
    if (others > 0)
        parts += reverts ? tr("%n snapshot(s), as they are", nullptr, others)
                         : tr("%n other snapshot(s)", nullptr, others);
    return parts.join(tr(" and ", "between what stays"));
}

QString PlanText::neededBy(const Plan &plan, const Effect &effect)
{
    if (effect.path.isEmpty())
        return {};
    const Victims victims(plan, effect.path);
    QStringList names = victims.snapshots + victims.images;
    for (const QString &machine : victims.machines)
        names += tr("the machine “%1” itself").arg(machine);
    return names.isEmpty() ? QString() : tr("needed by %1").arg(some(names));
}

QString PlanText::space(const QString &folder, Bytes bytes, const Inventory &inventory)
{
    const FileSystem *where = inventory.fileSystemOf(folder);
    const QString needed = UnitText::bytes(bytes);
    if (!where || !where->free.isKnown())
        return tr("Needs %1 in %2").arg(needed, folder);
    return tr("Needs %1 in %2, where %3 are free").arg(needed, folder, UnitText::bytes(*where->free));
}

} // namespace treewarden
