// SPDX-License-Identifier: GPL-3.0-or-later
// Turning machines on and off.
#include "model/plan/conditions.h"
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;

namespace {

class PowerWay
{
public:
    PowerWay(const Intent &intent, PowerIntent::To to, const Draft &base)
        : m_intent(intent)
        , m_to(to)
        , m_base(base)
        , m_domain(*base.domain(intent.domain))
    {
    }

    Plan plan() const
    {
        Declared declared;
        declared.domain = m_intent.domain;
        // With the power, not with the guest's own end, goes what is in memory.
        declared.memory = m_to == PowerIntent::To::ForceOff;
        PlanBuilder builder(m_base, m_intent, u"libvirt"_s, declared);
        switch (m_to) {
        case PowerIntent::To::Start:
            if (m_domain.savedMemory)
                builder.find({u"resumes-saved-state"_s, Verdict::Allow, m_domain.name});
            if (!isActive(m_domain.state))
                findSpoilt(builder);
            builder.add({.kind = StepKind::Start});
            break;
        case PowerIntent::To::Pause:
            checkReady(builder);
            if (m_domain.state == DomainState::Paused)
                builder.find({u"machine-paused"_s, Verdict::Block, m_domain.name});
            builder.add({.kind = StepKind::Pause});
            break;
        case PowerIntent::To::Resume:
            checkReady(builder);
            if (m_domain.state == DomainState::Running)
                builder.find({u"machine-not-paused"_s, Verdict::Block, m_domain.name});
            else if (m_domain.state == DomainState::Paused)
                findSpoilt(builder);
            builder.add({.kind = StepKind::Resume});
            break;
        case PowerIntent::To::ShutDown:
            if (m_domain.state == DomainState::Paused)
                builder.find({u"paused-guest-cannot-shut-down"_s, Verdict::Block, m_domain.name});
            checkEnd(builder);
            builder.add({.kind = StepKind::ShutDown});
            break;
        case PowerIntent::To::ForceOff:
            checkEnd(builder);
            builder.add({.kind = StepKind::ForceOff});
            break;
        }
        return builder.finish();
    }

private:
    void checkReady(PlanBuilder &builder) const
    {
        for (const Finding &finding : conditions::ofMachine(m_base, m_intent.domain)) {
            if (finding.id == "machine-not-ready"_L1)
                builder.find(finding);
        }
    }

    // What ends with the machine.
    void checkEnd(PlanBuilder &builder) const
    {
        for (Finding finding : conditions::ofMachine(m_base, m_intent.domain)) {
            if (finding.id == "block-job-running"_L1 || finding.id == "foreign-job-running"_L1)
                builder.find({u"job-would-end"_s, Verdict::Confirm, finding.subject, finding.arguments});
        }
        if (!m_domain.persistent)
            builder.find({u"transient-machine-vanishes"_s, Verdict::Confirm, m_domain.name,
                {QString::number(m_domain.snapshots.size())}});
    }

    // A machine that runs writes. Whose bytes does it write that are not its own present?
    void findSpoilt(PlanBuilder &builder) const
    {
        Draft ran = m_base;
        for (const Disk &disk : m_domain.definition->disks) {
            const DraftImage *image = ran.imageAt(disk.source.location);
            if (image && disk.keepsWrites())
                ran.write(ImageId(image->id));
        }
        const std::vector<Claimant> before = claimants(m_base);
        QHash<QString, View> after;
        const auto keyOf = [](const Claimant &claimant) {
            return QString(QString::number(int(claimant.owner.kind)) + u'\n' + claimant.owner.domain.value + u'\n'
                + claimant.owner.name + u'\n' + QString::number(int(claimant.where)) + u'\n' + claimant.target);
        };
        for (const Claimant &claimant : claimants(ran))
            after.insert(keyOf(claimant), claimant.view);
        for (const Claimant &claimant : before) {
            const bool isOwn = claimant.owner.domain == m_domain.uuid
                && (claimant.owner.kind == OwnerKind::CurrentState
                    || claimant.owner.kind == OwnerKind::PersistentDefinition);
            const auto now = after.constFind(keyOf(claimant));
            if (isOwn || (now != after.constEnd() && *now == claimant.view))
                continue;
            const bool isNamed = claimant.owner.kind == OwnerKind::Snapshot || claimant.owner.kind == OwnerKind::Image;
            const QString kind = claimant.owner.kind == OwnerKind::Snapshot ? u"snapshot"_s
                : claimant.owner.kind == OwnerKind::Image                   ? u"image"_s
                                                                            : u"machine"_s;
            const DraftImage *image = m_base.image(claimant.image);
            builder.find(
                {u"spoils-states"_s, Verdict::Confirm, isNamed ? claimant.owner.name : claimant.owner.domainName,
                    {kind, claimant.target, image ? image->location.name : QString()}});
        }
    }

    const Intent &m_intent;
    const PowerIntent::To m_to;
    const Draft &m_base;
    const DraftDomain m_domain;
};

} // namespace

// Findings of this file, beside machine-not-ready of model/plan/conditions.h:
//
// resumes-saved-state           Allow    machine
// spoils-states                 Confirm  owner's name  "snapshot" | "machine" | "image", disk target, path: the machine
//                                                      would write into what the owner relies on
// machine-paused                Block    machine
// machine-not-paused            Block    machine
// paused-guest-cannot-shut-down Block    machine
// job-would-end                 Confirm  disk target   QEMU's type of the job, its id
// transient-machine-vanishes    Confirm  machine       number of its snapshots
Proposal proposePower(const Intent &intent, const PowerIntent &power, const Draft &base, const Surroundings &, Depth)
{
    return {PowerWay(intent, power.to, base).plan(), {}};
}

} // namespace treewarden::ways
