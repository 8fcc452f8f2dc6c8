// SPDX-License-Identifier: GPL-3.0-or-later
// The guard is asked, then plain libvirt is called whatever it said; and what it offers instead of what it blocks is
// run.
#include "tests/walk/prediction.h"
#include "tests/walk/walk.h"
#include "tests/walk/words.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

QString safety(const QString &machine, const QString &name, const Plan &plan)
{
    QString command = u"snapshot-create-as %1 %2"_s.arg(machine, name);
    const auto planned = std::find_if(plan.steps.begin(), plan.steps.end(),
        [](const PlannedStep &each) { return each.step.kind == StepKind::CreateSnapshot; });
    if (planned == plan.steps.end() || !planned->step.has(Step::IsExternal))
        return command;
    const Step &step = planned->step;
    command += step.has(Step::KeepMemory) ? u" --memspec %1,snapshot=external"_s.arg(step.path) : u" --disk-only"_s;
    for (const StepDisk &disk : step.disks)
        command += u" --diskspec %1,snapshot=external,file=%2"_s.arg(disk.target, disk.path);
    return command;
}

// What somebody does in the editor that snapshot-edit opens.
QByteArray editorFor(const Intent &intent)
{
    const auto replacing = [](const QString &name, const QString &text) {
        return u"sed -i 's,<description>.*</description>,,;s,<name>%1</name>,%2,'"_s.arg(name, text).toUtf8();
    };
    if (const auto *rename = std::get_if<RenameIntent>(&intent.what))
        return replacing(rename->snapshot, u"<name>%1</name>"_s.arg(rename->newName));
    if (const auto *describe = std::get_if<DescribeIntent>(&intent.what))
        return replacing(describe->snapshot,
            u"<name>%1</name><description>%2</description>"_s.arg(describe->snapshot, describe->description));
    return {};
}

} // namespace

QStringList Walk::plainCommands(const QString &machine, const Intent &intent, const Plan &plan) const
{
    if (const auto *create = std::get_if<CreateIntent>(&intent.what)) {
        QString command = u"snapshot-create-as %1 %2"_s.arg(machine, create->name);
        if (create->kind != CreateIntent::Kind::External)
            return {command};
        if (create->memory == CreateIntent::Memory::Drop)
            command += u" --disk-only"_s;
        // Where the plan puts them; else where libvirt does.
        const auto step = std::find_if(plan.steps.begin(), plan.steps.end(),
            [](const PlannedStep &planned) { return planned.step.kind == StepKind::CreateSnapshot; });
        if (create->memory == CreateIntent::Memory::Keep) {
            const QString path = step != plan.steps.end()
                ? step->step.path
                : u"%1/w/%2.%3.mem"_s.arg(m_host.folder(), machine, create->name);
            command += u" --memspec %1,snapshot=external"_s.arg(path);
        }
        if (step != plan.steps.end()) {
            for (const StepDisk &disk : step->step.disks)
                command += u" --diskspec %1,snapshot=external,file=%2"_s.arg(disk.target, disk.path);
        }
        return {command};
    }
    if (const auto *revert = std::get_if<RevertIntent>(&intent.what)) {
        QStringList commands;
        if (!revert->safetySnapshot.isEmpty())
            commands << safety(machine, revert->safetySnapshot, plan);
        commands << u"snapshot-revert %1 %2"_s.arg(machine, revert->snapshot);
        if (revert->then == RevertIntent::Then::Start)
            commands.last() += u" --running"_s;
        if (revert->then == RevertIntent::Then::Pause)
            commands.last() += u" --paused"_s;
        return commands;
    }
    if (const auto *rename = std::get_if<RenameIntent>(&intent.what))
        return {u"snapshot-edit %1 %2 --rename"_s.arg(machine, rename->snapshot)};
    if (const auto *describe = std::get_if<DescribeIntent>(&intent.what))
        return {u"snapshot-edit %1 %2"_s.arg(machine, describe->snapshot)};
    if (const auto *deletion = std::get_if<DeleteIntent>(&intent.what)) {
        QString command = u"snapshot-delete %1 %2"_s.arg(machine, deletion->snapshot);
        if (deletion->scope == DeleteIntent::Scope::WithChildren)
            command += u" --children"_s;
        if (deletion->scope == DeleteIntent::Scope::ChildrenOnly)
            command += u" --children-only"_s;
        if (deletion->metadataOnly)
            command += u" --metadata"_s;
        return {command};
    }
    const auto *power = std::get_if<PowerIntent>(&intent.what);
    if (power && power->to == PowerIntent::To::Resume)
        return {u"resume "_s + machine};
    return {(power && power->to == PowerIntent::To::Start ? u"start "_s : u"destroy "_s) + machine};
}

