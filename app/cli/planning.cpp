// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/planning.h"

#include "app/cli/clitext.h"
#include "app/cli/output.h"
#include "app/cli/unknowns.h"
#include "model/domain/nbdvolume.h"
#include "model/job/runner.h"
#include "views/text/findingtext.h"
#include "views/text/plantext.h"
#include "views/text/steptext.h"
#include "views/text/waytext.h"

#include <QDateTime>
#include <QDir>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

QString lossName(const Loss &loss)
{
    switch (loss.what) {
    case Loss::What::CurrentState:
        return u"current"_s;
    case Loss::What::Memory:
        return u"memory"_s;
    case Loss::What::SnapshotMemory:
        return u"memory:"_s + loss.subject;
    case Loss::What::Snapshot:
        return u"snapshot:"_s + loss.subject;
    case Loss::What::SavedState:
        return u"saved-state"_s;
    case Loss::What::OtherState:
        return u"other:"_s + loss.subject;
    }
    return {};
}

// As of a claim, so that both can be held against each other.
QString layerName(const Effect &effect)
{
    switch (effect.kind) {
    case EffectKind::AddTag:
    case EffectKind::RemoveTag:
        return u"tag:"_s + effect.name;
    case EffectKind::AddBitmap:
    case EffectKind::RemoveBitmap:
        return u"bitmap:"_s + effect.name;
    case EffectKind::Write:
    case EffectKind::Repoint:
        return u"active"_s;
    case EffectKind::Create:
    case EffectKind::Remove:
    case EffectKind::Strand:
        return u"file"_s;
    case EffectKind::AddMetadata:
    case EffectKind::ChangeMetadata:
    case EffectKind::DropMetadata:
        return u"snapshot:"_s + effect.name;
    case EffectKind::StartDomain:
    case EffectKind::StopDomain:
    case EffectKind::DiscardState:
    case EffectKind::ChangeDefinition:
        return u"machine"_s;
    }
    return {};
}

QJsonObject effectJson(const Effect &effect, qsizetype step)
{
    return {{u"kind"_s, effectName(effect.kind)}, {u"image"_s, orNull(effect.path)}, {u"layer"_s, layerName(effect)},
        {u"step"_s, step}};
}

QJsonObject onePlan(const Plan &plan, const QString &machine, Unknowns &unknowns)
{
    QJsonArray findings;
    for (const Finding &finding : plan.findings)
        findings.append(QJsonObject{{u"id"_s, finding.id}, {u"severity"_s, verdictName(finding.severity)},
            {u"subject"_s, finding.subject}, {u"text"_s, FindingText::sentence(finding)}});
    QJsonArray steps;
    QJsonArray effects;
    size_t ofSteps = 0;
    const std::vector<QStringList> commands = commandsOf(plan);
    for (const PlannedStep &planned : plan.steps) {
        const qsizetype number = steps.size();
        steps.append(QJsonObject{{u"id"_s, stepName(planned.step.kind)},
            {u"text"_s, StepText::sentence(planned.step, machine)}, {u"reversible"_s, planned.isReversible},
            {u"commands"_s, QJsonArray::fromStringList(commands[size_t(number)])}});
        for (const Effect &effect : planned.effects)
            effects.append(effectJson(effect, number));
        ofSteps += planned.effects.size();
    }
    // What is left behind is so after the last one.
    for (size_t i = ofSteps; i < plan.effects.size(); ++i)
        effects.append(effectJson(plan.effects[i], steps.size() - 1));
    QJsonArray losses;
    for (const Loss &loss : plan.losses) {
        const auto number = [](Bytes bytes) { return QJsonValue(qint64(bytes)); };
        if (loss.bytes.isAbsent())
            unknowns.addNotMeasured(loss.subject);
        losses.append(QJsonObject{{u"what"_s, lossName(loss)}, {u"image"_s, orNull(loss.path)},
            {u"bytes"_s, unknowns.value(u"bytes"_s, loss.subject, loss.bytes, number)},
            {u"keptBy"_s, loss.keptBy < 0 ? QJsonValue(QJsonValue::Null) : QJsonValue(loss.keptBy)}});
    }
    return {{u"plan"_s, QString::fromLatin1(plan.hash())}, {u"way"_s, plan.way},
        {u"intent"_s, QJsonArray::fromStringList(intentWords(plan.intent))}, {u"text"_s, WayText::title(plan)},
        {u"verdict"_s, verdictName(plan.verdict)}, {u"findings"_s, findings}, {u"steps"_s, steps},
        {u"effects"_s, effects}, {u"losses"_s, losses}};
}

