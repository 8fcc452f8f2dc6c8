// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/journal.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <thread>

#include <sys/stat.h>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

const DomainId machine(u"0e9bd0a8-1c5e-4c0f-9d0a-000000000001"_s);

JournalEntry sampleEntry(const QString &name = u"one"_s)
{
    JournalEntry entry;
    entry.entry = name;
    entry.domain = machine;
    entry.domainName = u"web \"1\""_s;
    entry.intent = {u"delete"_s, u"before upgrade"_s, u"--children"_s};
    entry.way = u"merge"_s;
    entry.hash = u"abc"_s;
    entry.acknowledged = {u"snapshot-lost@before upgrade"_s};
    Step remove{StepKind::RemoveFile, machine};
    remove.path = u"/images/a.qcow2"_s;
    entry.steps = {{Step{StepKind::ForgetSnapshot, machine, u"before upgrade"_s}}, {remove}};
    return entry;
}

JournalStep sampleHow()
{
    JournalStep how;
    how.undoable = Undoable::Yes;
    Step put{StepKind::CopyFile, machine};
    put.path = u"/images/a.qcow2"_s;
    put.base = u"/images/.treewarden/1-a.qcow2"_s;
    how.undo = {put};
    how.pins = {{put.path, put.base, u"qcow2"_s, u"/images/base.qcow2"_s, 20 * GiB, 3 * MiB, {u"t1"_s},
        {{u"/images/base.qcow2"_s, 196616, 1'700'000'000'123'456'789}}}};
    return how;
}

} // namespace

