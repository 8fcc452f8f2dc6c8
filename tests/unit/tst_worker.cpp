// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/connection/mailbox.h"
#include "model/connection/worker.h"

#include <QTest>

#include <atomic>
#include <future>

using namespace treewarden;
using namespace std::chrono_literals;

class TestWorker : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { QVERIFY(waitForWorkers(5s)); }

    void runsOnAThreadOfItsOwn()
    {
        std::promise<std::thread::id> id;
        startWorker("test", [&id] { id.set_value(std::this_thread::get_id()); });
        QVERIFY(id.get_future().get() != std::this_thread::get_id());
    }

    void waitingForWorkersHasAnEnd()
    {
        std::promise<void> release;
        startWorker("test", [go = release.get_future().share()] { go.wait(); });
        QVERIFY(!waitForWorkers(20ms));
        release.set_value();
    }

    void endsWhatItOwnsBeforeItCountsAsEnded()
    {
        const auto owned = std::make_shared<int>();
        startWorker("test", [owned] { std::this_thread::sleep_for(20ms); });
        QVERIFY(waitForWorkers(5s));
        QCOMPARE(owned.use_count(), 1L);
    }

    void tasksRunInOrder()
    {
        const auto queue = TaskQueue::start("test");
        std::vector<int> order;
        std::promise<void> done;
        for (int i = 0; i < 100; ++i)
            queue->post([&order, i] { order.push_back(i); });
        queue->post([&done] { done.set_value(); });
        done.get_future().wait();
        queue->stop();
        QCOMPARE(order.size(), size_t(100));
        QVERIFY(std::is_sorted(order.begin(), order.end()));
    }

    void stopDropsWhatWaits()
    {
        const auto queue = TaskQueue::start("test");
        std::promise<void> running;
        std::promise<void> release;
        std::atomic<bool> later = false;
        queue->post([&running, go = release.get_future().share()] {
            running.set_value();
            go.wait();
        });
        queue->post([&later] { later = true; });
        running.get_future().wait();
        queue->stop();
        queue->post([&later] { later = true; });
        release.set_value();
        QVERIFY(waitForWorkers(5s));
        QVERIFY(!later);
    }

    void lettersRunInOrderOnTheMailboxsThread()
    {
        Mailbox mailbox;
        const auto here = std::this_thread::get_id();
        std::vector<int> order;
        bool elsewhere = false;
        startWorker("test", [&, mail = mailbox.address()] {
            for (int i = 0; i < 100; ++i) {
                mail->post([&, i] {
                    order.push_back(i);
                    elsewhere = elsewhere || std::this_thread::get_id() != here;
                });
            }
        });
        QTRY_COMPARE(order.size(), size_t(100));
        QVERIFY(std::is_sorted(order.begin(), order.end()));
        QVERIFY(!elsewhere);
    }

    void aMailboxThatIsGoneDropsItsLetters()
    {
        auto mailbox = std::make_unique<Mailbox>();
        const auto mail = mailbox->address();
        const auto owned = std::make_shared<int>();
        bool ran = false;
        mail->post([&ran, owned] { ran = true; });
        QCOMPARE(owned.use_count(), 2L);
        mailbox.reset();
        QCOMPARE(owned.use_count(), 1L);
        mail->post([&ran, owned] { ran = true; });
        QCOMPARE(owned.use_count(), 1L);
        QCoreApplication::processEvents();
        QVERIFY(!ran);
    }

    void aLetterMayEndItsMailbox()
    {
        auto mailbox = std::make_unique<Mailbox>();
        const auto mail = mailbox->address();
        bool ran = false;
        mail->post([&] { mailbox.reset(); });
        mail->post([&ran] { ran = true; });
        QTRY_VERIFY(!mailbox);
        QCoreApplication::processEvents();
        QVERIFY(!ran);
    }

    void taskMayPostAndStop()
    {
        const auto queue = TaskQueue::start("test");
        std::promise<void> done;
        queue->post([&] {
            queue->post([&] {
                queue->stop();
                done.set_value();
            });
        });
        QCOMPARE(done.get_future().wait_for(5s), std::future_status::ready);
    }
};

QTEST_GUILESS_MAIN(TestWorker)
#include "tst_worker.moc"
