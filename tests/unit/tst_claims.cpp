// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/claims.h"
#include "tests/support/inventorybuilder.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;

namespace {

QString ownerText(const Owner &owner)
{
    switch (owner.kind) {
    case OwnerKind::CurrentState:
        return owner.domainName;
    case OwnerKind::PersistentDefinition:
        return owner.domainName + QStringLiteral("(next)");
    case OwnerKind::Snapshot:
        return QString(owner.domainName + u'/' + owner.name);
    case OwnerKind::Checkpoint:
        return QString(owner.domainName + u'@' + owner.name);
    case OwnerKind::Image:
        return owner.name;
    }
    return {};
}

QString layerText(const Layer &layer)
{
    switch (layer.kind) {
    case LayerKind::Active:
        return QStringLiteral("active");
    case LayerKind::Tag:
        return QString(QStringLiteral("tag:") + layer.name);
    case LayerKind::Bitmap:
        return QString(QStringLiteral("bitmap:") + layer.name);
    case LayerKind::File:
        return QStringLiteral("file");
    }
    return {};
}

// "OWNER LAYER", with "~" before those that come through an overlay; sorted.
QStringList claimsOn(const Claims &claims, const ImageId &image)
{
    QStringList lines;
    for (const Claim &claim : claims.on(image)) {
        if (claim.layer.image != image)
            lines.append(QStringLiteral("claim on another image"));
        lines.append(QString(
            (claim.direct ? QString() : QStringLiteral("~")) + ownerText(claim.owner) + u' ' + layerText(claim.layer)));
    }
    lines.sort();
    return lines;
}

QStringList sorted(const std::vector<ImageId> &ids)
{
    QStringList names;
    for (const ImageId &id : ids)
        names.append(id.value.mid(3));
    names.sort();
    return names;
}

const char issue811[] = R"(
    image disk tags=I1
    image E2 on=disk
    machine vm
    disk vda disk
    internal I1 vda=disk
    external E2 parent=I1 vda=disk>E2
    current I1
)";

} // namespace