// What its machine would do next.
Result<> Walk::writeEverywhere(const QString &machine, const Sight &sight)
{
    SeenDomain domain = sight.domains.value(machine);
    // Saved memory goes on with the disks that it knew.
    if (domain.isSaved) {
        if (const auto started = m_machines.start(machine); !started)
            return started;
        const auto seen = m_oracle.look({machine});
        if (!seen)
            return failure(seen.error());
        domain = seen->domains.value(machine);
    }
    if (domain.state == "paused"_L1) {
        if (const auto resumed = m_machines.resume(machine); !resumed)
            return resumed;
    }
    for (auto disk = domain.disks.begin(); disk != domain.disks.end(); ++disk) {
        if (const auto written = m_machines.write(
                machine, domain.state != "shut off"_L1, disk.key(), *disk, m_writes % 100, nextPattern());
            !written)
            return written;
    }
    return {};
}

namespace {

// To forget or rename an external snapshot the plan tells libvirt first whom its children descend from, because a plain
// "snapshot-delete --metadata" points them to other files. What was judged is not that call.
bool isMoreThanOneCall(const Plan &plan)
{
    const std::vector<QStringList> commands = commandsOf(plan);
    for (size_t i = 0; i < commands.size(); ++i) {
        const StepKind kind = plan.steps[i].step.kind;
        if ((kind == StepKind::ForgetSnapshot && commands[i].size() > 1) || kind == StepKind::RenameSnapshot)
            return true;
    }
    return false;
}

} // namespace

void Walk::countBlock(const Proposal &proposal)
{
    ++m_figures.blocks;
    if (!proposal.alternatives.empty()) {
        ++m_figures.withAlternative;
        return;
    }
    say(u"  no other way"_s);
    ++m_figures.withoutWay[proposal.plan.findings.empty() ? QString() : proposal.plan.findings.front().id];
}

void Walk::countCrash(const Proposal &proposal)
{
    m_isOver = true;
    ++m_figures.lostByLibvirt;
    ++m_figures.crashes;
    if (proposal.plan.verdict == Verdict::Block) {
        countBlock(proposal);
        return;
    }
    report(u"libvirt's daemon crashed, and the guard said nothing"_s, {});
    ++m_figures.missed;
}

// There is no call of libvirt's for it: what is planned, or offered instead, is run.
Result<> Walk::judgeAlone(const QString &machine, const Intent &intent)
{
    const Proposal proposal = ask(intent);
    ++m_figures.judged;
    if (proposal.plan.verdict == Verdict::Block)
        countBlock(proposal);
    const auto &ways = proposal.alternatives;
    const bool isWay = proposal.plan.verdict != Verdict::Block
        || std::any_of(ways.begin(), ways.end(), [](const Plan &plan) { return !asksTheGuest(plan); });
    return isWay ? obey(machine, intent) : Result<>();
}

Result<> Walk::defy(const QString &machine, const Intent &intent)
{
    if (std::holds_alternative<UniformIntent>(intent.what))
        return judgeAlone(machine, intent);
    const Proposal proposal = ask(intent);
    const Plan &plan = proposal.plan;
    const QStringList commands = plainCommands(machine, intent, plan);
    say(commands.join(u"; "_s));
    say(u"  "_s + describe(plan));
    if (isMoreThanOneCall(plan)) {
        say(u"  not tried: the plan is not this call"_s);
        return {};
    }
    // After this there is no daemon to go on with.
    const bool endsDaemon = std::any_of(plan.findings.begin(), plan.findings.end(),
        [](const Finding &finding) { return finding.id == "no-current-snapshot"_L1; });
    if (endsDaemon) {
        say(u"  not tried: it would end the daemon"_s);
        return judgeAlone(machine, intent);
    }
    const Draft before(m_seen.inventory);
    if (const auto kept = m_machines.keep(); !kept)
        return kept;

    ++m_figures.judged;
    qputenv("EDITOR", editorFor(intent));
    bool isRefused = false;
    for (qsizetype i = 0; i < commands.size() && !isRefused; ++i) {
        const ProcessResult result = m_host.virsh({commands[i]});
        isRefused = result.exitCode != 0;
        if (isRefused)
            say(u"  refused: "_s + QString::fromUtf8(result.error).simplified());
    }
    if (isRefused && !m_host.isAlive()) {
        countCrash(proposal);
        return {};
    }
    auto after = look();
    if (!after)
        return failure(after.error());
    const Truth truth = truthOf(m_seen.sight);
    Truth expected = isRefused ? truth : afterIntent(truth, m_seen.sight, machine, intent);
    std::vector<Missed> lost = missing(expected, after->sight);
    // A machine that went on in the wrong file shows that with its next write.
    if (lost.empty()) {
        const auto written = writeEverywhere(machine, after->sight);
        auto later = look();
        if (!later)
            return failure(later.error());
        expected.machines[machine].current.clear();
        lost = missing(expected, later->sight);
        if (!written)
            lost.push_back({machine, {}, u"cannot be written to: "_s + written.error().detail});
        if (plan.verdict != Verdict::Block && !isRefused) {
            const QStringList surprises = unlikePredicted(before, plan, m_seen.sight, after->sight);
            if (!surprises.isEmpty()) {
                report(u"libvirt does not do what was predicted"_s, surprises);
                ++m_figures.surprises;
            }
        }
        after = std::move(later);
    }

    QStringList details;
    for (const Missed &each : lost)
        details << each.toString();
    if (!lost.empty())
        ++m_figures.lostByLibvirt;
    const bool isBlocked = plan.verdict == Verdict::Block;
    if (isBlocked) {
        countBlock(proposal);
        if (lost.empty() && !isRefused) {
            ++m_figures.harmless;
            say(u"  harmless"_s);
            if (qEnvironmentVariableIsSet("TREEWARDEN_WALK_TALK"))
                report(u"a block where nothing was lost"_s, {describe(plan)});
        }
    } else if (std::any_of(lost.begin(), lost.end(), [&](const Missed &each) { return !isNamed(plan, each); })) {
        report(u"libvirt lost, and the guard said nothing"_s, details);
        ++m_figures.missed;
    }
    if (!details.isEmpty())
        say(u"  lost: "_s + details.join(u"; "_s));
    if (isBlocked || !lost.empty() || isRefused) {
        if (const auto put = putBack(); !put)
            return put;
    } else {
        m_seen = std::move(*after);
    }
    QStringList ways;
    for (const Plan &other : proposal.alternatives) {
        if (!asksTheGuest(other))
            ways += other.way;
    }
    if (!isBlocked || ways.isEmpty())
        return {};
    // One after the other, as the walk meets blocks.
    const QString way = ways[m_figures.blocks % ways.size()];
    if (const auto tried = tryInstead(machine, intent, way); !tried)
        return tried;
    return putBack();
}

