// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/checkpointxml.h"

#include <QFile>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

QByteArray checkpointWith(const QByteArray &inner)
{
    return "<domaincheckpoint><name>c</name>" + QByteArray(inner) + "</domaincheckpoint>";
}

QString summary(const Checkpoint &checkpoint)
{
    QString text = checkpoint.name + u" <" + checkpoint.parent + u"> " + QString::number(checkpoint.created);
    for (const CheckpointDisk &disk : checkpoint.disks)
        text += u' ' + disk.target + u'=' + disk.bitmap;
    if (!checkpoint.description.isEmpty())
        text += u" \"" + checkpoint.description + u'"';
    return text;
}

} // namespace

class TestCheckpointXml : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void asLibvirtGivesIt()
    {
        QFile file(QStringLiteral(TREEWARDEN_TEST_DATA "/xml/checkpoint-cp1.xml"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const Result<Checkpoint> checkpoint = readCheckpoint(file.readAll());
        QVERIFY(checkpoint);
        QCOMPARE(summary(*checkpoint), u"cp1 <> 1795297551 vda=cp1 sda="_s);
    }

    // One case for each name in libvirt's own tests of the parser (qemudomaincheckpointxml2xmlin and -out), then ours.
    void corpus_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::addColumn<QString>("expected"); // empty: refused
        const auto row = [](const char *tag, const QByteArray &xml, const QString &expected) {
            QTest::newRow(tag) << xml << expected;
        };
        row("disk-default", checkpointWith("<disks><disk name='vda' checkpoint='bitmap'/><disk name='vdb'/></disks>"),
            u"c <> 0 vda=c vdb=c"_s);
        row("disk-invalid", checkpointWith("<disks><disk checkpoint='no'/></disks>"), {});
        row("empty", "<domaincheckpoint/>", {});
        // A name with a slash could not become a file of libvirt's; to read it harms nobody.
        row("name-invalid", "<domaincheckpoint><name>a/b</name></domaincheckpoint>", u"a/b <> 0"_s);
        row("sample",
            checkpointWith("<description>weekly</description><disks><disk name='vda' checkpoint='bitmap' "
                           "bitmap='w'/><disk name='vdb' checkpoint='no'/></disks>"),
            u"c <> 0 vda=w vdb= \"weekly\""_s);
        row("size",
            checkpointWith("<parent><name>b</name></parent><creationTime>12</creationTime><disks><disk name='vda' "
                           "checkpoint='bitmap' bitmap='c' size='65536'/></disks>"),
            u"c <b> 12 vda=c"_s);
        row("redefine",
            checkpointWith("<creationTime>12</creationTime><disks><disk name='hda' checkpoint='no'/><disk name='vda' "
                           "checkpoint='bitmap' bitmap='c'/></disks>"
                           "<domain type='qemu'><name>m</name><devices><disk type='file'><target "
                           "dev='vdz'/></disk></devices></domain>"),
            u"c <> 12 hda= vda=c"_s);
        row("internal-active-invalid",
            checkpointWith(
                "<disks><disk name='vda' checkpoint='bitmap' bitmap='c'/></disks><domain/><active>1</active>"),
            u"c <> 0 vda=c"_s);
        row("internal-inactive-invalid", checkpointWith("<disks/><domain/><active>0</active>"), u"c <> 0"_s);
        row("a word from the future", checkpointWith("<disks><disk name='vda' checkpoint='tape' bitmap='x'/></disks>"),
            u"c <> 0 vda="_s);
        row("the name after the disks",
            "<domaincheckpoint><disks><disk name='vda'/></disks><name>late</name></domaincheckpoint>",
            u"late <> 0 vda=late"_s);
        row("another root", "<domainsnapshot><name>c</name></domainsnapshot>", {});
        row("cut short", "<domaincheckpoint><name>c</name><disks>", {});
        row("time out of range", checkpointWith("<creationTime>99999999999999999999</creationTime>"), {});
        row("document type", "<!DOCTYPE d><domaincheckpoint><name>c</name></domaincheckpoint>", {});
    }
    void corpus()
    {
        QFETCH(QByteArray, xml);
        QFETCH(QString, expected);
        const Result<Checkpoint> checkpoint = readCheckpoint(xml);
        QCOMPARE(checkpoint.has_value(), !expected.isEmpty());
        if (checkpoint)
            QCOMPARE(summary(*checkpoint), expected);
        else
            QCOMPARE(checkpoint.error().code, ErrorCode::Malformed);
    }
};

QTEST_APPLESS_MAIN(TestCheckpointXml)
#include "tst_checkpointxml.moc"
