// SPDX-License-Identifier: GPL-3.0-or-later
// treewarden-walk [--first SEED] [--count N] [--operations N] [--mode obey|defy|both] [--stranger] [--state FILE]
// Walks, and prints what came of them. With a state file the walks that it names are not done again.
#include "model/sandbox/keeper.h"
#include "tests/walk/runner.h"
#include "tests/walk/walk.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>

#include <cstdio>

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

void print(const QString &text)
{
    std::fputs((text + u'\n').toUtf8().constData(), stdout);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv)
{
    if (const auto kept = runKeeperIfAsked(argc, argv))
        return *kept;
    const QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    const QCommandLineOption first(u"first"_s, u"The seed of the first walk."_s, u"seed"_s, u"1"_s);
    const QCommandLineOption count(u"count"_s, u"How many walks of each mode."_s, u"number"_s, u"10"_s);
    const QCommandLineOption operations(u"operations"_s, u"Of each walk."_s, u"number"_s, u"20"_s);
    const QCommandLineOption mode(u"mode"_s, u"obey, defy or both."_s, u"mode"_s, u"both"_s);
    const QCommandLineOption stranger(u"stranger"_s, u"Obey as an ordinary user of a privileged daemon. Needs root."_s);
    const QCommandLineOption state(u"state"_s, u"Where finished walks are kept."_s, u"file"_s);
    parser.addOptions({first, count, operations, mode, stranger, state});
    parser.process(application);
    const bool isStranger = parser.isSet(stranger);
    // Not over a daemon that is ours: QEMU that it ended would stay a zombie of this process, and libvirt waits for it
    // to be gone.
    if (!isStranger)
        prctl(PR_SET_CHILD_SUBREAPER, 1);

    WalkFigures figures;
    QSet<QString> finished;
    QFile kept(parser.value(state));
    if (parser.isSet(state)) {
        if (!kept.open(QIODevice::ReadWrite | QIODevice::Append)) {
            print(kept.errorString());
            return 2;
        }
        kept.seek(0);
        while (!kept.atEnd()) {
            const QJsonObject line = QJsonDocument::fromJson(kept.readLine()).object();
            if (line.isEmpty())
                continue;
            finished.insert(line["walk"_L1].toString());
            figures.add(WalkFigures::fromJson(line));
        }
    }

    std::unique_ptr<WalkHost> host;
    const auto startHost = [&] {
        host.reset();
        host = std::make_unique<WalkHost>(isStranger ? WalkHost::Client::Stranger : WalkHost::Client::Owner);
        const auto started = host->start();
        if (!started)
            print(started.error().subject + u": "_s + started.error().detail);
        return started.has_value();
    };
    if (!startHost())
        return 2;
    const quint64 begin = parser.value(first).toULongLong();
    for (quint64 seed = begin; seed < begin + parser.value(count).toULongLong(); ++seed) {
        for (const WalkMode each : {WalkMode::Obey, WalkMode::Defy}) {
            const QString name = each == WalkMode::Obey ? u"obey"_s : u"defy"_s;
            const QString walkName = u"%1 %2"_s.arg(isStranger ? u"stranger"_s : name).arg(seed);
            const bool isWanted
                = isStranger ? each == WalkMode::Obey : parser.value(mode) == "both"_L1 || parser.value(mode) == name;
            if (!isWanted || finished.contains(walkName))
                continue;
            // The walk before may have ended with it.
            if (!host->isAlive() && !startHost())
                return 2;
            Walk walk(*host, seed, each, jobRunner(*host));
            (void)walk.go(parser.value(operations).toInt()); // what kept it from going on is in the figures
            figures.add(walk.figures());
            for (const QString &report : walk.figures().reports)
                print(report);
            print(u"walk %1: %2"_s.arg(walkName, walk.figures().isGood() ? u"good"_s : u"BAD"_s));
            if (kept.isOpen()) {
                QJsonObject line = walk.figures().toJson();
                line.insert("walk"_L1, walkName);
                kept.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
                kept.flush();
            }
        }
    }
    print(figures.table());
    return figures.isGood() ? 0 : 1;
}
