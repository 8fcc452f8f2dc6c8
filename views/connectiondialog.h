// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;
class QRadioButton;

namespace treewarden {

// Asks for a host to connect to. Knows which connections there are, so that none is added twice.
class ConnectionDialog : public QDialog
{
    Q_OBJECT

public:
    explicit ConnectionDialog(QStringList existing, QWidget *parent = nullptr);

    // Valid after accept().
    QString uri() const;

private:
    // What is wrong with the present choice; empty: nothing.
    QString complaint() const;
    void check();

    QStringList m_existing;
    QRadioButton *m_system;
    QRadioButton *m_session;
    QRadioButton *m_ssh;
    QRadioButton *m_custom;
    QRadioButton *m_sandbox;
    QLineEdit *m_host;
    QLineEdit *m_address;
    QLabel *m_result;
    QPushButton *m_connect;
};

} // namespace treewarden
