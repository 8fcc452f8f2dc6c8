// SPDX-License-Identifier: GPL-3.0-or-later
// Marks of images, and files that change under what rests on them.
#include "model/inventory/frozenfiles.h"
#include "tests/support/inventorybuilder.h"
#include "tests/support/qcow2images.h"

#include <QLockFile>
#include <QTemporaryDir>
#include <QTest>

#include <map>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

using Place = Qcow2Builder;

namespace {

// An active L1 table that refers to one L2 table, that to two clusters.
QByteArray image(const std::function<void(Qcow2Builder &)> &bend = {})
{
    Qcow2Builder builder;
    if (bend)
        bend(builder);
    QByteArray bytes = builder.build();
    put<quint64>(bytes, qsizetype(builder.at(Place::ActiveL1)), builder.at(Place::TagL2) | quint64(1) << 63);
    put<quint64>(bytes, qsizetype(builder.at(Place::TagL2)), builder.at(Place::Data) | quint64(1) << 63);
    put<quint64>(bytes, qsizetype(builder.at(Place::TagL2)) + 8, builder.at(Place::Data + 1));
    bytes[qsizetype(builder.at(Place::Data))] = 'x';
    return bytes;
}

qsizetype at(int place)
{
    return qsizetype(Qcow2Builder().at(place));
}

Fingerprint markOf(const QByteArray &bytes, const QString &format = u"qcow2"_s)
{
    BufferSource source(bytes);
    const Result<Fingerprint> mark = fingerprintOf(source, format);
    if (!mark)
        qFatal("no fingerprint: %s", qPrintable(mark.error().detail));
    return *mark;
}

} // namespace

class TestFingerprint : public QObject
{
    Q_OBJECT

private:
    // A host whose files are bytes in memory.
    struct World
    {
        QTemporaryDir folder;
        QString document = folder.filePath(u"state/frozen.json"_s);
        std::map<QString, QByteArray> files;
        int opened = 0;
        std::unique_ptr<FrozenFiles> notes = std::make_unique<FrozenFiles>(document);

        // "file: user, user?; ..." of what is outdated; "?": perhaps.
        QString look(const QString &host, const QMap<QString, qint64> &times = {})
        {
            const Inventory inventory = inventoryOf(host);
            std::vector<Image> images = inventory.images->images();
            for (Image &each : images) {
                each.fileSize = Bytes(files[each.location.name].size());
                each.modified = times.value(each.location.name.mid(8), 1000);
            }
            notes->compare(inventory.domains, images, [&](const QString &path) -> Result<std::unique_ptr<ByteSource>> {
                ++opened;
                if (!files.contains(path))
                    return failure(ErrorCode::NotFound, path);
                return std::make_unique<BufferSource>(files[path]);
            });
            QStringList texts;
            for (const Image &each : images) {
                QStringList users;
                for (const OutdatedUser &user : each.outdated)
                    users += user.name.mid(user.name.lastIndexOf(u'/') + 1) + (user.isCertain ? u""_s : u"?"_s);
                if (!users.isEmpty())
                    texts += each.location.name.mid(8) + u": "_s + users.join(u", "_s);
            }
            return texts.join(u"; "_s);
        }
    };

    static inline const QString frozen = u"image d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A vda=d>d.A"_s;

private Q_SLOTS:
    void whatChangesContents_data()
    {
        QTest::addColumn<QByteArray>("changed");
        QByteArray bytes = image();
        bytes[at(Place::Data)] = 'y';
        QTest::newRow("data") << bytes;
        bytes = image();
        put<quint64>(bytes, at(Place::TagL2) + 16, quint64(at(Place::Data + 2)));
        QTest::newRow("a new cluster") << bytes;
        bytes = image();
        put<quint64>(bytes, at(Place::ActiveL1) + 8, quint64(at(Place::TagL2)));
        QTest::newRow("a new L2 table") << bytes;
        QTest::newRow("size") << image([](Qcow2Builder &b) { b.virtualSize /= 2; });
        QTest::newRow("backing image") << image([](Qcow2Builder &b) { b.backingName = "other"; });
    }
    void whatChangesContents()
    {
        QFETCH(QByteArray, changed);
        QVERIFY(markOf(changed).contents != markOf(image()).contents);
    }

