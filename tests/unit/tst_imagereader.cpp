// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/localfiles/localfiles.h"
#include "model/domain/imagegraph.h"
#include "model/inventory/imagereader.h"
#include "tests/support/fakehypervisor.h"
#include "tests/support/qcow2builder.h"
#include "tests/support/sources.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

// Files of this computer; remembers which were opened.
class CountingFiles : public LocalFiles
{
public:
    Result<std::unique_ptr<ByteSource>> open(const QString &path) override
    {
        opened << path;
        if (refused.contains(path))
            return failure(ErrorCode::PermissionDenied, path, u"refused"_s);
        return LocalFiles::open(path);
    }
    Result<ImageFacts> describe(const QString &path, const QString &format) override
    {
        described << path;
        return LocalFiles::describe(path, format);
    }
    QStringList opened;
    QStringList described;
    QStringList refused;
};

QByteArray qcow2(const QString &backing = {}, const QString &backingFormat = u"qcow2"_s)
{
    return qcow2Bytes({MiB, backing, backing.isEmpty() ? QString() : backingFormat, {}});
}

} // namespace

class TestImageReader : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<CountingFiles> m_files;
    std::unique_ptr<ImageReader> m_reader;

    QString path(const QString &name) const { return m_folder->filePath(name); }
    QString write(const QString &name, const QByteArray &bytes) const
    {
        writeFile(path(name), bytes);
        return path(name);
    }
    ImageGraph read(const QStringList &paths, const QString &format = u"qcow2"_s) const
    {
        std::vector<ImageRequest> requests;
        for (const QString &each : paths)
            requests.push_back({{SourceKind::File, each}, format, {}});
        return ImageGraph(m_reader->read(requests, {}));
    }
    static const Image *at(const ImageGraph &graph, const QString &path) { return graph.at({SourceKind::File, path}); }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_files = std::make_shared<CountingFiles>();
        m_reader = std::make_unique<ImageReader>(std::vector<std::shared_ptr<ImageStore>>{m_files});
    }

    void loop()
    {
        const QString a = write(u"a"_s, qcow2(path(u"b"_s)));
        write(u"b"_s, qcow2(a));
        const ImageGraph graph = read({a});
        QCOMPARE(graph.images().size(), size_t(2));
        QCOMPARE(graph.chain(at(graph, a)->id).end, ImageGraph::Chain::End::Loop);
        const QString self = write(u"self"_s, qcow2(path(u"self"_s)));
        const ImageGraph one = read({self});
        QCOMPARE(one.chain(at(one, self)->id).end, ImageGraph::Chain::End::Loop);
    }

    void missingBacking()
    {
        const QString top = write(u"top"_s, qcow2(path(u"gone"_s)));
        const ImageGraph graph = read({top});
        QVERIFY(at(graph, path(u"gone"_s))->facts.isAbsent());
        QVERIFY(at(graph, path(u"gone"_s))->fileSize.isAbsent());
        QCOMPARE(graph.chain(at(graph, top)->id).end, ImageGraph::Chain::End::Missing);
        write(u"gone"_s, qcow2());
        QVERIFY(m_reader->isStale(false));
        const ImageGraph after = read({top}, u"qcow2"_s);
        QCOMPARE(after.chain(at(after, top)->id).end, ImageGraph::Chain::End::Complete);
    }

    void deepChain()
    {
        QString below = write(u"0"_s, qcow2());
        for (int i = 1; i < 200; ++i)
            below = write(QString::number(i), qcow2(below));
        const ImageGraph graph = read({below});
        const auto chain = graph.chain(at(graph, below)->id);
        QCOMPARE(chain.layers.size(), size_t(200));
        QCOMPARE(chain.end, ImageGraph::Chain::End::Complete);
        QCOMPARE(m_files->opened.size(), 200);
    }

    void names_data()
    {
        QTest::addColumn<QString>("backing"); // %d: the folder
        QTest::addColumn<QString>("file"); // its name in the folder
        QTest::newRow("relative") << u"base.img"_s << u"base.img"_s;
        QTest::newRow("relative with dots") << u"./x/../base.img"_s << u"base.img"_s;
        QTest::newRow("file:") << u"file:%d/base.img"_s << u"base.img"_s;
        QTest::newRow("json:")
            << u"json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"%d/base.img\"}}"_s
            << u"base.img"_s;
        QTest::newRow("spaces and quotes") << u"%d/a 'b' \"c\""_s << u"a 'b' \"c\""_s;
        QTest::newRow("markup") << u"%d/<&>"_s << u"<&>"_s;
        QTest::newRow("right to left") << u"%d/\u05d0\u202ecba"_s << u"\u05d0\u202ecba"_s;
        QTest::newRow("200 characters") << QString(u"%d/"_s + QString(200, u'n')) << QString(200, u'n');
    }
    void names()
    {
        QFETCH(QString, backing);
        QFETCH(const QString, file);
        const QString base = write(file, qcow2());
        QVERIFY(QDir(m_folder->path()).mkdir(u"x"_s));
        const QString top = write(u"top"_s, qcow2(backing.replace(u"%d"_s, m_folder->path())));
        const ImageGraph graph = read({top});
        const auto chain = graph.chain(at(graph, top)->id);
        QCOMPARE(chain.layers.size(), size_t(2));
        QCOMPARE(chain.end, ImageGraph::Chain::End::Complete);
        QCOMPARE(graph.find(chain.layers[1])->location.name, base);
    }

    void notLookedAt_data()
    {
        QTest::addColumn<QString>("backing");
        QTest::addColumn<QString>("format");
        QTest::newRow("no format recorded") << u"base"_s << QString();
        QTest::newRow("network") << u"nbd://127.0.0.1:1/x"_s << u"raw"_s;
        QTest::newRow("protocol") << u"fat:rw:/etc"_s << u"raw"_s;
        QTest::newRow("json that is none") << u"json:{{{"_s << u"qcow2"_s;
        QTest::newRow("json of the network")
            << u"json:{\"driver\":\"nbd\",\"host\":\"127.0.0.1\",\"filename\":7}"_s << u"raw"_s;
        QTest::newRow("VMDK, which names files") << u"base"_s << u"vmdk"_s;
        QTest::newRow("a driver that is no format") << u"base"_s << u"vvfat"_s;
        QTest::newRow("an option") << u"base"_s << u"--help"_s;
    }
    void notLookedAt()
    {
        QFETCH(const QString, backing);
        QFETCH(const QString, format);
        write(u"base"_s, qcow2());
        const QString top = write(u"top"_s, qcow2(backing, format));
        const ImageGraph graph = read({top});
        const auto chain = graph.chain(at(graph, top)->id);
        QCOMPARE(chain.end, ImageGraph::Chain::End::Unknown);
        QCOMPARE(m_files->opened, QStringList{top});
    }

    // The class of CVE-2024-32498: a header that names a file of the host.
    void hostileBacking_data()
    {
        QTest::addColumn<QString>("backing");
        QTest::addColumn<QString>("format");
        for (const char *format : {"raw", "qcow2", "vdi", ""}) {
            for (const char *file :
                {"/etc/passwd", "/dev/zero", "/proc/self/mem", "/dev/stdin", "fifo", "/", "socket"}) {
                QTest::addRow("%s as %s", file, format) << QString::fromLatin1(file) << QString::fromLatin1(format);
            }
        }
    }
    void hostileBacking()
    {
        QFETCH(const QString, backing);
        QFETCH(const QString, format);
        QCOMPARE(mkfifo(qPrintable(path(u"fifo"_s)), 0666), 0);
        const QString top = write(u"top"_s, qcow2(backing, format));
        QElapsedTimer timer;
        timer.start();
        const ImageGraph graph = read({top});
        QVERIFY(timer.elapsed() < 30'000);
        QVERIFY(at(graph, top)->facts.isKnown());
        const Image *base = graph.at(at(graph, top)->backingLocation);
        QVERIFY(base);
        // Of raw only the length is told, of all else nothing.
        if (base->facts.isKnown())
            QCOMPARE(base->facts->format, u"raw"_s);
        if (backing == "/etc/passwd"_L1)
            QCOMPARE(base->facts.isKnown(), format == "raw"_L1);
        else if (backing == "/dev/zero"_L1 || backing == "fifo"_L1 || backing == "/"_L1)
            QVERIFY(base->facts.isUnknown());
    }

    // It is looked at as the backing file is, and nothing of it is read.
    void dataFileIsNotOpened()
    {
        Qcow2Builder builder;
        builder.incompatible = 4;
        builder.extensions = {{0x44415441, "/etc/passwd"}};
        const QString top = write(u"top"_s, builder.build());
        const ImageGraph graph = read({top});
        QCOMPARE(graph.images().size(), size_t(2));
        QCOMPARE(at(graph, top)->facts->dataFile, u"/etc/passwd"_s);
        QCOMPARE(at(graph, u"/etc/passwd"_s)->facts->format, u"raw"_s);
        QCOMPARE(m_files->opened, QStringList{top});
    }

    void brokenImage_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const QByteArray whole = qcow2Bytes({MiB, {}, {}, {Tag{u"1"_s, u"a"_s, 0, 0, 0, 0, {}}}});
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("magic alone") << whole.left(4);
        QTest::newRow("half a header") << whole.left(50);
        QTest::newRow("without its snapshot table") << whole.left(104);
        QTest::newRow("text") << QByteArray("root:x:0:0");
        QTest::newRow("zeros") << QByteArray(4096, '\0');
    }
    void brokenImage()
    {
        QFETCH(const QByteArray, bytes);
        const QString image = write(u"broken"_s, bytes);
        const ImageGraph graph = read({image});
        QVERIFY(at(graph, image)->facts.isUnknown());
        QCOMPARE(at(graph, image)->facts.why().code, ErrorCode::Malformed);
        QCOMPARE(at(graph, image)->facts.why().subject, image);
        QCOMPARE(*at(graph, image)->fileSize, Bytes(bytes.size()));
        QVERIFY(!m_reader->isStale(false)); // it will not mend itself
    }

    void readOnceUntilItChanges()
    {
        const QString image = write(u"image"_s, qcow2());
        for (int i = 0; i < 3; ++i)
            read({image});
        QCOMPARE(m_files->opened.size(), 1);
        QVERIFY(!m_reader->isStale(false));

        write(u"image"_s, qcow2Bytes({2 * MiB, {}, {}, {}}));
        QVERIFY(m_reader->isStale(false));
        const ImageGraph graph = read({image}, u"qcow2"_s);
        QCOMPARE(at(graph, image)->facts->virtualSize, 2 * MiB);
        QCOMPARE(m_files->opened.size(), 2);

        // Another file of the same name, size and time.
        struct stat before
        {
        };
        QCOMPARE(::stat(qPrintable(image), &before), 0);
        const QString other = write(u"other"_s, qcow2Bytes({3 * MiB, {}, {}, {}}));
        const timespec times[] = {before.st_atim, before.st_mtim};
        QCOMPARE(utimensat(AT_FDCWD, qPrintable(other), times, 0), 0);
        QCOMPARE(::rename(qPrintable(other), qPrintable(image)), 0);
        QVERIFY(m_reader->isStale(false));
        const ImageGraph replaced = read({image}, u"qcow2"_s);
        QCOMPARE(at(replaced, image)->facts->virtualSize, 3 * MiB);

        QVERIFY(QFile::remove(image));
        QVERIFY(m_reader->isStale(false));
        const ImageGraph gone = read({image}, u"qcow2"_s);
        QVERIFY(at(gone, image)->facts.isAbsent());
    }

    void anotherFormatIsAnotherReading()
    {
        const QString image = write(u"image"_s, qcow2());
        read({image});
        const ImageGraph graph = read({image}, u"raw"_s);
        QCOMPARE(at(graph, image)->facts->format, u"raw"_s);
        QCOMPARE(at(graph, image)->facts->virtualSize, *at(graph, image)->fileSize);
    }

    void namesOfOneFile()
    {
        const QString base = write(u"base"_s, qcow2());
        const QString hard = path(u"hard"_s);
        const QString soft = path(u"soft"_s);
        QCOMPARE(::link(qPrintable(base), qPrintable(hard)), 0);
        QVERIFY(QFile::link(base, soft));
        const QString top = write(u"top"_s, qcow2(hard));
        const ImageGraph graph = read({base, soft, soft, top, hard});
        QCOMPARE(graph.images().size(), size_t(2));
        const Image *image = at(graph, base);
        QCOMPARE(image->location.name, base);
        QStringList others = image->otherNames;
        others.sort();
        QCOMPARE(others, (QStringList{hard, soft}));
        QCOMPARE(at(graph, hard), image);
        QCOMPARE(at(graph, top)->backing, image->id);
        QCOMPARE(graph.overlays(image->id), std::vector<ImageId>{at(graph, top)->id});
    }

    void linksComeLast()
    {
        const QString real = write(u"real"_s, qcow2());
        const QString link = path(u"a-link"_s);
        QVERIFY(QFile::link(real, link));
        std::vector<ImageRequest> volumes;
        for (const QString &name : {link, path(u"gone"_s), real})
            volumes.push_back({{SourceKind::File, name}, u"qcow2"_s, u"pool"_s, false, true});
        m_reader->linksLast(volumes);
        const ImageGraph graph(m_reader->read(volumes, {}));
        QCOMPARE(volumes.size(), size_t(3));
        QCOMPARE(at(graph, link)->location.name, real);
        QCOMPARE(at(graph, link)->otherNames, QStringList{link});
    }

    void formatKnownByAnotherName()
    {
        const QString base = write(u"base"_s, qcow2());
        const QString hard = path(u"hard"_s);
        QCOMPARE(::link(qPrintable(base), qPrintable(hard)), 0);
        const ImageGraph graph(m_reader->read(
            {{{SourceKind::File, base}, {}, {}}, {{SourceKind::File, hard}, u"qcow2"_s, u"pool"_s}}, {}));
        QCOMPARE(graph.images().size(), size_t(1));
        QVERIFY(graph.images()[0].facts.isKnown());
        QCOMPARE(graph.images()[0].location.name, base);
        QCOMPARE(graph.images()[0].otherNames, QStringList{hard});
    }

    void linksThatLoop()
    {
        QVERIFY(QFile::link(path(u"b"_s), path(u"a"_s)));
        QVERIFY(QFile::link(path(u"a"_s), path(u"b"_s)));
        const ImageGraph graph = read({path(u"a"_s)});
        QVERIFY(at(graph, path(u"a"_s))->facts.isUnknown());
    }

    void refusedHereReadThere()
    {
        const QString image = write(u"image"_s, qcow2());
        m_files->refused << image;
        const ImageGraph alone = read({image});
        QCOMPARE(at(alone, image)->facts.why().code, ErrorCode::PermissionDenied);

        const auto host = FakeHost::create();
        host->addImage(image, qcow2(), 4096);
        ImageReader both({m_files, std::make_shared<FakeImageStore>(host)});
        const ImageGraph graph(both.read({{{SourceKind::File, image}, u"qcow2"_s, {}}}, {}));
        QVERIFY(at(graph, image)->facts.isKnown());
        // Where the second may not either, it stays unknown.
        host->setUnreadable(image, {ErrorCode::PermissionDenied, image, u"in no pool"_s});
        ImageReader neither({m_files, std::make_shared<FakeImageStore>(host)});
        const ImageGraph dark(neither.read({{{SourceKind::File, image}, u"qcow2"_s, {}}}, {}));
        QCOMPARE(at(dark, image)->facts.why().code, ErrorCode::PermissionDenied);
        QVERIFY(at(dark, image)->fileSize.isKnown());
    }

    void oneFailureIsNotForEver()
    {
        const auto host = FakeHost::create();
        const QString image = u"/images/a"_s;
        host->addImage(image, qcow2(), 4096);
        for (const QString &call : {u"status"_s, u"openImage"_s}) {
            ImageReader reader({std::make_shared<FakeImageStore>(host)});
            const std::vector<ImageRequest> requests{{{SourceKind::File, image}, u"qcow2"_s, {}}};
            host->fail(call, {ErrorCode::Failed, image, u"Input/output error"_s});
            const ImageGraph failed(reader.read(requests, {}));
            QVERIFY(at(failed, image)->facts.isUnknown());
            host->mend(call);
            QVERIFY(reader.isStale(true));
            const ImageGraph mended(reader.read(requests, {}));
            QVERIFY(at(mended, image)->facts.isKnown());
            QVERIFY(!reader.isStale(true));
        }
    }

    void liveFactsAreNotKept()
    {
        const QString image = write(u"image"_s, qcow2());
        ImageFacts live;
        live.format = u"qcow2"_s;
        live.virtualSize = 7 * MiB;
        const std::vector<ImageRequest> requests{{{SourceKind::File, image}, u"qcow2"_s, {}}};
        const ImageGraph running(m_reader->read(requests, {{image, Fact<ImageFacts>(live)}}));
        QCOMPARE(at(running, image)->facts->virtualSize, 7 * MiB);
        QCOMPARE(m_files->opened.size(), 0);
        const ImageGraph off(m_reader->read(requests, {}));
        QCOMPARE(at(off, image)->facts->virtualSize, MiB);
    }

    // A VMDK descriptor names extents that qemu-img would open.
    void aHeaderMakesNoProgramRun()
    {
        const QString below = write(u"below"_s, "# Disk DescriptorFile\n");
        const QString top = write(u"top"_s, qcow2(below, u"vmdk"_s));
        const ImageGraph graph = read({top});
        QVERIFY(at(graph, below)->facts.isUnknown());
        QCOMPARE(at(graph, below)->facts.why().code, ErrorCode::Unsupported);
        QVERIFY(m_files->described.isEmpty());
        // A definition's word is another matter.
        read({below}, u"vmdk"_s);
        QCOMPARE(m_files->described, QStringList{below});
    }

    void whatIsDearToAskIsAskedThoroughly()
    {
        const auto host = FakeHost::create();
        const QString image = u"/images/a"_s;
        host->addImage(image, qcow2(), 4096);
        ImageReader reader({std::make_shared<FakeImageStore>(host)});
        const std::vector<ImageRequest> requests{{{SourceKind::File, image}, u"qcow2"_s, {}}};
        reader.read(requests, {});
        host->addImage(image, qcow2Bytes({2 * MiB, {}, {}, {}}), 8192);
        QVERIFY(reader.isStale(true));
        const ImageGraph graph(reader.read(requests, {}));
        QCOMPARE(at(graph, image)->facts->virtualSize, 2 * MiB);
    }

    // Who is asked first makes no difference.
    void statedFormatsThatDiffer_data()
    {
        QTest::addColumn<QStringList>("formats");
        QTest::newRow("raw first") << QStringList{u"raw"_s, u"qcow2"_s};
        QTest::newRow("qcow2 first") << QStringList{u"qcow2"_s, u"raw"_s};
    }
    void statedFormatsThatDiffer()
    {
        QFETCH(const QStringList, formats);
        const QString base = write(u"base"_s, qcow2());
        const QString image
            = write(u"image"_s, qcow2Bytes({MiB, base, u"qcow2"_s, {Tag{u"1"_s, u"a"_s, 0, 0, 0, 0, {}}}}));
        const QString link = path(u"link"_s);
        QCOMPARE(::link(qPrintable(image), qPrintable(link)), 0);
        const QString disk = write(u"disk"_s, QByteArray(4096, '\0'));
        std::vector<ImageRequest> requests;
        for (const QString &format : formats) {
            requests.push_back({{SourceKind::File, format == "raw"_L1 ? image : link}, format, {}});
            requests.push_back({{SourceKind::File, disk}, format, {}});
        }
        const QStringList both{u"qcow2"_s, u"raw"_s};
        for (int reading = 0; reading < 2; ++reading) {
            const ImageGraph graph(m_reader->read(requests, {}));
            QCOMPARE(at(graph, image)->facts->format, u"qcow2"_s);
            QCOMPARE(at(graph, image)->facts->tags.size(), size_t(1));
            QCOMPARE(at(graph, image)->disputedFormats, both);
            QCOMPARE(graph.chain(at(graph, image)->id).layers.size(), size_t(2));
            QVERIFY(at(graph, disk)->facts.isUnknown());
            QCOMPARE(at(graph, disk)->facts.why().code, ErrorCode::Malformed);
            QCOMPARE(at(graph, disk)->disputedFormats, both);
            QCOMPARE(at(graph, base)->disputedFormats, QStringList());
        }

        // What QEMU holds as raw is no word of what the file holds.
        ImageFacts running;
        running.format = u"raw"_s;
        const ImageGraph live(m_reader->read(requests, {{image, running}}));
        QCOMPARE(at(live, image)->facts->tags.size(), size_t(1));
        // Unless it does not answer.
        const Error silent{ErrorCode::TimedOut, image, {}};
        const ImageGraph mute(m_reader->read(requests, {{image, Fact<ImageFacts>::unknown(silent)}}));
        QCOMPARE(at(mute, image)->facts.why(), silent);
    }

    // A header that names a file of the host does not make us say what stands in it.
    void tellsNothingOfWhatAHeaderNames_data()
    {
        QTest::addColumn<QByteArray>("secret");
        QByteArray version = qcow2();
        version[7] = 'S';
        QByteArray clusters = qcow2();
        clusters[23] = 'S';
        QTest::newRow("text") << QByteArray("root:$6$secret");
        QTest::newRow("a version") << version;
        QTest::newRow("a number") << clusters;
    }
    void tellsNothingOfWhatAHeaderNames()
    {
        QFETCH(const QByteArray, secret);
        const QString file = write(u"secret"_s, secret);
        const QString top = write(u"top"_s, qcow2(file));
        const Error asked = at(read({file}), file)->facts.why();
        QVERIFY(asked.detail != "no qcow2 image that can be read"_L1); // whom a definition names it to
        m_reader = std::make_unique<ImageReader>(std::vector<std::shared_ptr<ImageStore>>{m_files});
        const Error why = at(read({top}), file)->facts.why();
        QCOMPARE(why, (Error{asked.code, file, u"no qcow2 image that can be read"_s}));
    }

    // A storage pool would be listed anew for a file that it does not know, and may not come through that.
    void unnamedFilesAreNotAskedOfPools()
    {
        const QString stray = write(u"stray"_s, qcow2());
        const QString volume = write(u"volume"_s, "LibvirtQemudSave...");
        m_files->refused = {stray, volume};
        const auto pools = std::make_shared<CountingFiles>();
        ImageReader reader({m_files, pools});
        QCOMPARE(reader.unnamed({m_folder->path()}, {volume}).size(), size_t(0));
        QVERIFY(m_files->opened.contains(stray));
        QCOMPARE(pools->opened, QStringList());
        std::vector<ImageRequest> volumes{{{SourceKind::File, volume}, u"raw"_s, u"pool"_s, false, true}};
        reader.recogniseSaves(volumes);
        QCOMPARE(pools->opened, QStringList{volume}); // which it lists
        QCOMPARE(volumes[0].format, SavedMemoryFormat);
    }

    void unnamedFiles()
    {
        const QString named = write(u"named"_s, qcow2());
        const QString stray = write(u"stray"_s, qcow2());
        const QString memory = write(u"memory"_s, "LibvirtQemudSave...");
        write(u"notes"_s, "nothing");
        write(u"empty"_s, {});
        QCOMPARE(mkfifo(qPrintable(path(u"fifo"_s)), 0666), 0);
        QVERIFY(QFile::link(stray, path(u"link"_s)));
        QStringList found;
        for (const ImageRequest &request : m_reader->unnamed({m_folder->path()}, {named}))
            found << request.location.name + u' ' + request.format;
        found.sort();
        QCOMPARE(found, (QStringList{memory + u" libvirt-save"_s, stray + u" qcow2"_s}));
    }
};

QTEST_GUILESS_MAIN(TestImageReader)
#include "tst_imagereader.moc"
