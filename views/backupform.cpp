// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/backupform.h"

#include "model/domain/nbdvolume.h"
#include "views/text/findingtext.h"
#include "views/tonelabel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

namespace treewarden {

BackupForm::BackupForm(const Domain &domain, const QString &folder, QWidget *parent)
    : IntentForm(parent)
    , m_domain(domain.uuid)
    , m_folder(new QLineEdit(this))
    , m_choose(new QPushButton(tr("C&hoose…"), this))
    , m_level(new QComboBox(this))
    , m_reason(new ToneLabel({}, this, ColorRole::Muted))
    , m_quiesce(new QCheckBox(tr("Ask the guest to hold its &writes for a moment"), this))
    , m_compress(new QCheckBox(tr("Com&press: smaller, and slower"), this))
    , m_speed(new QSpinBox(this))
{
    m_folder->setText(folder);
    m_folder->setPlaceholderText(tr("A folder on another disk than the machine’s"));
    m_choose->setAutoDefault(false);
    m_level->addItem(tr("Automatic"));
    m_level->addItem(tr("Full: the whole disks"));
    m_level->addItem(tr("Incremental: what changed since the last one"));
    m_level->addItem(tr("Only the layer that the machine writes to"));
    m_speed->setRange(0, 100'000);
    m_speed->setSpecialValueText(tr("as fast as it goes"));
    m_speed->setSuffix(tr(" MiB/s"));
    const QString whyNot = domain.state == DomainState::Paused ? tr("The machine is paused: nothing writes")
        : domain.isAgentConnected                              ? QString()
                                                               : tr("The guest agent is not connected");
    m_quiesce->setEnabled(whyNot.isEmpty());
    m_quiesce->setToolTip(
        whyNot.isEmpty() ? tr("File systems of the guest are then whole, as after a clean shutdown") : whyNot);
    m_quiesce->setAccessibleDescription(m_quiesce->toolTip());

    auto *row = new QHBoxLayout;
    row->addWidget(m_folder);
    row->addWidget(m_choose);
    auto *layout = new QFormLayout(this);
    layout->setContentsMargins(4, 0, 4, 0);
    layout->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    layout->addRow(tr("&Folder:"), row);
    qobject_cast<QLabel *>(layout->labelForField(row))->setBuddy(m_folder);
    layout->addRow(tr("&Level:"), m_level);
    layout->addRow(QString(), m_reason);
    layout->addRow(QString(), m_quiesce);
    layout->addRow(QString(), m_compress);
    layout->addRow(tr("&At most:"), m_speed);

    connect(m_choose, &QPushButton::clicked, this, &BackupForm::choose);
    connect(m_folder, &QLineEdit::textChanged, this, &IntentForm::changed);
    connect(m_level, &QComboBox::currentIndexChanged, this, &IntentForm::changed);
    connect(m_quiesce, &QCheckBox::toggled, this, &IntentForm::changed);
    connect(m_compress, &QCheckBox::toggled, this, &IntentForm::changed);
    connect(m_speed, &QSpinBox::valueChanged, this, &IntentForm::changed);
}

Intent BackupForm::intent() const
{
    BackupIntent backup{isVolume(m_folder->text()) ? m_folder->text() : QDir::cleanPath(m_folder->text())};
    backup.level = BackupIntent::Level(m_level->currentIndex());
    backup.quiesce = m_quiesce->isEnabled() && m_quiesce->isChecked();
    backup.compress = m_compress->isChecked();
    backup.speed = Bytes(m_speed->value()) * MiB;
    return {m_domain, backup};
}

QString BackupForm::complaint() const
{
    if (m_folder->text().isEmpty())
        return tr("Choose the folder for backups.");
    if (isVolume(m_folder->text()))
        return nbdVolume(m_folder->text())
            ? QString()
            : tr("Of volumes elsewhere only those of NBD servers can be used: nbd://HOST/NAME.");
    return QDir::isAbsolutePath(m_folder->text()) ? QString() : tr("Write the whole path of the folder, from / on.");
}

QWidget *BackupForm::firstField() const
{
    return m_folder;
}

void BackupForm::choose()
{
    auto *dialog = new QFileDialog(window(), tr("Folder for backups"), m_folder->text());
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, m_folder, &QLineEdit::setText);
    dialog->open();
}

void BackupForm::setPlan(const Plan &plan)
{
    QStringList reasons;
    for (const Finding &finding : plan.findings) {
        if (finding.id == QLatin1String("backup-is-full") || finding.id == QLatin1String("backup-is-incremental")
            || finding.id == QLatin1String("backup-by-qmp"))
            reasons += FindingText::sentence(finding);
    }
    m_reason->say(reasons.join(u' '));
    m_reason->setVisible(!reasons.isEmpty());
}

} // namespace treewarden
