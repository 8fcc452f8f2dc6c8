// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/createform.h"

#include "views/text/findingtext.h"
#include "views/tonelabel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDate>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>

namespace treewarden {

CreateForm::CreateForm(const Inventory &inventory, const Domain &domain, const QDate &today, QWidget *parent)
    : IntentForm(parent)
    , m_domain(domain.uuid)
    , m_taken(takenNames(inventory, domain))
    , m_isActive(isActive(domain.state))
    , m_hasAgent(domain.isAgentConnected)
    , m_name(new QLineEdit(this))
    , m_description(new QPlainTextEdit(this))
    , m_kind(new QComboBox(this))
    , m_reason(new ToneLabel({}, this, ColorRole::Muted))
    , m_memory(new QComboBox(this))
    , m_quiesce(new QCheckBox(tr("Ask the guest to hold its &writes meanwhile"), this))
{
    m_name->setText(freeName(QLatin1String("snapshot-") + today.toString(Qt::ISODate), m_taken));
    m_name->selectAll();
    m_description->setTabChangesFocus(true);
    m_description->setFixedHeight(fontMetrics().lineSpacing() * 3);
    m_description->setPlaceholderText(tr("What it is for, to be found again later"));
    m_kind->addItem(tr("Automatic"));
    m_kind->addItem(tr("Internal: inside the disk image"));
    m_kind->addItem(tr("External: the machine goes on in a new file"));
    m_memory->addItem(tr("Automatic"));
    m_memory->addItem(tr("Keep what it has in memory"));
    m_memory->addItem(tr("Only the disks"));

    auto *layout = new QFormLayout(this);
    layout->setContentsMargins(4, 0, 4, 0);
    layout->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    layout->addRow(tr("&Name:"), m_name);
    layout->addRow(tr("&Description:"), m_description);
    layout->addRow(tr("&Kind:"), m_kind);
    layout->addRow(QString(), m_reason);
    layout->addRow(tr("&Memory:"), m_memory);
    layout->addRow(QString(), m_quiesce);

    connect(m_name, &QLineEdit::textChanged, this, &CreateForm::update);
    connect(m_description, &QPlainTextEdit::textChanged, this, &CreateForm::update);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &CreateForm::update);
    connect(m_memory, &QComboBox::currentIndexChanged, this, &CreateForm::update);
    connect(m_quiesce, &QCheckBox::toggled, this, &CreateForm::update);
    update();
}

Intent CreateForm::intent() const
{
    CreateIntent create{m_name->text(), m_description->toPlainText()};
    create.kind = CreateIntent::Kind(m_kind->currentIndex());
    create.memory = CreateIntent::Memory(m_memory->currentIndex());
    create.quiesce = m_quiesce->isEnabled() && m_quiesce->isChecked();
    return {m_domain, create};
}

QString CreateForm::complaint() const
{
    return nameComplaint(m_name->text(), m_taken);
}

QWidget *CreateForm::firstField() const
{
    return m_name;
}

void CreateForm::update()
{
    const auto enable = [](QWidget *field, const QString &whyNot, const QString &help) {
        field->setEnabled(whyNot.isEmpty());
        field->setToolTip(whyNot.isEmpty() ? help : whyNot);
        field->setAccessibleDescription(field->toolTip());
    };
    enable(m_memory, m_isActive ? QString() : tr("The machine is off: it has nothing in memory"), {});
    const bool disksOnly = m_memory->currentIndex() == int(CreateIntent::Memory::Drop);
    enable(m_quiesce,
        !m_isActive       ? tr("The machine is off: nothing writes")
            : !m_hasAgent ? tr("The guest agent is not connected")
            : !disksOnly  ? tr("Only for snapshots of the disks alone: with its memory nothing is half-written")
                          : QString(),
        tr("File systems of the guest are then whole, as after a clean shutdown"));
    Q_EMIT changed();
}

void CreateForm::setPlan(const Plan &plan)
{
    // The planner says why it is of its kind where that was left to it.
    QString reason;
    for (const Finding &finding : plan.findings) {
        if (finding.id == QLatin1String("kind-chosen"))
            reason = FindingText::sentence(finding);
    }
    m_reason->say(reason);
    m_reason->setVisible(!reason.isEmpty());
}

} // namespace treewarden
