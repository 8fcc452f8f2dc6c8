// SPDX-License-Identifier: GPL-3.0-or-later
// Claimants that are followed from step to step are those that a look at everything finds.
#include "model/domain/nvramcopy.h"
#include "model/guard/claimants.h"
#include "tests/support/plantexts.h"

#include <QRandomGenerator>
#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const QString host = uR"(
libvirt 11.3.0
image golden
image a0 on=golden tags=i1,i2:64 allocated=10
image a1 on=a0 allocated=10
image a2 on=a1 allocated=10
image b0 on=golden
image b1 on=b0 tags=t1
image stray on=a0
image stray2 on=stray
image web.fd raw
image e2.mem save
machine a
has efi
nvram web.fd
internal i1 vda=a0
internal i2 parent=i1 memory vda=a0
external e1 parent=i2 vda=a0>a1
external e2 parent=e1 memory=e2.mem vda=a1>a2
external n1 parent=e1 nodefinition vda=a1>a2
current e2
disk vda a2
machine b running managedsave
disk vda b1
disk vdb b0 readonly
next vda b0
internal t1 vda=b1
current t1
)"_s;

QStringList textOf(const std::vector<Claimant> &claimants)
{
    QStringList lines;
    for (const Claimant &each : claimants)
        lines += u"%1 %2 %3 %4 %5 %6 %7"_s.arg(int(each.owner.kind))
                     .arg(each.owner.domain.value, each.owner.name)
                     .arg(int(each.where))
                     .arg(each.target, each.image.value)
                     .arg(each.view);
    lines.sort();
    return lines;
}

// Changes as steps make them, and some that no step would.
class Changer
{
public:
    Changer(Draft &draft, quint32 seed)
        : m_draft(draft)
        , m_random(seed)
    {
    }

    void change()
    {
        const ImageId image = anyImage();
        const DomainId domain(m_random.bounded(2) ? u"a"_s : u"b"_s);
        const SnapshotList &snapshots = m_draft.domain(domain)->snapshots;
        const std::shared_ptr<const Snapshot> snapshot
            = snapshots.empty() ? nullptr : *std::next(snapshots.begin(), m_random.bounded(int(snapshots.size())));
        const QString name = u"new%1"_s.arg(++m_count);
        switch (m_random.bounded(17)) {
        case 0:
            return m_draft.createOverlay(path(name), image);
        case 1:
            return m_draft.createCopy(path(name), u"qcow2"_s, MiB, image, m_draft.view(image), {u"t1"_s, {}, 1, MiB});
        case 2: // under the name that a copy of the NVRAM has, or where something was removed
            if (snapshot && snapshot->definition && snapshot->definition->nvram
                && !m_draft.imageAt({SourceKind::File, nvramCopyPath(*snapshot)}))
                return m_draft.createFile(nvramCopyPath(*snapshot), u"raw"_s, m_draft.freshView());
            if (!m_removed.isEmpty())
                return m_draft.createFile(m_removed.takeLast(), u"raw"_s, m_draft.freshView());
            return;
        case 3:
            return m_draft.write(image);
        case 4:
        case 5: {
            const std::vector<ImageId> chain = m_draft.chain(image);
            if (chain.size() > 1)
                m_draft.commit(image, chain[1 + size_t(m_random.bounded(int(chain.size()) - 1))],
                    m_random.bounded(2) ? Draft::Committer::Libvirt : Draft::Committer::QemuImg);
            return;
        }
        case 6: {
            const ImageId below = anyImage();
            if (below != image && !m_draft.isBelow(image, below))
                m_draft.repoint(image, below);
            return;
        }
        case 7:
            m_removed += m_draft.image(image)->location.name;
            return m_draft.remove(image);
        case 8:
            return m_draft.addTag(image, snapshot ? snapshot->name : name, m_draft.freshView(), MiB);
        case 9:
        case 10:
            if (!m_draft.image(image)->tags.empty())
                m_draft.removeTag(image, QString(m_draft.image(image)->tags.front().name));
            return;
        case 11: {
            Snapshot made = snapshot ? *snapshot : Snapshot();
            made.name = name;
            made.parent = snapshot ? snapshot->name : QString();
            return m_draft.addSnapshot(domain, made, true);
        }
        case 12:
        case 13:
            if (snapshot)
                m_draft.forgetSnapshot(domain, QString(snapshot->name));
            return;
        case 14:
            if (snapshot) {
                Snapshot changed = *snapshot;
                m_random.bounded(2) ? void(changed.name = name) : changed.definition.reset();
                m_draft.changeSnapshot(domain, QString(snapshot->name), changed);
            }
            return;
        case 15: {
            auto definition = std::make_shared<DomainDefinition>(*m_draft.domain(domain)->definition);
            definition->disks.front().source.location = m_draft.image(image)->location;
            return m_draft.define(domain, std::move(definition));
        }
        default:
            isActive(m_draft.domain(domain)->state) ? m_draft.stop(domain, m_random.bounded(2)) : m_draft.start(domain);
        }
    }

private:
    ImageId anyImage()
    {
        QStringList ids;
        for (const auto &[id, image] : m_draft.images())
            ids += id.value;
        ids.sort();
        return ImageId(ids[m_random.bounded(int(ids.size()))]);
    }

