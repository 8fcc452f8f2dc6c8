// SPDX-License-Identifier: GPL-3.0-or-later
// Two workers, called by queued calls as the program's own are, write one variable without a lock: what the thread
// sanitizer is there to find. (In a QThread::create() it would not: the library calls that through pthread_once, below
// which ignore_noninstrumented_modules silences everything.)
#include <QCoreApplication>
#include <QThread>

#include <array>
#include <atomic>

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    int shared = 0;
    std::atomic<int> waiting = 2;
    const auto write = [&] {
        // Both run at once; relaxed, so that this orders nothing.
        waiting.fetch_sub(1, std::memory_order_relaxed);
        while (waiting.load(std::memory_order_relaxed) > 0) { }
        ++shared;
        QThread::currentThread()->quit();
    };
    std::array<QThread, 2> threads;
    std::array<QObject, 2> workers;
    for (size_t i = 0; i < threads.size(); ++i) {
        workers[i].moveToThread(&threads[i]);
        QMetaObject::invokeMethod(&workers[i], write, Qt::QueuedConnection);
        threads[i].start();
    }
    for (QThread &thread : threads)
        thread.wait();
    return 0;
}
