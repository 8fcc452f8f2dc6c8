// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/walk.h"

#include "tests/walk/prediction.h"

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

QString explain(const Error &error)
{
    return u"%1: %2"_s.arg(error.subject, error.detail.simplified());
}

QString describe(const Plan &plan)
{
    QStringList parts;
    for (const Finding &finding : plan.findings)
        parts << u"%1 %2@%3"_s.arg(verdictName(finding.severity), finding.id, finding.subject);
    QStringList steps;
    for (const PlannedStep &planned : plan.steps) {
        QStringList words{stepName(planned.step.kind), planned.step.name, planned.step.path.section(u'/', -1),
            planned.step.base.section(u'/', -1)};
        for (const StepDisk &disk : planned.step.disks)
            words << disk.target + u'=' + disk.path.section(u'/', -1)
                    + (disk.base.isEmpty() ? QString() : u'<' + disk.base.section(u'/', -1));
        words.removeAll(QString());
        steps << words.join(u' ');
    }
    return u"way %1, %2 [%3] {%4}"_s.arg(plan.way, verdictName(plan.verdict), parts.join(u", "_s), steps.join(u"; "_s));
}

// Files, snapshots and machines, so that a report can be read without the walk.
QStringList describe(const Sight &sight)
{
    QStringList lines;
    for (auto domain = sight.domains.begin(); domain != sight.domains.end(); ++domain) {
        QStringList disks;
        for (auto disk = domain->disks.begin(); disk != domain->disks.end(); ++disk)
            disks << disk.key() + u'=' + disk->section(u'/', -1);
        lines << u"%1 (%2) on %3, current %4"_s.arg(
            domain.key(), domain->state, disks.join(u' '), domain->current.isEmpty() ? u"-"_s : domain->current);
        for (auto snapshot = domain->snapshots.begin(); snapshot != domain->snapshots.end(); ++snapshot) {
            QStringList parts;
            for (auto disk = snapshot->disks.begin(); disk != snapshot->disks.end(); ++disk)
                parts << u"%1 %2 %3"_s.arg(
                    disk.key(), disk->isExternal ? u"froze"_s : u"tag in"_s, disk->path.section(u'/', -1));
            lines << u"  %1 after %2, memory %3: %4"_s.arg(snapshot.key(),
                snapshot->parent.isEmpty() ? u"-"_s : snapshot->parent, snapshot->memory, parts.join(u", "_s));
        }
    }
    for (auto file = sight.files.begin(); file != sight.files.end(); ++file) {
        lines << u"  %1 on %2 tags [%3] %4"_s.arg(file.key().section(u'/', -1),
            file->backing.isEmpty() ? u"-"_s : file->backing.section(u'/', -1), file->tags.keys().join(u' '),
            QString::fromLatin1(file->shown));
    }
    return lines;
}

} // namespace

void WalkFigures::add(const WalkFigures &other)
{
    QHash<QByteArray, int> numbers;
    forEach(other, [&](const char *name, int number) { numbers.insert(name, number); });
    forEach(*this, [&](const char *name, int &number) { number += numbers.value(name); });
    reports += other.reports;
}

QJsonObject WalkFigures::toJson() const
{
    QJsonObject json;
    forEach(*this, [&](const char *name, int number) { json.insert(QLatin1StringView(name), number); });
    return json;
}

WalkFigures WalkFigures::fromJson(const QJsonObject &json)
{
    WalkFigures figures;
    forEach(figures, [&](const char *name, int &number) { number = json.value(QLatin1StringView(name)).toInt(); });
    return figures;
}

QString WalkFigures::table() const
{
    const auto share = [](int part, int whole) {
        return whole > 0 ? u"%1 (%2 %)"_s.arg(part).arg(100.0 * part / whole, 0, 'f', 1) : QString::number(part);
    };
    const std::vector<std::pair<QString, QString>> rows = {
        {u"walks"_s, QString::number(walks)},
        {u"  that could not go on"_s, QString::number(stopped)},
        {u"operations"_s, QString::number(operations)},
        {u"plans run, guard obeyed"_s, QString::number(ran)},
        {u"  of them another way than libvirt's"_s, QString::number(alternatives)},
        {u"  undone again"_s, QString::number(undone)},
        {u"  refused, no other way"_s, QString::number(refused)},
        {u"  losses that were not declared"_s, QString::number(losses)},
        {u"  jobs that did not reach their end"_s, QString::number(failures)},
        {u"effects unlike predicted"_s, QString::number(surprises)},
        {u"losses by plain libvirt, guard defied"_s, QString::number(lostByLibvirt)},
        {u"  missed by the guard"_s, QString::number(missed)},
        {u"  blocks"_s, QString::number(blocks)},
        {u"  blocks where nothing would have been lost"_s, share(harmless, operations)},
        {u"  blocks with another way"_s, share(withAlternative, blocks)},
    };
    QString text;
    for (const auto &[name, value] : rows)
        text += name.leftJustified(46) + value + u'\n';
    return text;
}

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

