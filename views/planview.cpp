// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/planview.h"

#include "views/card.h"
#include "views/findingrow.h"
#include "views/plansection.h"
#include "views/shield.h"
#include "views/text/findingtext.h"
#include "views/text/plantext.h"
#include "views/text/steptext.h"
#include "views/text/unittext.h"
#include "views/text/waytext.h"
#include "views/tonelabel.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace treewarden {

namespace {

// More of one kind say nothing new; the rest is counted.
constexpr int MostOfAKind = 8;

// The size of a file that is there now, where the effect is about the whole of it.
QString sizeBefore(const Effect &effect, const Inventory &inventory)
{
    const bool isWhole
        = effect.kind == EffectKind::Remove || effect.kind == EffectKind::Write || effect.kind == EffectKind::Strand;
    const Image *image
        = effect.path.isEmpty() || !isWhole ? nullptr : inventory.images->at({SourceKind::File, effect.path});
    return image && image->allocated.isKnown() ? UnitText::bytes(*image->allocated) : QString();
}

QString withSize(const QString &text, const QString &size)
{
    return size.isEmpty() ? text : PlanView::tr("%1, %2", "file, its size").arg(text, size);
}

// What a step does to files, in one line.
QString fileEffects(const PlannedStep &step, const Inventory &inventory)
{
    QStringList parts;
    for (const Effect &effect : step.effects) {
        if (!StepText::isAboutFiles(effect.kind))
            continue;
        const QString size = sizeBefore(effect, inventory);
        const QString sentence = StepText::sentence(effect);
        parts += size.isEmpty() ? sentence : PlanView::tr("%1 (%2)", "effect, size").arg(sentence, size);
    }
    parts.removeDuplicates();
    return parts.join(QStringLiteral(" · "));
}

} // namespace

bool isNamedBy(const Intent &intent, const Finding &finding)
{
    if (const auto *erase = std::get_if<DeleteIntent>(&intent.what)) {
        if (finding.id != QLatin1String("snapshot-lost"))
            return false;
        return erase->scope != DeleteIntent::Scope::One || finding.subject == erase->snapshot;
    }
    const auto *power = std::get_if<PowerIntent>(&intent.what);
    return power && power->to == PowerIntent::To::ForceOff && finding.id == QLatin1String("memory-lost");
}

PlanView::PlanView(QWidget *parent)
    : QWidget(parent)
    , m_layout(new QVBoxLayout(this))
{
    m_layout->setContentsMargins(0, 0, 0, 0);
}

void PlanView::show(
    const Plan &plan, const std::vector<Plan> &others, const Inventory &inventory, const QString &machine)
{
    if (m_content) {
        // One of its own buttons may have asked for this.
        m_layout->removeWidget(m_content);
        m_content->hide();
        m_content->setParent(nullptr);
        m_content->deleteLater();
    }
    m_findings.clear();
    m_named.clear();
    m_lines.clear();
    m_content = new QWidget(this);
    m_rows = new QVBoxLayout(m_content);
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(10);
    m_layout->addWidget(m_content);

    const bool blocked = plan.verdict == Verdict::Block;
    if (blocked) {
        addEffects(plan, inventory);
        addOthers(others);
        addFindings(plan);
    } else {
        addSteps(plan, machine, inventory);
        addLosses(plan, inventory);
        addSpace(plan, inventory);
        addFindings(plan);
        addOthers(others);
    }
    m_content->setVisible(true);
    Q_EMIT acceptedChanged();
}

void PlanView::addSection(PlanSection *section)
{
    m_lines += section->lines();
    m_rows->addWidget(section);
}

void PlanView::addHeading(const QString &text)
{
    auto *heading = new ToneLabel(text, m_content, ColorRole::Muted);
    heading->setBold();
    heading->setContentsMargins(4, 4, 4, 0);
    m_rows->addWidget(heading);
    m_lines += text;
}

void PlanView::addEffects(const Plan &plan, const Inventory &inventory)
{
    std::vector<Effect> shown;
    for (const Effect &effect : plan.effects) {
        if (StepText::isAboutFiles(effect.kind) && std::find(shown.begin(), shown.end(), effect) == shown.end())
            shown.push_back(effect);
    }
    if (shown.empty())
        return;
    auto *section = new PlanSection(PlanText::happens(plan, inventory.host), m_content);
    for (const Effect &effect : shown) {
        const QString needed = PlanText::neededBy(plan, effect);
        const QString what = withSize(StepText::subject(effect), sizeBefore(effect, inventory));
        section->addRow(StepText::effect(effect.kind),
            needed.isEmpty() ? what : tr("%1: %2", "file; who needs it").arg(what, needed));
    }
    addSection(section);
}

void PlanView::addSteps(const Plan &plan, const QString &machine, const Inventory &inventory)
{
    if (plan.steps.empty())
        return;
    auto *section = new PlanSection(PlanText::happens(plan, inventory.host), m_content);
    // The cheap and reversible ones come first; from the first that is not there is no way back.
    bool isPast = false;
    const bool hasWayBack = plan.steps.front().isReversible;
    for (size_t i = 0; i < plan.steps.size(); ++i) {
        const PlannedStep &step = plan.steps[i];
        if (!isPast && !step.isReversible) {
            isPast = true;
            section->addMark(hasWayBack ? tr("From here on it cannot be undone") : tr("This cannot be undone"));
        }
        section->addRow(
            QLocale().toString(i + 1), StepText::sentence(step.step, machine), {}, fileEffects(step, inventory));
    }
    if (!isPast)
        section->addRow({}, tr("All of it can be undone."));
    addSection(section);
}

