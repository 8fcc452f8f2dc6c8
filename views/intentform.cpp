// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/intentform.h"

#include "model/base/visible.h"
#include "views/text/plantext.h"
#include "views/tonelabel.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QRadioButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace treewarden {

namespace {

// Names of files are made of it: a file system's limit less what goes before it and behind it.
constexpr int LongestName = 200;

QStringList snapshotNames(const Domain &domain)
{
    QStringList names;
    for (int node = 0; domain.snapshots.isKnown() && node < domain.snapshots->size(); ++node)
        names += domain.snapshots->at(node).name;
    return names;
}

QVBoxLayout *plainLayout(QWidget *form)
{
    auto *layout = new QVBoxLayout(form);
    layout->setContentsMargins(4, 0, 4, 0);
    layout->setSpacing(6);
    return layout;
}

} // namespace

QStringList takenNames(const Inventory &inventory, const Domain &domain)
{
    QStringList names = snapshotNames(domain);
    if (!domain.definition.isKnown())
        return names;
    for (const Disk &disk : domain.definition->disks) {
        const Image *top = inventory.images->at(disk.source.location);
        if (!top)
            continue;
        for (const ImageId &layer : inventory.images->chain(top->id).layers) {
            const Image *image = inventory.images->find(layer);
            if (!image || !image->facts.isKnown())
                continue;
            for (const Tag &tag : image->facts->tags)
                names += tag.name;
        }
    }
    return names;
}

QString nameComplaint(const QString &name, const QStringList &taken)
{
    if (name.isEmpty())
        return IntentForm::tr("Give it a name.");
    if (name.contains(u'/'))
        return IntentForm::tr("A name cannot have a slash: files are named after it.");
    if (name.startsWith(u'.'))
        return IntentForm::tr("A name cannot begin with a full stop.");
    if (name != name.trimmed())
        return IntentForm::tr("A name cannot begin or end with a space.");
    if (std::any_of(name.begin(), name.end(), [](QChar c) { return c.category() == QChar::Other_Control; }))
        return IntentForm::tr("A name cannot have line breaks and other invisible characters.");
    if (name.toUtf8().size() > LongestName)
        return IntentForm::tr("This name is too long: files are named after it.");
    if (taken.contains(name))
        return IntentForm::tr("This machine has a snapshot, or a tag in one of its images, of this name already.");
    return {};
}

QString freeName(const QString &wanted, const QStringList &taken)
{
    QString name = wanted;
    for (int number = 2; taken.contains(name); ++number)
        name = QStringLiteral("%1-%2").arg(wanted).arg(number);
    return name;
}

QString IntentForm::windowTitle() const
{
    return PlanText::windowTitle(intent());
}

FixedForm::FixedForm(Intent intent, QWidget *parent)
    : IntentForm(parent)
    , m_intent(std::move(intent))
{
}

// --- Revert

RevertForm::RevertForm(const Domain &domain, const QString &snapshot, QWidget *parent)
    : IntentForm(parent)
    , m_domain(domain.uuid)
    , m_snapshot(snapshot)
    , m_safetyName(freeName(QLatin1String("before-revert-to-") + snapshot.left(LongestName / 2), snapshotNames(domain)))
    , m_safety(new QCheckBox(tr("&Take a snapshot of the current state first"), this))
    , m_then(new QComboBox(this))
{
    m_safety->setChecked(true);
    m_safety->setToolTip(tr("It gets the name “%1”").arg(visible(m_safetyName)));
    m_safety->setAccessibleDescription(m_safety->toolTip());
    m_then->addItem(tr("As it was then"));
    m_then->addItem(tr("Started"));
    m_then->addItem(tr("Paused"));
    auto *label = new QLabel(tr("&Afterwards the machine is:"), this);
    label->setBuddy(m_then);
    auto *row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(m_then);
    row->addStretch();
    auto *layout = plainLayout(this);
    layout->addWidget(m_safety);
    layout->addLayout(row);
    connect(m_safety, &QCheckBox::toggled, this, &IntentForm::changed);
    connect(m_then, &QComboBox::currentIndexChanged, this, &IntentForm::changed);
}

Intent RevertForm::intent() const
{
    return {m_domain,
        RevertIntent{
            m_snapshot, RevertIntent::Then(m_then->currentIndex()), m_safety->isChecked() ? m_safetyName : QString()}};
}

// --- Delete