    Draft &m_draft;
    QRandomGenerator m_random;
    QStringList m_removed;
    int m_count = 0;
};

// As the followed ones come to know of each other.
void apply(const ClaimantIndex::Changes &changes, QHash<ClaimantKey, View> &known)
{
    for (const ClaimantKey &gone : changes.gone)
        known.remove(gone);
    for (const Claimant &now : changes.now)
        known.insert(ClaimantKey(now), now.view);
}

} // namespace

class TestClaimants : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void followedAreAsFoundAnew()
    {
        Claimant nobody;
        nobody.owner = {OwnerKind::Snapshot, DomainId(u"a"_s), {}, u"none"_s};
        int different = 0;
        for (quint32 seed = 0; seed < 200; ++seed) {
            Draft draft = draftOf(host);
            ClaimantIndex index(draft);
            QStringList then = textOf(claimants(draft));
            QCOMPARE(textOf(index.all()), then);
            QHash<ClaimantKey, View> known;
            for (const Claimant &claimant : index.all())
                known.insert(ClaimantKey(claimant), claimant.view);
            Changer changer(draft, seed);
            for (int step = 0; step < 25; ++step) {
                const int changes = 1 + int(seed % 3);
                for (int i = 0; i < changes && draft.images().size() > 3; ++i)
                    changer.change();
                apply(index.follow(draft), known);
                const std::vector<Claimant> anew = ClaimantIndex::madeAnew(draft).all();
                QCOMPARE(textOf(claimants(draft)), textOf(anew));
                const QStringList wanted = textOf(anew);
                if (textOf(index.all()) != wanted)
                    qInfo("seed %u, step %d", seed, step);
                QCOMPARE(textOf(index.all()), wanted);
                // What is said to have changed leads to the same.
                for (const Claimant &claimant : anew)
                    QCOMPARE(known.value(ClaimantKey(claimant)), claimant.view);
                QSet<ClaimantKey> keys;
                for (const Claimant &claimant : anew)
                    keys.insert(ClaimantKey(claimant));
                QCOMPARE(known.size(), keys.size());
                for (const Claimant &claimant : index.all())
                    QCOMPARE(textOf({index.find(ClaimantKey(claimant))->claimant}), textOf({claimant}));
                QVERIFY(!index.find(ClaimantKey(nobody)));
                different += wanted != then;
                then = wanted;
            }
        }
        QVERIFY2(different > 2000, qPrintable(QString::number(different)));
    }

    // A copy goes its own way.
    void copiesAreApart()
    {
        Draft draft = draftOf(host);
        ClaimantIndex index(draft);
        const QStringList before = textOf(index.all());
        Draft later = draft;
        later.forgetSnapshot(DomainId(u"a"_s), u"i2"_s);
        later.write(imageId(u"golden"_s));
        ClaimantIndex copy = index;
        (void)copy.follow(later);
        QCOMPARE(textOf(copy.all()), textOf(ClaimantIndex::madeAnew(later).all()));
        QVERIFY(textOf(copy.all()) != before);
        QCOMPARE(textOf(index.all()), before);
        QVERIFY(index.follow(draft).now.empty());
    }

    // Deeper than a draft looks, and a loop, which a hostile header can make.
    void chainsWithoutAnEnd()
    {
        QString deep = u"libvirt 11.3.0\nimage d0\n"_s;
        const int depth = ImageGraph::MaximumDepth + 20;
        for (int i = 1; i < depth; ++i)
            deep += u"image d%1 on=d%2\n"_s.arg(i).arg(i - 1);
        deep += u"machine a\ndisk vda d%1\ndisk vdb d%2\nexternal e vda=d500>d501\n"_s.arg(depth - 1).arg(depth - 30);
        Draft draft = draftOf(deep);
        ClaimantIndex index(draft);
        QCOMPARE(textOf(index.all()), textOf(ClaimantIndex::madeAnew(draft).all()));
        for (const int written : {depth - 1, 500, 40, 0}) {
            draft.write(imageId(u"d%1"_s.arg(written)));
            (void)index.follow(draft);
            QCOMPARE(textOf(index.all()), textOf(ClaimantIndex::madeAnew(draft).all()));
            for (const Claimant &claimant : index.all())
                QCOMPARE(claimant.view, draft.view(claimant.image));
        }
        draft.repoint(imageId(u"d0"_s), imageId(u"d100"_s));
        (void)index.follow(draft);
        for (const Claimant &claimant : index.all())
            QCOMPARE(claimant.view, draft.view(claimant.image));
    }
};

QTEST_GUILESS_MAIN(TestClaimants)
#include "tst_claimants.moc"
