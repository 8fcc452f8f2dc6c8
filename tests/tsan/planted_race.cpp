// SPDX-License-Identifier: GPL-3.0-or-later
// Two threads of Qt write one variable without a lock: what the thread sanitizer is there to find.
#include <QThread>

#include <memory>

int main()
{
    int shared = 0;
    const auto write = [&shared] {
        for (int i = 0; i < 1000; ++i)
            ++shared;
    };
    const std::unique_ptr<QThread> one(QThread::create(write));
    const std::unique_ptr<QThread> other(QThread::create(write));
    one->start();
    other->start();
    one->wait();
    other->wait();
    return shared == 0;
}
