// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/backingname.h"

#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

class TestBackingName : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void resolves_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("overlay");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("location");
        QTest::addColumn<QString>("format");
        const auto row = [](const char *tag, const QString &name, SourceKind kind, const QString &location,
                             const QString &format = {}) {
            QTest::newRow(tag) << name << u"/images/vm/top.qcow2"_s << int(kind) << location << format;
        };
        row("absolute", u"/images/base.qcow2"_s, SourceKind::File, u"/images/base.qcow2"_s);
        row("absolute, not normal", u"/images//./x/../base.qcow2"_s, SourceKind::File, u"/images/x/../base.qcow2"_s);
        row("relative", u"base.qcow2"_s, SourceKind::File, u"/images/vm/base.qcow2"_s);
        row("relative upwards", u"../base.qcow2"_s, SourceKind::File, u"/images/vm/../base.qcow2"_s);
        row("blanks and quotes", u"my \"base\" & <co>.qcow2"_s, SourceKind::File,
            u"/images/vm/my \"base\" & <co>.qcow2"_s);
        row("a slash before the colon", u"./a:b.qcow2"_s, SourceKind::File, u"/images/vm/a:b.qcow2"_s);
        row("device", u"/dev/vg/lv"_s, SourceKind::Block, u"/dev/vg/lv"_s);
        row("file:", u"file:/images/base.raw"_s, SourceKind::File, u"/images/base.raw"_s);
        row("file://", u"file:///images/base.raw"_s, SourceKind::File, u"/images/base.raw"_s);
        row("file:// and a host", u"file://host/base.raw"_s, SourceKind::File, u"/host/base.raw"_s);
        // Of the folder that QEMU happens to run in.
        row("file:, relative", u"file:a:b"_s, SourceKind::Other, u"file:a:b"_s);
        row("a number before the colon", u"1:base.qcow2"_s, SourceKind::Network, u"1:base.qcow2"_s);
        row("nbd", u"nbd://host/export"_s, SourceKind::Network, u"nbd://host/export"_s);
        row("rbd", u"rbd:pool/image"_s, SourceKind::Network, u"rbd:pool/image"_s);
        row("json, nested",
            u"json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"/images/b.qcow2\"}}"_s,
            SourceKind::File, u"/images/b.qcow2"_s, u"qcow2"_s);
        row("json, flat", u"json:{\"driver\":\"raw\",\"file.driver\":\"file\",\"file.filename\":\"/images/b.raw\"}"_s,
            SourceKind::File, u"/images/b.raw"_s, u"raw"_s);
        row("json, protocol only", u"json:{\"driver\":\"file\",\"filename\":\"/b.raw\"}"_s, SourceKind::File,
            u"/b.raw"_s);
        const QString relative = u"json:{\"driver\":\"file\",\"filename\":\"b.raw\"}"_s;
        row("json, relative", relative, SourceKind::Other, relative);
        row("json, a filter between",
            u"json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"throttle\",\"file\":{\"driver\":\"file\",\"filename\":\"/b\"}}}"_s,
            SourceKind::File, u"/b"_s, u"qcow2"_s);
        const QString network = u"json:{\"driver\":\"nbd\",\"host\":\"h\",\"port\":\"10809\"}"_s;
        row("json, network", network, SourceKind::Network, network);
        row("json, broken", u"json:{\"driver\""_s, SourceKind::Other, u"json:{\"driver\""_s);
        row("none", QString(), SourceKind::None, QString());
    }
    void resolves()
    {
        QFETCH(QString, name);
        QFETCH(QString, overlay);
        QFETCH(int, kind);
        QFETCH(QString, location);
        QFETCH(QString, format);
        const BackingName backing = resolveBackingName(name, overlay);
        QCOMPARE(int(backing.location.kind), kind);
        QCOMPARE(backing.location.name, location);
        QCOMPARE(backing.format, format);
    }
    void aDeepNestIsNotFollowedForever()
    {
        QString json = u"{\"driver\":\"file\",\"filename\":\"/b\"}"_s;
        for (int depth = 0; depth < 100; ++depth)
            json = u"{\"driver\":\"raw\",\"file\":%1}"_s.arg(json);
        QCOMPARE(resolveBackingName(u"json:"_s + json, u"/top"_s).location.kind, SourceKind::Other);
    }
    void aRelativeNameBelowNoPathStaysUnknown()
    {
        QCOMPARE(resolveBackingName(u"base"_s, u"nbd://host/x"_s).location.kind, SourceKind::Other);
    }
};

QTEST_APPLESS_MAIN(TestBackingName)
#include "tst_backingname.moc"
