// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace treewarden {

// How workers hand functions to the thread on which this was made: they run there in order, by its event loop. The
// address outlives the mailbox; what is posted to a mailbox that is gone, or still lies in it then, is dropped.
class Mailbox : public QObject
{
    Q_OBJECT

public:
    class Address
    {
    public:
        // From any thread.
        void post(std::function<void()> letter);

    private:
        friend Mailbox;
        std::mutex m_mutex;
        Mailbox *m_mailbox = nullptr; // null: gone
        std::deque<std::function<void()>> m_letters;
    };

    explicit Mailbox(QObject *parent = nullptr);
    ~Mailbox() override;

    std::shared_ptr<Address> address() const { return m_address; }

private:
    Q_INVOKABLE void deliverOne();

    const std::shared_ptr<Address> m_address;
};

} // namespace treewarden