class TestClaims : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whoReliesOnAnImage_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("image");
        QTest::addColumn<QStringList>("expected");
        const auto row = [](const char *name, const char *host, const char *image, const char *expected) {
            QTest::newRow(name) << QString::fromLatin1(host) << QString::fromLatin1(image)
                                << QString::fromLatin1(expected).split(QStringLiteral(", "), Qt::SkipEmptyParts);
        };

        row("a disk", "image a\nmachine vm\ndisk vda a", "a", "vm active");
        row("cdrom and read-only disks too", "image a\nmachine vm\ndisk sda a cdrom\ndisk vdb a readonly", "a",
            "vm active, vm active");
        row("through overlays", "image a\nimage b on=a\nimage c on=b\nmachine vm\ndisk vda c", "a", "~vm active");
        row("in the middle of a chain", "image a\nimage b on=a\nimage c on=b\nmachine vm\ndisk vda c", "b",
            "~vm active");
        row("both ways, each once",
            "image a\nimage b on=a\nimage c on=a\nmachine vm\ndisk vda a\ndisk vdb b\ndisk vdc c", "a",
            "vm active, ~vm active");
        row("a chain that loops", "image a on=c\nimage b on=a\nimage c on=b\nmachine vm\ndisk vda c", "a",
            "~vm active");
        row("backed by itself", "image a on=a\nmachine vm\ndisk vda a", "a", "vm active");
        row("a mirror's target", "image a\nimage m\nmachine vm running\ndisk vda a mirror=m", "m", "vm active");
        row("the next start", "image a\nimage b\nmachine vm running\ndisk vda a\nnext vda b", "b", "vm(next) active");
        row("the next start with the same disk",
            "image a\nimage b\nmachine vm running\ndisk vda a\ndisk vdb b\nnext vda b", "a", "vm active");
        row("a chain that only the definition tells", "image a\nimage b unreadable\nmachine vm\ndisk vda b chain=a",
            "a", "~vm active");
        row("a data file", "image a data=a.raw\nmachine vm\ndisk vda a", "a.raw", "~vm active");
        row("NVRAM", "image a\nimage n raw\nmachine vm\ndisk vda a\nnvram n\ninternal I1 vda=a", "n",
            "vm file, vm/I1 file");
        row("a tag in NVRAM", "image a\nimage n\nmachine vm\ndisk vda a\nnvram n qcow2\ninternal I1 vda=a", "n",
            "vm file, vm/I1 tag:I1");

        row("internal", "image a tags=I1\nmachine vm\ndisk vda a\ninternal I1 vda=a", "a", "vm active, vm/I1 tag:I1");
        row("internal on two disks", "image a\nimage b\nmachine vm\ndisk vda a\ndisk vdb b\ninternal I1 vda=a vdb=b",
            "b", "vm active, vm/I1 tag:I1");
        row("internal that left a disk out", "image a\nimage b\nmachine vm\ndisk vda a\ndisk vdb b\ninternal I1 vda=a",
            "b", "vm active");
        row("a tag in an overlay relies on what is below",
            "image a\nimage b on=a\nimage c\nmachine vm\ndisk vda c\ninternal I1 vda=b", "a", "~vm/I1 active");
        row("internal, disks not listed", "image a\nmachine vm\ndisk vda a\ninternal I1 parent=I0", "a",
            "vm active, vm/I1 tag:I1");
        row("internal without a definition", "image a\nmachine vm\ndisk vda a\ninternal I1 nodefinition vda=a", "a",
            "vm active, vm/I1 tag:I1");

        row("external: the frozen file", "image a\nimage b on=a\nmachine vm\ndisk vda b\nexternal E1 vda=a>b", "a",
            "vm/E1 active, ~vm active");
        row("external: not its overlay", "image a\nimage b on=a\nmachine vm\ndisk vda b\nexternal E1 vda=a>b", "b",
            "vm active");
        row("external without a definition",
            "image a\nimage b on=a\nmachine vm\ndisk vda b\nexternal E1 nodefinition vda=a>b", "a",
            "vm/E1 active, ~vm active");
        row("external: its memory", "image a\nmachine vm\ndisk vda a\nexternal E1 memory=m vda=a>b", "m", "vm/E1 file");
        row("internal below, external above", issue811, "disk",
            "vm active, vm/E2 active, vm/I1 tag:I1, /images/E2 active");
        row("what came after, nobody went on", issue811, "E2", "");

        row("a checkpoint", "image a bitmaps=c1\nmachine vm\ndisk vda a\ncheckpoint c1 vda=c1", "a",
            "vm active, vm@c1 bitmap:c1");
        row("a checkpoint in an overlay",
            "image a bitmaps=c1\nimage b on=a bitmaps=c1\nmachine vm\ndisk vda b\n"
            "checkpoint c1 vda=c1",
            "a", "vm@c1 bitmap:c1, ~vm active");
        row("a bitmap needs nothing below",
            "image a\nimage b on=a bitmaps=c1\nmachine vm\ndisk vda b\n"
            "checkpoint c1 vda=c1",
            "a", "~vm active");
        row("an overlay of nobody", "image a\nimage b on=a\nimage c on=b\nmachine vm\ndisk vda a", "a",
            "vm active, /images/b active, ~/images/c active");
        row("two machines on one base",
            "image a\nimage b on=a\nimage c on=a\nmachine one\ndisk vda b\nmachine two\n"
            "disk vda c",
            "a", "~one active, ~two active");
    }
    void whoReliesOnAnImage()
    {
        QFETCH(QString, host);
        QFETCH(QString, image);
        QFETCH(QStringList, expected);
        const Inventory inventory = inventoryOf(host);
        const Claims claims(inventory);
        const Image *known = inventory.images->at({SourceKind::File, path(image)});
        const ImageId id = known ? known->id : ImageId(path(image));
        expected.sort();
        QCOMPARE(claimsOn(claims, id), expected);
        QCOMPARE(claims.isClaimed(id), !expected.isEmpty());
    }

    void anImageThatNobodyMetIsClaimedByName()
    {
        const Claims claims(inventoryOf(QStringLiteral("machine vm\ndisk vda gone")));
        QCOMPARE(claimsOn(claims, ImageId(path(QStringLiteral("gone")))), QStringList{QStringLiteral("vm active")});
    }

    void anUnreadMachineClaimsNothing()
    {
        const Claims claims(inventoryOf(QStringLiteral("image a\nmachine vm unreadable nosnapshots\ndisk vda a")));
        QVERIFY(!claims.isClaimed(imageId(QStringLiteral("a"))));
    }

    void tags()
    {
        const Claims claims(inventoryOf(QString::fromLatin1(issue811)));
        QVERIFY(claims.isTagClaimed(imageId(QStringLiteral("disk")), QStringLiteral("I1")));
        QVERIFY(!claims.isTagClaimed(imageId(QStringLiteral("disk")), QStringLiteral("E2")));
        QVERIFY(!claims.isTagClaimed(imageId(QStringLiteral("E2")), QStringLiteral("I1")));
    }

    void whatCameAfterIsNamedByItsSnapshot()
    {
        const Claims claims(inventoryOf(QString::fromLatin1(issue811)));
        QCOMPARE(claims.namedBy(imageId(QStringLiteral("E2"))), DomainId(QStringLiteral("vm")));
        QVERIFY(claims.namedBy(imageId(QStringLiteral("disk"))).isEmpty());
        const Claims reverted(inventoryOf(QStringLiteral("image a\nimage r on=a\nmachine vm\ndisk vda a\n"
                                                         "external E1 reverted=vda:r vda=a>b")));
        QCOMPARE(reverted.namedBy(imageId(QStringLiteral("r"))), DomainId(QStringLiteral("vm")));
    }

    void imagesOfADomainAndBack()
    {
        const Claims claims(inventoryOf(QStringLiteral(R"(
            image base
            image a on=base
            image a.E1 on=a
            image b on=base
            image stray on=base
            image memory save
            machine one
            disk vda a.E1
            external E1 memory=memory vda=a>a.E1
            machine two
            disk vda b
        )")));
        QCOMPARE(sorted(claims.imagesOf(DomainId(QStringLiteral("one")))),
            (QStringList{QStringLiteral("a"), QStringLiteral("a.E1"), QStringLiteral("base")}));
        QCOMPARE(sorted(claims.imagesOf(DomainId(QStringLiteral("two")))),
            (QStringList{QStringLiteral("b"), QStringLiteral("base")}));
        QCOMPARE(claims.domainsOf(imageId(QStringLiteral("base"))),
            (std::vector<DomainId>{DomainId(QStringLiteral("one")), DomainId(QStringLiteral("two"))}));
        QVERIFY(claims.domainsOf(imageId(QStringLiteral("stray"))).empty());
        QVERIFY(claims.imagesOf(DomainId(QStringLiteral("three"))).empty());
    }
};

QTEST_APPLESS_MAIN(TestClaims)
#include "tst_claims.moc"
