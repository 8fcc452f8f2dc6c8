// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/connection/mailbox.h"

namespace treewarden {

void Mailbox::Address::post(std::function<void()> letter)
{
    const std::lock_guard lock(m_mutex);
    if (!m_mailbox)
        return;
    m_letters.push_back(std::move(letter));
    // By name: a function that went through Qt's own queue would be handed over by locks that the thread sanitizer does
    // not see.
    QMetaObject::invokeMethod(m_mailbox, "deliverOne", Qt::QueuedConnection);
}

Mailbox::Mailbox(QObject *parent)
    : QObject(parent)
    , m_address(std::make_shared<Address>())
{
    m_address->m_mailbox = this;
}

Mailbox::~Mailbox()
{
    std::deque<std::function<void()>> dropped; // declared first, so that it ends without the lock: its owners may post
    const std::lock_guard lock(m_address->m_mutex);
    m_address->m_mailbox = nullptr;
    dropped.swap(m_address->m_letters);
}

void Mailbox::deliverOne()
{
    std::function<void()> letter;
    {
        const std::lock_guard lock(m_address->m_mutex);
        if (m_address->m_letters.empty())
            return;
        letter = std::move(m_address->m_letters.front());
        m_address->m_letters.pop_front();
    }
    letter();
}

} // namespace treewarden
