// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QMap>
#include <QStringList>

namespace treewarden::test {

// What came of walks; to be added up.
struct WalkFigures
{
    int walks = 0;
    int stopped = 0; // of those, which could not go on
    int operations = 0;
    int refused = 0; // by the guard, with no other way
    // Obeying the guard.
    int ran = 0;
    int alternatives = 0; // of those
    int undone = 0;
    int safeties = 0; // reverts that kept the present in a snapshot first, which can be read
    int losses = 0; // that were not declared
    int failures = 0; // jobs that did not reach their end
    // Where what was seen is not what was predicted. Defying it, too: then it is the guard's picture of libvirt.
    int surprises = 0;
    int images = 0; // that were there at a walk's end
    int misread = 0; // fields of those that our reader gives another value than qemu-img
    // Defying it.
    int judged = 0; // operations that the guard was asked about, and that plain libvirt then was asked for
    int lostByLibvirt = 0; // operations by which plain libvirt lost something that the intent is not about
    int crashes = 0; // of those, by which its daemon ended; so does the walk
    int missed = 0; // of the losses, what the guard had neither blocked nor named
    int blocks = 0;
    int harmless = 0; // of those, after which nothing was lost and libvirt had not refused
    int withAlternative = 0; // of the blocks
    int triedInstead = 0; // of those, where one of the alternatives was run on the machines as they had been
    int otherEnds = 0; // of those, which are an intent of their own and say so
    int reachedInstead = 0; // of those tried, which came to their intent's end, and lost nothing that it did not name
    QMap<QString, int> withoutWay; // the rest of them, by the finding that blocks
    // A line each, ready to be read.
    QStringList reports;

    void add(const WalkFigures &other);
    // No loss, nothing unlike predicted, no image read wrongly. And, where enough was judged to say so: at most two in
    // a hundred operations are blocked without need, and at least ninety-five in a hundred blocks offer another way.
    bool isGood() const;
    bool isEnough() const { return judged >= 200; }
    bool isSparing() const { return harmless * 100 <= judged * 2; }
    bool isHelpful() const { return withAlternative * 100 >= blocks * 95; }
    QString table() const; // for people
    QJsonObject toJson() const; // without the reports
    static WalkFigures fromJson(const QJsonObject &json);

    // Every number, with its name.
    template <typename Figures, typename Use>
    static void forEach(Figures &figures, Use use)
    {
        use("walks", figures.walks);
        use("stopped", figures.stopped);
        use("operations", figures.operations);
        use("refused", figures.refused);
        use("ran", figures.ran);
        use("alternatives", figures.alternatives);
        use("undone", figures.undone);
        use("safeties", figures.safeties);
        use("losses", figures.losses);
        use("failures", figures.failures);
        use("surprises", figures.surprises);
        use("images", figures.images);
        use("misread", figures.misread);
        use("judged", figures.judged);
        use("lostByLibvirt", figures.lostByLibvirt);
        use("crashes", figures.crashes);
        use("missed", figures.missed);
        use("blocks", figures.blocks);
        use("harmless", figures.harmless);
        use("withAlternative", figures.withAlternative);
        use("triedInstead", figures.triedInstead);
        use("otherEnds", figures.otherEnds);
        use("reachedInstead", figures.reachedInstead);
    }
};

} // namespace treewarden::test