class TestJournal : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Journal> m_journal;

    QByteArray text() const
    {
        QFile file(m_journal->path());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    // The first record.
    QJsonObject intent() const { return QJsonDocument::fromJson(text().split('\n').first()).object(); }
    void append(const QByteArray &bytes) const
    {
        QFile file(m_journal->path());
        QVERIFY(file.open(QIODevice::Append));
        file.write(bytes);
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_journal = std::make_unique<Journal>(m_folder->path() + u"/state"_s, u"qemu:///system"_s);
    }

    void keepsEverything()
    {
        const JournalEntry entry = sampleEntry();
        QVERIFY(m_journal->begin(entry, {"<domain/>", {{u"s"_s, "<domainsnapshot/>"}}, u"s"_s}));
        JournalStep how = sampleHow();
        QVERIFY(m_journal->stepBegun(u"one"_s, 1, how));
        how.made = {{u"/images/new.qcow2"_s, 196616, 1'700'000'000'123'456'789}};
        QVERIFY(m_journal->stepDone(u"one"_s, 1, how));
        QVERIFY(m_journal->end(u"one"_s, Outcome::Failed, {ErrorCode::Busy, u"stale-plan"_s, u"why"_s}, false));

        const auto contents = m_journal->read();
        QVERIFY(contents);
        QCOMPARE(contents->entries.size(), size_t(1));
        QCOMPARE(contents->damaged, 0);
        QVERIFY(!contents->isTorn);
        const JournalEntry &read = contents->entries.front();
        QCOMPARE(read.entry, u"one"_s);
        QVERIFY(read.time > 0);
        QCOMPARE(read.domain, machine);
        QCOMPARE(read.domainName, entry.domainName);
        QCOMPARE(read.intent, entry.intent);
        QCOMPARE(read.way, entry.way);
        QCOMPARE(read.hash, entry.hash);
        QCOMPARE(read.acknowledged, entry.acknowledged);
        QCOMPARE(read.steps.size(), size_t(2));
        QVERIFY(read.steps[0].step == entry.steps[0].step && read.steps[1].step == entry.steps[1].step);
        QVERIFY(!read.steps[0].isBegun && !read.steps[0].isDone);
        QVERIFY(read.steps[1].isBegun && read.steps[1].isDone);
        QVERIFY(read.steps[1].undoable == Undoable::Yes);
        QVERIFY(read.steps[1].undo == how.undo);
        QVERIFY(read.steps[1].pins == how.pins);
        QVERIFY(read.steps[1].made == how.made);
        QVERIFY(read.outcome == Outcome::Failed);
        QVERIFY(read.error == (Error{ErrorCode::Busy, u"stale-plan"_s, u"why"_s}));

        const QJsonObject xml = intent()["xml"_L1].toObject();
        QCOMPARE(xml["domain"_L1].toString(), u"<domain/>"_s);
        QCOMPARE(xml["current"_L1].toString(), u"s"_s);
        const QJsonArray snapshots = xml["snapshots"_L1].toArray();
        QCOMPARE(snapshots.size(), 1);
        QCOMPARE(snapshots[0]["name"_L1].toString(), u"s"_s);
        QCOMPARE(snapshots[0]["xml"_L1].toString(), u"<domainsnapshot/>"_s);
    }

    void keepsWhatTheJobLeft()
    {
        const std::vector<DocumentMark> first{{{}, u"aa"_s}, {u"s"_s, {}}};
        const std::vector<DocumentMark> second{{{}, u"bb"_s}};
        QVERIFY(m_journal->begin(sampleEntry(), {}));
        QVERIFY(m_journal->stepDone(u"one"_s, 0, {}, first));
        QVERIFY(m_journal->find(u"one"_s)->left == first);
        QVERIFY(m_journal->end(u"one"_s, Outcome::Succeeded, {}, false));
        QVERIFY(m_journal->find(u"one"_s)->left == first);
        QVERIFY(m_journal->end(u"one"_s, Outcome::Failed, {}, false, second));
        QVERIFY(m_journal->find(u"one"_s)->left == second);
    }

    // H-65: whoever comes after the one that was cut off knows what was done.
    void keepsHowFarPuttingBackCame()
    {
        const auto step = [this] { return m_journal->find(u"one"_s)->steps[1]; };
        JournalStep how = sampleHow();
        how.undo.push_back({StepKind::Resume, machine});
        QVERIFY(m_journal->begin(sampleEntry(), {}));
        QVERIFY(m_journal->stepBegun(u"one"_s, 1, how));
        QVERIFY(!step().isPutBackBegun());
        QVERIFY(m_journal->putBackBegun(u"one"_s, 1, 0));
        QVERIFY(step().isPuttingBack && step().putBack == 0 && !step().pins[0].isFreed);
        QVERIFY(m_journal->putBackDone(u"one"_s, 1, 0, {}));
        QVERIFY(!step().isPuttingBack && step().putBack == 1 && !step().isPutBack());
        QVERIFY(step().pins[0].isFreed);
        QVERIFY(m_journal->putBackBegun(u"one"_s, 1, 1));
        QVERIFY(m_journal->putBackDone(u"one"_s, 1, 1, {}));
        QVERIFY(step().isPutBack());
        append("{\"v\":1,\"record\":\"put-back\",\"entry\":\"one\",\"step\":1,\"undo\":7,\"done\":true}\n");
        QCOMPARE(step().putBack, size_t(2));
    }

    void packsManySnapshots()
    {
        XmlBefore xml;
        for (int i = 0; i < 1000; ++i)
            xml.snapshots.emplace_back(
                u"s%1"_s.arg(i), "<domainsnapshot>" + QByteArray(8000, 'x') + "</domainsnapshot>");
        QVERIFY(m_journal->begin(sampleEntry(), xml));
        QVERIFY2(text().size() < 1'000'000, QByteArray::number(text().size()).constData());
        const QByteArray packed = intent()["xml"_L1]["packed"_L1].toString().toLatin1();
        const QJsonArray snapshots = QJsonDocument::fromJson(qUncompress(QByteArray::fromBase64(packed))).array();
        QCOMPARE(snapshots.size(), 1000);
        QCOMPARE(snapshots[7]["xml"_L1].toString().toUtf8(), xml.snapshots[7].second);
    }

    void isForItsOwnerAlone()
    {
        QVERIFY(m_journal->begin(sampleEntry(), {}));
        struct stat status = {};
        QCOMPARE(stat(qPrintable(m_journal->path()), &status), 0);
        QCOMPARE(status.st_mode & 0777, 0600u);
        QCOMPARE(stat(qPrintable(m_folder->path() + u"/state"_s), &status), 0);
        QCOMPARE(status.st_mode & 0777, 0700u);
    }

    void isOneLineARecord()
    {
        JournalEntry entry = sampleEntry();
        entry.domainName = u"a\nb"_s;
        QVERIFY(m_journal->begin(entry, {"<domain>\n</domain>", {}, {}}));
        QVERIFY(m_journal->end(u"one"_s, Outcome::Succeeded, {}, false));
        const QList<QByteArray> lines = text().split('\n');
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines.last().isEmpty());
        for (const QByteArray &line : lines.first(2))
            QCOMPARE(QJsonDocument::fromJson(line).object().value("v"_L1).toInt(), Journal::Version);
        QCOMPARE(m_journal->read()->entries.front().domainName, entry.domainName);
    }

    void tornLineIsToldAndPassedOver()
    {
        QVERIFY(m_journal->begin(sampleEntry(), {}));
        QVERIFY(m_journal->stepBegun(u"one"_s, 0, sampleHow()));
        const QByteArray whole = text();
        const qsizetype last = whole.lastIndexOf('\n', whole.size() - 2) + 1;
        // Wherever the power went.
        for (qsizetype length = last + 1; length < whole.size(); ++length) {
            QFile::resize(m_journal->path(), length);
            const auto contents = m_journal->read();
            QVERIFY(contents);
            QVERIFY(contents->isTorn);
            QCOMPARE(contents->entries.size(), size_t(1));
            QVERIFY(!contents->entries.front().steps[0].isBegun);
        }
        // What comes next is whole.
        QVERIFY(m_journal->end(u"one"_s, Outcome::Cancelled, {}, true));
        const auto contents = m_journal->read();
        QVERIFY(contents);
        QVERIFY(!contents->isTorn);
        QVERIFY(contents->entries.front().outcome == Outcome::Cancelled);
        QVERIFY(contents->entries.front().isPutBack);
    }

    void damagedLinesAreCounted()
    {
        QVERIFY(m_journal->begin(sampleEntry(), {}));
        append("}\n\0\x7f\n[]\n"_ba);
        append("{\"v\":99,\"record\":\"intent\",\"entry\":\"later\"}\n");
        append("{\"v\":1,\"record\":\"step-done\",\"entry\":\"one\",\"step\":77}\n");
        append("{\"v\":1,\"record\":\"step-done\",\"entry\":\"unheard-of\",\"step\":0}\n");
        QVERIFY(m_journal->begin(sampleEntry(u"two"_s), {}));
        const auto contents = m_journal->read();
        QVERIFY(contents);
        QCOMPARE(contents->damaged, 3);
        QCOMPARE(contents->entries.size(), size_t(2));
        QCOMPARE(contents->entries[1].entry, u"two"_s);
    }

    void halfAnUndoIsNone()
    {
        QVERIFY(m_journal->begin(sampleEntry(), {}));
        append("{\"v\":1,\"record\":\"step-begun\",\"entry\":\"one\",\"step\":0,\"undoable\":\"yes\",\"undo\":"
               "[{\"kind\":\"pause\"},{\"kind\":\"of-a-later-version\"}]}\n");
        const auto entry = m_journal->find(u"one"_s);
        QVERIFY(entry);
        QVERIFY(entry->steps[0].undoable == Undoable::No);
        QVERIFY(entry->steps[0].undo.empty());
    }

    void nothingIsWrittenWhereItCannotBe()
    {
        QVERIFY(QDir().mkpath(m_folder->path() + u"/state"_s));
        QFile file(m_folder->path() + u"/state/journal"_s);
        QVERIFY(file.open(QIODevice::WriteOnly)); // a file where the folder is to be
        QVERIFY(!m_journal->begin(sampleEntry(), {}));
        QVERIFY(m_journal->read()->entries.empty());
    }

    void history()
    {
        JournalEntry entry = sampleEntry();
        entry.outcome = Outcome::Succeeded;
        entry.steps[1].undo = sampleHow().undo;
        entry.steps[1].pins = sampleHow().pins;
        for (JournalStep &step : entry.steps) {
            step.isDone = true;
            step.undoable = Undoable::Yes;
        }
        QVERIFY(toHistory(entry).undo == HistoryEntry::Undo::Possible);
        QCOMPARE(toHistory(entry).pinned, 3 * MiB);
        entry.steps[0].undoable = Undoable::Partly;
        QVERIFY(toHistory(entry).undo == HistoryEntry::Undo::Partly);
        entry.steps[1].pins[0].isFreed = true;
        QVERIFY(toHistory(entry).undo == HistoryEntry::Undo::No);
        QCOMPARE(toHistory(entry).pinned, Bytes(0));
        entry.steps[1].pins[0].isFreed = false;
        entry.isPutBack = true;
        const HistoryEntry putBack = toHistory(entry);
        QVERIFY(putBack.undo == HistoryEntry::Undo::No && putBack.isUndone && putBack.steps[0].isDone == false);
    }

    void locksMachines()
    {
        const DomainId other(u"other"_s);
        auto lock = m_journal->lock({machine}, u"one"_s);
        QVERIFY(lock);
        JournalEntry entry = sampleEntry();
        QVERIFY(m_journal->isAlive(entry));
        entry.entry = u"another-job"_s;
        QVERIFY(!m_journal->isAlive(entry));
        // All or none.
        const auto both = m_journal->lock({other, machine}, u"two"_s);
        QVERIFY(!both);
        QCOMPARE(both.error().code, ErrorCode::Busy);
        QCOMPARE(both.error().subject, machine.value);
        QCOMPARE(both.error().detail, u"one"_s);
        QVERIFY(m_journal->lock({other}, u"two"_s));
        // Another host's machine of that id is another machine.
        Journal elsewhere(m_folder->path() + u"/state"_s, u"qemu+ssh://far/system"_s);
        QVERIFY(elsewhere.lock({machine}, u"three"_s));
        {
            const JobLock gone = std::move(*lock);
        }
        entry.entry = u"one"_s;
        QVERIFY(!m_journal->isAlive(entry));
        QVERIFY(m_journal->lock({other, machine}, u"two"_s));
    }

    // Whoever asks whether a job is alive keeps none out, not even for a moment.
    void askingKeepsNobodyOut()
    {
        QVERIFY(m_journal->lock({machine}, u"one"_s)); // so that the file is there
        std::atomic<bool> isOver = false;
        std::thread asking([&] {
            const JournalEntry entry = sampleEntry();
            while (!isOver)
                (void)m_journal->isAlive(entry);
        });
        int kept = 0;
        for (int i = 0; i < 2000; ++i)
            kept += m_journal->lock({machine}, u"one"_s) ? 0 : 1;
        isOver = true;
        asking.join();
        QCOMPARE(kept, 0);
    }

    void keysAreReadableAndDistinct()
    {
        const QString system = Journal::keyOf(u"qemu:///system"_s);
        QVERIFY2(system.startsWith(u"qemu-system-"), qPrintable(system));
        QVERIFY(system != Journal::keyOf(u"qemu://system"_s));
        QVERIFY(!Journal::keyOf(u"../../x"_s).contains(u'/'));
        QVERIFY(Journal::keyOf(QString(5000, u'x')).size() < 100);
    }

    void folderIsTheStandardsOne()
    {
        qputenv("XDG_STATE_HOME", "/somewhere/state");
        QCOMPARE(Journal::standardFolder(), u"/somewhere/state/treewarden"_s);
        qputenv("XDG_STATE_HOME", "relative");
        QCOMPARE(Journal::standardFolder(), QDir::homePath() + u"/.local/state/treewarden"_s);
        qunsetenv("XDG_STATE_HOME");
    }
};

QTEST_APPLESS_MAIN(TestJournal)
#include "tst_journal.moc"
