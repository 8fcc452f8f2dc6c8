// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/pooloffer.h"

#include "views/noticebar.h"
#include "views/text/connectiontext.h"
#include "views/text/pooltext.h"

#include <QAction>
#include <QMessageBox>
#include <QPushButton>

namespace treewarden {

namespace {

const QString OfferKey = QStringLiteral("folder");
const QString FailureKey = QStringLiteral("pool failure");

} // namespace

PoolOffer::PoolOffer(NoticeBar *notices, QWidget *window)
    : QObject(window)
    , m_notices(notices)
    , m_window(window)
    , m_action(new QAction(PoolText::button(), this))
{
    connect(m_action, &QAction::triggered, this, &PoolOffer::ask);
    connect(m_notices, &NoticeBar::dismissed, this, [this](const QString &key) {
        if (key == OfferKey && m_folder)
            m_dismissed += m_folder->folder;
    });
    show(nullptr, {});
}

void PoolOffer::show(Connection *connection, const DomainId &machine)
{
    m_connection = connection;
    m_folder.reset();
    if (connection && connection->status() == Connection::Status::Open && !machine.isEmpty()) {
        const auto folders = unlistedFolders(*connection->inventory(), *connection->assessment(), machine);
        if (!folders.empty())
            m_folder = folders.front();
    }
    m_action->setEnabled(m_folder.has_value());
    if (!m_folder || m_dismissed.contains(m_folder->folder)) {
        m_notices->withdraw(OfferKey);
        return;
    }
    const auto [title, text] = PoolText::offer(*m_folder);
    m_notices->post({OfferKey, Notice::Kind::Warning, title, text, {}, {{PoolText::button(), [this] { ask(); }}}});
}

void PoolOffer::showFailure(const Error &error)
{
    const auto [title, text] = PoolText::failure(error);
    m_notices->post({FailureKey, Notice::Kind::Failure, title, text, error.detail, {}});
}

void PoolOffer::ask()
{
    if (!m_folder || !m_connection)
        return;
    const auto [question, meaning] = PoolText::question(*m_folder, ConnectionText::name(m_connection->uri()));
    auto *box = new QMessageBox(m_window);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setIcon(QMessageBox::Question);
    box->setTextFormat(Qt::PlainText);
    box->setWindowTitle(PoolText::title());
    box->setText(question);
    box->setInformativeText(meaning);
    QPushButton *verb = box->addButton(PoolText::verb(), QMessageBox::AcceptRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::finished, this, [this, box, verb, connection = m_connection, folder = *m_folder] {
        if (box->clickedButton() != verb || !connection)
            return;
        m_notices->withdraw(FailureKey);
        connection->makePool(folder.poolName, folder.folder);
    });
    box->open();
}

} // namespace treewarden