void printSteps(const Plan &plan, const QString &machine, const QString &indent, const QString &titleOfTheRest = {})
{
    int number = 0;
    for (const PlannedStep &planned : plan.steps) {
        if (number == 1 && !titleOfTheRest.isEmpty())
            print(titleOfTheRest);
        const QString step = StepText::sentence(planned.step, machine);
        print(u"%1%2. %3"_s.arg(indent).arg(++number).arg(planned.isReversible ? step : CliText::forGood(step)));
        for (const Effect &effect : planned.effects) {
            if (StepText::isAboutFiles(effect.kind))
                print(indent + u"     "_s + StepText::sentence(effect));
        }
    }
    for (const Effect &effect : plan.effects) {
        if (effect.kind == EffectKind::Strand)
            print(indent + u"     "_s + StepText::sentence(effect));
    }
}

void printFindings(const Plan &plan, const QString &indent)
{
    for (const Finding &finding : plan.findings) {
        print(u"%1%2: %3  [%4]"_s.arg(indent, FindingText::severity(finding.severity), FindingText::sentence(finding),
            finding.severity == Verdict::Confirm ? QString(finding.id + u'@' + finding.subject) : finding.id));
        if (const QString why = FindingText::explanation(finding); !why.isEmpty())
            print(indent + u"  "_s + why);
    }
}

void printPlan(const Proposal &proposal, const Host &host, const QString &machine)
{
    const Plan &plan = proposal.plan;
    print(PlanText::title(plan, machine));
    print(PlanText::summary(plan));
    if (!plan.findings.empty()) {
        print({});
        printFindings(plan, {});
    }
    if (!plan.steps.empty()) {
        print({});
        const QString happens = PlanText::happens(plan, host);
        const bool takesFirst = PlanText::takesFirst(plan);
        print(takesFirst ? PlanText::happensFirst() : happens);
        printSteps(plan, machine, u"  "_s, takesFirst ? happens : QString());
    }
    if (plan.verdict != Verdict::Block) {
        print({});
        print(CliText::lost());
        printLosses(plan, u"  "_s);
    }
    int number = 0;
    for (const Plan &other : proposal.alternatives) {
        print({});
        print(CliText::alternative(number++, WayText::title(other)));
        if (const QString why = WayText::explanation(other); !why.isEmpty())
            print(u"  "_s + why);
        printFindings(other, u"  "_s);
        printSteps(other, machine, u"    "_s);
        printLosses(other, u"  "_s);
        if (other.intent != plan.intent)
            print(u"  "_s + CliText::otherIntent(intentWords(other.intent)));
        print(u"  "_s + CliText::planHash(QString::fromLatin1(other.hash())));
    }
    print({});
    print(CliText::planHash(QString::fromLatin1(plan.hash())));
}

} // namespace

void printLosses(const Plan &plan, const QString &indent)
{
    for (const Loss &loss : plan.losses) {
        const QString size = PlanText::lossSize(loss);
        const QString what = size.isEmpty() ? PlanText::loss(loss) : CliText::sized(PlanText::loss(loss), size);
        print(u"%1%2: %3"_s.arg(indent, what, PlanText::fate(plan, loss)));
    }
    if (plan.losses.empty())
        print(indent + PlanText::nothingLost());
}

