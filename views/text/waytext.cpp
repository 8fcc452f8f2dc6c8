// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/waytext.h"

#include "views/text/plantext.h"

#include <algorithm>

namespace treewarden {

// %1, %2, ... are the plan's arguments; files are named by their last part.
struct WayText::Line
{
    const char *way; // "intent/way" wins over "way"
    const char *title;
    const char *explanation;
    const char *verb; // empty: the intent's own
};

std::span<const WayText::Line> WayText::lines()
{
    static constexpr Line all[] = {
        {"libvirt", QT_TR_NOOP("libvirt’s own way"), QT_TR_NOOP("One call of libvirt does it."), ""},
        {"branch", QT_TR_NOOP("Go back on a new overlay"),
            QT_TR_NOOP(
                "The machine goes on in a new file on top of the frozen state. Every file that is there now stays as "
                "it is."),
            QT_TR_NOOP("Branch")},
        {"branch-without-memory", QT_TR_NOOP("Go back to the disks alone, on a new overlay"),
            QT_TR_NOOP(
                "The machine goes on in a new file on top of what the snapshot’s disks hold now. Its saved memory is "
                "not used, so the guest boots as after a power cut."),
            QT_TR_NOOP("Go back without memory")},
        {"revert/extract", QT_TR_NOOP("Copy that state out and go on from the copy"),
            QT_TR_NOOP(
                "The snapshot’s contents are copied to a new image, and the machine branches to it. Nothing that is "
                "there now is touched."),
            QT_TR_NOOP("Copy and revert")},
        {"delete/extract", QT_TR_NOOP("Save its contents first, then delete it"),
            QT_TR_NOOP("What others need is copied to new images before anything is removed."),
            QT_TR_NOOP("Save and delete")},
        {"extract", QT_TR_NOOP("Copy the contents out first"),
            QT_TR_NOOP("What others need is copied to new images before anything changes."), QT_TR_NOOP("Copy out")},
        {"merge", QT_TR_NOOP("Merge its files, then take it out of the tree"),
            QT_TR_NOOP(
                "Treewarden merges the overlay itself and then drops the snapshot’s entry. No other state changes."),
            QT_TR_NOOP("Merge")},
        {"describe/libvirt", QT_TR_NOOP("Write the new name into its description"),
            QT_TR_NOOP("The snapshot keeps its name; what is read beside it says the new one."),
            QT_TR_NOOP("Change the description")},
        {"forget", QT_TR_NOOP("Forget the snapshot, keep every file"),
            QT_TR_NOOP("It goes from the tree. No file changes, so no space is freed."), QT_TR_NOOP("Forget it")},
        {"forget-and-remove", QT_TR_NOOP("Forget the snapshot, remove what only it needs"),
            QT_TR_NOOP(
                "It goes from the tree, and so do the files that nothing else relies on. What others need stays."),
            QT_TR_NOOP("Forget and remove")},
        {"extract-and-merge", QT_TR_NOOP("Save the internal snapshots, then merge its files"),
            QT_TR_NOOP(
                "Internal snapshots in its files are copied to images of their own first; then the overlay is merged."),
            QT_TR_NOOP("Save and merge")},
        {"without-quiesce", QT_TR_NOOP("Without asking the guest to hold its writes"),
            QT_TR_NOOP("The disks are kept as after a power cut."), QT_TR_NOOP("Take it without")},
        {"as-internal", QT_TR_NOOP("Take an internal snapshot"), QT_TR_NOOP("It is kept inside the disk image."),
            QT_TR_NOOP("Take internal snapshot")},
        {"as-external", QT_TR_NOOP("Take an external snapshot"),
            QT_TR_NOOP("The image is frozen as it is, and the machine goes on in a new file."),
            QT_TR_NOOP("Take external snapshot")},
        {"drop-saved-state", QT_TR_NOOP("Throw the saved state away first"),
            QT_TR_NOOP("The machine then boots instead of going on from there."), QT_TR_NOOP("Throw away and go on")},
        {"one-by-one", QT_TR_NOOP("Delete the whole branch, with its files"),
            QT_TR_NOOP("In an order in which each deletion is safe by itself; each is judged again before it is done."),
            ""},
        {"uniform", QT_TR_NOOP("Make this tree uniform"),
            QT_TR_NOOP(
                "Step by step, each safe by itself. Afterwards all snapshots are of one kind, and each can be deleted "
                "alone."),
            QT_TR_NOOP("Make uniform")},
        {"leave-tags", QT_TR_NOOP("Leave the internal data where it is"),
            QT_TR_NOOP(
                "The snapshot goes from the tree; its data stays in the image, because others use the same image."),
            QT_TR_NOOP("Leave and delete")},
        {"remove", QT_TR_NOOP("Remove it"), QT_TR_NOOP("Nothing on this host relies on it."), ""},
        {"full", QT_TR_NOOP("Copy the whole disks"),
            QT_TR_NOOP("A new chain begins. It needs none of the backups before it."), QT_TR_NOOP("Back up in full")},
        {"incremental", QT_TR_NOOP("Copy what changed since the last backup"),
            QT_TR_NOOP("The new files rest on those of the last backup."), QT_TR_NOOP("Back up what changed")},
        {"top", QT_TR_NOOP("Copy the layer that the machine writes to"),
            QT_TR_NOOP("What that rests on is not copied: whoever restores it needs that as well, unchanged."),
            QT_TR_NOOP("Back up one layer")},
        {"other-engine", QT_TR_NOOP("Let Treewarden choose who copies"),
            QT_TR_NOOP("libvirt where it can do all that is asked, else QEMU itself."), QT_TR_NOOP("Choose for me")},
        {"backup/without-quiesce", QT_TR_NOOP("Without asking the guest to hold its writes"),
            QT_TR_NOOP("The disks are kept as after a power cut."), QT_TR_NOOP("Back up without")},
        {"undo", QT_TR_NOOP("Put back what was done"),
            QT_TR_NOOP("The steps that were done are taken back, from the last to the first."), QT_TR_NOOP("Undo")},
        {"shut-down-first", QT_TR_NOOP("Shut the machine down first"),
            QT_TR_NOOP("Its guest is asked to shut down, so that nothing in memory is lost; then it is done."),
            QT_TR_NOOP("Shut down and go on")},
    };
    return all;
}

const WayText::Line *WayText::find(const Plan &plan)
{
    static const char *const intents[]
        = {"create", "revert", "delete", "rename", "describe", "policy", "uniform", "power", "remove-orphan", "backup"};
    const QString special = QLatin1String(intents[plan.intent.what.index()]) + u'/' + plan.way;
    const Line *general = nullptr;
    for (const Line &line : lines()) {
        if (special == QLatin1String(line.way))
            return &line;
        if (plan.way == QLatin1String(line.way))
            general = &line;
    }
    return general;
}

bool WayText::isKnown(const QString &way)
{
    for (const Line &line : lines()) {
        if (way == QLatin1String(line.way) || QString::fromLatin1(line.way).section(u'/', 1) == way)
            return true;
    }
    return false;
}

QString WayText::title(const Plan &plan)
{
    const Line *line = find(plan);
    return line ? PlanText::filled(tr(line->title), plan.arguments) : plan.way;
}

QString WayText::explanation(const Plan &plan)
{
    const Line *line = find(plan);
    return line ? PlanText::filled(tr(line->explanation), plan.arguments) : QString();
}

QString WayText::verb(const Plan &plan)
{
    const Line *line = find(plan);
    if (line && *line->verb)
        return tr(line->verb);
    // How many, where the intent does not say.
    const std::vector<Loss> losses = PlanText::losses(plan);
    const auto snapshots = std::count_if(
        losses.begin(), losses.end(), [](const Loss &loss) { return loss.what == Loss::What::Snapshot; });
    if (const auto *erase = std::get_if<DeleteIntent>(&plan.intent.what);
        erase && erase->scope != DeleteIntent::Scope::One && !erase->metadataOnly && snapshots > 1)
        return tr("Delete %n snapshots", nullptr, int(snapshots));
    return plainVerb(plan.intent);
}

QString WayText::plainVerb(const Intent &intent)
{
    if (std::holds_alternative<CreateIntent>(intent.what))
        return tr("Take snapshot");
    if (const auto *revert = std::get_if<RevertIntent>(&intent.what))
        return revert->safetySnapshot.isEmpty() ? tr("Revert") : tr("Snapshot and revert");
    if (const auto *erase = std::get_if<DeleteIntent>(&intent.what))
        return erase->metadataOnly ? tr("Forget") : tr("Delete");
    if (std::holds_alternative<RenameIntent>(intent.what))
        return tr("Rename");
    if (std::holds_alternative<UniformIntent>(intent.what))
        return tr("Make uniform");
    if (const auto *power = std::get_if<PowerIntent>(&intent.what)) {
        switch (power->to) {
        case PowerIntent::To::Start:
            return tr("Start");
        case PowerIntent::To::Pause:
            return tr("Pause");
        case PowerIntent::To::Resume:
            return tr("Resume");
        case PowerIntent::To::ShutDown:
            return tr("Shut down");
        case PowerIntent::To::ForceOff:
            return tr("Force off");
        }
    }
    if (std::holds_alternative<RemoveOrphanIntent>(intent.what))
        return tr("Remove");
    if (std::holds_alternative<BackupIntent>(intent.what))
        return tr("Back up");
    return tr("Save"); // a description, a policy
}

} // namespace treewarden
