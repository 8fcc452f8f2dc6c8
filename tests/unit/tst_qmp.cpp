// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/backupjobs.h"
#include "model/qmp/blockjobs.h"
#include "model/qmp/blocknode.h"
#include "model/qmp/qmpevent.h"
#include "model/qmp/runstate.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <limits>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

QByteArray data(const char *name)
{
    QFile file(QStringLiteral(TREEWARDEN_TEST_DATA "/qmp/") + QLatin1StringView(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// JSON is full of quotes: written with single ones, which moc and the eye bear better.
QByteArray json(const char *text)
{
    return QByteArray(text).replace('\'', '"');
}

// A node of that name, format and further members of it and its image.
QByteArray node(
    const QByteArray &name, const QByteArray &driver, const QByteArray &members = {}, const QByteArray &image = {})
{
    return json("{'node-name':'") + QByteArray(name) + json("','drv':'") + QByteArray(driver) + json("','file':'/i/")
        + QByteArray(name) + json("','ro':false,'encrypted':false,'image':{'format':'") + QByteArray(driver)
        + json("','virtual-size':1048576") + (image.isEmpty() ? QByteArray() : QByteArray("," + image)) + "}"
        + (members.isEmpty() ? QByteArray() : QByteArray("," + members)) + "}";
}

QByteArray reply(const QByteArray &nodes)
{
    return json("{'return':[") + QByteArray(nodes) + json("],'id':'libvirt-9'}");
}

QByteArray dirtyBitmap(
    const char *name, bool recording, bool persistent, bool busy, int granularity, int count, bool inconsistent = false)
{
    const auto word = [](bool value) { return QByteArray(value ? "true" : "false"); };
    return json("{'name':'") + QByteArray(name) + json("','recording':") + word(recording) + json(",'persistent':")
        + word(persistent) + json(",'busy':") + word(busy) + json(",'granularity':") + QByteArray::number(granularity)
        + json(",'count':") + QByteArray::number(count) + (inconsistent ? json(",'inconsistent':true}") : "}");
}

QByteArray bitmapsOf(const QByteArrayList &bitmaps)
{
    return json("'dirty-bitmaps':[") + bitmaps.join(',') + "]";
}

// "node: name flags granularity dirty" for each bitmap: r recording, p persistent, b busy, i inconsistent, u in use.
QStringList bitmaps(const std::vector<BlockNode> &nodes)
{
    QStringList lines;
    for (const BlockNode &node : nodes) {
        for (const Bitmap &bitmap : node.facts.bitmaps) {
            QString flags;
            flags += bitmap.recording ? u"r"_s : QString();
            flags += bitmap.persistent ? u"p"_s : QString();
            flags += bitmap.busy ? u"b"_s : QString();
            flags += bitmap.inconsistent ? u"i"_s : QString();
            flags += bitmap.inUse ? u"u"_s : QString();
            const QString dirty = bitmap.dirty.isKnown() ? QString::number(*bitmap.dirty) : u"-"_s;
            lines.append(node.nodeName + u": " + bitmap.name + u' ' + flags + u' ' + QString::number(bitmap.granularity)
                + u' ' + dirty);
        }
    }
    return lines;
}

} // namespace

class TestQmp : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void blockJobs()
    {
        const auto jobs = readBlockJobs(
            reply(json("{'device':'commit-vda-libvirt-3-format','type':'commit','len':1,'offset':0},"
                       "{'device':'backup-vdb-libvirt-5-format','type':'backup'},"
                       "{'device':'pull-vdc-libvirt-1-format','type':'stream'},{'device':'mine','type':'mirror'}")),
            {u"vda"_s, u"vdb"_s});
        QVERIFY(jobs);
        const std::vector<BlockJob> expected{{u"commit-vda-libvirt-3-format"_s, u"vda"_s, u"commit"_s, true},
            {u"backup-vdb-libvirt-5-format"_s, u"vdb"_s, u"backup"_s, true},
            {u"pull-vdc-libvirt-1-format"_s, {}, u"stream"_s, false}, {u"mine"_s, {}, u"mirror"_s, false}};
        QCOMPARE(*jobs, expected);
        QVERIFY(readBlockJobs(reply({}), {})->empty());
        QCOMPARE(readBlockJobs(reply("{}"), {}).error().code, ErrorCode::Malformed);
        QCOMPARE(readBlockJobs("[]", {}).error().code, ErrorCode::Malformed);
        QCOMPARE(readBlockJobs(json("{'error':{'class':'CommandNotFound','desc':'no'}}"), {}).error().code,
            ErrorCode::Unsupported);
    }

    void blockJobStates()
    {
        const auto jobs = readBlockJobStates(
            reply(json("{'device':'treewarden-vda-0123456789','type':'backup','len':8,'offset':3,'speed':5,"
                       "'status':'paused'},{'device':'treewarden-vdc-0','type':'backup','len':-1}")),
            {u"vda"_s, u"vdb"_s});
        QVERIFY(jobs && jobs->size() == 2);
        const BlockJobState &first = jobs->front();
        QVERIFY(first.isOurs && !first.job.isLibvirts);
        QCOMPARE(first.job.disk, u"vda"_s);
        QCOMPARE(first.status, u"paused"_s);
        QCOMPARE(first.done, Bytes(3));
        QCOMPARE(first.total, Bytes(8));
        QCOMPARE(first.speed, Bytes(5));
        QVERIFY(!jobs->back().isOurs);
        QCOMPARE(jobs->back().total, Bytes(0));
    }

    // The order is what makes it one moment: what is merged is read before what is new begins, and both before copies.
    void beginsCopies()
    {
        const QString name = qmp::nameOfJob(u"vda"_s, u"/backups/one/chain-0001/0001-inc-vda.qcow2"_s);
        QVERIFY(name.size() < 32 && name.startsWith("treewarden-vda-"_L1));
        QVERIFY(name != qmp::nameOfJob(u"vda"_s, u"/backups/one/chain-0001/0002-inc-vda.qcow2"_s));
        const QByteArray message = qmp::beginCopies(
            {{name, u"top"_s, {{u"top"_s, u"old"_s}, {u"below"_s, u"old"_s}}, u"new"_s}}, {false, true, 7});
        const QJsonObject arguments = QJsonDocument::fromJson(message)["arguments"_L1].toObject();
        QVERIFY(!arguments.contains("properties"_L1)); // QEMU refuses "grouped" for bitmaps
        const QJsonArray actions = arguments["actions"_L1].toArray();
        QStringList types;
        for (const QJsonValue &action : actions)
            types += action["type"_L1].toString();
        QCOMPARE(types,
            (QStringList{u"block-dirty-bitmap-add"_s, u"block-dirty-bitmap-merge"_s, u"block-dirty-bitmap-add"_s,
                u"blockdev-backup"_s}));
        QCOMPARE(actions[1]["data"_L1]["bitmaps"_L1].toArray().size(), 2);
        QVERIFY(actions[2]["data"_L1]["persistent"_L1].toBool());
        const QJsonObject copy = actions[3]["data"_L1].toObject();
        QCOMPARE(copy["sync"_L1].toString(), u"incremental"_s);
        QCOMPARE(copy["bitmap"_L1].toString(), actions[0]["data"_L1]["name"_L1].toString());
        QVERIFY(copy["compress"_L1].toBool() && !copy["auto-dismiss"_L1].toBool(true));
        QCOMPARE(copy["speed"_L1].toInteger(), 7);
        const QByteArray whole = qmp::beginCopies({{name, u"top"_s}}, {true, false, 0});
        QVERIFY(whole.contains("\"sync\":\"top\"") && !whole.contains("bitmap"));
        const auto jobs = qmp::readJobs(reply(json(
            "{'id':'a','type':'backup','status':'concluded','current-progress':2,'total-progress':4,'error':'no'}")));
        QVERIFY(jobs && jobs->size() == 1);
        QCOMPARE(jobs->front().error, u"no"_s);
        QCOMPARE(jobs->front().total, Bytes(4));
        QVERIFY(!qmp::readJobs("{}"));
        QVERIFY(qmp::readDone("{\"return\":{}}"));
        QVERIFY(!qmp::readDone(json("{'error':{'class':'GenericError','desc':'no'}}")));
    }

    void theCommandIsOne()
    {
        const QJsonObject command = QJsonDocument::fromJson(queryNamedBlockNodes()).object();
        QCOMPARE(command["execute"_L1].toString(), u"query-named-block-nodes"_s);
        QVERIFY(command["arguments"_L1]["flat"_L1].toBool());
    }

    void aTagAndABitmapAsQemuGivesThem()
    {
        const auto nodes = readNamedBlockNodes(data("flat1.json"));
        QVERIFY(nodes);
        QCOMPARE(nodes->size(), size_t(4));
        const BlockNode &top = nodes->front();
        QCOMPARE(top.nodeName, u"libvirt-2-format"_s);
        QCOMPARE(top.driver, u"qcow2"_s);
        QCOMPARE(top.file, u"/images/top.qcow2"_s);
        QCOMPARE(top.backingFile, u"/images/base.qcow2"_s);
        QVERIFY(!top.readOnly);
        QCOMPARE(top.allocated, Fact<Bytes>(1261568));
        QCOMPARE(top.facts.format, u"qcow2"_s);
        QCOMPARE(top.facts.formatVersion, 3);
        QCOMPARE(top.facts.virtualSize, 16 * MiB);
        QCOMPARE(top.facts.clusterSize, 64 * KiB);
        QCOMPARE(top.facts.backingName, u"base.qcow2"_s);
        QCOMPARE(top.facts.backingFormat, u"qcow2"_s);
        QVERIFY(!top.facts.corrupt && !top.facts.dirty && !top.facts.encrypted && !top.facts.hasDataFile);
        QCOMPARE(top.facts.tags.size(), size_t(1));
        const Tag &tag = top.facts.tags.front();
        QCOMPARE(tag.id, u"1"_s);
        QCOMPARE(tag.name, u"int1"_s);
        QCOMPARE(tag.vmStateSize, Bytes(863803));
        QCOMPARE(tag.created, qint64(1795297551));
        QCOMPARE(tag.createdNanoseconds, quint32(320666000));
        QCOMPARE(tag.vmClock, quint64(198'041'716'407));
        QVERIFY(tag.diskSize.isUnknown());
        QCOMPARE(bitmaps(*nodes), QStringList{u"libvirt-2-format: bm0 rp 65536 0"_s});
        QVERIFY((*nodes)[2].readOnly);
        QCOMPARE((*nodes)[1].driver, u"file"_s);
    }
    void nestedAndFlatRepliesAreEqual()
    {
        const auto nodes = readNamedBlockNodes(data("nested1.json"));
        QVERIFY(nodes);
        QCOMPARE(*nodes, *readNamedBlockNodes(data("flat1.json")));
    }
    void aChainAsQemuGivesIt()
    {
        const auto nodes = readNamedBlockNodes(data("flat2.json"));
        QVERIFY(nodes);
        QStringList chain;
        QString file = u"/images/ext2.qcow2"_s;
        const auto found = [&] {
            return std::find_if(nodes->begin(), nodes->end(),
                [&](const BlockNode &node) { return node.file == file && node.driver == u"qcow2"; });
        };
        for (auto node = found(); node != nodes->end(); node = found()) {
            chain.append(node->nodeName);
            file = node->backingFile;
        }
        QCOMPARE(chain,
            (QStringList{u"libvirt-5-format"_s, u"libvirt-4-format"_s, u"libvirt-2-format"_s, u"libvirt-3-format"_s}));
    }

    // One case for each name in libvirt's own tests of bitmaps (qemublocktestdata/bitmap), with values of ours.
    void corpus_data()
    {
        QTest::addColumn<QByteArray>("nodes");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("empty") << QByteArray(node("f", "qcow2") + "," + node("s", "file")) << QStringList();
        QTest::newRow("basic") << QByteArray(node("f", "qcow2",
            bitmapsOf(
                {dirtyBitmap("now", true, true, false, 65536, 0), dirtyBitmap("monday", true, true, false, 65536, 0)})))
                               << QStringList{u"f: now rp 65536 0"_s, u"f: monday rp 65536 0"_s};
        QTest::newRow("synthetic") << node("f", "qcow2",
            bitmapsOf({dirtyBitmap("ok", true, true, false, 65536, 131072),
                dirtyBitmap("fleeting", false, false, false, 65536, 0),
                dirtyBitmap("fine", false, true, false, 512, 1024),
                dirtyBitmap("held", false, true, true, 65536, 65536),
                dirtyBitmap("broken", false, true, false, 65536, 0, true)}))
                                   << QStringList{u"f: ok rp 65536 131072"_s, u"f: fleeting  65536 0"_s,
                                          u"f: fine p 512 1024"_s, u"f: held pb 65536 65536"_s,
                                          u"f: broken pi 65536 0"_s};
        QTest::newRow("snapshots") << QByteArray(node("top", "qcow2",
                                                     bitmapsOf({dirtyBitmap("b", false, true, false, 65536, 0),
                                                         dirtyBitmap("now", true, true, false, 65536, 0)}))
            + ","
            + node("mid", "qcow2",
                bitmapsOf(
                    {dirtyBitmap("a", false, true, false, 65536, 0), dirtyBitmap("b", true, true, false, 65536, 0)}))
            + "," + node("base", "qcow2", bitmapsOf({dirtyBitmap("a", true, true, false, 65536, 0)})))
                                   << QStringList{u"top: b p 65536 0"_s, u"top: now rp 65536 0"_s,
                                          u"mid: a p 65536 0"_s, u"mid: b rp 65536 0"_s, u"base: a rp 65536 0"_s};
        QTest::newRow("snapshots-internal") << node("f", "qcow2",
            bitmapsOf({dirtyBitmap("b", true, true, false, 65536, 0)}),
            json("'snapshots':[{'id':'1','name':'t','vm-state-size':0,'date-sec':1,'date-nsec':0,'vm-clock-sec':0,'vm-"
                 "clock-nsec':0}]")) << QStringList{u"f: b rp 65536 0"_s};
        QTest::newRow("snapshots-synthetic-broken")
            << QByteArray(node("top", "qcow2", bitmapsOf({dirtyBitmap("b", true, true, false, 65536, 0, true)})) + ","
                   + node("base", "qcow2", bitmapsOf({dirtyBitmap("b", true, false, false, 65536, 0)})))
            << QStringList{u"top: b rpi 65536 0"_s, u"base: b r 65536 0"_s};
        QTest::newRow("snapshots-synthetic-checkpoint")
            << QByteArray(node("top", "qcow2", bitmapsOf({dirtyBitmap("c2", true, true, false, 65536, 0)})) + ","
                   + node("base", "qcow2", bitmapsOf({dirtyBitmap("c1", true, true, false, 65536, 0)})))
            << QStringList{u"top: c2 rp 65536 0"_s, u"base: c1 rp 65536 0"_s};
        const QByteArray inFile = json("'format-specific':{'type':'qcow2','data':{'compat':'0.10','bitmaps':["
                                       "{'name':'both','granularity':65536,'flags':['in-use','auto']},{'name':'filed','"
                                       "granularity':4096,'flags':['auto']}]}}");
        QTest::newRow("also in the file")
            << node("f", "qcow2", bitmapsOf({dirtyBitmap("both", true, true, false, 65536, 7)}), inFile)
            << QStringList{u"f: both rpu 65536 7"_s, u"f: filed rp 4096 -"_s};
        QTest::newRow("a job's own") << node("f", "qcow2",
            json("'dirty-bitmaps':[{'granularity':65536,'count':0,'recording':true,'busy':true,'persistent':false}]"))
                                     << QStringList();
    }
    void corpus()
    {
        QFETCH(QByteArray, nodes);
        QFETCH(QStringList, expected);
        const auto read = readNamedBlockNodes(reply(nodes));
        QVERIFY(read);
        QCOMPARE(bitmaps(*read), expected);
    }

    void names_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("expected");
        QTest::newRow("path") << u"/a b"_s << u"/a b"_s;
        QTest::newRow("uri") << u"nbd://h/e"_s << u"nbd://h/e"_s;
        QTest::newRow("json") << QString::fromLatin1(
            json("json:{'driver':'qcow2','file':{'driver':'file','filename':'/a'}}"))
                              << u"/a"_s;
        QTest::newRow("json, a device") << QString::fromLatin1(
            json("json:{'driver':'raw','file':{'driver':'host_device','filename':'/dev/x'}}"))
                                        << u"/dev/x"_s;
        QTest::newRow("json, written flat")
            << QString::fromUtf8(json("json:{'driver':'qcow2','file.driver':'file','file.filename':'/a'}")) << u"/a"_s;
        QTest::newRow("json, a filter between") << QString::fromLatin1(
            json("json:{'driver':'throttle','file':{'driver':'qcow2','file.driver':'file','file.filename':'/a'}}"))
                                                << u"/a"_s;
        QTest::newRow("json, a protocol alone")
            << QString::fromUtf8(json("json:{'driver':'file','filename':'/a'}")) << u"/a"_s;
        QTest::newRow("json over the network")
            << QString::fromUtf8(json("json:{'driver':'raw','file':{'driver':'nbd','server.host':'h'}}"))
            << QString::fromUtf8(json("json:{'driver':'raw','file':{'driver':'nbd','server.host':'h'}}"));
        QTest::newRow("json cut short") << QString::fromUtf8(json("json:{'backing':{'driv..."))
                                        << QString::fromUtf8(json("json:{'backing':{'driv..."));
        QTest::newRow("json of nothing") << u"json:"_s << u"json:"_s;
    }
    void names()
    {
        QFETCH(QString, name);
        QFETCH(QString, expected);
        const QJsonObject object{
            {"drv"_L1, u"qcow2"_s}, {"file"_L1, name}, {"image"_L1, QJsonObject{{"full-backing-filename"_L1, name}}}};
        const auto nodes = readNamedBlockNodes(reply(QJsonDocument(object).toJson()));
        QVERIFY(nodes);
        QCOMPARE(nodes->front().file, expected);
        QCOMPARE(nodes->front().backingFile, expected);
    }
    void aNameCutShortIsTakenFromTheNodeBelow()
    {
        const QByteArray cut = json("'json:{\\\"backing\\\":...'");
        const auto with = [&](const char *name, const char *members) -> QByteArray {
            return json("{'node-name':'") + QByteArray(name) + json("','drv':'qcow2','file':") + cut
                + json(",'backing_file':") + cut + json(",'image':{'format':'qcow2'}") + QByteArray(members) + "}";
        };
        const auto nodes
            = readNamedBlockNodes(reply(with("libvirt-7-format", "") + "," + node("libvirt-7-storage", "file") + ","
                + with("mine",
                    json(",'children':[{'child':'backing','node-name':'libvirt-7-format'},{'child':'file','node-name':'"
                         "own'}]"))
                + "," + node("own", "file") + "," + with("alone-format", "")));
        QVERIFY(nodes);
        QCOMPARE((*nodes)[0].file, u"/i/libvirt-7-storage"_s);
        QCOMPARE((*nodes)[2].file, u"/i/own"_s);
        QCOMPARE((*nodes)[2].backingFile, u"/i/libvirt-7-storage"_s);
        QVERIFY((*nodes)[4].file.startsWith(u"json:"));
    }

    void numbersBeyondReason()
    {
        const auto nodes = readNamedBlockNodes(reply(node("f", "qcow2", {},
            json("'actual-size':-4,'cluster-size':1e300,'snapshots':[{'id':'1','name':'t','vm-state-size':"
                 "18446744073709551615,"
                 "'date-sec':-1,'date-nsec':5000000000,'vm-clock-sec':18446744073709551615,'vm-clock-nsec':-7},7],"
                 "'format-specific':{'type':'qcow2','data':{'data-file':'/"
                 "d','corrupt':true,'encrypt':{'format':'luks'}}},'dirty-flag':true"))));
        QVERIFY(nodes);
        const BlockNode &read = nodes->front();
        QCOMPARE(read.allocated, Fact<Bytes>(0));
        QCOMPARE(read.facts.clusterSize, ~Bytes(0));
        QCOMPARE(read.facts.tags.size(), size_t(2));
        QCOMPARE(read.facts.tags[0].vmStateSize, ~Bytes(0));
        QCOMPARE(read.facts.tags[0].createdNanoseconds, quint32(999'999'999));
        QVERIFY(read.facts.tags[0].vmClock > quint64(1) << 63);
        QVERIFY(read.facts.hasDataFile && read.facts.corrupt && read.facts.encrypted && read.facts.dirty);
        QCOMPARE(read.facts.dataFile, u"/d"_s);
        QVERIFY(readNamedBlockNodes(reply(node("f", "nbd")))->front().allocated.isAbsent());
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("detail");
        const auto row = [](const char *tag, const QByteArray &json, ErrorCode code, const QString &detail) {
            QTest::newRow(tag) << json << int(code) << detail;
        };
        row("unknown command",
            json("{'id':'libvirt-1','error':{'class':'CommandNotFound','desc':'The command x has not been found'}}"),
            ErrorCode::Unsupported, u"The command x has not been found"_s);
        row("unknown node", json("{'error':{'class':'DeviceNotFound','desc':'d'}}"), ErrorCode::NotFound, u"d"_s);
        row("another error", json("{'error':{'class':'GenericError','desc':'d'}}"), ErrorCode::Failed, u"d"_s);
        row("an error without words", json("{'error':{}}"), ErrorCode::Failed, u""_s);
        row("nothing", "", ErrorCode::Malformed, u"offset"_s);
        row("cut short", json("{'return':[{"), ErrorCode::Malformed, u"offset"_s);
        row("no envelope", "[]", ErrorCode::Malformed, u"neither"_s);
        row("no list", json("{'return':{}}"), ErrorCode::Malformed, u"neither"_s);
        row("a node that is none", reply("7"), ErrorCode::Malformed, u"entry 0"_s);
        row("a node without image", reply(node("f", "qcow2") + json(",{'drv':'raw'}")), ErrorCode::Malformed,
            u"entry 1"_s);
        row("too deep", QByteArray("[").repeated(100'000), ErrorCode::Malformed, u"offset"_s);
    }
    void refused()
    {
        QFETCH(QByteArray, json);
        QFETCH(int, code);
        QFETCH(QString, detail);
        const auto nodes = readNamedBlockNodes(json);
        QVERIFY(!nodes);
        QCOMPARE(int(nodes.error().code), code);
        QVERIFY2(nodes.error().detail.contains(detail), qPrintable(nodes.error().detail));
    }
    void noNodesAreNoError()
    {
        const auto nodes = readNamedBlockNodes(reply({}));
        QVERIFY(nodes && nodes->empty());
    }

    void events_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("details");
        QTest::addColumn<QString>("job");
        QTest::addColumn<QString>("disk");
        QTest::newRow("job") << u"JOB_STATUS_CHANGE"_s
                             << QByteArray(json("{'status':'ready','id':'commit-vda-libvirt-5-format'}"))
                             << u"commit-vda-libvirt-5-format"_s << u"vda"_s;
        QTest::newRow("block job")
            << u"BLOCK_JOB_COMPLETED"_s
            << QByteArray(
                   json("{'device':'backup-sdb-libvirt-12-format','len':9,'offset':9,'speed':0,'type':'backup'}"))
            << u"backup-sdb-libvirt-12-format"_s << u"sdb"_s;
        QTest::newRow("creation") << u"JOB_STATUS_CHANGE"_s
                                  << QByteArray(json("{'status':'null','id':'create-libvirt-6-format'}"))
                                  << u"create-libvirt-6-format"_s << QString();
        QTest::newRow("somebody's job") << u"BLOCK_JOB_READY"_s << QByteArray(json("{'device':'my-job'}"))
                                        << u"my-job"_s << QString();
        QTest::newRow("no job") << u"DEVICE_DELETED"_s
                                << QByteArray(json("{'device':'virtio-disk1','path':'/machine/x'}")) << QString()
                                << QString();
        QTest::newRow("a guest's device")
            << u"BLOCK_IO_ERROR"_s
            << QByteArray(json("{'device':'','node-name':'libvirt-1-format','operation':'write'}")) << QString()
            << QString();
        QTest::newRow("no data") << u"STOP"_s << QByteArray() << QString() << QString();
    }
    void events()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, details);
        QFETCH(QString, job);
        QFETCH(QString, disk);
        const Result<Event> event = readEvent(name, 1795297553, 51'999, details);
        QVERIFY(event);
        QCOMPARE(event->source, EventSource::Qmp);
        QCOMPARE(event->time, qint64(1795297553051));
        QCOMPARE(event->name, name);
        QCOMPARE(event->job, job);
        QCOMPARE(event->disk, disk);
        QCOMPARE(event->data.isEmpty(), details.isEmpty());
    }
    void eventsWithoutTimeOrSense()
    {
        QCOMPARE(readEvent(u"STOP"_s, -1, 0, {})->time, qint64(0));
        QCOMPARE(readEvent(u"STOP"_s, std::numeric_limits<qint64>::max(), ~0u, {})->time, qint64(0));
        const Result<Event> list = readEvent(u"STOP"_s, 1, 0, "[]");
        QVERIFY(!list);
        QCOMPARE(list.error(), (Error{ErrorCode::Malformed, u"STOP"_s, u"the data are no object"_s}));
        QCOMPARE(readEvent(u"STOP"_s, 1, 0, "{").error().code, ErrorCode::Malformed);
    }

    void disksOfJobs_data()
    {
        QTest::addColumn<QString>("job");
        QTest::addColumn<QString>("disk");
        QTest::newRow("pull") << u"pull-vda-libvirt-1-format"_s << u"vda"_s;
        QTest::newRow("copy") << u"copy-xvdaa-libvirt-1-storage"_s << u"xvdaa"_s;
        QTest::newRow("no disk") << u"commit--libvirt-1-format"_s << QString();
        QTest::newRow("line end") << u"commit-vda-libvirt-1-format\n"_s << QString();
        QTest::newRow("something before") << u"x-commit-vda-libvirt-1-format"_s << QString();
        QTest::newRow("another's") << u"commit-vda-mine"_s << QString();
        QTest::newRow("create") << u"create-libvirt-1-storage"_s << QString();
        QTest::newRow("no node") << u"commit-vda"_s << QString();
        QTest::newRow("empty") << QString() << QString();
    }
    void disksOfJobs()
    {
        QFETCH(QString, job);
        QFETCH(QString, disk);
        QCOMPARE(diskOfJob(job), disk);
    }

    void runState()
    {
        QCOMPARE(isSavedState(json("{'return':{'status':'postmigrate','running':false}}")), Result<bool>(true));
        QCOMPARE(isSavedState(json("{'return':{'status':'paused','running':false}}")), Result<bool>(false));
        for (const char *odd : {"{'return':{}}", "{'return':{'status':3}}", "{'return':[]}", "{}", "", "{'return':"})
            QCOMPARE(isSavedState(json(odd)).error().code, ErrorCode::Malformed);
        const auto refused = isSavedState(json("{'error':{'class':'CommandNotFound','desc':'no'}}"));
        QCOMPARE(refused.error(), (Error{ErrorCode::Unsupported, {}, u"no"_s}));
    }
};

QTEST_APPLESS_MAIN(TestQmp)
#include "tst_qmp.moc"
