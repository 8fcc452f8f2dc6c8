// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/blockjobs.h"

#include "app/cli/clitext.h"
#include "app/cli/output.h"
#include "app/cli/reading.h"
#include "app/cli/unknowns.h"
#include "model/qmp/blockjobs.h"
#include "model/qmp/reply.h"
#include "model/xml/domainxml.h"

#include <QJsonArray>

#include <algorithm>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

Result<std::vector<BlockJobState>> jobsOf(Hypervisor &hypervisor, const DomainSummary &domain)
{
    const auto definition
        = hypervisor.domainXml(domain.uuid, Hypervisor::Definition::Live).and_then([](const QByteArray &xml) {
              return readDomain(xml);
          });
    if (!definition)
        return failure(definition.error());
    QStringList targets;
    for (const Disk &disk : definition->disks)
        targets += disk.target;
    return hypervisor.qmp(domain.uuid, queryBlockJobs()).and_then([&](const QByteArray &reply) {
        return readBlockJobStates(reply, targets);
    });
}

QJsonObject toJson(const DomainSummary &domain, const BlockJobState &job)
{
    const bool isPaused = job.status == "paused"_L1 || job.status == "standby"_L1;
    const bool isOver = job.status == "concluded"_L1 || job.status == "aborting"_L1;
    QStringList can;
    if (!isOver)
        can << (isPaused ? u"resume"_s : u"pause"_s) << u"cancel"_s << u"speed"_s;
    return {{u"id"_s, job.job.id}, {u"domain"_s, domain.name},
        {u"disk"_s, job.job.disk.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(job.job.disk)},
        {u"type"_s, job.job.type}, {u"status"_s, job.status}, {u"done"_s, qint64(job.done)},
        {u"total"_s, job.total ? QJsonValue(qint64(job.total)) : QJsonValue(QJsonValue::Null)},
        {u"speed"_s, qint64(job.speed)},
        {u"owner"_s,
            job.isOurs               ? u"treewarden"_s
                : job.job.isLibvirts ? u"libvirt"_s
                                     : u"qmp"_s},
        {u"can"_s, QJsonArray::fromStringList(can)}};
}

const DomainSummary *find(const std::vector<DomainSummary> &domains, const QString &wanted)
{
    const auto found = std::find_if(domains.begin(), domains.end(),
        [&](const DomainSummary &domain) { return domain.name == wanted || domain.uuid.value == wanted; });
    return found == domains.end() ? nullptr : &*found;
}

} // namespace

int jobsCommand(const Options &options, const Backend &backend)
{
    const auto hypervisor = openHost(backend);
    const auto domains = hypervisor ? (*hypervisor)->domains() : failure(hypervisor.error());
    if (!domains)
        return failed(CliText::error(domains.error()));
    const QString wanted = options.arguments.value(0);
    if (!wanted.isEmpty() && !find(*domains, wanted))
        return failed(CliText::noSuchDomain(wanted, options.uri));
    QJsonArray jobs;
    std::vector<TableRow> rows;
    Unknowns unknowns;
    for (const DomainSummary &domain : *domains) {
        if (!isActive(domain.state) || (!wanted.isEmpty() && &domain != find(*domains, wanted)))
            continue;
        const auto found = jobsOf(**hypervisor, domain);
        if (!found) {
            unknowns.add(u"jobs"_s, domain.name, found.error());
            printError(CliText::error(found.error()));
            continue;
        }
        for (const BlockJobState &job : *found) {
            jobs.append(toJson(domain, job));
            const QString total = job.total ? CliText::size(job.total) : CliText::notKnown();
            rows.push_back(
                {{job.job.id, domain.name, job.job.disk, job.job.type, job.status, CliText::size(job.done), total}});
        }
    }
    if (!options.json) {
        printTable(CliText::jobsHeader(), rows);
        return Done;
    }
    QJsonObject answer{{u"jobs"_s, jobs}};
    unknowns.writeTo(answer);
    printJson(answer);
    return Done;
}

int changeJobCommand(const Options &options, const Backend &backend)
{
    const bool isSpeed = options.command == "job-speed"_L1;
    if (options.arguments.size() != (isSpeed ? 3 : 2)) {
        printError(CliText::missingJob(isSpeed));
        return Usage;
    }
    bool isNumber = true;
    const Bytes speed = isSpeed ? options.arguments[2].toULongLong(&isNumber) : 0;
    if (!isNumber || speed > Bytes(1) << 60) {
        printError(CliText::missingJob(isSpeed));
        return Usage;
    }
    const auto hypervisor = openHost(backend);
    const auto domains = hypervisor ? (*hypervisor)->domains() : failure(hypervisor.error());
    if (!domains)
        return failed(CliText::error(domains.error()));
    const DomainSummary *domain = find(*domains, options.arguments[0]);
    if (!domain)
        return failed(CliText::noSuchDomain(options.arguments[0], options.uri));
    const QString &id = options.arguments[1];
    const QByteArray command = isSpeed       ? setSpeed(id, speed)
        : options.command == "job-pause"_L1  ? pauseJob(id)
        : options.command == "job-resume"_L1 ? resumeJob(id)
                                             : cancelJob(id);
    const auto done = (*hypervisor)->qmp(domain->uuid, command).and_then(readReplyObject);
    return done ? int(Done) : failed(CliText::error(done.error()));
}

} // namespace treewarden::cli
