// SPDX-License-Identifier: GPL-3.0-or-later
// Images in folders that are symbolic links, where ".." leads elsewhere than the text says; QEMU is the oracle.
#include "model/backend/localfiles/localfiles.h"
#include "model/domain/imagegraph.h"
#include "model/inventory/imagereader.h"
#include "tests/support/fakehypervisor.h"
#include "tests/support/process.h"
#include "tests/support/sources.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

// Files of another computer: their folders cannot be looked at.
class FarFiles : public LocalFiles
{
public:
    Result<FileStatus> status(const QString &path) override
    {
        return path.contains("/../"_L1) ? failure(ErrorCode::Unsupported, path) : LocalFiles::status(path);
    }
    Result<QString> withoutParents(const QString &path) override { return failure(ErrorCode::Unsupported, path); }
};

QByteArray qcow2(const QString &backing = {}, Bytes size = MiB)
{
    return qcow2Bytes({size, backing, backing.isEmpty() ? QString() : u"qcow2"_s, {}});
}

} // namespace

// "pool/link" is "elsewhere/sub": what lies above it is "elsewhere", not "pool". Both have a base.qcow2.
class TestLinkedFolders : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ImageReader> m_reader;

    QString path(const QString &name) const { return m_folder->filePath(name); }
    QString write(const QString &name, const QByteArray &bytes) const
    {
        writeFile(path(name), bytes);
        return path(name);
    }
    ImageRequest named(const QString &path) const { return {{SourceKind::File, path}, u"qcow2"_s, {}}; }
    ImageRequest listed(const QString &path) const { return {{SourceKind::File, path}, u"qcow2"_s, {}, false, true}; }
    ImageGraph read(const std::vector<ImageRequest> &requests) const
    {
        return ImageGraph(m_reader->read(requests, {}));
    }
    static const Image *at(const ImageGraph &graph, const QString &path) { return graph.at({SourceKind::File, path}); }
    static QString real(const QString &path) { return QFileInfo(path).canonicalFilePath(); }

    // The files of a chain as QEMU opens them, top first; empty: it cannot.
    static QStringList chainOf(const QString &top)
    {
        const test::ProcessResult result
            = test::run(u"qemu-img"_s, {u"info"_s, u"--output=json"_s, u"-f"_s, u"qcow2"_s, u"--backing-chain"_s, top});
        QStringList files;
        const QJsonArray layers = QJsonDocument::fromJson(result.output).array();
        for (const QJsonValue &layer : layers)
            files += real(layer["filename"_L1].toString());
        return files;
    }

