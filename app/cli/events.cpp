// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/events.h"

#include "app/cli/clitext.h"
#include "app/cli/output.h"
#include "app/cli/reading.h"

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

} // namespace

int printEvents(const Options &options, const Backend &backend)
{
    const auto hypervisor = openHost(backend);
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

} // namespace treewarden::cli
