// SPDX-License-Identifier: GPL-3.0-or-later
// What is said of a host that is not there, and whether it is tried again.
#include "tests/support/fakehypervisor.h"
#include "views/text/connectiontext.h"
#include "views/text/errortext.h"
#include "views/text/eventtext.h"

#include <QDateTime>
#include <QFile>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

constexpr int Patience = 15'000;
const QString System = u"qemu:///system"_s;

} // namespace

class TestConnectionText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_host = FakeHost::create(); }
    void cleanup() { m_connection.reset(); }

    void aWrongAddressIsNotTriedAgain_data()
    {
        QTest::addColumn<QString>("uri");
        QTest::newRow("of another computer") << u"qemu+shh://host/system"_s;
        QTest::newRow("none at all") << u"&<>"_s;
        QTest::newRow("of no driver") << u"nonsense://nowhere/"_s;
    }
    void aWrongAddressIsNotTriedAgain()
    {
        QFETCH(const QString, uri);
        fail({ErrorCode::Malformed, uri, u"their words"_s}, uri);
        QCOMPARE(m_connection->retryAt(), 0);
        QCOMPARE(statusLine(), u"Failed: libvirt does not understand the address"_s);
        const auto [title, text] = ErrorText::connection(*m_connection);
        QCOMPARE(title, u"Cannot connect to "_s + uri);
        QVERIFY2(
            text.startsWith(u"libvirt does not understand the address “%1”."_s.arg(uri)), qPrintable(title + text));
        // But when the user says so.
        if (QLatin1StringView(QTest::currentDataTag()) == "none at all"_L1)
            QTest::qWait(4000); // what fails otherwise is tried again after three seconds
        QCOMPARE(m_host->count(u"open"_s), 1);
        m_connection->retry();
        QTRY_COMPARE_WITH_TIMEOUT(m_host->count(u"open"_s), 2, Patience);
    }
    void aLossSaysWhyAndThenWhatTheNextTryFound()
    {
        open();
        m_host->fail(u"open"_s, {ErrorCode::PermissionDenied, System, u"Permission denied"_s});
        const auto [line, title] = loseFor({ErrorCode::TimedOut, System, u"keepalive timeout"_s});
        QVERIFY2(line.startsWith(u"Connection lost: no answer in time, "_s), qPrintable(line));
        QCOMPARE(title, u"The connection to qemu:///system was lost: no answer in time"_s);

        m_connection->retry();
        QTRY_COMPARE_WITH_TIMEOUT(m_connection->status(), Connection::Status::Failed, Patience);
        QVERIFY2(statusLine().startsWith(u"Failed: permission denied, "_s), qPrintable(statusLine()));
        const auto said = ErrorText::connection(*m_connection);
        QCOMPARE(said.title, u"Cannot connect to qemu:///system"_s);
        QVERIFY2(said.text.contains(u"group “libvirt”"_s), qPrintable(said.text));
        QVERIFY2(said.text.endsWith(u"What you see is what was read last."_s), qPrintable(said.text));
        QVERIFY(m_connection->retryAt() > 0);
    }
    void aLossNamesNoCode()
    {
        open();
        const QString line = loseFor({ErrorCode::ConnectionLost, System, u"end of file"_s}).first;
        QVERIFY2(
            line.startsWith(u"Connection lost: the host closed it, or libvirt there was stopped"_s), qPrintable(line));
    }
    void theSandboxSaysWhatIsWrongWithIt_data()
    {
        QTest::addColumn<Error>("error");
        QTest::addColumn<QStringList>("expected");
        QTest::addColumn<bool>("isInstalled");
        const QString install = u"sudo apt install"_s;
        QTest::newRow("nothing installed")
            << Error{ErrorCode::NotFound, u"libvirtd"_s, {}} << QStringList{u"libvirtd"_s, install} << false;
        QTest::newRow("a long name") << Error{ErrorCode::Unsupported, u"/a/long/name/run/libvirt/libvirt-sock"_s,
            u"socket name too long"_s}
                                     << QStringList{u"/a/long/name/"_s, u"TREEWARDEN_SANDBOX"_s,
                                            u"too long for a socket"_s}
                                     << true;
        QTest::newRow("another's folder")
            << Error{ErrorCode::Unsupported, u"/home/ann"_s, u"the folder is not empty and not a sandbox"_s}
            << QStringList{u"/home/ann"_s, u"TREEWARDEN_SANDBOX"_s, u"other contents"_s} << true;
        QTest::newRow("a name from here")
            << Error{ErrorCode::Unsupported, u"some/where"_s, u"not an absolute path"_s}
            << QStringList{u"some/where"_s, u"TREEWARDEN_SANDBOX"_s, u"begin with"_s} << true;
        QTest::newRow("no right to write")
            << Error{ErrorCode::PermissionDenied, u"/sandbox"_s, u"Permission denied"_s}
            << QStringList{u"/sandbox"_s, u"TREEWARDEN_SANDBOX"_s, u"permission denied"_s} << true;
        QTest::newRow("the daemon does not start") << Error{ErrorCode::TimedOut, u"/usr/sbin/libvirtd"_s, u"log"_s}
                                                   << QStringList{u"did not start"_s, u"no answer in time"_s} << true;
    }
    void theSandboxSaysWhatIsWrongWithIt()
    {
        QFETCH(const Error, error);
        QFETCH(const QStringList, expected);
        QFETCH(const bool, isInstalled);
        fail(error, u"sandbox"_s);
        const QString text = ErrorText::connection(*m_connection).text;
        for (const QString &part : expected)
            QVERIFY2(text.contains(part), qPrintable(text));
        QCOMPARE(text.contains(u"apt install"_s), !isInstalled);
    }

    void aHostHasAShortName_data()
    {
        QTest::addColumn<QString>("uri");
        QTest::addColumn<QString>("expected");
        QTest::newRow("this computer") << System << u"This computer (qemu:///system)"_s;
        QTest::newRow("the user's session") << u"qemu:///session"_s << u"Your session (qemu:///session)"_s;
        QTest::newRow("another computer") << u"qemu+ssh://root@nas.lan/system"_s << u"nas.lan (qemu+ssh)"_s;
        QTest::newRow("a socket") << u"qemu+unix:///session?socket=/run/a%20b/libvirt-sock"_s
                                  << u"/run/a b/libvirt-sock"_s;
        QTest::newRow("another driver") << u"test:///default"_s << u"test:///default"_s;
        QTest::newRow("no address") << u"&<>"_s << u"&<>"_s;
    }
    void aHostHasAShortName()
    {
        QFETCH(const QString, uri);
        QTEST(ConnectionText::name(uri), "expected");
    }
    void eventsAreToldInWords_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QJsonObject>("data");
        QTest::addColumn<QString>("expected");
        const auto lifecycle = [](const QString &event, const QString &detail) {
            return QJsonObject{{u"event"_s, event}, {u"detail"_s, detail}};
        };
        const QString name = u"lifecycle"_s;
        QTest::newRow("forced off") << name << lifecycle(u"stopped"_s, u"destroyed"_s) << u"forced off"_s;
        QTest::newRow("at its start") << name << lifecycle(u"started"_s, u"from-snapshot"_s) << u"from a snapshot"_s;
        QTest::newRow("a later libvirt's") << name << lifecycle(u"stopped"_s, u"17"_s) << u"reason 17"_s;
        QTest::newRow("without a reason") << name << lifecycle(u"stopped"_s, {}) << QString();
        QTest::newRow("a block job") << u"block-job-2"_s
                                     << QJsonObject{{u"type"_s, u"active-commit"_s}, {u"status"_s, u"ready"_s}}
                                     << u"ready to finish, merge of the active layer"_s;
        QTest::newRow("a full disk") << u"io-error-reason"_s
                                     << QJsonObject{{u"path"_s, u"/a"_s}, {u"action"_s, u"pause"_s},
                                            {u"reason"_s, u"enospc"_s}}
                                     << u"the machine was paused, /a, no space is left"_s;
    }
    void eventsAreToldInWords()
    {
        QFETCH(const QString, name);
        QFETCH(const QJsonObject, data);
        Event event;
        event.name = name;
        event.data = data;
        QTEST(EventText::details(event), "expected");
    }
    // As the backend's table has them.
    void everyLifecycleDetailHasWords()
    {
        QFile file(QStringLiteral(TREEWARDEN_TEST_DATA "/../../model/backend/libvirt/eventbridge.cpp"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString table
            = QString::fromUtf8(file.readAll()).section(u"Lifecycles[] = {"_s, 1).section(u"\n};"_s, 0, 0);
        static const QRegularExpression row(u"\\x7b\"(\\w+)\",\\s*\\x7b([^\\x7d]*)\\x7d"_s); // moc counts braces
        static const QRegularExpression word(u"\"([^\"]+)\""_s);
        int details = 0;
        for (auto rows = row.globalMatch(table); rows.hasNext();) {
            const auto found = rows.next();
            for (auto words = word.globalMatch(found.captured(2)); words.hasNext(); ++details) {
                Event event;
                event.name = u"lifecycle"_s;
                event.data = {{u"event"_s, found.captured(1)}, {u"detail"_s, words.next().captured(1)}};
                const QString told = EventText::details(event);
                QVERIFY2(!told.isEmpty() && !told.startsWith(u"reason "_s), qPrintable(told));
            }
        }
        QVERIFY(details > 30);
    }

private:
    // What the row and the notice say while it is lost: heard as it happens, because it is tried again by itself.
    std::pair<QString, QString> loseFor(const Error &why)
    {
        std::pair<QString, QString> said;
        const auto heard = connect(m_connection.get(), &Connection::statusChanged, m_connection.get(), [&] {
            if (m_connection->status() == Connection::Status::Lost)
                said = {statusLine(), ErrorText::connection(*m_connection).title};
        });
        m_host->breakConnections(why);
        (void)QTest::qWaitFor([&] { return !said.first.isEmpty(); }, Patience);
        disconnect(heard);
        return said;
    }
    void make(const QString &uri)
    {
        Backend backend = m_host->backend();
        backend.stateFolder = m_folder.path(); // not the user's
        m_connection = std::make_unique<Connection>(uri, backend);
        m_connection->open();
    }
    void open()
    {
        make(System);
        QTRY_COMPARE_WITH_TIMEOUT(m_connection->status(), Connection::Status::Open, Patience);
    }
    void fail(const Error &error, const QString &uri)
    {
        m_host->fail(u"open"_s, error);
        make(uri);
        QTRY_COMPARE_WITH_TIMEOUT(m_connection->status(), Connection::Status::Failed, Patience);
    }
    QString statusLine() const
    {
        return ConnectionText::statusLine(*m_connection, 0, QDateTime::currentMSecsSinceEpoch());
    }

    QTemporaryDir m_folder;
    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<Connection> m_connection;
};

QTEST_GUILESS_MAIN(TestConnectionText)
#include "tst_connectiontext.moc"
