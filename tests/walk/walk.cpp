// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/walk.h"

#include "tests/support/qcow2readings.h"
#include "tests/walk/prediction.h"
#include "tests/walk/words.h"

using namespace Qt::StringLiterals;

namespace treewarden::test {

Walk::Walk(const WalkHost &host, quint64 seed, WalkMode mode, WalkRunner runner)
    : m_host(host)
    , m_seed(seed)
    , m_mode(mode)
    , m_runner(std::move(runner))
    , m_dice(seed * 2 + (mode == WalkMode::Defy ? 1 : 0))
    , m_machines(host, host.makeFolder(u"w"_s))
    , m_oracle(host, host.folder() + u"/w"_s)
    , m_reader(host.hypervisor(), host.stores())
{
    m_figures.walks = 1;
}

void Walk::say(const QString &line)
{
    m_history << line;
    if (qEnvironmentVariableIsSet("TREEWARDEN_WALK_TALK"))
        std::fprintf(stderr, "%s\n", line.toUtf8().constData());
}

void Walk::report(const QString &what, const QStringList &details)
{
    QStringList lines{u"seed %1 (%2), operation %3: %4"_s.arg(m_seed)
                          .arg(m_mode == WalkMode::Obey ? u"obey"_s : u"defy"_s)
                          .arg(m_figures.operations)
                          .arg(what)};
    for (const QString &detail : details)
        lines << u"    "_s + detail;
    lines << u"  what was done: "_s + m_machines.description();
    for (const QString &line : std::as_const(m_history))
        lines << u"    "_s + line;
    lines << u"  before the last:"_s;
    for (const QString &line : describe(m_seen.sight))
        lines << u"    "_s + line;
    m_figures.reports << lines.join(u'\n');
}

Result<Walk::Seen> Walk::look()
{
    const auto sight = m_oracle.look(m_machines.names());
    if (!sight)
        return failure(sight.error());
    const auto inventory = m_reader.readAll();
    if (!inventory)
        return failure(inventory.error());
    return Seen{*inventory, *sight};
}

// Whatever the walk made, also in what it did last: our reading of it against qemu-img's.
void Walk::readImages()
{
    const WalkHost::AsOwner owner(m_host);
    ReadImages read = readImagesBelow(m_machines.folder());
    if (read.count == 0)
        read.differences << u"there is no image"_s;
    m_figures.images += read.count;
    m_figures.misread += int(read.differences.size());
    if (!read.differences.isEmpty())
        report(u"an image is not read as qemu-img reads it"_s, read.differences);
}

Result<> Walk::go(int operations)
{
    const auto begin = [&]() -> Result<> {
        if (const auto made = m_machines.make(m_dice); !made)
            return made;
        auto seen = look();
        if (!seen)
            return failure(seen.error());
        m_seen = std::move(*seen);
        return {};
    };
    Result<> going = begin();
    for (int i = 0; going && !m_isOver && i < operations; ++i) {
        ++m_figures.operations;
        const QString machine = m_machines.names()[m_dice.below(int(m_machines.names().size()))];
        if (m_dice.oneIn(5)) {
            going = write(machine);
            continue;
        }
        if (m_dice.oneIn(12)) {
            going = m_dice.oneIn(2) ? attach(machine) : save(machine);
            continue;
        }
        if (m_mode == WalkMode::Obey && m_last && m_dice.oneIn(4)) {
            going = undo();
            continue;
        }
        const std::optional<Intent> intent = choose(machine);
        if (!intent)
            continue;
        going = m_mode == WalkMode::Obey ? obey(machine, *intent) : defy(machine, *intent);
    }
    readImages();
    if (!going) {
        ++m_figures.stopped;
        report(u"the walk could not go on"_s, {explain(going.error())});
    }
    return going;
}

Proposal Walk::ask(const Intent &intent) const
{
    return propose(intent, m_seen.inventory, m_host.surroundings());
}

Result<> Walk::obey(const QString &machine, const Intent &intent)
{
    say(machine + u": "_s + intentWords(intent).join(u' '));
    const Proposal proposal = ask(intent);
    std::shared_ptr<const Plan> plan;
    std::vector<const Plan *> ways;
    for (const Plan &other : proposal.alternatives) {
        if (!asksTheGuest(other))
            ways.push_back(&other);
    }
    const int count = int(ways.size());
    if (count > 0 && (proposal.plan.verdict == Verdict::Block || m_dice.oneIn(3))) {
        plan = std::make_shared<const Plan>(*ways[size_t(m_dice.below(count))]);
        ++m_figures.alternatives;
    } else if (proposal.plan.verdict != Verdict::Block) {
        plan = std::make_shared<const Plan>(proposal.plan);
    }
    if (!plan) {
        say(u"  no way: "_s + describe(proposal.plan));
        ++m_figures.refused;
        return {};
    }
    say(u"  "_s + describe(*plan));
    QStringList acknowledged;
    for (const Finding &finding : plan->confirmations())
        acknowledged << finding.id;
    const auto confirmed = ConfirmedPlan::confirm(plan, acknowledged);
    if (!confirmed)
        return failure(confirmed.error());

    // What is offered may be an intent of its own, which the plan names.
    const Draft before(m_seen.inventory);
    const auto entry = m_runner.run(*confirmed);
    ++m_figures.ran;
    auto seen = look();
    if (!seen)
        return failure(seen.error());
    if (!entry) {
        say(u"  failed: "_s + explain(entry.error()));
        report(u"the job did not reach its end"_s, {explain(entry.error())});
        ++m_figures.failures;
    }
    const Truth truth = truthOf(m_seen.sight);
    QStringList details;
    for (const Missed &lost :
        missing(entry ? afterIntent(truth, m_seen.sight, machine, plan->intent) : truth, seen->sight)) {
        if (!isNamed(*plan, lost))
            details << lost.toString();
    }
    if (!details.isEmpty()) {
        report(u"lost, and not declared"_s, details);
        ++m_figures.losses;
    }
    if (entry) {
        checkSafety(machine, plan->intent, seen->sight);
        const QStringList surprises = unlikePredicted(before, *plan, m_seen.sight, seen->sight);
        if (!surprises.isEmpty()) {
            report(u"not as predicted"_s, surprises);
            ++m_figures.surprises;
        }
        m_last = Done{*entry, truth, m_seen.sight.files.keys()};
    } else {
        m_last.reset();
    }
    m_seen = std::move(*seen);
    return {};
}

// Nobody may have to say yes to its loss: it is there so that nothing is lost.
void Walk::checkSafety(const QString &machine, const Intent &intent, const Sight &after)
{
    const auto *revert = std::get_if<RevertIntent>(&intent.what);
    if (!revert || revert->safetySnapshot.isEmpty())
        return;
    const Contents kept = after.snapshot(machine, revert->safetySnapshot);
    const Contents were = m_seen.sight.current(machine);
    bool isKept = after.isReadable(kept);
    for (auto part = were.begin(); part != were.end(); ++part)
        isKept = isKept && (part.key() == SavedState || kept.value(part.key()) == *part);
    if (isKept) {
        ++m_figures.safeties;
        return;
    }
    report(u"the safety snapshot does not show what was there"_s, {revert->safetySnapshot});
    ++m_figures.losses;
}

Result<> Walk::undo()
{
    const Done last = *std::exchange(m_last, std::nullopt);
    say(u"undo"_s);
    const auto undone = m_runner.undo(last.entry);
    auto seen = look();
    if (!seen)
        return failure(seen.error());
    if (undone) {
        ++m_figures.undone;
        QStringList details;
        for (const Missed &lost : missing(last.before, seen->sight))
            details << lost.toString();
        if (!details.isEmpty()) {
            report(u"undone, and yet lost"_s, details);
            ++m_figures.losses;
        }
    } else {
        say(u"  not undone: "_s + explain(undone.error()));
        // What was not undone has to be as it was.
        QStringList details;
        for (const Missed &lost : missing(truthOf(m_seen.sight), seen->sight))
            details << lost.toString();
        if (!details.isEmpty()) {
            report(u"an undo that was refused lost"_s, details);
            ++m_figures.losses;
        }
    }
    m_seen = std::move(*seen);
    return {};
}

} // namespace treewarden::test
