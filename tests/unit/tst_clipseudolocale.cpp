// SPDX-License-Identifier: GPL-3.0-or-later
// Finds what the command line says and no translator can change; see pseudolocale.h.
#include "app/cli/commandline.h"
#include "app/cli/reading.h"
#include "tests/support/pseudolocale.h"
#include "tests/support/samplehost.h"

#include <QDateTime>
#include <QLocale>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTemporaryFile>
#include <QTest>

#include <cstdio>

#include <unistd.h>

using namespace treewarden;
using namespace treewarden::cli;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

// What comes out of a stream of this process while it lives.
class Capture
{
public:
    explicit Capture(FILE *stream)
        : m_stream(stream)
    {
        if (!m_file.open())
            qFatal("no temporary file");
        std::fflush(m_stream);
        m_before = dup(fileno(m_stream));
        dup2(m_file.handle(), fileno(m_stream));
    }
    ~Capture() { end(); }
    QString end()
    {
        if (m_before >= 0) {
            std::fflush(m_stream);
            dup2(m_before, fileno(m_stream));
            close(m_before);
            m_before = -1;
        }
        m_file.seek(0);
        return QString::fromUtf8(m_file.readAll());
    }

private:
    FILE *m_stream;
    QTemporaryFile m_file;
    int m_before = -1;
};

struct Answer
{
    int exit = 0;
    QString text;
};

} // namespace

