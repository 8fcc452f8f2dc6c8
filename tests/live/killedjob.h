// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/live/jobmachine.h"

#include <QJsonArray>
#include <QJsonObject>

#include <vector>

namespace treewarden::test {

// Jobs of treewarden-cli on a machine that can be set back, killed at moments which a run that nobody disturbs has
// shown.
class KilledJob
{
public:
    explicit KilledJob(JobMachine &machine);

    struct Ended
    {
        bool wasKilled = false;
        int exitCode = -1;
        QStringList moments; // that it passed; see moments.cpp
        QByteArray output;
        QByteArray error;
    };
    struct Fault
    {
        enum class Kind { Kill, Fail };
        Kind kind = Kind::Kill;
        int at = 0; // the moment's number
    };
    // The program with these words.
    Ended run(const QStringList &words, std::optional<Fault> fault = {}) const;
    // The same of an undo, with a yes to all that it asks for.
    Ended undo(const QString &entry);
    QStringList undoWords(const QString &entry) const; // with a yes to all that any has asked for so far

    // How the machine, its files and the journal are now is how restore() makes them again.
    bool keep();
    bool restore() const;
    // The records that were written since then.
    std::vector<QJsonObject> records() const;
    QJsonObject told() const; // of the last job, by the program's history

    // Kills at all moments but those that differ from the next in nothing, and every call fails, made or not.
    std::vector<Fault> faultsOf(const Ended &whole) const;

    enum class Far { NotBegun, InTheMiddle, Done };
    // How far each step came that has begun, by what passed and what was written.
    static std::vector<Far> howFar(const QStringList &moments, const std::vector<QJsonObject> &records);

    std::shared_ptr<const Inventory> read() const { return m_host.read().value_or(nullptr); }
    const JobHost &host() const { return m_host; }
    // What libvirt knows of the machine, and the files' names.
    QByteArray documents() const;

private:
    QString kept(const QString &name) const { return m_machine.daemon.path(QStringLiteral("kept/") + name); }
    QByteArray journalText() const;

    JobMachine &m_machine;
    const JobHost m_host;
    QStringList m_yes; // to what undoing has asked so far
    QStringList m_snapshots; // of the kept machine, parents first
    QString m_current;
    bool m_isOn = false;
    qsizetype m_keptRecords = 0;
};

} // namespace treewarden::test