    void whatIsNoChange_data()
    {
        QTest::addColumn<QByteArray>("changed");
        QTest::newRow("a tag") << image([](Qcow2Builder &b) { b.tags = {tag("1", "one")}; });
        QTest::newRow("a bitmap") << image([](Qcow2Builder &b) { b.bitmaps = {{"b"}}; });
        QByteArray bytes = image([](Qcow2Builder &b) { b.tags = {tag("1", "one")}; });
        put<quint64>(bytes, at(Place::TagL2), quint64(at(Place::Data))); // shared with the tag
        put<quint64>(bytes, at(Place::ActiveL1), quint64(at(Place::TagL2)));
        QTest::newRow("shared with a tag") << bytes;
    }
    void whatIsNoChange()
    {
        QFETCH(QByteArray, changed);
        QCOMPARE(markOf(changed).contents, markOf(image()).contents);
    }

    void theSameIsTheSame()
    {
        QVERIFY(markOf(image()) == markOf(image()));
        const QByteArray raw(1 << 20, 'r');
        QByteArray other = raw;
        other[5] = 's';
        QVERIFY(markOf(raw, u"raw"_s) == markOf(raw, u"raw"_s));
        QVERIFY(markOf(other, u"raw"_s) != markOf(raw, u"raw"_s));
        QVERIFY(markOf(raw.left(1 << 19), u"raw"_s) != markOf(raw, u"raw"_s));
        QVERIFY(markOf(QByteArray(), u"raw"_s) == markOf(QByteArray(), u"raw"_s));
    }

    void whatCannotBeMarked()
    {
        BufferSource source(QByteArray(4096, 'z'));
        QCOMPARE(fingerprintOf(source, u"vmdk"_s).error().code, ErrorCode::Unsupported);
        QCOMPARE(fingerprintOf(source, u"qcow2"_s).error().code, ErrorCode::Malformed);
        QByteArray cut = image();
        put<quint64>(cut, at(Place::ActiveL1), quint64(1) << 40);
        BufferSource beyond(cut);
        QCOMPARE(fingerprintOf(beyond, u"qcow2"_s).error().code, ErrorCode::Malformed);
    }