class TestCliPseudoLocale : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QCoreApplication::installTranslator(&m_brackets);
        const qint64 now = QDateTime::currentSecsSinceEpoch();
        m_host = sampleHost(now);
        m_host->giveMonitors();
        m_backend = m_host->backend();
        m_backend.stateFolder = m_folder.path(); // not the user's
        m_data = {u"treewarden-cli: "_s, u"vda"_s, u"describe "_s}; // the words of an intent that is offered
        const auto inventory = treewarden::cli::read(m_backend)->inventory;
        for (const auto &domain : inventory->domains) {
            m_machines += domain->name;
            for (int node = 0; node < domain->snapshots->size(); ++node)
                m_snapshots[domain->name] += domain->snapshots->at(node).name;
            m_data += m_snapshots[domain->name];
        }
        m_data += m_machines;
        for (const Image &image : inventory->images->images()) {
            for (const Tag &tag : image.facts.isKnown() ? image.facts->tags : std::vector<Tag>())
                m_data += tag.name;
        }
        m_data += {u"the-new-one"_s, u"frobnicate"_s, u"before-revert-to-"_s, u"qcow2"_s, u"libvirt-save"_s};
        // Words that are typed, and the names of findings, of which docs/hazards.md has all.
        m_data += {u"--frob"_s, u"--kind"_s, u"--memory"_s, u"--disk-only"_s, u"--acknowledge"_s, u"--children"_s,
            u"create"_s, u"delete"_s, u"merge"_s, u"doctor"_s};
        QFile hazards(QStringLiteral(TREEWARDEN_TEST_DATA "/../../docs/hazards.md"));
        QVERIFY(hazards.open(QIODevice::ReadOnly));
        static const QRegularExpression id(u"^### `([a-z-]+)`"_s, QRegularExpression::MultilineOption);
        auto ids = id.globalMatch(QString::fromUtf8(hazards.readAll()));
        QVERIFY(ids.hasNext());
        while (ids.hasNext())
            m_data += ids.next().captured(1);
        // Longer ones first: a name may be part of another.
        std::sort(m_data.begin(), m_data.end(), [](const QString &a, const QString &b) { return a.size() > b.size(); });
    }
    void cleanupTestCase() { QCoreApplication::removeTranslator(&m_brackets); }
    void init() { m_missed.clear(); }
    void cleanup() { QVERIFY2(m_missed.isEmpty(), qPrintable(m_missed.join(u'\n'))); }

    // Else the others could pass by finding nothing.
    void findsWhatIsMissed()
    {
        check(u"Not translated"_s);
        QCOMPARE(m_missed.size(), 1);
        m_missed.clear();
        check(PseudoLocale::Open + u"Taken, "_s + PseudoLocale::Close + u"not translated"_s);
        QCOMPARE(m_missed.size(), 1);
        m_missed.clear();
    }
    void help()
    {
        const Answer answer = run({u"--help"_s});
        QCOMPARE(answer.exit, 0);
        QVERIFY(answer.text.contains(u"treewarden-cli [--connect URI]"_s));
    }
    void wrongWords_data()
    {
        QTest::addColumn<QStringList>("words");
        const auto row = [](const QStringList &words) { QTest::newRow(qPrintable(words.join(u' '))) << words; };
        row({u"--frob"_s});
        row({u"--connect="_s});
        row({u"--connect"_s, u"tests:///host"_s});
        row({u"frobnicate"_s});
        row({u"doctor"_s, u"new"_s});
        row({u"tree"_s});
        row({u"tree"_s, u"new"_s, u"more"_s});
        row({u"run"_s, u"new"_s});
        row({u"run"_s, u"new"_s, u"frobnicate"_s});
        row({u"run"_s, u"new"_s, u"merge"_s, u"vda"_s});
        row({u"run"_s, u"new"_s, u"create"_s});
        row({u"run"_s, u"new"_s, u"start"_s, u"frobnicate"_s});
        row({u"run"_s, u"new"_s, u"start"_s, u"--frob"_s});
        row({u"run"_s, u"new"_s, u"create"_s, u"the-new-one"_s, u"--kind"_s});
        row({u"run"_s, u"new"_s, u"create"_s, u"the-new-one"_s, u"--kind"_s, u"frobnicate"_s});
        row({u"run"_s, u"new"_s, u"create"_s, u"the-new-one"_s, u"--memory"_s, u"--disk-only"_s});
        row({u"run"_s, u"new"_s, u"start"_s, u"--alternative"_s, u"7"_s});
        row({u"undo"_s, u"--frob"_s});
        row({u"undo"_s, u"--acknowledge"_s});
        row({u"undo"_s, u"frobnicate"_s, u"frobnicate"_s});
        row({u"leave"_s, u"frobnicate"_s, u"frobnicate"_s});
    }
    void wrongWords()
    {
        QFETCH(const QStringList, words);
        const Answer answer = run(words);
        QCOMPARE(answer.exit, int(Usage));
        QVERIFY(!answer.text.isEmpty());
    }
    void whatIsNotThere()
    {
        for (const char *command : {"tree", "images", "events"})
            QCOMPARE(run({QString::fromLatin1(command), u"frobnicate"_s}).exit, int(FailedExit));
        QCOMPARE(run({u"plan"_s, u"frobnicate"_s, u"start"_s}).exit, int(FailedExit));
        QCOMPARE(run({u"undo"_s}).exit, int(FailedExit));
        QCOMPARE(run({u"undo"_s, u"frobnicate"_s}).exit, int(FailedExit));
        QCOMPARE(run({u"leave"_s}).exit, int(FailedExit));
        QCOMPARE(run({u"leave"_s, u"frobnicate"_s}).exit, int(FailedExit));
        QCOMPARE(run({u"run"_s, u"new"_s, u"start"_s, u"--expect"_s, u"frobnicate"_s}).exit, int(FailedExit));
    }
    void connectionsThatFail_data()
    {
        QTest::addColumn<int>("code");
        for (int code = 0; code <= int(ErrorCode::Cancelled); ++code)
            QTest::addRow("%d", code) << code;
    }
    void connectionsThatFail()
    {
        QFETCH(const int, code);
        m_host->fail(u"open"_s, {ErrorCode(code), u"tests:///host"_s, {}});
        for (const QStringList &words : {QStringList{u"list"_s}, QStringList{u"events"_s}, QStringList{u"history"_s},
                 QStringList{u"undo"_s}, QStringList{u"plan"_s, u"new"_s, u"start"_s}})
            QCOMPARE(run(words).exit, int(FailedExit));
        m_host->mend(u"open"_s);
    }
    void looks()
    {
        QCOMPARE(run({u"list"_s}).exit, 0);
        QCOMPARE(run({u"images"_s}).exit, 0);
        for (const QString &machine : m_machines) {
            QCOMPARE(run({u"tree"_s, machine}).exit, 0);
            QCOMPARE(run({u"images"_s, machine}).exit, 0);
        }
    }
    void whatCannotBeRead()
    {
        for (const char *call : {"domainXml", "readSnapshots", "checkpointXml", "qmp", "openImage", "volumes"}) {
            m_host->fail(QString::fromLatin1(call), {ErrorCode::PermissionDenied, {}, {}});
            run({u"list"_s});
            run({u"images"_s});
            run({u"tree"_s, u"issue-811"_s});
            run({u"plan"_s, u"issue-811"_s, u"delete"_s, u"drivers"_s});
            m_host->mend(QString::fromLatin1(call));
        }
    }
    void plans_data()
    {
        QTest::addColumn<QString>("machine");
        for (const QString &machine : std::as_const(m_machines)) {
            if (machine != "chain"_L1)
                QTest::newRow(qPrintable(machine)) << machine;
        }
    }
    void plans()
    {
        QFETCH(const QString, machine);
        const QString name = u"the-new-one"_s;
        QList<QStringList> intents{{u"start"_s}, {u"pause"_s}, {u"resume"_s}, {u"shutdown"_s}, {u"force-off"_s},
            {u"policy"_s, u"internal"_s}, {u"policy"_s, u"ask"_s}, {u"uniform"_s, u"internal"_s},
            {u"uniform"_s, u"external"_s}, {u"create"_s, name}, {u"create"_s, name, u"--kind"_s, u"internal"_s},
            {u"create"_s, name, u"--kind"_s, u"external"_s, u"--memory"_s},
            {u"create"_s, name, u"--kind"_s, u"external"_s, u"--disk-only"_s, u"--quiesce"_s}};
        for (const QString &snapshot : m_snapshots.value(machine)) {
            intents += {u"revert"_s, snapshot};
            intents += {u"revert"_s, snapshot, u"--safety-snapshot"_s};
            intents += {u"delete"_s, snapshot};
            intents += {u"delete"_s, snapshot, u"--children"_s};
            intents += {u"delete"_s, snapshot, u"--metadata-only"_s};
            intents += {u"rename"_s, snapshot, name};
            intents += {u"describe"_s, snapshot, name};
        }
        for (const QStringList &intent : std::as_const(intents)) {
            const Answer answer = run(QStringList{u"plan"_s, machine} + intent);
            QVERIFY2(answer.exit == Done || answer.exit == Blocked || answer.exit == NeedsAcknowledgement,
                qPrintable(intent.join(u' ') + u": "_s + answer.text));
            // What is refused says why, line by line.
            if (answer.exit != Done)
                QCOMPARE(run(QStringList{u"run"_s, machine} + intent).exit, answer.exit);
        }
    }
    void jobs()
    {
        const QString machine = u"new"_s;
        const QString name = u"the-new-one"_s;
        QCOMPARE(run({u"run"_s, machine, u"create"_s, name, u"--kind"_s, u"external"_s}).exit, 0);
        QCOMPARE(run({u"run"_s, machine, u"describe"_s, name, u"frobnicate"_s}).exit, 0);
        m_host->setFault(u"start"_s, {FakeHost::Fault::Kind::Fail, {ErrorCode::Failed, {}, {}}});
        QCOMPARE(run({u"run"_s, machine, u"start"_s}).exit, int(FailedExit));
        QCOMPARE(run({u"undo"_s}).exit, 0);
        m_host->setFault(u"*"_s, {FakeHost::Fault::Kind::LoseAfterwards, {ErrorCode::ConnectionLost, {}, {}}});
        QVERIFY(run({u"run"_s, machine, u"rename"_s, name, u"frobnicate"_s}).exit != 0);
        const Answer history = run({u"history"_s});
        QCOMPARE(history.exit, 0);
        QCOMPARE(history.text.count(u'\n'), 6);
        QCOMPARE(history.text.count(u"Undo: "_s), 1);
    }

