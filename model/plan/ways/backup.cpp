// SPDX-License-Identifier: GPL-3.0-or-later
// A copy of the machine's disks in a folder, on its own or on the copy before.
#include "model/plan/backupconditions.h"
#include "model/plan/conditions.h"
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;

namespace {

class BackupWay
{
public:
    BackupWay(const Intent &intent, const Draft &base, const Surroundings &surroundings)
        : m_intent(intent)
        , m_backup(std::get<BackupIntent>(m_intent.what))
        , m_base(base)
        , m_domain(*base.domain(intent.domain))
        , m_target(surroundings.backupTarget && surroundings.backupTarget->directory == m_backup.directory
                  ? surroundings.backupTarget
                  : nullptr)
        , m_disks(conditions::disksOf(m_domain, m_backup))
        , m_found(conditions::ofBackup(base, intent.domain, m_backup, m_target.get()))
    {
        if (m_target && !m_disks.empty())
            m_fault = conditions::faultOf(base, m_domain, m_disks, m_target->newest(m_domain.uuid));
    }

    // Whether it is asked for what cannot be: an increment on a chain that is not whole.
    bool isOnNothing() const { return m_backup.level == BackupIntent::Level::Incremental && m_fault; }

    Plan plan(const QString &way) const
    {
        const bool isIncrement = m_backup.level != BackupIntent::Level::Full && !m_fault;
        Declared declared;
        declared.domain = m_intent.domain;
        PlanBuilder builder(m_base, m_intent,
            !way.isEmpty()    ? way
                : isIncrement ? u"incremental"_s
                              : u"full"_s,
            declared);
        builder.find(m_found);
        if (isOnNothing())
            builder.find({u"chain-not-whole"_s, Verdict::Block, m_fault->subject, {m_fault->word}});
        // Without a folder to name there is no step to show.
        if (!m_target || m_target->nextChain.isEmpty() || m_disks.empty() || isOnNothing())
            return builder.finish();
        const BackupChain *chain = m_target->newest(m_domain.uuid);
        if (m_backup.level == BackupIntent::Level::Auto)
            builder.find(chosen(isIncrement ? chain : nullptr));
        const QString since = isIncrement ? chain->manifest->points.back().checkpoint : QString();
        builder.find(conditions::ofBackupSpace(m_base, m_disks, *m_target, since));
        Step step = stepFor(isIncrement ? chain : nullptr, since);
        for (const StepKind kind : {StepKind::PrepareBackup, StepKind::BackUp, StepKind::FinishBackup}) {
            step.kind = kind;
            builder.add(step);
        }
        return builder.finish();
    }

private:
    // Which level it is, and why.
    Finding chosen(const BackupChain *chain) const
    {
        if (!chain)
            return {u"backup-is-full"_s, Verdict::Allow, m_fault->subject, {m_fault->word}};
        return {u"backup-is-incremental"_s, Verdict::Allow, chain->folder,
            {QString::number(chain->manifest->points.size())}};
    }

    Step stepFor(const BackupChain *chain, const QString &since) const
    {
        const int number = chain ? chain->nextNumber() : 0;
        const auto level = chain ? BackupLevel::Incremental : BackupLevel::Full;
        Step step;
        step.path = chain ? chain->folder : m_target->nextChain;
        step.name = conditions::canRecord(m_base, m_disks) ? newCheckpoint() : QString();
        step.text = since;
        step.flags = m_backup.quiesce ? Step::Quiesce : 0;
        for (const Disk &disk : m_disks) {
            const BackupDisk *below = chain ? chain->manifest->points.back().disk(disk.target) : nullptr;
            step.disks.push_back({disk.target, step.path + u'/' + backupImageName(number, level, disk.target),
                below ? QString(step.path + u'/' + below->file.name) : QString(), u"qcow2"_s});
        }
        return step;
    }

    // The same on the same host, so that planning again gives the same plan.
    QString newCheckpoint() const
    {
        const QString stem = u"treewarden-backup-"_s;
        int last = 0;
        const auto count = [&](const QString &name) {
            if (name.startsWith(stem))
                last = std::max(last, name.mid(stem.size()).toInt());
        };
        for (const Checkpoint &checkpoint : m_domain.checkpoints)
            count(checkpoint.name);
        // Of a machine that was off when its checkpoint was dropped the bitmap is still there.
        for (const Disk &disk : m_disks) {
            for (const ImageId &layer : m_base.chain(m_base.idAt(disk.source.location))) {
                for (const Bitmap &bitmap : m_base.image(layer)->bitmaps)
                    count(bitmap.name);
            }
        }
        return stem + u"%1"_s.arg(last + 1, 4, 10, QChar(u'0'));
    }

    const Intent m_intent;
    const BackupIntent &m_backup;
    const Draft &m_base;
    const DraftDomain m_domain;
    const std::shared_ptr<const BackupTarget> m_target;
    const std::vector<Disk> m_disks;
    const std::vector<Finding> m_found;
    std::optional<conditions::ChainFault> m_fault;
};

} // namespace

// Findings of this file, beside those of model/plan/backupconditions.h:
//
// backup-is-full         Allow  what of the chain is not whole  a word of ChainFault
// backup-is-incremental  Allow  folder                          points that there are
// chain-not-whole        Block  as backup-is-full
Proposal proposeBackup(
    const Intent &intent, const BackupIntent &backup, const Draft &base, const Surroundings &surroundings, Depth depth)
{
    const BackupWay way(intent, base, surroundings);
    Proposal proposal{way.plan({}), {}};
    if (depth == Depth::FirstOnly || proposal.plan.verdict != Verdict::Block)
        return proposal;
    const auto offer = [&](const BackupIntent &other, const QString &name) {
        Plan plan = BackupWay({intent.domain, other}, base, surroundings).plan(name);
        if (plan.verdict != Verdict::Block)
            proposal.alternatives.push_back(std::move(plan));
    };
    BackupIntent other = backup;
    if (way.isOnNothing()) {
        other.level = BackupIntent::Level::Full;
        offer(other, {});
    }
    if (backup.quiesce) {
        other.quiesce = false;
        offer(other, u"without-quiesce"_s);
    }
    return proposal;
}

} // namespace treewarden::ways