    void aFrozenFileThatIsWritten()
    {
        World world;
        world.files = {{path(u"d"_s), image()}, {path(u"d.A"_s), image()}};
        QCOMPARE(world.look(frozen), QString());
        QCOMPARE(world.opened, 1);
        // Nothing new: nothing is read.
        QCOMPARE(world.look(frozen), QString());
        QCOMPARE(world.opened, 1);
        world.files[path(u"d"_s)][at(Place::Data)] = 'y';
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), u"d: d.A, A"_s);
        // Another process, and it stays so.
        world.notes = std::make_unique<FrozenFiles>(world.document);
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), u"d: d.A, A"_s);
        // Put back.
        world.files[path(u"d"_s)] = image();
        QCOMPARE(world.look(frozen, {{u"d"_s, 1000}}), QString());
    }

    void onlyTheTimeDiffers()
    {
        World world;
        world.files = {{path(u"d"_s), image()}};
        QCOMPARE(world.look(frozen), QString());
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), u"d: d.A?, A?"_s);
    }

    void aTagThatGoesIsNoChange()
    {
        World world;
        world.files = {{path(u"d"_s), image()}};
        QCOMPARE(world.look(QString(frozen).replace(u"image d\n"_s, u"image d tags=one\n"_s)), QString());
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), QString());
        const int opened = world.opened;
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), QString()); // noted anew
        QCOMPARE(world.opened, opened);
    }

    // After a merge something else rests on the file.
    void mergedIsNotChanged()
    {
        World world;
        world.files = {{path(u"d"_s), image()}, {path(u"d.A"_s), image()}};
        QCOMPARE(world.look(u"image d\nimage d.A on=d\nimage d.B on=d.A\nmachine m\ndisk vda d.B\n"
                            "external A vda=d>d.A\nexternal B parent=A vda=d.A>d.B"_s),
            QString());
        world.files[path(u"d"_s)][at(Place::Data)] = 'y';
        const QString after = u"image d\nimage d.B on=d\nmachine m\ndisk vda d.B\nexternal B vda=d>d.B"_s;
        QCOMPARE(world.look(after, {{u"d"_s, 2000}}), QString());
        world.files[path(u"d"_s)][at(Place::Data)] = 'z';
        QCOMPARE(world.look(after, {{u"d"_s, 3000}}), u"d: d.B, B"_s);
    }

    // virt-manager issue 811: while the machine runs on it everybody says so; afterwards only the notes know.
    void whatItsOwnMachineWrote()
    {
        World world;
        world.files = {{path(u"d"_s), image()}};
        QCOMPARE(world.look(frozen), QString());
        const QString onFrozen = QString(frozen).replace(u"disk vda d.A"_s, u"disk vda d"_s);
        world.files[path(u"d"_s)][at(Place::Data)] = 'y';
        QCOMPARE(world.look(onFrozen, {{u"d"_s, 2000}}), QString());
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), u"d: d.A, A"_s);
    }

    void aLinkedClone()
    {
        World world;
        world.files = {{path(u"base"_s), image()}};
        const QString clone = u"image base\nimage c on=base\nmachine m\ndisk vda c"_s;
        QCOMPARE(world.look(clone), QString());
        world.files[path(u"base"_s)][at(Place::Data)] = 'y';
        QCOMPARE(world.look(clone, {{u"base"_s, 2000}}), u"base: c"_s);
    }

    void whatIsNotReadIsNotNoted()
    {
        World world;
        QCOMPARE(world.look(frozen), QString());
        world.files = {{path(u"d"_s), image()}};
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), QString());
        QVERIFY(QFile::exists(world.document));
    }

    void aDocumentThatIsNoneCostsNotesAlone()
    {
        World world;
        world.files = {{path(u"d"_s), image()}};
        QVERIFY(QDir().mkpath(QFileInfo(world.document).path()));
        QFile file(world.document);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{\"version\": 1, \"files\": [");
        file.close();
        QCOMPARE(world.look(frozen), QString());
        world.files[path(u"d"_s)][at(Place::Data)] = 'y';
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), u"d: d.A, A"_s);
    }

    // Two processes note the same file, and it is written to in between: what was noted first stays.
    void whatAnotherProcessNotedStays()
    {
        World world;
        world.files = {{path(u"d"_s), image()}};
        const QString nothing = u"image e"_s;
        QCOMPARE(world.look(nothing), QString()); // it has read the document by now
        auto mine = std::exchange(world.notes, std::make_unique<FrozenFiles>(world.document));
        QCOMPARE(world.look(frozen), QString());
        world.notes = std::move(mine);
        world.files[path(u"d"_s)][at(Place::Data)] = 'y';
        (void)world.look(frozen, {{u"d"_s, 2000}});
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), u"d: d.A, A"_s);
        world.notes = std::make_unique<FrozenFiles>(world.document);
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), u"d: d.A, A"_s);
    }

    // Another process keeps the document for so long that this one gives up: it writes the next time.
    void whatCouldNotBeWrittenIsWrittenLater()
    {
        World world;
        world.files = {{path(u"d"_s), image()}};
        QVERIFY(QDir().mkpath(QFileInfo(world.document).path()));
        {
            QLockFile lock(world.document + u".lock"_s);
            QVERIFY(lock.lock());
            QCOMPARE(world.look(frozen), QString());
            QVERIFY(!QFile::exists(world.document));
        }
        QCOMPARE(world.look(frozen), QString());
        world.notes = std::make_unique<FrozenFiles>(world.document);
        world.files[path(u"d"_s)][at(Place::Data)] = 'y';
        QCOMPARE(world.look(frozen, {{u"d"_s, 2000}}), u"d: d.A, A"_s);
    }

    // A new host with thousands of them is noted bit by bit.
    void withoutPatienceNothingNewIsNoted()
    {
        World world;
        world.files = {{path(u"d"_s), image()}};
        world.notes = std::make_unique<FrozenFiles>(world.document, std::chrono::milliseconds(-1));
        QCOMPARE(world.look(frozen), QString());
        QCOMPARE(world.opened, 0);
    }
};

QTEST_GUILESS_MAIN(TestFingerprint)
#include "tst_fingerprint.moc"