private:
    Answer run(const QStringList &words)
    {
        Answer answer;
        Capture out(stdout);
        Capture error(stderr);
        const bool hasUri = words.value(0).startsWith(u"--"_s);
        const CommandLine line
            = readCommandLine((hasUri ? QStringList() : QStringList{u"--connect"_s, u"tests:///host"_s}) + words);
        answer.exit = line.exit ? *line.exit : execute(line.options, m_backend);
        answer.text = error.end() + out.end();
        check(answer.text);
        return answer;
    }
    void check(const QString &text)
    {
        // URIs, paths and names of files, sizes, dates, and how a job is called in the history.
        static const QRegularExpression notWords(
            u"\\d[\\d.,]* ?(bytes|[KMGTPE]iB)|\\w+:///\\w+|/[^\\s\u27e6\u27e7]+|\\b[\\w-]+(\\.[\\w-]+)+|"
            "\\d+ [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d|\\b\\d{8}-\\d{6}-[0-9a-f]+|\\b[0-9a-f]{12,64}\\b"_s);
        QString rest = untranslated(text, {});
        rest.remove(notWords);
        for (const QString &line : untranslated(rest, m_data).split(u'\n')) {
            if (hasWords(line))
                m_missed += line + u"\nin\n"_s + text;
        }
        m_missed.removeDuplicates();
    }

    PseudoLocale m_brackets{PseudoLocale::Arguments::StandOutside};
    QTemporaryDir m_folder;
    std::shared_ptr<FakeHost> m_host;
    Backend m_backend;
    QStringList m_machines;
    QMap<QString, QStringList> m_snapshots;
    QStringList m_data;
    QStringList m_missed;
};

QTEST_GUILESS_MAIN(TestCliPseudoLocale)
#include "tst_clipseudolocale.moc"