Result<> Walk::putBack()
{
    if (const auto put = m_machines.putBack(); !put)
        return put;
    auto seen = look();
    if (!seen)
        return failure(seen.error());
    m_seen = std::move(*seen);
    return {};
}

namespace {

// Beside what has to be there: what the intent is to be rid of, and the machine's state.
QStringList leftUndone(
    const Intent &intent, const Truth::Machine &before, const Truth::Machine &expected, const SeenDomain &after)
{
    QStringList left;
    for (const QString &name : before.snapshots.keys()) {
        if (!expected.snapshots.contains(name) && after.snapshots.contains(name))
            left << name + u" is still listed"_s;
    }
    const auto *revert = std::get_if<RevertIntent>(&intent.what);
    if (revert && after.current != revert->snapshot)
        left << u"current is "_s + after.current;
    if (revert && revert->then == RevertIntent::Then::Start && after.state != "running"_L1)
        left << u"it is "_s + after.state;
    if (revert && revert->then == RevertIntent::Then::Pause && after.state != "paused"_L1)
        left << u"it is "_s + after.state;
    const auto *power = std::get_if<PowerIntent>(&intent.what);
    if (power && (power->to != PowerIntent::To::ForceOff) != (after.state != "shut off"_L1))
        left << u"it is "_s + after.state;
    return left;
}

} // namespace

// The machines are as they were: what was offered is planned again, because a machine that ran was started anew.
Result<> Walk::tryInstead(const QString &machine, const Intent &intent, const QString &way)
{
    const Proposal proposal = ask(intent);
    const auto offered = std::find_if(
        proposal.alternatives.begin(), proposal.alternatives.end(), [&](const Plan &plan) { return plan.way == way; });
    if (offered == proposal.alternatives.end())
        return failure(ErrorCode::Failed, machine, u"%1 is not offered any more"_s.arg(way));
    const auto plan = std::make_shared<const Plan>(*offered);
    say(u"  instead: "_s + describe(*plan));
    QStringList acknowledged;
    for (const Finding &finding : plan->confirmations())
        acknowledged << finding.id;
    const auto confirmed = ConfirmedPlan::confirm(plan, acknowledged);
    if (!confirmed)
        return failure(confirmed.error());

    const Draft before(m_seen.inventory);
    const Truth truth = truthOf(m_seen.sight);
    const auto entry = m_runner.run(*confirmed);
    ++m_figures.triedInstead;
    const auto after = look();
    if (!after)
        return failure(after.error());
    // What is offered may be an intent of its own, which the plan names.
    const Intent &meant = plan->intent;
    if (meant != intent)
        ++m_figures.otherEnds;
    const Truth expected = entry ? afterIntent(truth, m_seen.sight, machine, meant) : truth;
    QStringList lost;
    for (const Missed &each : missing(expected, after->sight)) {
        if (!isNamed(*plan, each))
            lost << each.toString();
    }
    QStringList left = entry
        ? leftUndone(meant, truth.machines[machine], expected.machines[machine], after->sight.domains[machine])
        : QStringList{explain(entry.error())};
    if (!lost.isEmpty()) {
        report(u"what was offered instead lost, and did not say so"_s, lost);
        ++m_figures.losses;
    }
    if (entry)
        checkSafety(machine, meant, after->sight);
    if (!left.isEmpty()) {
        report(u"what was offered instead did not reach its end"_s, left);
        ++m_figures.failures;
    }
    if (lost.isEmpty() && left.isEmpty())
        ++m_figures.reachedInstead;
    const QStringList surprises = entry ? unlikePredicted(before, *plan, m_seen.sight, after->sight) : QStringList();
    if (!surprises.isEmpty()) {
        report(u"what was offered instead is not as predicted"_s, surprises);
        ++m_figures.surprises;
    }
    return {};
}

} // namespace treewarden::test