DeleteForm::DeleteForm(const Domain &domain, const QString &snapshot, QWidget *parent)
    : IntentForm(parent)
    , m_domain(domain.uuid)
    , m_snapshot(snapshot)
    , m_scope(new QButtonGroup(this))
    , m_metadataOnly(new QCheckBox(tr("Only take it &out of the tree, and leave its data where it is"), this))
{
    const int node = domain.snapshots.isKnown() ? domain.snapshots->find(snapshot) : -1;
    const bool hasChildren = node >= 0 && !domain.snapshots->children(node).empty();
    auto *layout = plainLayout(this);
    auto *more = new QToolButton(this);
    more->setText(tr("&More"));
    more->setAutoRaise(true);
    more->setCheckable(true);
    more->setArrowType(Qt::RightArrow);
    more->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    auto *choices = new QWidget(this);
    auto *inner = new QVBoxLayout(choices);
    inner->setContentsMargins(20, 0, 0, 0);
    const std::pair<DeleteIntent::Scope, QString> scopes[] = {
        {DeleteIntent::Scope::One, tr("&This snapshot; what follows it stays")},
        {DeleteIntent::Scope::WithChildren, tr("This snapshot &and all that follows it")},
        {DeleteIntent::Scope::ChildrenOnly, tr("Only what &follows it")},
    };
    for (const auto &[scope, text] : scopes) {
        auto *button = new QRadioButton(text, choices);
        button->setChecked(scope == DeleteIntent::Scope::One);
        button->setEnabled(hasChildren || scope == DeleteIntent::Scope::One);
        if (!button->isEnabled())
            button->setToolTip(tr("Nothing follows this snapshot"));
        m_scope->addButton(button, int(scope));
        inner->addWidget(button);
    }
    inner->addWidget(m_metadataOnly);
    choices->hide();
    layout->addWidget(more);
    layout->addWidget(choices);
    connect(more, &QToolButton::toggled, this, [more, choices](bool on) {
        more->setArrowType(on ? Qt::DownArrow : Qt::RightArrow);
        choices->setVisible(on);
    });
    connect(m_scope, &QButtonGroup::idToggled, this, [this](int, bool on) {
        if (on)
            Q_EMIT changed();
    });
    connect(m_metadataOnly, &QCheckBox::toggled, this, &IntentForm::changed);
}

Intent DeleteForm::intent() const
{
    return {m_domain, DeleteIntent{m_snapshot, DeleteIntent::Scope(m_scope->checkedId()), m_metadataOnly->isChecked()}};
}

// --- Rename and describe

RenameForm::RenameForm(const Inventory &inventory, const Domain &domain, const QString &snapshot, QWidget *parent)
    : IntentForm(parent)
    , m_domain(domain.uuid)
    , m_snapshot(snapshot)
    , m_taken(takenNames(inventory, domain))
    , m_name(new QLineEdit(snapshot, this))
{
    auto *layout = new QFormLayout(this);
    layout->setContentsMargins(4, 0, 4, 0);
    layout->addRow(tr("&New name:"), m_name);
    m_name->selectAll();
    connect(m_name, &QLineEdit::textChanged, this, &IntentForm::changed);
}

Intent RenameForm::intent() const
{
    return {m_domain, RenameIntent{m_snapshot, m_name->text()}};
}

QString RenameForm::complaint() const
{
    return m_name->text() == m_snapshot ? tr("This is its name now.") : nameComplaint(m_name->text(), m_taken);
}

QWidget *RenameForm::firstField() const
{
    return m_name;
}

DescribeForm::DescribeForm(const DomainId &domain, const Snapshot &snapshot, QWidget *parent)
    : IntentForm(parent)
    , m_domain(domain)
    , m_snapshot(snapshot.name)
    , m_text(new QPlainTextEdit(snapshot.description, this))
{
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(fontMetrics().lineSpacing() * 5);
    auto *layout = new QFormLayout(this);
    layout->setContentsMargins(4, 0, 4, 0);
    layout->addRow(tr("&Description:"), m_text);
    connect(m_text, &QPlainTextEdit::textChanged, this, &IntentForm::changed);
}

Intent DescribeForm::intent() const
{
    return {m_domain, DescribeIntent{m_snapshot, m_text->toPlainText()}};
}

QWidget *DescribeForm::firstField() const
{
    return m_text;
}

// --- Uniform

UniformForm::UniformForm(const Domain &domain, QWidget *parent)
    : IntentForm(parent)
    , m_domain(domain.uuid)
    , m_kind(new QButtonGroup(this))
{
    const bool internal = domain.definition.isKnown() && domain.definition->policy == SnapshotPolicy::Internal;
    auto *layout = plainLayout(this);
    const std::pair<SnapshotKind, QString> kinds[] = {
        {SnapshotKind::External, tr("Make all snapshots &external")},
        {SnapshotKind::Internal, tr("Make all snapshots &internal")},
    };
    for (const auto &[kind, text] : kinds) {
        auto *button = new QRadioButton(text, this);
        button->setChecked((kind == SnapshotKind::Internal) == internal);
        m_kind->addButton(button, int(kind));
        layout->addWidget(button);
    }
    connect(m_kind, &QButtonGroup::idToggled, this, [this](int, bool on) {
        if (on)
            Q_EMIT changed();
    });
}

Intent UniformForm::intent() const
{
    return {m_domain, UniformIntent{SnapshotKind(m_kind->checkedId())}};
}

} // namespace treewarden
