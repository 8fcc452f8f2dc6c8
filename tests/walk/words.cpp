// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/words.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace treewarden::test {

QString explain(const Error &error)
{
    return u"%1: %2 (error %3)"_s.arg(error.subject, error.detail.simplified()).arg(int(error.code));
}

QString describe(const Plan &plan)
{
    QStringList parts;
    for (const Finding &finding : plan.findings)
        parts << u"%1 %2@%3"_s.arg(verdictName(finding.severity), finding.id, finding.subject);
    QStringList steps;
    for (const PlannedStep &planned : plan.steps) {
        QStringList words{stepName(planned.step.kind), planned.step.name, planned.step.path.section(u'/', -1),
            planned.step.base.section(u'/', -1)};
        for (const StepDisk &disk : planned.step.disks)
            words << disk.target + u'=' + disk.path.section(u'/', -1)
                    + (disk.base.isEmpty() ? QString() : u'<' + disk.base.section(u'/', -1));
        words.removeAll(QString());
        steps << words.join(u' ');
    }
    return u"way %1, %2 [%3] {%4}"_s.arg(plan.way, verdictName(plan.verdict), parts.join(u", "_s), steps.join(u"; "_s));
}

QStringList describe(const Sight &sight)
{
    QStringList lines;
    for (auto domain = sight.domains.begin(); domain != sight.domains.end(); ++domain) {
        QStringList disks;
        for (auto disk = domain->disks.begin(); disk != domain->disks.end(); ++disk)
            disks << disk.key() + u'=' + disk->section(u'/', -1);
        lines << u"%1 (%2) on %3, current %4"_s.arg(
            domain.key(), domain->state, disks.join(u' '), domain->current.isEmpty() ? u"-"_s : domain->current);
        for (auto snapshot = domain->snapshots.begin(); snapshot != domain->snapshots.end(); ++snapshot) {
            QStringList parts;
            for (auto disk = snapshot->disks.begin(); disk != snapshot->disks.end(); ++disk)
                parts << u"%1 %2 %3"_s.arg(
                    disk.key(), disk->isExternal ? u"froze"_s : u"tag in"_s, disk->path.section(u'/', -1));
            lines << u"  %1 after %2, memory %3: %4"_s.arg(snapshot.key(),
                snapshot->parent.isEmpty() ? u"-"_s : snapshot->parent, snapshot->memory, parts.join(u", "_s));
        }
    }
    for (auto file = sight.files.begin(); file != sight.files.end(); ++file) {
        lines << u"  %1 on %2 tags [%3] %4"_s.arg(file.key().section(u'/', -1),
            file->backing.isEmpty() ? u"-"_s : file->backing.section(u'/', -1), file->tags.keys().join(u' '),
            QString::fromLatin1(file->shown));
    }
    return lines;
}

bool isNamed(const Plan &plan, const Missed &lost)
{
    const QString subject = lost.snapshot.isEmpty() ? lost.machine : lost.snapshot;
    const bool isLoss = std::any_of(
        plan.losses.begin(), plan.losses.end(), [&](const Loss &loss) { return loss.subject == subject; });
    const std::vector<Finding> confirmations = plan.confirmations();
    return isLoss || std::any_of(confirmations.begin(), confirmations.end(), [&](const Finding &finding) {
        return finding.subject == subject;
    });
}

bool asksTheGuest(const Plan &plan)
{
    return std::any_of(plan.steps.begin(), plan.steps.end(),
        [](const PlannedStep &planned) { return planned.step.kind == StepKind::ShutDown; });
}

} // namespace treewarden::test