// None that the machines began with, nor one that lies there from another write of late.
int Walk::nextPattern()
{
    constexpr int First = 16;
    return First + m_writes++ % 150;
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
    for (int i = 0; going && i < operations; ++i) {
        ++m_figures.operations;
        if (m_dice.oneIn(5)) {
            going = write();
            continue;
        }
        if (m_mode == WalkMode::Obey && m_last && m_dice.oneIn(4)) {
            going = undo();
            continue;
        }
        const QString machine = m_machines.names()[m_dice.below(int(m_machines.names().size()))];
        const std::optional<Intent> intent = choose(machine);
        if (!intent)
            continue;
        going = m_mode == WalkMode::Obey ? obey(machine, *intent) : defy(machine, *intent);
    }
    if (!going) {
        ++m_figures.stopped;
        report(u"the walk could not go on"_s, {explain(going.error())});
    }
    return going;
}

QString Walk::chooseSnapshot(const SeenDomain &domain)
{
    const QStringList names = domain.snapshots.keys();
    return names.isEmpty() ? QString() : names[m_dice.below(int(names.size()))];
}

std::optional<Intent> Walk::choose(const QString &machine)
{
    const SeenDomain domain = m_seen.sight.domains.value(machine);
    DomainId id;
    for (const auto &each : m_seen.inventory->domains) {
        if (each->name == machine)
            id = each->uuid;
    }
    const bool isOn = domain.state != "shut off"_L1;
    const int roll = m_dice.below(100);
    const QString name = u"s%1"_s.arg(++m_names);
    if (roll < 40 || domain.snapshots.isEmpty()) {
        CreateIntent create{.name = name};
        const int kind = m_dice.below(10);
        create.kind = kind < 5 ? CreateIntent::Kind::Internal : CreateIntent::Kind::External;
        create.memory = kind >= 8 && isOn ? CreateIntent::Memory::Keep
            : kind >= 5                   ? CreateIntent::Memory::Drop
                                          : CreateIntent::Memory::Auto;
        return Intent{id, create};
    }
    if (roll < 60)
        return Intent{id, RevertIntent{.snapshot = chooseSnapshot(domain)}};
    if (roll < 84) {
        DeleteIntent deletion{.snapshot = chooseSnapshot(domain)};
        const int scope = m_dice.below(10);
        if (scope == 0)
            deletion.scope = DeleteIntent::Scope::WithChildren;
        else if (scope == 1)
            deletion.scope = DeleteIntent::Scope::ChildrenOnly;
        else if (scope == 2)
            deletion.metadataOnly = true;
        if (deletion.scope == DeleteIntent::Scope::ChildrenOnly && descendants(domain, deletion.snapshot).isEmpty())
            deletion.scope = DeleteIntent::Scope::One;
        return Intent{id, deletion};
    }
    if (roll < 88 && m_mode == WalkMode::Obey) {
        if (m_dice.oneIn(3))
            return Intent{id, UniformIntent{m_dice.oneIn(2) ? SnapshotKind::Internal : SnapshotKind::External}};
        if (m_dice.oneIn(2))
            return Intent{id, RenameIntent{chooseSnapshot(domain), name}};
        return Intent{id, DescribeIntent{chooseSnapshot(domain), u"text "_s + name}};
    }
    return Intent{id, PowerIntent{isOn ? PowerIntent::To::ForceOff : PowerIntent::To::Start}};
}

// Whoever works in a machine writes to its disks; that is nobody's loss but by an earlier mistake.
Result<> Walk::write()
{
    const QString machine = m_machines.names()[m_dice.below(int(m_machines.names().size()))];
    const SeenDomain domain = m_seen.sight.domains.value(machine);
    const QStringList targets = domain.disks.keys();
    const QString target = targets[m_dice.below(int(targets.size()))];
    const int block = m_dice.below(100);
    say(u"write %1 %2 block %3"_s.arg(machine, target).arg(block));
    if (const auto written
        = m_machines.write(machine, domain.state != "shut off"_L1, target, domain.disks[target], block, nextPattern());
        !written)
        return written;
    auto seen = look();
    if (!seen)
        return failure(seen.error());
    Truth expected = truthOf(m_seen.sight);
    const QByteArray old = expected.machines[machine].current.take(target);
    if (seen->sight.current(machine).value(target) == old)
        return failure(ErrorCode::Failed, machine, u"a write is not seen: the oracle is blind"_s);
    const std::vector<Missed> lost = missing(expected, seen->sight);
    if (!lost.empty()) {
        QStringList details;
        for (const Missed &each : lost)
            details << each.toString();
        report(u"a write into a machine's own disk lost"_s, details);
        ++(m_mode == WalkMode::Obey ? m_figures.losses : m_figures.missed);
    }
    m_seen = std::move(*seen);
    m_last.reset();
    return {};
}

