// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/qcow2oracle.h"

#include "model/qcow2/metadata.h"
#include "tests/support/sources.h"

#include <QDateTime>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTest>

using namespace Qt::StringLiterals;

namespace treewarden {

namespace {

QString packageOf(const QString &program)
{
    return program.startsWith("qemu-system"_L1) ? u"qemu-system-x86"_s : u"qemu-utils"_s;
}

// Both replace what is not UTF-8, but not byte for byte alike.
QString comparable(QString text)
{
    static const QRegularExpression replaced(u"\uFFFD+"_s);
    return text.replace(replaced, u"\uFFFD"_s);
}

QString comparable(const QJsonValue &value)
{
    return comparable(value.toString());
}

quint64 unsignedNumber(const QJsonValue &value)
{
    return quint64(value.toInteger());
}

void compareTags(const std::vector<Tag> &ours, const QJsonArray &theirs)
{
    QCOMPARE(qsizetype(ours.size()), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) {
        const QJsonObject tag = theirs.at(qsizetype(i)).toObject();
        QCOMPARE(ours[i].id, tag["id"_L1].toString());
        QCOMPARE(comparable(ours[i].name), comparable(tag["name"_L1]));
        QCOMPARE(ours[i].vmStateSize, unsignedNumber(tag["vm-state-size"_L1]));
        QCOMPARE(ours[i].created, tag["date-sec"_L1].toInteger());
        QCOMPARE(quint64(ours[i].createdNanoseconds), unsignedNumber(tag["date-nsec"_L1]));
        QCOMPARE(ours[i].vmClock,
            unsignedNumber(tag["vm-clock-sec"_L1]) * 1000000000 + unsignedNumber(tag["vm-clock-nsec"_L1]));
    }
}

void compareBitmaps(const std::vector<Bitmap> &ours, const QJsonArray &theirs)
{
    QCOMPARE(qsizetype(ours.size()), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) {
        const QJsonObject bitmap = theirs.at(qsizetype(i)).toObject();
        const QJsonArray flags = bitmap["flags"_L1].toArray();
        QCOMPARE(comparable(ours[i].name), comparable(bitmap["name"_L1]));
        QCOMPARE(ours[i].granularity, unsignedNumber(bitmap["granularity"_L1]));
        QCOMPARE(ours[i].recording, flags.contains(u"auto"_s));
        QCOMPARE(ours[i].inUse, flags.contains(u"in-use"_s));
        QVERIFY(ours[i].persistent);
    }
}

} // namespace

Result<QByteArray> runTool(const QString &program, const QStringList &arguments, const QByteArray &input)
{
    if (QStandardPaths::findExecutable(program).isEmpty())
        return failure(ErrorCode::NotFound, program, u"sudo apt-get install "_s + packageOf(program));
    QProcess process;
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(120000)) {
        process.kill();
        process.waitForFinished();
        return failure(ErrorCode::TimedOut, program, process.errorString());
    }
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return failure(ErrorCode::Failed, program, QString::fromUtf8(process.readAllStandardError()));
    return process.readAllStandardOutput();
}

Result<QJsonObject> qemuImgInfo(const QString &path)
{
    const Result<QByteArray> output
        = runTool(u"qemu-img"_s, {u"info"_s, u"--output=json"_s, u"-U"_s, u"-f"_s, u"qcow2"_s, path});
    if (!output)
        return failure(output.error());
    return QJsonDocument::fromJson(*output).object();
}

void compareWithQemuImg(const QString &path)
{
    const Result<QJsonObject> theirs = qemuImgInfo(path);
    QVERIFY2(theirs, theirs ? "" : qPrintable(QString(path + u": "_s + theirs.error().detail)));
    FileSource source(path);
    const Result<ImageFacts> ours = readMetadata(source);
    QVERIFY2(ours, ours ? "" : qPrintable(QString(path + u": "_s + ours.error().detail)));

    const QJsonObject &info = *theirs;
    const QJsonObject data = info["format-specific"_L1]["data"_L1].toObject();
    QVERIFY(!data.isEmpty());
    QCOMPARE(ours->format, info["format"_L1].toString());
    QCOMPARE(ours->virtualSize, unsignedNumber(info["virtual-size"_L1]));
    QCOMPARE(ours->formatVersion, data["compat"_L1].toString() == "0.10"_L1 ? 2 : 3);
    QCOMPARE(ours->clusterSize, unsignedNumber(info["cluster-size"_L1]));
    QCOMPARE(comparable(ours->backingName), comparable(info["backing-filename"_L1]));
    QCOMPARE(ours->backingFormat, info["backing-filename-format"_L1].toString());
    QCOMPARE(comparable(ours->dataFile), comparable(data["data-file"_L1]));
    // Only images with a data file say whether it is raw, also where its name is not recorded.
    QCOMPARE(ours->hasDataFile, data.contains("data-file-raw"_L1));
    QCOMPARE(ours->dirty, info["dirty-flag"_L1].toBool());
    QCOMPARE(ours->corrupt, data["corrupt"_L1].toBool());
    QCOMPARE(ours->encrypted, info["encrypted"_L1].toBool());
    compareTags(ours->tags, info["snapshots"_L1].toArray());
    if (!QTest::currentTestFailed())
        compareBitmaps(ours->bitmaps, data["bitmaps"_L1].toArray());
}

int compareImagesBelow(const QString &folder)
{
    static QSet<QString> before; // which need no second look, since nobody wrote to them
    int compared = 0;
    QDirIterator files(folder, QDir::Files | QDir::Hidden | QDir::NoSymLinks, QDirIterator::Subdirectories);
    while (files.hasNext() && !QTest::currentTestFailed()) {
        const QString path = files.next();
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly) || file.read(4) != QByteArrayLiteral("QFI\xfb"))
            continue;
        const QFileInfo info(path);
        const QString state = u"%1 %2 %3"_s.arg(path).arg(info.size()).arg(info.lastModified().toMSecsSinceEpoch());
        if (before.contains(state))
            continue;
        FileSource source(path);
        if (!readMetadata(source) && !qemuImgInfo(path))
            continue; // a test made it so
        compareWithQemuImg(path);
        if (QTest::currentTestFailed())
            qWarning("our reading differs: %s", qPrintable(path));
        before.insert(state);
        ++compared;
    }
    return compared;
}

} // namespace treewarden
