// SPDX-License-Identifier: GPL-3.0-or-later
// `treewarden-cli events` while a machine does something: what libvirt announces and what QEMU does, for people and for
// programs.
#include "tests/live/cliprocess.h"
#include "tests/support/privatedaemon.h"
#include "tests/support/process.h"
#include "tests/support/sandboxfixture.h"

#include <QDateTime>
#include <QRegularExpression>
#include <QTest>

#include <memory>

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;

namespace {

constexpr int Patience = 60'000;

// A line for people, taken apart.
struct Line
{
    double time = 0;
    QString domain;
    QString source;
    QString event;
    QJsonObject data;
};

std::optional<Line> parsed(const QByteArray &text)
{
    static const QRegularExpression shape(u"^(\\d+\\.\\d{3})  (\\S+)  (libvirt|qmp) (\\S+)  (\\{.*\\})\\n$"_s);
    const QRegularExpressionMatch match = shape.match(QString::fromUtf8(text));
    if (!match.hasMatch())
        return {};
    return Line{match.captured(1).toDouble(), match.captured(2), match.captured(3), match.captured(4),
        object(match.captured(5).toUtf8())};
}

} // namespace

class tst_CliEvents : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<PrivateDaemon> m_daemon;
    std::unique_ptr<EventProcess> m_text;
    std::unique_ptr<EventProcess> m_json;

    QList<QJsonObject> events(const QString &source, const QString &name)
    {
        QList<QJsonObject> found;
        for (const QJsonObject &event : m_json->all()) {
            if (event["source"_L1].toString() == source && event["event"_L1].toString() == name)
                found << event;
        }
        return found;
    }
    // What `key` says in the data of each, in order.
    QStringList data(const QString &source, const QString &name, QLatin1StringView key)
    {
        QStringList values;
        for (const QJsonObject &event : events(source, name))
            values << event["data"_L1][key].toString();
        return values;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(QFile::exists(Cli), "treewarden-cli is not built");
        prctl(PR_SET_CHILD_SUBREAPER, 0); // as in live/connection
        m_daemon = std::make_unique<PrivateDaemon>();
        QVERIFY(m_daemon->start());
        QVERIFY(m_daemon->define(u"one"_s) && m_daemon->define(u"two"_s));
        m_daemon->virsh({u"snapshot-create-as"_s, u"one"_s, u"below"_s, u"--disk-only"_s});
        const QStringList uri{u"--connect"_s, m_daemon->uri()};
        m_text = std::make_unique<EventProcess>(uri + QStringList{u"events"_s, u"one"_s});
        m_json = std::make_unique<EventProcess>(uri + QStringList{u"events"_s, u"one"_s, u"--json"_s});
        // They say nothing when they have begun to listen: a change of the description is heard of at once.
        QTRY_VERIFY_WITH_TIMEOUT((m_daemon->virsh({u"desc"_s, u"one"_s, u"--config"_s, u"a machine"_s}),
                                     !m_text->lines().isEmpty() && !m_json->lines().isEmpty()),
            Patience);
    }
    void cleanupTestCase()
    {
        m_text.reset();
        m_json.reset();
        m_daemon.reset();
    }

    void ofAJob()
    {
        m_daemon->virsh({u"start"_s, u"two"_s}); // another machine's are not told
        m_daemon->virsh({u"start"_s, u"one"_s});
        QTRY_VERIFY_WITH_TIMEOUT(m_json->has(u"one"_s, u"started"_s), Patience);
        m_daemon->virsh({u"blockpull"_s, u"one"_s, u"vda"_s, u"--wait"_s});
        QTRY_COMPARE_WITH_TIMEOUT(
            data(u"libvirt"_s, u"block-job-2"_s, "status"_L1), QStringList{u"completed"_s}, Patience);
        const QJsonObject ofLibvirt = events(u"libvirt"_s, u"block-job-2"_s).first();
        QCOMPARE(ofLibvirt["disk"_L1].toString(), u"vda"_s);
        QCOMPARE(ofLibvirt["data"_L1]["type"_L1].toString(), u"pull"_s);
        // What QEMU itself says of the same job.
        QTRY_COMPARE_WITH_TIMEOUT(events(u"qmp"_s, u"BLOCK_JOB_COMPLETED"_s).size(), 1, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(data(u"qmp"_s, u"JOB_STATUS_CHANGE"_s, "status"_L1).contains(u"null"_s), Patience);
        const QStringList statuses = data(u"qmp"_s, u"JOB_STATUS_CHANGE"_s, "status"_L1);
        QCOMPARE(statuses.first(), u"created"_s);
        QVERIFY2(statuses.contains(u"running"_s) && statuses.contains(u"concluded"_s), qPrintable(statuses.join(u' ')));
        for (const QJsonObject &event :
            events(u"qmp"_s, u"JOB_STATUS_CHANGE"_s) + events(u"qmp"_s, u"BLOCK_JOB_COMPLETED"_s)) {
            QVERIFY2(
                event["job"_L1].toString().startsWith(u"pull-vda-libvirt-"_s), qPrintable(event["job"_L1].toString()));
            QCOMPARE(event["disk"_L1].toString(), u"vda"_s);
        }
    }
    void ofASavedMachine()
    {
        m_daemon->virsh({u"save"_s, u"one"_s, m_daemon->path(u"images/one.save"_s)});
        QTRY_VERIFY_WITH_TIMEOUT(m_json->has(u"one"_s, u"stopped"_s), Patience);
        QTRY_COMPARE_WITH_TIMEOUT(events(u"libvirt"_s, u"job-completed"_s).size(), 1, Patience);
        const QJsonObject saved = events(u"libvirt"_s, u"job-completed"_s).first();
        QVERIFY(saved["data"_L1]["data_processed"_L1].toInteger() > 0);
        QVERIFY(saved["disk"_L1].isNull());
        QVERIFY(saved["job"_L1].isNull());
        const QStringList lifecycle = data(u"libvirt"_s, u"lifecycle"_s, "event"_L1);
        QVERIFY2(lifecycle.endsWith(u"stopped"_s), qPrintable(lifecycle.join(u' ')));
        QCOMPARE(data(u"libvirt"_s, u"lifecycle"_s, "detail"_L1).last(), u"saved"_s);
    }
    void sameInBoth()
    {
        const auto isOfChange = [](const QString &event) { return event == "metadata-change"_L1; };
        QStringList ofJson;
        for (const QJsonObject &event : m_json->all()) {
            QCOMPARE(sorted(event.keys()),
                (QStringList{u"data"_s, u"disk"_s, u"domain"_s, u"event"_s, u"job"_s, u"source"_s, u"time"_s}));
            QCOMPARE(event["domain"_L1].toString(), u"one"_s);
            const QString name = event["event"_L1].toString();
            if (!isOfChange(name))
                ofJson += event["source"_L1].toString() + u' ' + name + u' '
                    + QString::fromUtf8(QJsonDocument(event["data"_L1].toObject()).toJson(QJsonDocument::Compact));
        }
        QVERIFY(ofJson.size() >= 8);
        const auto ofText = [&] {
            QStringList found;
            for (const QByteArray &text : m_text->lines()) {
                const auto line = parsed(text);
                if (!line) {
                    QTest::qFail(text.constData(), __FILE__, __LINE__);
                    break;
                }
                if (!isOfChange(line->event))
                    found += line->source + u' ' + line->event + u' '
                        + QString::fromUtf8(QJsonDocument(line->data).toJson(QJsonDocument::Compact));
            }
            return found;
        };
        QTRY_COMPARE_WITH_TIMEOUT(ofText().size(), ofJson.size(), Patience);
        QCOMPARE(sorted(ofText()), sorted(ofJson));
        const qint64 now = QDateTime::currentSecsSinceEpoch();
        for (const QByteArray &text : m_text->lines()) {
            QCOMPARE(parsed(text)->domain, u"one"_s);
            QVERIFY2(qAbs(parsed(text)->time - double(now)) < 600, text.constData());
        }
        QCOMPARE(m_text->end(SIGINT), 0);
        QCOMPARE(m_json->end(SIGTERM), 0);
        QCOMPARE(m_text->errors() + m_json->errors(), QByteArray());
    }
};

TREEWARDEN_LIVE_MAIN(tst_CliEvents)
#include "tst_clievents.moc"