Proposal Walk::ask(const Intent &intent) const
{
    return propose(intent, m_seen.inventory, m_host.surroundings());
}

namespace {

bool isNamed(const Plan &plan, const Missed &lost)
{
    const QString subject = lost.snapshot.isEmpty() ? lost.machine : lost.snapshot;
    const bool isLoss = std::any_of(
        plan.losses.begin(), plan.losses.end(), [&](const Loss &loss) { return loss.subject == subject; });
    const std::vector<Finding> confirmations = plan.confirmations();
    return isLoss || std::any_of(confirmations.begin(), confirmations.end(), [&](const Finding &finding) {
        return finding.subject == subject;
    });
}

} // namespace

Result<> Walk::obey(const QString &machine, const Intent &intent)
{
    say(machine + u": "_s + intentWords(intent).join(u' '));
    const Proposal proposal = ask(intent);
    std::shared_ptr<const Plan> plan;
    const int count = int(proposal.alternatives.size());
    if (count > 0 && (proposal.plan.verdict == Verdict::Block || m_dice.oneIn(3))) {
        plan = std::make_shared<const Plan>(proposal.alternatives[size_t(m_dice.below(count))]);
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
    for (const Missed &lost : missing(entry ? afterIntent(truth, m_seen.sight, machine, intent) : truth, seen->sight)) {
        if (!isNamed(*plan, lost))
            details << lost.toString();
    }
    if (!details.isEmpty()) {
        report(u"lost, and not declared"_s, details);
        ++m_figures.losses;
    }
    if (entry) {
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
    if (const auto *revert = std::get_if<RevertIntent>(&intent.what))
        return {u"snapshot-revert %1 %2"_s.arg(machine, revert->snapshot)};
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
    return {(power && power->to == PowerIntent::To::Start ? u"start "_s : u"destroy "_s) + machine};
}

// What its machine would do next.
Result<> Walk::writeEverywhere(const QString &machine, const Sight &sight)
{
    const SeenDomain domain = sight.domains.value(machine);
    for (auto disk = domain.disks.begin(); disk != domain.disks.end(); ++disk) {
        if (const auto written = m_machines.write(
                machine, domain.state != "shut off"_L1, disk.key(), *disk, m_writes % 100, nextPattern());
            !written)
            return written;
    }
    return {};
}

namespace {

// To forget an external snapshot the plan tells libvirt first whom its children descend from, because a plain
// "snapshot-delete --metadata" points them to other files. What was judged is not that call.
bool isMoreThanOneCall(const Plan &plan)
{
    return std::any_of(plan.steps.begin(), plan.steps.end(), [](const PlannedStep &planned) {
        return planned.step.kind == StepKind::ForgetSnapshot && planned.commands.size() > 1;
    });
}

} // namespace

Result<> Walk::defy(const QString &machine, const Intent &intent)
{
    const Proposal proposal = ask(intent);
    const Plan &plan = proposal.plan;
    const QStringList commands = plainCommands(machine, intent, plan);
    say(commands.join(u"; "_s));
    say(u"  "_s + describe(plan));
    if (isMoreThanOneCall(plan)) {
        say(u"  not tried: the plan is not this call"_s);
        return {};
    }
    const Draft before(m_seen.inventory);
    if (const auto kept = m_machines.keep(); !kept)
        return kept;

    const ProcessResult result = m_host.virsh(commands);
    const bool isRefused = result.exitCode != 0;
    if (isRefused)
        say(u"  refused: "_s + QString::fromUtf8(result.error).simplified());
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
        ++m_figures.blocks;
        if (!proposal.alternatives.empty())
            ++m_figures.withAlternative;
        else
            say(u"  no other way"_s);
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
        if (const auto put = m_machines.putBack(); !put)
            return put;
        after = look();
        if (!after)
            return failure(after.error());
    }
    m_seen = std::move(*after);
    return {};
}

} // namespace treewarden::test
