// SPDX-License-Identifier: GPL-3.0-or-later
// A copy of the machine's disks in a folder, on its own or on the copy before.
#include "model/domain/nbdvolume.h"
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
        chooseEngine();
    }

    // Whether it is asked for what cannot be: an increment on a chain that is not whole.
    bool isOnNothing() const { return m_backup.level == BackupIntent::Level::Incremental && m_fault; }

    Plan plan(const QString &way) const
    {
        const bool isIncrement = this->isIncrement();
        Declared declared;
        declared.domain = m_intent.domain;
        PlanBuilder builder(m_base, m_intent,
            !way.isEmpty()    ? way
                : isTop()     ? u"top"_s
                : isIncrement ? u"incremental"_s
                              : u"full"_s,
            declared);
        builder.find(m_found);
        builder.find(m_ofEngine);
        if (isOnNothing())
            builder.find({u"chain-not-whole"_s, Verdict::Block, m_fault->subject, {m_fault->word}});
        // Without a folder to name there is no step to show.
        if (!m_target || m_target->nextChain.isEmpty() || m_disks.empty() || isOnNothing())
            return builder.finish();
        const BackupChain *chain = m_target->newest(m_domain.uuid);
        if (m_backup.level == BackupIntent::Level::Auto)
            builder.find(chosen(isIncrement ? chain : nullptr));
        const QString since = isIncrement ? chain->manifest->points.back().mark() : QString();
        if (!m_target->isVolume)
            builder.find(conditions::ofBackupSpace(m_base, m_disks, *m_target, since));
        else if (!isIncrement)
            builder.find({u"volume-overwritten"_s, Verdict::Confirm, m_target->directory});
        Step step = stepFor(isIncrement ? chain : nullptr, since);
        const StepKind copying = m_isByQmp ? StepKind::BackUpByQmp : StepKind::BackUp;
        for (const StepKind kind : {StepKind::PrepareBackup, copying, StepKind::FinishBackup}) {
            step.kind = kind;
            builder.add(step);
        }
        return builder.finish();
    }

private:
    bool isTop() const { return m_backup.level == BackupIntent::Level::Top; }
    bool isIncrement() const { return m_backup.level != BackupIntent::Level::Full && !isTop() && !m_fault; }

    void chooseEngine()
    {
        using Engine = BackupIntent::Engine;
        if (!m_target || m_disks.empty())
            return; // there is nothing to copy, or nowhere to
        const auto chain = [this] { return isIncrement() ? m_target->newest(m_domain.uuid) : nullptr; };
        const QString confined = conditions::confinedBy(m_domain);
        QString why = conditions::whyQmp(m_backup, chain());
        const bool isChains = why == "chain"_L1;
        // Without that chain libvirt's can do it: then it is a full one.
        if (isChains
            && (m_backup.engine == Engine::Libvirt || (m_backup.engine == Engine::Auto && !confined.isEmpty()))) {
            m_fault = conditions::ChainFault{u"engine"_s, m_domain.name};
            why.clear();
        }
        m_isByQmp = m_backup.engine == Engine::Qmp || (m_backup.engine == Engine::Auto && !why.isEmpty());
        if (m_backup.engine == Engine::Libvirt && !why.isEmpty())
            m_ofEngine.push_back({u"engine-cannot"_s, Verdict::Block, m_domain.name, {why}});
        if (m_isByQmp && !confined.isEmpty())
            m_ofEngine.push_back({u"qmp-confined"_s, Verdict::Block, m_domain.name, {confined}});
        else if (m_isByQmp && m_backup.engine == Engine::Auto)
            m_ofEngine.push_back({u"backup-by-qmp"_s, Verdict::Allow, m_domain.name, {why}});
    }

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
        // A volume has one chain, of which a full backup is a new beginning.
        const bool isThere = m_target->isVolume && !m_target->chains.empty();
        const int number = chain ? chain->nextNumber() : isThere ? m_target->chains.front().nextNumber() : 0;
        const auto level = isTop() ? BackupLevel::Top : chain ? BackupLevel::Incremental : BackupLevel::Full;
        Step step;
        step.path = chain ? chain->folder : m_target->nextChain;
        step.name = isTop() || !conditions::canRecord(m_base, m_disks) ? QString()
            : m_isByQmp                                                ? u"treewarden-bitmap"_s
                                                                       : newCheckpoint();
        step.text = since;
        step.flags = (m_backup.quiesce ? Step::Quiesce : 0) | (m_isByQmp ? Step::OwnBitmap : 0)
            | (m_backup.compress ? Step::Compress : 0) | (isTop() ? Step::TopOnly : 0);
        step.speed = m_backup.speed;
        for (const Disk &disk : m_disks) {
            const BackupDisk *below = chain ? chain->manifest->points.back().disk(disk.target) : nullptr;
            step.disks.push_back({disk.target, step.path + u'/' + backupImageName(number, level, disk.target),
                below ? QString(step.path + u'/' + below->file.name) : QString(), u"qcow2"_s});
            if (m_target->isVolume)
                step.disks.back() = {disk.target, step.path + u'/' + backupImageName(number, level, disk.target),
                    m_target->directory, u"nbd"_s};
            if (isTop())
                nameLayerBelow(step.disks.back(), disk);
        }
        return step;
    }

    void nameLayerBelow(StepDisk &step, const Disk &disk) const
    {
        const std::vector<ImageId> layers = m_base.chain(m_base.idAt(disk.source.location));
        if (layers.empty())
            return;
        const ImageGraph &images = *m_base.inventory().images;
        const Image *top = images.find(layers.front());
        const Image *below = layers.size() > 1 ? images.find(layers[1]) : nullptr;
        if (!below || !top->facts.isKnown())
            return;
        step.base = below->location.name;
        step.format = top->facts->backingFormat;
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
    bool m_isByQmp = false;
    std::vector<Finding> m_ofEngine;
};

} // namespace

// Findings of this file, beside those of model/plan/backupconditions.h:
//
// backup-is-full         Allow  what of the chain is not whole  a word of ChainFault
// backup-is-incremental  Allow  folder                          points that there are
// chain-not-whole        Block  as backup-is-full
// volume-overwritten     Confirm  URL
// backup-by-qmp          Allow  machine                         why: a word of whyQmp()
// engine-cannot          Block  machine                         the same
// qmp-confined           Block  machine                         the security driver's name
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
    if (backup.engine != BackupIntent::Engine::Auto) {
        other.engine = BackupIntent::Engine::Auto;
        offer(other, u"other-engine"_s);
    }
    if (backup.quiesce) {
        other.quiesce = false;
        offer(other, u"without-quiesce"_s);
    }
    return proposal;
}

} // namespace treewarden::ways
