// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include "app/cli/clitext.h"
#include "app/cli/json.h"
#include "model/base/visible.h"
#include "model/inventory/inventoryreader.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

// Commands of the contract that later versions bring.
constexpr const char *FutureCommands[] = {"doctor", "plan", "run", "bitmaps", "jobs", "job-pause", "job-resume",
    "job-cancel", "job-speed", "verify", "restore", "undo", "history"};

void writeLine(const QByteArray &line, FILE *stream)
{
    std::fwrite(line.constData(), 1, size_t(line.size()), stream);
    std::fputc('\n', stream);
}

// A line for people: a name must neither turn around what is beside it nor command the terminal.
void print(const QString &line)
{
    writeLine(visible(line).toUtf8(), stdout);
}

// For programs, which get every name as it is.
void printJson(const QJsonObject &object)
{
    writeLine(QJsonDocument(object).toJson(QJsonDocument::Compact), stdout);
    std::fflush(stdout);
}

// Columns as wide as their widest cell; the last one is not padded.
void printTable(const QStringList &header, std::vector<QStringList> rows)
{
    for (QStringList &row : rows)
        row = visible(row);
    QList<qsizetype> widths;
    for (qsizetype column = 0; column < header.size(); ++column) {
        qsizetype width = header[column].size();
        for (const QStringList &row : rows)
            width = std::max(width, row[column].size());
        widths.push_back(width);
    }
    const auto printRow = [&](const QStringList &row) {
        QString line;
        for (qsizetype column = 0; column < row.size(); ++column)
            line += column + 1 == row.size() ? row[column] : row[column].leftJustified(widths[column] + 2);
        print(line);
    };
    printRow(header);
    for (const QStringList &row : rows)
        printRow(row);
}

struct Reading
{
    std::shared_ptr<const Inventory> inventory;
    Assessment assessment;
};

Result<Reading> read(const Backend &backend)
{
    const auto hypervisor = backend.open([](const QString &, const QString &) {});
    if (!hypervisor)
        return failure(hypervisor.error());
    InventoryReader reader(*hypervisor, backend.stores(*hypervisor));
    const auto inventory = reader.readAll();
    if (!inventory)
        return failure(inventory.error());
    return Reading{*inventory, assess(**inventory)};
}

std::shared_ptr<const Domain> findDomain(const Inventory &inventory, const QString &nameOrUuid)
{
    for (const auto &domain : inventory.domains) {
        if (domain->name == nameOrUuid)
            return domain;
    }
    return inventory.domain(DomainId(nameOrUuid));
}

void printUnknowns(const Inventory &inventory)
{
    for (const Unknown &unknown : inventory.unknown)
        print(CliText::unknownFact(unknown));
}

int printList(const Reading &reading)
{
    std::vector<QStringList> rows;
    for (const auto &domain : reading.inventory->domains) {
        const bool known = domain->snapshots.isKnown();
        rows.push_back({domain->name, CliText::state(domain->state),
            known ? QString::number(domain->snapshots->size()) : CliText::notKnown(),
            known ? CliText::kind(treeKind(*domain->snapshots)) : CliText::notKnown(),
            QString::number(reading.assessment.problemsOf(domain->uuid).size())});
    }
    printTable(CliText::listHeader(), rows);
    printUnknowns(*reading.inventory);
    return Done;
}

int printTree(const Reading &reading, const Domain &domain)
{
    if (domain.snapshots.isUnknown()) {
        printError(CliText::error(domain.snapshots.why()));
        return FailedExit;
    }
    const SnapshotTree &tree = *domain.snapshots;
    std::vector<QStringList> rows;
    // Indented like the window's lanes would be: a run does not indent, a branch does.
    struct Open
    {
        int node;
        int indent;
    };
    std::vector<Open> open;
    for (auto root = tree.roots().rbegin(); root != tree.roots().rend(); ++root)
        open.push_back({*root, 0});
    while (!open.empty()) {
        const auto [node, indent] = open.back();
        open.pop_back();
        const Snapshot &snapshot = tree.at(node);
        const QString name = QString(indent * 2, u' ') + snapshot.name;
        rows.push_back({node == tree.current() ? u"%1  (%2)"_s.arg(name, CliText::current()) : name,
            CliText::kind(snapshot), CliText::state(snapshot.state), CliText::time(snapshot.created),
            CliText::size(onlyHere(*reading.inventory, domain, node))});
        const std::vector<int> &children = tree.children(node);
        for (auto child = children.rbegin(); child != children.rend(); ++child)
            open.push_back({*child, indent + (children.size() > 1 ? 1 : 0)});
    }
    printTable(CliText::treeHeader(), rows);
    for (const Orphan &orphan : reading.assessment.orphansOf(domain.uuid))
        print(CliText::orphan(orphan));
    if (!reading.assessment.areOrphansComplete)
        print(CliText::orphansIncomplete());
    for (const Unknown &unknown : reading.inventory->unknown) {
        if (unknown.subject == domain.name)
            print(CliText::unknownFact(unknown));
    }
    return Done;
}

