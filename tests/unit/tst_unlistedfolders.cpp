// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/unlistedfolders.h"
#include "model/xml/poolxml.h"

#include <QTest>
#include <QXmlStreamReader>

using namespace treewarden;
using namespace Qt::StringLiterals;

class TestUnlistedFolders : public QObject
{
    Q_OBJECT

private:
    const DomainId m_machine{u"0e9bd0a8-1c5e-4c0f-9d0a-000000000001"_s};
    std::vector<Image> m_images;
    std::vector<Pool> m_pools;
    Assessment m_assessment;

    void add(const QString &path, ErrorCode why = ErrorCode::PermissionDenied, const QString &pool = {})
    {
        Image image;
        image.id = ImageId(path);
        image.location = {SourceKind::File, path};
        image.facts = Fact<ImageFacts>::unknown({why, path, {}});
        image.pool = pool;
        m_images.push_back(image);
        m_assessment.problems.push_back(
            {u"image-unreadable"_s, Severity::Note, m_machine, path, {}, Error{why, path, {}}});
    }
    std::vector<UnlistedFolder> folders() const
    {
        Inventory inventory;
        inventory.images = std::make_shared<ImageGraph>(m_images);
        inventory.pools = m_pools;
        return unlistedFolders(inventory, m_assessment, m_machine);
    }

private Q_SLOTS:
    void init()
    {
        m_images.clear();
        m_pools.clear();
        m_assessment = {};
    }

    void oneOfferForAFolder()
    {
        add(u"/home/ann/vms/a.qcow2"_s);
        add(u"/home/ann/vms/b.qcow2"_s);
        add(u"/srv/c.qcow2"_s);
        const UnlistedFolder home{
            u"/home/ann/vms"_s, u"vms"_s, {u"/home/ann/vms/a.qcow2"_s, u"/home/ann/vms/b.qcow2"_s}};
        const UnlistedFolder srv{u"/srv"_s, u"srv"_s, {u"/srv/c.qcow2"_s}};
        QCOMPARE(folders(), (std::vector<UnlistedFolder>{home, srv}));
    }
    void notForOtherReasons()
    {
        add(u"/home/ann/vms/a.qcow2"_s, ErrorCode::Malformed);
        add(u"/home/ann/vms/b.qcow2"_s, ErrorCode::Busy);
        QCOMPARE(folders().size(), size_t(0));
    }
    void notWhereLibvirtListsIt()
    {
        add(u"/home/ann/vms/a.qcow2"_s);
        add(u"/home/ann/vms/b.qcow2"_s, ErrorCode::PermissionDenied, u"vms"_s);
        QCOMPARE(folders().size(), size_t(0));
    }
    void notWhereAPoolIsNotActive()
    {
        add(u"/home/ann/vms/a.qcow2"_s);
        m_pools = {{u"vms"_s, u"/home/ann/vms"_s, false}};
        QCOMPARE(folders().size(), size_t(0));
        m_pools = {{u"vms"_s, u"/home/bob/vms"_s, false}};
        QCOMPARE(folders().size(), size_t(1));
        QCOMPARE(folders().front().poolName, u"home-ann-vms"_s);
    }
    void notForAnotherMachine()
    {
        add(u"/home/ann/vms/a.qcow2"_s);
        m_assessment.problems.front().domain = DomainId(u"0e9bd0a8-1c5e-4c0f-9d0a-000000000002"_s);
        QCOMPARE(folders().size(), size_t(0));
    }
    void notTheFoldersOfTheSystem_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<int>("offers");
        QTest::newRow("root") << u"/a.qcow2"_s << 0;
        QTest::newRow("device") << u"/dev/vg/lv"_s << 0;
        QTest::newRow("settings") << u"/etc/a.qcow2"_s << 0;
        QTest::newRow("begins alike") << u"/develop/a.qcow2"_s << 1;
        QTest::newRow("not local") << u"nbd://host/a"_s << 0;
    }
    void notTheFoldersOfTheSystem()
    {
        QFETCH(const QString, path);
        QFETCH(const int, offers);
        add(path);
        QCOMPARE(int(folders().size()), offers);
    }
    void aTakenNameIsNotOffered()
    {
        add(u"/home/ann/vms/a.qcow2"_s);
        add(u"/srv/vms/b.qcow2"_s, ErrorCode::Malformed, u"vms"_s);
        QCOMPARE(folders().size(), size_t(1));
        QCOMPARE(folders().front().poolName, u"home-ann-vms"_s);
    }

    void readsWhereAPoolIs()
    {
        const QByteArray pool
            = "<pool type='netfs'><name>a</name><source><dir path='/export'/></source>"
              "<target><permissions><mode>0711</mode></permissions><path>/mnt/a b</path></target></pool>";
        QCOMPARE(*readPool(pool), (PoolDefinition{u"netfs"_s, u"/mnt/a b"_s}));
        QCOMPARE(*readPool("<pool type='rbd'><name>a</name></pool>"), (PoolDefinition{u"rbd"_s, QString()}));
        QCOMPARE(*readPool(writeFolderPool(u"a"_s, u"/a<b>"_s)), (PoolDefinition{u"dir"_s, u"/a<b>"_s}));
        for (const char *broken : {"", "<pool", "<volume><name>a</name></volume>", "<!DOCTYPE pool><pool/>"})
            QCOMPARE(readPool(broken).error().code, ErrorCode::Malformed);
    }

    void theDocumentKeepsNamesAsTheyAre()
    {
        const QString name = u"a<b> & \"c\""_s;
        const QString folder = u"/home/ann/a<b> & \"c\""_s;
        QXmlStreamReader xml(writeFolderPool(name, folder));
        QStringList texts;
        QVERIFY(xml.readNextStartElement());
        QCOMPARE(xml.name(), u"pool");
        QCOMPARE(xml.attributes().value("type"_L1), u"dir");
        while (!xml.atEnd()) {
            xml.readNext();
            if (xml.isCharacters())
                texts << xml.text().toString();
        }
        QVERIFY(!xml.hasError());
        QCOMPARE(texts, (QStringList{name, folder}));
    }
};

QTEST_GUILESS_MAIN(TestUnlistedFolders)
#include "tst_unlistedfolders.moc"
