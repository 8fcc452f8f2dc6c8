// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/intents.h"
#include "model/guard/assessment.h"

#include <QCoreApplication>

namespace treewarden::cli {

// Every sentence that the command line prints.
class CliText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::cli::CliText)

public:
    static QString usage();
    static QString unknownCommand(const QString &command);
    static QString missingCommand();
    static QString unknownOption(const QString &option);
    static QString notThereYet(const QString &command);
    static QString missingDomain();
    static QString missingDirectory();
    static QString waitingForHost();
    static QString tooManyArguments();
    static QString noSuchDomain(const QString &name, const QString &uri);
    static QString error(const Error &error);
    static QString fact(const QString &fact); // the name of an Unknown
    static QString unknownFact(const Unknown &unknown);
    static QString argumentError(const ArgumentError &error);

    // Plans and jobs
    static QString forGood(const QString &step); // that it cannot be put back
    static QString sized(const QString &what, const QString &size);
    static QString lost(); // over a list
    static QString alternative(int number, const QString &title);
    // Of an alternative that does something else than was asked; `words` as of intentWords().
    static QString otherIntent(const QStringList &words);
    static QString planHash(const QString &hash);
    static QString blocked(const QString &finding, const QString &sentence);
    static QString needsAcknowledgement(const QString &finding, const QString &sentence);
    static QString noSuchAlternative(int number, int count);
    static QString stalePlan();
    static QString jobError(const Error &error);
    static QString cancelling();
    static QString cannotCancel();
    static QString progress(const QString &step, const QString &bytes);
    static QString nothingToUndo();
    static QString nothingInterrupted();
    static QString notInterrupted(const QString &entry);
    static QString noSuchEntry(const QString &entry);
    static QStringList historyHeader();

    // verify
    static QString reading(Bytes done, Bytes total);
    static QString asItWasWritten();
    static QStringList verifyHeader();

    // jobs
    static QStringList jobsHeader();
    static QString missingJob(bool withSpeed);

    static QStringList listHeader();
    static QStringList treeHeader();
    static QStringList imagesHeader();
    static QString state(DomainState state, PausedBy pausedBy);
    static QString state(SnapshotState state);
    static QString kind(TreeKind kind);
    static QString kind(const Snapshot &snapshot);
    // `at` as for ProblemText.
    static QString problem(const Problem &problem, const QString &at = {});
    static QString orphan(const Orphan &orphan);
    static QString notWritten();
    static QString mayRelyOnAnything(const QStringList &unread);
    static QString current();
    static QString size(const Fact<Bytes> &bytes);
    static QString time(qint64 seconds);
    static QString claims(int count);
    static QString onlyHere(const Fact<Bytes> &bytes);
    static QString namedBy(const QString &machine);
    static QString nobody();
    static QString missingUri();
    static QString notKnown();
};

} // namespace treewarden::cli