int printImages(const Reading &reading, const QJsonObject &json)
{
    std::vector<QStringList> rows;
    const QJsonArray images = json.value("images"_L1).toArray();
    for (const QJsonValue &value : images) {
        const Image *image = reading.inventory->images->at({SourceKind::File, value["path"_L1].toString()});
        QStringList owners;
        const std::vector<Claim> claims = image ? reading.assessment.claims.on(image->id) : std::vector<Claim>();
        for (const Claim &claim : claims) {
            const QString owner = claim.owner.name.isEmpty() ? claim.owner.domainName
                                                             : claim.owner.domainName + u'/' + claim.owner.name;
            if (!owners.contains(owner))
                owners.push_back(owner);
        }
        constexpr qsizetype Shown = 4;
        QString who = owners.mid(0, Shown).join(u", "_s);
        if (owners.size() > Shown)
            who += u", "_s + CliText::claims(int(owners.size() - Shown));
        rows.push_back({value["path"_L1].toString(), value["format"_L1].toString(CliText::notKnown()),
            image ? CliText::size(image->allocated) : CliText::notKnown(), who});
    }
    printTable(CliText::imagesHeader(), rows);
    printUnknowns(*reading.inventory);
    return Done;
}

void printEvent(const Event &event, bool asJson)
{
    const QJsonObject json = toJson(event);
    if (asJson) {
        printJson(json);
        return;
    }
    print(u"%1  %2  %3 %4  %5"_s.arg(QString::number(double(event.time) / 1000, 'f', 3), event.domainName,
        json.value("source"_L1).toString(), event.name,
        QString::fromUtf8(QJsonDocument(event.data).toJson(QJsonDocument::Compact))));
    std::fflush(stdout);
}

// Until SIGINT or SIGTERM, or until the connection breaks.
int printEvents(const Options &options, const Backend &backend)
{
    const auto hypervisor = backend.open([](const QString &, const QString &) {});
    if (!hypervisor) {
        printError(CliText::error(hypervisor.error()));
        return FailedExit;
    }
    const QString wanted = options.arguments.value(0);
    if (!wanted.isEmpty()) {
        const auto domains = (*hypervisor)->domains();
        if (!domains) {
            printError(CliText::error(domains.error()));
            return FailedExit;
        }
        if (std::none_of(domains->begin(), domains->end(),
                [&](const DomainSummary &domain) { return domain.name == wanted || domain.uuid.value == wanted; })) {
            printError(CliText::noSuchDomain(wanted, options.uri));
            return FailedExit;
        }
    }

    // The event thread writes, this one only waits: a pipe carries the end of the connection. A callback may still run
    // when this function returns, so it owns what it uses.
    struct Sink
    {
        int closed[2] = {-1, -1};
        std::mutex mutex;
        Error closeReason;
    };
    const auto sink = std::make_shared<Sink>();
    if (pipe(sink->closed) < 0)
        return FailedExit;
    // Until here a signal ends the program, whatever call it sits in. The event thread takes none.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const int descriptor = signalfd(-1, &signals, SFD_CLOEXEC);
    const Result<> subscribed
        = (*hypervisor)
              ->subscribe(
                  [wanted, asJson = options.json](const Event &event) {
                      if (wanted.isEmpty() || event.domainName == wanted || event.domain.value == wanted)
                          printEvent(event, asJson);
                  },
                  [sink](const Error &error) {
                      const std::lock_guard lock(sink->mutex);
                      sink->closeReason = error;
                      [[maybe_unused]] const ssize_t written = write(sink->closed[1], "x", 1);
                  });
    if (!subscribed) {
        printError(CliText::error(subscribed.error()));
        return FailedExit;
    }
    pollfd descriptors[] = {{descriptor, POLLIN, 0}, {sink->closed[0], POLLIN, 0}};
    while (poll(descriptors, 2, -1) < 0 && errno == EINTR) { }
    if (descriptors[1].revents) {
        const std::lock_guard lock(sink->mutex);
        printError(CliText::error({ErrorCode::ConnectionLost, options.uri, sink->closeReason.detail}));
        return FailedExit;
    }
    // Not through the connection's end, which asks a daemon that may hang.
    std::fflush(stdout);
    std::_Exit(Done);
}

} // namespace

void printError(const QString &text)
{
    writeLine("treewarden-cli: " + visible(text).toUtf8(), stderr);
}

int runCommand(const Options &options, const Backend &backend)
{
    const QString &command = options.command;
    const qsizetype count = options.arguments.size();
    const auto usage = [](const QString &text) {
        printError(text);
        return Usage;
    };
    for (const char *future : FutureCommands) {
        if (command == QLatin1StringView(future))
            return usage(CliText::notThereYet(command));
    }
    const bool known = command == "list"_L1 || command == "tree"_L1 || command == "images"_L1 || command == "events"_L1;
    if (!known)
        return usage(CliText::unknownCommand(command));
    if (command == "tree"_L1 && count == 0)
        return usage(CliText::missingDomain());
    if (count > (command == "list"_L1 ? 0 : 1))
        return usage(CliText::tooManyArguments());

    if (command == "events"_L1)
        return printEvents(options, backend);

    const Result<Reading> reading = read(backend);
    if (!reading) {
        printError(CliText::error(reading.error()));
        return FailedExit;
    }
    std::shared_ptr<const Domain> domain;
    if (count > 0) {
        domain = findDomain(*reading->inventory, options.arguments[0]);
        if (!domain) {
            printError(CliText::noSuchDomain(options.arguments[0], options.uri));
            return FailedExit;
        }
    }

    if (command == "list"_L1) {
        if (!options.json)
            return printList(*reading);
        printJson(listJson(*reading->inventory, reading->assessment));
    } else if (command == "tree"_L1) {
        if (!options.json)
            return printTree(*reading, *domain);
        printJson(treeJson(*reading->inventory, reading->assessment, *domain));
    } else {
        const QJsonObject json = imagesJson(*reading->inventory, reading->assessment, domain.get());
        if (!options.json)
            return printImages(*reading, json);
        printJson(json);
    }
    return Done;
}

} // namespace treewarden::cli