QJsonObject planJson(const Proposal &proposal, const Inventory &inventory, const QString &machine)
{
    Unknowns unknowns;
    QJsonObject answer = onePlan(proposal.plan, machine, unknowns);
    answer.insert(u"domain"_s, machine);
    QJsonArray alternatives;
    for (const Plan &plan : proposal.alternatives)
        alternatives.append(onePlan(plan, machine, unknowns));
    answer.insert(u"alternatives"_s, alternatives);
    for (const Unknown &unknown : inventory.unknown)
        unknowns.add(unknown.fact, unknown.subject, unknown.why);
    unknowns.writeTo(answer);
    return answer;
}

Exit exitOf(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Allow:
    case Verdict::Warn:
        return Done;
    case Verdict::Confirm:
        return NeedsAcknowledgement;
    case Verdict::Block:
        return Blocked;
    }
    Q_UNREACHABLE();
}

std::shared_ptr<Journal> journalOf(const Options &options, const Backend &backend)
{
    return std::make_shared<Journal>(
        backend.stateFolder.isEmpty() ? Journal::standardFolder() : backend.stateFolder, options.uri);
}

Asked ask(const Options &options, const Backend &backend, IntentUse use)
{
    Asked asked;
    const auto parsed = parseIntent(options.arguments.mid(1), use);
    if (!parsed) {
        printError(CliText::argumentError(parsed.error()));
        asked.exit = Usage;
        return asked;
    }
    asked.arguments = *parsed;
    auto reading = read(backend);
    if (!reading) {
        printError(CliText::error(reading.error()));
        asked.exit = FailedExit;
        return asked;
    }
    asked.domain = findDomain(*reading->inventory, options.arguments[0]);
    if (!asked.domain) {
        printError(CliText::noSuchDomain(options.arguments[0], options.uri));
        asked.exit = FailedExit;
        return asked;
    }
    Intent &intent = asked.arguments.intent;
    intent.domain = asked.domain->uuid;
    if (auto *revert = std::get_if<RevertIntent>(&intent.what); revert && asked.arguments.wantsSafetySnapshot) {
        QStringList taken;
        for (int i = 0; asked.domain->snapshots.isKnown() && i < asked.domain->snapshots->size(); ++i)
            taken << asked.domain->snapshots->at(i).name;
        revert->safetySnapshot = safetySnapshotName(revert->snapshot, taken);
    }
    // Only this asks for it, and a journal takes its time.
    const auto jobFiles = std::holds_alternative<RemoveOrphanIntent>(intent.what)
        ? filesOfUnfinishedJobs(*journalOf(options, backend))
        : QSet<QString>();
    if (!jobFiles) {
        printError(CliText::error(jobFiles.error()));
        asked.exit = FailedExit;
        return asked;
    }
    asked.surroundings = {QDateTime::currentSecsSinceEpoch(), canEditFiles(backend, reading->hypervisor), *jobFiles};
    if (auto *backup = std::get_if<BackupIntent>(&intent.what)) {
        backup->directory = isVolume(backup->directory)
            ? backup->directory
            : QDir::cleanPath(QDir::current().absoluteFilePath(backup->directory));
        JobHost host;
        host.stores = backend.stores(reading->hypervisor);
        asked.surroundings = surroundingsOf(intent, asked.surroundings, *reading->inventory, host);
    }
    asked.proposal = propose(intent, reading->inventory, asked.surroundings);
    asked.reading = std::move(*reading);
    return asked;
}

int planCommand(const Options &options, const Backend &backend)
{
    const Asked asked = ask(options, backend, IntentUse::Plan);
    if (!asked.reading)
        return asked.exit;
    if (options.json)
        printJson(planJson(asked.proposal, *asked.reading->inventory, asked.domain->name));
    else
        printPlan(asked.proposal, asked.reading->inventory->host, asked.domain->name);
    return exitOf(asked.proposal.plan.verdict);
}

} // namespace treewarden::cli
