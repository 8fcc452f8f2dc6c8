// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/qcow2readings.h"

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
#include <QSet>
#include <QStandardPaths>

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

class Differences
{
public:
    void compare(const QString &field, const QString &ours, const QString &theirs)
    {
        if (ours != theirs)
            lines << u"%1: ours is \"%2\", qemu-img's \"%3\""_s.arg(field, ours, theirs);
    }
    template <std::integral Number>
    void compare(const QString &field, Number ours, Number theirs)
    {
        compare(field, QString::number(ours), QString::number(theirs));
    }

    QStringList lines;
};

void compareTags(Differences &found, const std::vector<Tag> &ours, const QJsonArray &theirs)
{
    found.compare(u"tags"_s, qsizetype(ours.size()), theirs.size());
    for (size_t i = 0; i < std::min(ours.size(), size_t(theirs.size())); ++i) {
        const QJsonObject tag = theirs.at(qsizetype(i)).toObject();
        const QString of = u"tag %1, "_s.arg(i);
        found.compare(of + u"id"_s, ours[i].id, tag["id"_L1].toString());
        found.compare(of + u"name"_s, comparable(ours[i].name), comparable(tag["name"_L1]));
        found.compare(of + u"memory"_s, quint64(ours[i].vmStateSize), unsignedNumber(tag["vm-state-size"_L1]));
        found.compare(of + u"seconds"_s, qint64(ours[i].created), tag["date-sec"_L1].toInteger());
        found.compare(of + u"nanoseconds"_s, quint64(ours[i].createdNanoseconds), unsignedNumber(tag["date-nsec"_L1]));
        found.compare(of + u"clock"_s, quint64(ours[i].vmClock),
            unsignedNumber(tag["vm-clock-sec"_L1]) * 1000000000 + unsignedNumber(tag["vm-clock-nsec"_L1]));
    }
}

void compareBitmaps(Differences &found, const std::vector<Bitmap> &ours, const QJsonArray &theirs)
{
    found.compare(u"bitmaps"_s, qsizetype(ours.size()), theirs.size());
    for (size_t i = 0; i < std::min(ours.size(), size_t(theirs.size())); ++i) {
        const QJsonObject bitmap = theirs.at(qsizetype(i)).toObject();
        const QJsonArray flags = bitmap["flags"_L1].toArray();
        const QString of = u"bitmap %1, "_s.arg(i);
        found.compare(of + u"name"_s, comparable(ours[i].name), comparable(bitmap["name"_L1]));
        found.compare(of + u"granularity"_s, quint64(ours[i].granularity), unsignedNumber(bitmap["granularity"_L1]));
        found.compare(of + u"recording"_s, ours[i].recording, flags.contains(u"auto"_s));
        found.compare(of + u"in use"_s, ours[i].inUse, flags.contains(u"in-use"_s));
        found.compare(of + u"persistent"_s, ours[i].persistent, true);
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

QStringList differences(const ImageFacts &ours, const QJsonObject &theirs)
{
    Differences found;
    const QJsonObject data = theirs["format-specific"_L1]["data"_L1].toObject();
    if (data.isEmpty())
        return {u"qemu-img says nothing of its format"_s};
    found.compare(u"format"_s, ours.format, theirs["format"_L1].toString());
    found.compare(u"virtual size"_s, quint64(ours.virtualSize), unsignedNumber(theirs["virtual-size"_L1]));
    found.compare(u"version"_s, ours.formatVersion, data["compat"_L1].toString() == "0.10"_L1 ? 2 : 3);
    found.compare(u"cluster size"_s, quint64(ours.clusterSize), unsignedNumber(theirs["cluster-size"_L1]));
    found.compare(u"backing name"_s, comparable(ours.backingName), comparable(theirs["backing-filename"_L1]));
    found.compare(u"backing format"_s, ours.backingFormat, theirs["backing-filename-format"_L1].toString());
    found.compare(u"data file"_s, comparable(ours.dataFile), comparable(data["data-file"_L1]));
    // Only images with a data file say whether it is raw, also where its name is not recorded.
    found.compare(u"has a data file"_s, ours.hasDataFile, data.contains("data-file-raw"_L1));
    found.compare(u"dirty"_s, ours.dirty, theirs["dirty-flag"_L1].toBool());
    found.compare(u"corrupt"_s, ours.corrupt, data["corrupt"_L1].toBool());
    found.compare(u"encrypted"_s, ours.encrypted, theirs["encrypted"_L1].toBool());
    compareTags(found, ours.tags, theirs["snapshots"_L1].toArray());
    compareBitmaps(found, ours.bitmaps, data["bitmaps"_L1].toArray());
    return found.lines;
}

QStringList differencesOf(const QString &path)
{
    const Result<QJsonObject> theirs = qemuImgInfo(path);
    if (!theirs)
        return {u"qemu-img cannot read it: "_s + theirs.error().detail};
    FileSource source(path);
    const Result<ImageFacts> ours = readMetadata(source);
    if (!ours)
        return {u"we cannot read it: "_s + ours.error().detail};
    return differences(*ours, *theirs);
}

ReadImages readImagesBelow(const QString &folder)
{
    static QSet<QString> before;
    ReadImages read;
    QDirIterator files(folder, QDir::Files | QDir::Hidden | QDir::NoSymLinks, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString path = files.next();
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly) || file.read(4) != QByteArrayLiteral("QFI\xfb"))
            continue;
        const QFileInfo info(path);
        const QString state = u"%1 %2 %3"_s.arg(path).arg(info.size()).arg(info.lastModified().toMSecsSinceEpoch());
        if (!before.contains(state)) {
            FileSource source(path);
            if (!readMetadata(source) && !qemuImgInfo(path))
                continue; // a test made it so
            const QStringList found = differencesOf(path);
            for (const QString &difference : found)
                read.differences << path + u": "_s + difference;
            if (found.isEmpty())
                before.insert(state);
        }
        ++read.count;
    }
    return read;
}

} // namespace treewarden
