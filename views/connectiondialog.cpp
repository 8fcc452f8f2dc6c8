// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/connectiondialog.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QRegularExpression>
#include <QUrl>
#include <QVBoxLayout>

namespace treewarden {

ConnectionDialog::ConnectionDialog(QStringList existing, QWidget *parent)
    : QDialog(parent)
    , m_existing(std::move(existing))
    , m_system(new QRadioButton(tr("The machines of &this computer"), this))
    , m_session(new QRadioButton(tr("The machines of your own &session"), this))
    , m_ssh(new QRadioButton(tr("&Another computer, over SSH"), this))
    , m_custom(new QRadioButton(tr("Another a&ddress of libvirt"), this))
    , m_sandbox(new QRadioButton(tr("The sand&box"), this))
    , m_host(new QLineEdit(this))
    , m_address(new QLineEdit(this))
    , m_result(new QLabel(this))
{
    setWindowTitle(tr("New connection"));
    m_system->setToolTip(QStringLiteral("qemu:///system"));
    m_session->setToolTip(QStringLiteral("qemu:///session"));
    m_sandbox->setToolTip(tr("Example machines in a libvirt of Treewarden’s own, for trying things out"));
    m_host->setPlaceholderText(tr("user@host"));
    m_host->setAccessibleName(tr("Computer"));
    m_address->setPlaceholderText(QStringLiteral("qemu+tls://host/system"));
    m_address->setAccessibleName(tr("Address of libvirt"));
    m_result->setWordWrap(true);
    m_result->setTextFormat(Qt::PlainText);
    m_result->setMinimumHeight(2 * fontMetrics().height());
    m_result->setAlignment(Qt::AlignTop | Qt::AlignLeft);

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_connect = buttons->addButton(tr("Connect"), QDialogButtonBox::AcceptRole);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    const auto indented = [&](QWidget *field) {
        auto *row = new QHBoxLayout;
        row->addSpacing(26);
        row->addWidget(field);
        layout->addLayout(row);
    };
    layout->addWidget(m_system);
    layout->addWidget(m_session);
    layout->addWidget(m_ssh);
    indented(m_host);
    layout->addWidget(m_custom);
    indented(m_address);
    layout->addWidget(m_sandbox);
    layout->addSpacing(6);
    layout->addWidget(m_result);
    layout->addStretch();
    layout->addWidget(buttons);
    setMinimumWidth(fontMetrics().averageCharWidth() * 60);

    for (QRadioButton *choice : {m_system, m_session, m_ssh, m_custom, m_sandbox})
        connect(choice, &QRadioButton::toggled, this, &ConnectionDialog::check);
    connect(m_host, &QLineEdit::textChanged, this, &ConnectionDialog::check);
    connect(m_address, &QLineEdit::textChanged, this, &ConnectionDialog::check);
    // Each field belongs to one choice.
    const auto belongs = [](QLineEdit *field, QRadioButton *choice) {
        field->setEnabled(false);
        connect(choice, &QRadioButton::toggled, field, [field](bool on) {
            field->setEnabled(on);
            if (on)
                field->setFocus();
        });
    };
    belongs(m_host, m_ssh);
    belongs(m_address, m_custom);
    const bool hasSystem = m_existing.contains(QLatin1String("qemu:///system"));
    (hasSystem ? m_ssh : m_system)->setChecked(true);
    check();
}

QString ConnectionDialog::uri() const
{
    if (m_system->isChecked())
        return QStringLiteral("qemu:///system");
    if (m_session->isChecked())
        return QStringLiteral("qemu:///session");
    if (m_sandbox->isChecked())
        return QStringLiteral("sandbox");
    if (m_ssh->isChecked())
        return m_host->text().trimmed().isEmpty()
            ? QString()
            : QStringLiteral("qemu+ssh://%1/system").arg(m_host->text().trimmed());
    return m_address->text().trimmed();
}

QString ConnectionDialog::complaint() const
{
    if (m_ssh->isChecked() && !m_host->text().trimmed().isEmpty()) {
        // A leading hyphen would read as an option of ssh.
        static const QRegularExpression host(QStringLiteral(
            "^([A-Za-z0-9._][A-Za-z0-9._-]*@)?([A-Za-z0-9_][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$"));
        if (!host.match(m_host->text().trimmed()).hasMatch())
            return tr("Write the computer as host, user@host or user@host:port.");
    }
    if (m_custom->isChecked() && !uri().isEmpty()) {
        const QUrl url(uri(), QUrl::StrictMode);
        if (!url.isValid() || url.scheme().isEmpty() || url.path().isEmpty())
            return tr("An address of libvirt looks like qemu+tls://host/system.");
    }
    if (m_existing.contains(uri()))
        return tr("This connection is in the window already.");
    return {};
}

void ConnectionDialog::check()
{
    const QString wrong = complaint();
    const QString address = uri();
    m_connect->setEnabled(wrong.isEmpty() && !address.isEmpty());
    m_result->setText(!wrong.isEmpty() ? wrong : address.isEmpty() ? QString() : tr("Connects to %1").arg(address));
}

} // namespace treewarden