void PlanView::addLosses(const Plan &plan, const Inventory &inventory)
{
    if (plan.steps.empty() && plan.losses.empty())
        return;
    const auto machine = inventory.domain(plan.intent.domain);
    const QString stays = machine ? PlanText::stays(plan, *machine) : QString();
    auto *section = new PlanSection(stays.isEmpty() ? tr("What you lose") : tr("What goes and what stays"), m_content);
    for (const Loss &loss : PlanText::losses(plan))
        section->addRow(PlanText::lossSize(loss), PlanText::loss(loss), PlanText::fate(plan, loss));
    if (plan.losses.empty())
        section->addRow({}, PlanText::nothingLost());
    if (!stays.isEmpty())
        section->addRow(tr("stays", "key of a row: what is not touched"), stays);
    addSection(section);
}

void PlanView::addSpace(const Plan &plan, const Inventory &inventory)
{
    if (plan.space.empty())
        return;
    auto *section = new PlanSection(tr("Space"), m_content);
    for (const auto &[folder, bytes] : plan.space)
        section->addRow(UnitText::bytes(bytes), PlanText::space(folder, bytes, inventory));
    addSection(section);
}

void PlanView::addFindings(const Plan &plan)
{
    const bool isBlocked = plan.verdict == Verdict::Block;
    std::vector<const Finding *> shown;
    for (const Finding &finding : plan.findings) {
        if (isBlocked && finding.severity != Verdict::Block)
            continue; // of something that will not be done
        // Of an undo it is the intent of what is undone.
        const bool named
            = finding.severity == Verdict::Confirm && !PlanText::isUndo(plan) && isNamedBy(plan.intent, finding);
        if (named)
            m_named += finding.id + u'@' + finding.subject;
        else if (finding.severity != Verdict::Allow)
            shown.push_back(&finding);
    }
    if (shown.empty())
        return;
    std::stable_sort(
        shown.begin(), shown.end(), [](const Finding *a, const Finding *b) { return a->severity > b->severity; });
    const bool asks = shown.front()->severity == Verdict::Confirm;
    addHeading(isBlocked ? tr("Why") : asks ? tr("What needs your yes") : tr("Worth knowing"));
    QHash<QString, int> ofKind;
    int more = 0;
    bool isPastAsked = false;
    for (const Finding *finding : shown) {
        const int before = ofKind[finding->id]++;
        const bool asked = asks && finding->severity == Verdict::Confirm;
        if (before >= MostOfAKind && !asked) { // what has to be ticked is never left out
            ++more;
            continue;
        }
        if (asks && !asked && !isPastAsked) {
            isPastAsked = true;
            addHeading(tr("Worth knowing"));
        }
        auto *row = new FindingRow(*finding, before == 0, asked, m_content);
        connect(row, &FindingRow::ticked, this, &PlanView::acceptedChanged);
        connect(row, &FindingRow::moreWanted, this, &PlanView::moreWanted);
        m_rows->addWidget(row);
        m_findings.push_back(row);
        m_lines += row->plainText();
    }
    if (more > 0) {
        const QString text = tr("and %n more of the same kind", nullptr, more);
        m_rows->addWidget(new ToneLabel(text, m_content, ColorRole::Muted));
        m_lines += text;
    }
}

void PlanView::addOthers(const std::vector<Plan> &others)
{
    if (others.empty())
        return;
    addHeading(tr("What you can do instead"));
    for (size_t i = 0; i < others.size(); ++i) {
        const Plan &other = others[i];
        auto *card = new Card(ColorRole::Line, m_content);
        auto *row = new QHBoxLayout(card);
        row->setContentsMargins(12, 10, 12, 10);
        row->setSpacing(12);
        row->addWidget(new ShieldMark(other.verdict, 1.4, card), 0, Qt::AlignVCenter);
        auto *texts = new QVBoxLayout;
        texts->setSpacing(3);
        auto *title = new ToneLabel(WayText::title(other), card);
        title->setBold();
        texts->addWidget(title);
        const QString what = WayText::explanation(other);
        const QString verdict = PlanText::summary(other);
        const QString text = what.isEmpty() ? verdict : tr("%1 %2", "what it does, what is lost").arg(what, verdict);
        texts->addWidget(new ToneLabel(text, card, ColorRole::Muted));
        row->addLayout(texts, 1);
        auto *button = new QPushButton(tr("%1…", "verb of a way that is shown first").arg(WayText::verb(other)), card);
        button->setObjectName(QStringLiteral("way"));
        button->setAccessibleName(tr("%1: %2", "verb, way").arg(WayText::verb(other), WayText::title(other)));
        button->setAccessibleDescription(text);
        connect(button, &QPushButton::clicked, this, [this, i] { Q_EMIT wayChosen(int(i)); });
        row->addWidget(button, 0, Qt::AlignVCenter);
        m_rows->addWidget(card);
        m_lines += WayText::title(other);
        m_lines += text;
    }
}

QStringList PlanView::acknowledged() const
{
    QStringList accepted = m_named;
    for (const FindingRow *row : m_findings) {
        if (row->box() && row->box()->isChecked())
            accepted += row->finding().id + u'@' + row->finding().subject;
    }
    return accepted;
}

bool PlanView::isAccepted() const
{
    return std::all_of(m_findings.begin(), m_findings.end(),
        [](const FindingRow *row) { return !row->box() || row->box()->isChecked(); });
}

QString PlanView::plainText() const
{
    return m_lines.join(u'\n');
}

} // namespace treewarden