private Q_SLOTS:
    void init()
    {
        QVERIFY2(test::missingTool(u"qemu-img"_s).isEmpty(), test::missingTool(u"qemu-img"_s).constData());
        m_folder = std::make_unique<QTemporaryDir>();
        m_reader
            = std::make_unique<ImageReader>(std::vector<std::shared_ptr<ImageStore>>{std::make_shared<LocalFiles>()});
        QDir root(m_folder->path());
        QVERIFY(root.mkpath(u"pool/plain"_s) && root.mkpath(u"elsewhere/sub"_s));
        QVERIFY(QFile::link(path(u"elsewhere/sub"_s), path(u"pool/link"_s)));
        QVERIFY(QFile::link(path(u"pool"_s), path(u"name"_s)));
        write(u"pool/base.qcow2"_s, qcow2({}, 3 * MiB));
        write(u"elsewhere/base.qcow2"_s, qcow2({}, 5 * MiB));
        write(u"elsewhere/sub/base.qcow2"_s, qcow2({}, 7 * MiB));
    }

    void asQemuOpensIt_data()
    {
        QTest::addColumn<QString>("overlay");
        QTest::addColumn<QString>("backing"); // %d: the folder of all
        QTest::addColumn<QString>("name"); // the one it is known by afterwards
        QTest::newRow("above a link") << u"pool/link/x"_s << u"../base.qcow2"_s << u"elsewhere/base.qcow2"_s;
        QTest::newRow("above no link") << u"pool/plain/x"_s << u"../base.qcow2"_s << u"pool/base.qcow2"_s;
        QTest::newRow("in a link") << u"pool/link/x"_s << u"./base.qcow2"_s << u"pool/link/base.qcow2"_s;
        QTest::newRow("through a link") << u"pool/x"_s << u"link/../base.qcow2"_s << u"elsewhere/base.qcow2"_s;
        QTest::newRow("through a link and back")
            << u"pool/x"_s << u"link/../sub/../base.qcow2"_s << u"elsewhere/base.qcow2"_s;
        QTest::newRow("down and up") << u"pool/x"_s << u"plain/..//plain/../base.qcow2"_s << u"pool/base.qcow2"_s;
        QTest::newRow("absolute") << u"pool/x"_s << u"%d/pool/link/../base.qcow2"_s << u"elsewhere/base.qcow2"_s;
        QTest::newRow("file:") << u"pool/x"_s << u"file:%d/pool/link/../base.qcow2"_s << u"elsewhere/base.qcow2"_s;
        QTest::newRow("json:")
            << u"pool/x"_s
            << u"json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"%d/pool/link/../base.qcow2\"}}"_s
            << u"elsewhere/base.qcow2"_s;
        // The name that is used goes on where it leads to the same folder.
        QTest::newRow("above a link to the same") << u"name/plain/x"_s << u"../base.qcow2"_s << u"name/base.qcow2"_s;
        QTest::newRow("more upwards than there is")
            << u"pool/x"_s << QString(QString(u"../"_s).repeated(40) + u"%d/pool/base.qcow2"_s).replace(u"//"_s, u"/"_s)
            << u"pool/base.qcow2"_s;
    }
    void asQemuOpensIt()
    {
        QFETCH(const QString, overlay);
        QFETCH(QString, backing);
        QFETCH(const QString, name);
        const QString top = write(overlay, qcow2(backing.replace(u"%d"_s, m_folder->path())));
        const ImageGraph graph = read({named(top)});
        const auto chain = graph.chain(at(graph, top)->id);
        QCOMPARE(chain.end, ImageGraph::Chain::End::Complete);
        QStringList files;
        for (const ImageId &layer : chain.layers)
            files += real(graph.find(layer)->location.name);
        QCOMPARE(files, chainOf(top));
        QCOMPARE(graph.find(chain.layers.back())->location.name, path(name));
    }

    // It is met by all of its names, and no other file with it.
    void oneFileOfManyNames()
    {
        const QString top = write(u"pool/link/x"_s, qcow2(u"../base.qcow2"_s));
        const QString base = path(u"elsewhere/base.qcow2"_s);
        const ImageGraph graph = read(
            {named(base), named(top), named(path(u"pool/link/../base.qcow2"_s)), listed(path(u"pool/base.qcow2"_s))});
        QCOMPARE(graph.images().size(), size_t(3));
        QCOMPARE(at(graph, top)->backing, at(graph, base)->id);
        QCOMPARE(at(graph, base)->otherNames, QStringList{path(u"pool/link/../base.qcow2"_s)});
        QCOMPARE(at(graph, path(u"pool/base.qcow2"_s))->facts->virtualSize, 3 * MiB);
        QVERIFY(graph.overlays(at(graph, path(u"pool/base.qcow2"_s))->id).empty());
    }

    void missing_data()
    {
        QTest::addColumn<QString>("backing");
        QTest::addColumn<QString>("name");
        QTest::newRow("a file") << u"link/../gone.qcow2"_s << u"elsewhere/gone.qcow2"_s;
        // The text alone would find pool/base.qcow2.
        QTest::newRow("a folder") << u"nowhere/../base.qcow2"_s << u"pool/nowhere/../base.qcow2"_s;
        QTest::newRow("no folder") << u"base.qcow2/../base.qcow2"_s << u"pool/base.qcow2/../base.qcow2"_s;
    }
    void missing()
    {
        QFETCH(const QString, backing);
        QFETCH(const QString, name);
        const QString top = write(u"pool/x"_s, qcow2(backing));
        QCOMPARE(chainOf(top), QStringList());
        const ImageGraph graph = read({named(top)});
        const auto chain = graph.chain(at(graph, top)->id);
        QVERIFY(chain.end != ImageGraph::Chain::End::Complete);
        QCOMPARE(chain.next.name, path(name));
    }

    // Relative within "file:" and "json:" is what QEMU finds in the folder that it happens to run in.
    void relativeToTheProcess_data()
    {
        QTest::addColumn<QString>("backing");
        QTest::newRow("file:") << u"file:base.qcow2"_s;
        QTest::newRow("json:")
            << u"json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"base.qcow2\"}}"_s;
    }
    void relativeToTheProcess()
    {
        QFETCH(const QString, backing);
        const QString top = write(u"pool/x"_s, qcow2(backing));
        QVERIFY(chainOf(top).isEmpty());
        const ImageGraph graph = read({named(top)});
        QCOMPARE(graph.chain(at(graph, top)->id).end, ImageGraph::Chain::End::Unknown);
        QVERIFY(!at(graph, path(u"pool/base.qcow2"_s)));
    }

    void whereNobodyCanLook()
    {
        const QString top = write(u"pool/plain/x"_s, qcow2(u"../base.qcow2"_s));
        ImageReader reader({std::make_shared<FarFiles>()});
        const ImageGraph graph(reader.read({named(top)}, {}));
        QVERIFY(at(graph, top)->facts.isKnown());
        const auto chain = graph.chain(at(graph, top)->id);
        QCOMPARE(chain.end, ImageGraph::Chain::End::Unknown);
        QCOMPARE(chain.next.name, path(u"pool/plain/../base.qcow2"_s));
        QCOMPARE(graph.at(chain.next)->facts.why().code, ErrorCode::Unsupported);
        // What needs no look is as good as ever.
        const QString beside = write(u"pool/y"_s, qcow2(u"./base.qcow2"_s));
        const ImageGraph plain(reader.read({named(beside)}, {}));
        QCOMPARE(plain.chain(at(plain, beside)->id).end, ImageGraph::Chain::End::Complete);
    }

    // QEMU tells of the file by the name that it opened it by.
    void liveByAnotherName()
    {
        const QString top = write(u"pool/link/x"_s, qcow2(u"../base.qcow2"_s));
        ImageFacts live;
        live.format = u"qcow2"_s;
        live.virtualSize = 9 * MiB;
        const ImageGraph graph(
            m_reader->read({named(top)}, {{path(u"pool/link/../base.qcow2"_s), Fact<ImageFacts>(live)}}));
        QCOMPARE(at(graph, path(u"elsewhere/base.qcow2"_s))->facts->virtualSize, 9 * MiB);
    }

    // QEMU looks for a relative name beside the link that it is given, not beside the file that this leads to.
    void linkToAnImage()
    {
        const QString file = write(u"elsewhere/x"_s, qcow2(u"base.qcow2"_s));
        const QString link = path(u"pool/x"_s);
        QVERIFY(QFile::link(file, link));
        QCOMPARE(chainOf(link), (QStringList{real(file), real(path(u"pool/base.qcow2"_s))}));
        QCOMPARE(chainOf(file), (QStringList{real(file), real(path(u"elsewhere/base.qcow2"_s))}));

        const ImageGraph byLink = read({named(link), listed(file)});
        QCOMPARE(at(byLink, link)->backing, at(byLink, path(u"pool/base.qcow2"_s))->id);
        // Whatever is met first, a name that is used counts for more than one that is only there.
        const ImageGraph listedFirst = read({listed(file), named(link)});
        QCOMPARE(at(listedFirst, file)->backing, at(listedFirst, path(u"pool/base.qcow2"_s))->id);
        // Used by both names it has two chains, and neither can be told.
        for (const auto &order : {std::vector{named(link), named(file)}, {named(file), listed(file), named(link)}}) {
            const ImageGraph both = read(order);
            QCOMPARE(at(both, link), at(both, file));
            QVERIFY(at(both, link)->facts.isUnknown());
            QCOMPARE(at(both, link)->facts.why().code, ErrorCode::Unsupported);
            QVERIFY(at(both, path(u"pool/base.qcow2"_s)) && at(both, path(u"elsewhere/base.qcow2"_s)));
        }
        // Unless they come to the same.
        QVERIFY(QFile::remove(path(u"pool/base.qcow2"_s)));
        QCOMPARE(::link(qPrintable(path(u"elsewhere/base.qcow2"_s)), qPrintable(path(u"pool/base.qcow2"_s))), 0);
        const ImageGraph same = read({named(link), named(file)});
        QVERIFY(at(same, link)->facts.isKnown());
        QCOMPARE(same.chain(at(same, link)->id).end, ImageGraph::Chain::End::Complete);
    }
};

QTEST_GUILESS_MAIN(TestLinkedFolders)
#include "tst_linkedfolders.moc"
