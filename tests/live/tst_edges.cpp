// SPDX-License-Identifier: GPL-3.0-or-later
// Every call that changes machines or files, once on the real thing: what is left is asked of virsh, qemu-img and
// qemu-io.
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/backend/libvirt/volumeeditor.h"
#include "model/backend/libvirt/volumestore.h"
#include "model/backend/localfiles/localeditor.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/sandbox/filelock.h"
#include "model/sandbox/images.h"
#include "model/sandbox/keeper.h"
#include "model/xml/domainxml.h"
#include "model/xml/snapshotedit.h"
#include "model/xml/snapshotxml.h"
#include "tests/support/ownmounts.h"
#include "tests/support/process.h"
#include "tests/support/qcow2oracle.h"
#include "tests/support/sandboxfixture.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>
#include <QUuid>

#include <csignal>
#include <functional>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Scope = Hypervisor::SnapshotScope;

constexpr Bytes DiskSize = 32 * MiB;
// Above what the guest writes by itself.
constexpr Bytes Place = 17 * MiB;
constexpr int Patience = 60'000; // milliseconds: TCG on a busy computer

template <typename T>
QByteArray explain(const Result<T> &result)
{
    if (result)
        return {};
    return QByteArray::number(int(result.error().code)) + ' ' + result.error().subject.toUtf8() + ": "
        + result.error().detail.toUtf8();
}

#define WORKS(call)                                                                                                    \
    do {                                                                                                               \
        const auto result_ = (call);                                                                                   \
        QVERIFY2(result_.has_value(), explain(result_).constData());                                                   \
    } while (false)

#define REFUSED(call, expected)                                                                                        \
    do {                                                                                                               \
        const auto result_ = (call);                                                                                   \
        QVERIFY(!result_.has_value());                                                                                 \
        QVERIFY2(result_.error().code == (expected), explain(result_).constData());                                    \
    } while (false)

QJsonObject imageInfo(const QString &path)
{
    const auto info = run(u"qemu-img"_s, {u"info"_s, u"-U"_s, u"--output=json"_s, path});
    return QJsonDocument::fromJson(info.output).object();
}

QStringList tags(const QString &path)
{
    QStringList names;
    for (const QJsonValue &tag : imageInfo(path)["snapshots"_L1].toArray())
        names << tag.toObject()["name"_L1].toString();
    return names;
}

QString backing(const QString &path)
{
    return imageInfo(path)["full-backing-filename"_L1].toString();
}

bool put(const QString &path, int pattern, Bytes offset = Place)
{
    return run(u"qemu-io"_s, {u"-f"_s, u"qcow2"_s, u"-c"_s, u"write -P %1 %2 64k"_s.arg(pattern).arg(offset), path})
               .exitCode
        == 0;
}

bool holds(const QString &path, int pattern, Bytes offset = Place)
{
    const auto read = run(u"qemu-io"_s,
        {u"-r"_s, u"-U"_s, u"-f"_s, u"qcow2"_s, u"-c"_s, u"read -P %1 %2 64k"_s.arg(pattern).arg(offset), path});
    return read.exitCode == 0 && !read.output.contains("verification failed");
}

struct stat statusOf(const QString &path)
{
    struct stat status
    {
    };
    ::stat(QFile::encodeName(path).constData(), &status);
    return status;
}

} // namespace

class tst_Edges : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<SandboxFixture> m_sandbox;
    SandboxUser m_user;
    std::unique_ptr<SandboxImages> m_images;
    std::shared_ptr<Hypervisor> m_host;
    LocalEditor m_editor;
    DomainId m_id;

    QString path(const QString &name) const { return m_images->path(name); }
    QString source(Hypervisor::Definition which = Hypervisor::Definition::Live) const
    {
        const auto definition = m_host->domainXml(m_id, which).and_then(readDomain);
        return definition && definition->disk(u"vda") ? definition->disk(u"vda")->source.location.name : QString();
    }
    DomainState state() const
    {
        for (const DomainSummary &each : m_host->domains().value_or(std::vector<DomainSummary>())) {
            if (each.uuid == m_id)
                return each.state;
        }
        return DomainState::Unknown;
    }
    PausedBy pausedBy() const
    {
        for (const DomainSummary &each : m_host->domains().value_or(std::vector<DomainSummary>())) {
            if (each.uuid == m_id)
                return each.pausedBy;
        }
        return PausedBy::Other;
    }
    bool hasManagedSave() const
    {
        for (const DomainSummary &each : m_host->domains().value_or(std::vector<DomainSummary>())) {
            if (each.uuid == m_id)
                return each.hasManagedSave;
        }
        return false;
    }
    Snapshot read(const QString &name) const
    {
        return m_host->snapshotXml(m_id, name).and_then(readSnapshot).value_or(Snapshot{});
    }
    Result<> take(const QString &name, bool isExternal, MemoryKind memory)
    {
        NewSnapshot snapshot;
        snapshot.name = name;
        snapshot.description = u"a < b & \"c\""_s;
        snapshot.disks = {{u"vda"_s, isExternal, isExternal ? path(u"edge."_s + name) : QString()}};
        snapshot.memory = memory;
        if (memory == MemoryKind::External)
            snapshot.memoryFile = path(u"edge."_s + name + u".mem"_s);
        const auto xml = newSnapshotXml(snapshot);
        if (!xml)
            return failure(xml.error());
        const bool disksOnly = isExternal && memory == MemoryKind::None;
        return m_host->createSnapshot(m_id, *xml, disksOnly ? Scope::DisksOnly : Scope::WholeMachine);
    }
    void start() { WORKS(m_host->start(m_id)); }
    void off() { WORKS(m_host->stop(m_id, Hypervisor::StopKind::ForceOff)); }

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void init();
    void cleanup();

    // libvirt
    void keepsSecrets();
    void pausesAndResumes();
    void keepsMetadata();
    void removesManagedSave();
    void internalSnapshots();
    void externalSnapshots();
    void redefinesSnapshots();
    void makesAnInternalSnapshotExternal();
    void restoresMemoryOnAnotherOverlay();
    void commitsTheMiddleOfAChain();
    void commitsTheActiveLayer();
    void volumes();

    // Files
    void createsOverlays();
    void extractsTags_data();
    void extractsTags();
    void commitsOffline();
    void removesTags();
    void copiesAndRenames();
    void repoints();
    void pins();
    void refusesWhatAMachineUses();
    void stopsAndLeavesNothing();
    void refusesWhatQemuWouldGuess();
};

void tst_Edges::initTestCase()
{
    m_sandbox = std::make_unique<SandboxFixture>();
    m_user = sandboxUser(m_sandbox->paths());
    WORKS(prepareRoot(m_sandbox->paths(), m_user));
    const auto lock = FileLock::take(m_sandbox->paths().openLock(), 60s);
    QVERIFY(lock);
    WORKS(startKeeper(m_sandbox->paths(), 90s));
    auto host = libvirt::openHypervisor(m_sandbox->paths().uri());
    WORKS(host);
    m_host = *host;
    m_images = std::make_unique<SandboxImages>(m_sandbox->paths(), m_user);
}

void tst_Edges::cleanupTestCase()
{
    m_host.reset();
    m_sandbox.reset();
}

void tst_Edges::init()
{
    QDir(m_sandbox->paths().images()).removeRecursively();
    WORKS(m_images->makeFolder(m_sandbox->paths().images()));
    WORKS(m_images->createBootable(u"edge.qcow2"_s, DiskSize));
    m_id = DomainId(QUuid::createUuid().toString(QUuid::WithoutBraces));
    const QString xml = u"<domain type='qemu'><name>edge</name><uuid>%1</uuid><memory unit='MiB'>16</memory>"
                        "<vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os><devices>"
                        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%2'/>"
                        "<target dev='vda' bus='virtio'/></disk>"
                        "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>"
                        "<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"_s.arg(
                            m_id.value, path(u"edge.qcow2"_s));
    WORKS(m_host->defineDomain(xml.toUtf8()));
}

void tst_Edges::cleanup()
{
    (void)m_host->stop(m_id, Hypervisor::StopKind::ForceOff);
    (void)m_host->undefineDomain(m_id);
    // Whatever the test made: our reading of it against qemu-img's.
    QVERIFY(compareImagesBelow(m_sandbox->paths().images()) > 0);
}

void tst_Edges::keepsSecrets()
{
    const auto xml = m_host->domainXml(m_id, Hypervisor::Definition::Persistent);
    WORKS(xml);
    QByteArray changed = *xml;
    changed.replace("</devices>", "<graphics type='vnc' autoport='yes' passwd='hidden'/></devices>");
    WORKS(m_host->defineDomain(changed));
    WORKS(take(u"cold"_s, false, MemoryKind::None));
    using Secrets = Hypervisor::Secrets;
    const auto domain = [&](Secrets secrets) {
        return m_host->domainXml(m_id, Hypervisor::Definition::Persistent, secrets).value_or(QByteArray());
    };
    const auto snapshot
        = [&](Secrets secrets) { return m_host->snapshotXml(m_id, u"cold"_s, secrets).value_or(QByteArray()); };
    QVERIFY(domain(Secrets::LeaveOut).contains("vnc") && !domain(Secrets::LeaveOut).contains("hidden"));
    QVERIFY(domain(Secrets::Include).contains("passwd='hidden'"));
    QVERIFY(snapshot(Secrets::LeaveOut).contains("vnc") && !snapshot(Secrets::LeaveOut).contains("hidden"));
    QVERIFY(snapshot(Secrets::Include).contains("passwd='hidden'"));
}

void tst_Edges::pausesAndResumes()
{
    start();
    WORKS(m_host->pause(m_id));
    QCOMPARE(state(), DomainState::Paused);
    QCOMPARE(pausedBy(), PausedBy::Other);
    WORKS(m_host->resume(m_id));
    QCOMPARE(state(), DomainState::Running);
    const auto job = m_host->jobInfo(m_id);
    WORKS(job);
    QVERIFY(!job->has_value());
    QVERIFY(!m_host->abortJob(m_id)); // there is none
    off();
    QVERIFY(!m_host->pause(m_id));
}

void tst_Edges::keepsMetadata()
{
    const auto policy = [&](Hypervisor::Definition which) {
        return m_host->domainXml(m_id, which).and_then(readDomain).value_or(DomainDefinition{}).policy;
    };
    const auto element = [&] {
        return run(u"virsh"_s, {u"-c"_s, m_sandbox->paths().uri(), u"metadata"_s, u"edge"_s, MetadataUri}).output;
    };
    WORKS(m_host->setMetadata(m_id, {})); // there is none
    WORKS(m_host->setMetadata(m_id, policyElement(SnapshotPolicy::Internal)));
    QCOMPARE(policy(Hypervisor::Definition::Persistent), SnapshotPolicy::Internal);
    QVERIFY(element().contains("policy=\"internal\"") || element().contains("policy='internal'"));
    start();
    QCOMPARE(policy(Hypervisor::Definition::Live), SnapshotPolicy::Internal);
    WORKS(m_host->setMetadata(m_id, policyElement(SnapshotPolicy::External)));
    QCOMPARE(policy(Hypervisor::Definition::Live), SnapshotPolicy::External);
    QCOMPARE(policy(Hypervisor::Definition::Persistent), SnapshotPolicy::External);
    WORKS(m_host->setMetadata(m_id, policyElement(SnapshotPolicy::Ask)));
    QVERIFY2(element().trimmed().isEmpty(), element().constData());
    QCOMPARE(policy(Hypervisor::Definition::Live), SnapshotPolicy::Ask);
    // The editor writes what libvirt reads.
    off();
    const auto xml = m_host->domainXml(m_id, Hypervisor::Definition::Persistent);
    WORKS(xml);
    WORKS(withPolicy(*xml, SnapshotPolicy::Internal).and_then([&](const QByteArray &changed) {
        return m_host->defineDomain(changed);
    }));
    QCOMPARE(policy(Hypervisor::Definition::Persistent), SnapshotPolicy::Internal);
}

void tst_Edges::removesManagedSave()
{
    start();
    m_sandbox->virsh({u"managedsave"_s, u"edge"_s});
    QCOMPARE(state(), DomainState::ShutOff);
    QVERIFY(hasManagedSave());
    WORKS(m_host->removeManagedSave(m_id));
    QVERIFY(!hasManagedSave());
    QVERIFY(m_sandbox->virsh({u"dominfo"_s, u"edge"_s}).contains("Managed save:   no"));
}

void tst_Edges::internalSnapshots()
{
    const QString disk = path(u"edge.qcow2"_s);
    QVERIFY(put(disk, 1));
    start();
    WORKS(take(u"live"_s, false, MemoryKind::Internal));
    QCOMPARE(tags(disk), QStringList{u"live"_s});
    QCOMPARE(read(u"live"_s).memory, MemoryKind::Internal);
    QCOMPARE(read(u"live"_s).description, u"a < b & \"c\""_s);
    off();
    QVERIFY(put(disk, 2));
    WORKS(take(u"cold"_s, false, MemoryKind::None));
    QCOMPARE(tags(disk), (QStringList{u"live"_s, u"cold"_s}));
    WORKS(m_host->revertToSnapshot(m_id, u"live"_s));
    QCOMPARE(state(), DomainState::Running);
    off();
    QVERIFY(holds(disk, 1));
    WORKS(m_host->deleteSnapshot(m_id, u"live"_s));
    QCOMPARE(tags(disk), QStringList{u"cold"_s});
    QCOMPARE(m_sandbox->parents(u"edge"_s), (QMap<QString, QString>{{u"cold"_s, QString()}}));
    // What libvirt knows of it, and nothing else.
    WORKS(m_host->forgetSnapshot(m_id, u"cold"_s));
    QCOMPARE(tags(disk), QStringList{u"cold"_s});
    QVERIFY(m_sandbox->parents(u"edge"_s).isEmpty());
    REFUSED(m_host->deleteSnapshot(m_id, u"cold"_s), ErrorCode::NotFound);
    REFUSED(m_host->forgetSnapshot(m_id, u"cold"_s), ErrorCode::NotFound);
}

void tst_Edges::externalSnapshots()
{
    start();
    WORKS(take(u"e1"_s, true, MemoryKind::External));
    QCOMPARE(source(), path(u"edge.e1"_s));
    QCOMPARE(backing(path(u"edge.e1"_s)), path(u"edge.qcow2"_s));
    QVERIFY(QFileInfo(path(u"edge.e1.mem"_s)).size() > 0);
    QCOMPARE(read(u"e1"_s).memoryFile, path(u"edge.e1.mem"_s));
    WORKS(take(u"e2"_s, true, MemoryKind::None));
    QCOMPARE(read(u"e2"_s).state, SnapshotState::DiskSnapshot);
    off();
    WORKS(take(u"e3"_s, true, MemoryKind::None));
    QCOMPARE(read(u"e3"_s).state, SnapshotState::ShutOff);
    // Children of what is forgotten are its parent's.
    WORKS(m_host->forgetSnapshot(m_id, u"e2"_s));
    QCOMPARE(m_sandbox->parents(u"edge"_s), (QMap<QString, QString>{{u"e1"_s, {}}, {u"e3"_s, u"e1"_s}}));
    QVERIFY(QFile::exists(path(u"edge.e2"_s)));
    QCOMPARE(source(), path(u"edge.e3"_s));
}

void tst_Edges::redefinesSnapshots()
{
    QVERIFY(put(path(u"edge.qcow2"_s), 1));
    WORKS(take(u"root"_s, true, MemoryKind::None));
    WORKS(take(u"child"_s, true, MemoryKind::None));
    const auto redefine = [&](const Result<QByteArray> &xml, bool makeCurrent) {
        return xml.and_then([&](const QByteArray &text) { return m_host->redefineSnapshot(m_id, text, makeCurrent); });
    };
    const auto current = [&] { return m_host->snapshotNames(m_id).value_or(SnapshotNames{}).current; };

    // Another description. One that is current stays it only where that is said.
    const auto child = m_host->snapshotXml(m_id, u"child"_s);
    WORKS(child);
    WORKS(redefine(withSnapshotDescription(*child, u"ä > ö"_s), true));
    QCOMPARE(read(u"child"_s).description, u"ä > ö"_s);
    QCOMPARE(current(), u"child"_s);
    // Another one becomes current without anything else.
    const auto root = m_host->snapshotXml(m_id, u"root"_s);
    WORKS(root);
    WORKS(redefine(*root, true));
    QCOMPARE(current(), u"root"_s);
    QCOMPARE(source(), path(u"edge.child"_s));
    // Another name: the new one first, so that the child never loses its parent.
    WORKS(redefine(withSnapshotName(*root, u"trunk"_s), true));
    WORKS(redefine(withSnapshotParent(*m_host->snapshotXml(m_id, u"child"_s), u"trunk"_s), false));
    WORKS(m_host->forgetSnapshot(m_id, u"root"_s));
    QCOMPARE(m_sandbox->parents(u"edge"_s), (QMap<QString, QString>{{u"trunk"_s, {}}, {u"child"_s, u"trunk"_s}}));
    QCOMPARE(current(), u"trunk"_s);
    // Other files.
    const auto trunk = m_host->snapshotXml(m_id, u"trunk"_s);
    WORKS(redefine(withFrozenSources(*trunk, {{u"vda"_s, path(u"elsewhere.qcow2"_s), {}}}), true));
    QCOMPARE(read(u"trunk"_s).frozen(u"vda").location.name, path(u"elsewhere.qcow2"_s));
    const auto moved = m_host->snapshotXml(m_id, u"trunk"_s);
    WORKS(redefine(withOverlays(*moved, {{u"vda"_s, path(u"over.qcow2"_s), {}}}), true));
    QCOMPARE(read(u"trunk"_s).disks.front().overlay.location.name, path(u"over.qcow2"_s));
    // One that libvirt does not have any more.
    WORKS(m_host->forgetSnapshot(m_id, u"child"_s));
    WORKS(redefine(withSnapshotParent(*child, u"trunk"_s), true));
    QCOMPARE(current(), u"child"_s);
    // A machine that is another one's.
    QByteArray foreign = *child;
    foreign.replace(m_id.value.toLatin1(), QUuid::createUuid().toByteArray(QUuid::WithoutBraces));
    QVERIFY(!m_host->redefineSnapshot(m_id, foreign, false));
}

void tst_Edges::makesAnInternalSnapshotExternal()
{
    const QString disk = path(u"edge.qcow2"_s);
    start();
    WORKS(take(u"live"_s, false, MemoryKind::Internal));
    off();
    WORKS(take(u"cold"_s, false, MemoryKind::None));
    const auto change = [&](const QString &name, const QString &memory) -> Result<> {
        const auto xml = m_host->snapshotXml(m_id, name);
        const auto changed = xml.and_then([&](const QByteArray &text) {
            return asExternalSnapshot(text, {{u"vda"_s, path(name + u".frozen"_s), path(name + u".after"_s)}}, memory);
        });
        if (!changed)
            return failure(changed.error());
        // libvirt compares a redefinition with what it has: forgotten first, it takes any.
        const auto direct = m_host->redefineSnapshot(m_id, *changed, true);
        qInfo("redefined at once: %s", direct ? "yes" : explain(direct).constData());
        if (direct)
            return direct;
        return m_host->forgetSnapshot(m_id, name).and_then([&] {
            return m_host->redefineSnapshot(m_id, *changed, true);
        });
    };
    WORKS(change(u"cold"_s, {}));
    QCOMPARE(read(u"cold"_s).kind(), SnapshotKind::External);
    QCOMPARE(read(u"cold"_s).memory, MemoryKind::None);
    QCOMPARE(read(u"cold"_s).frozen(u"vda").location.name, path(u"cold.frozen"_s));
    QCOMPARE(read(u"cold"_s).parent, u"live"_s);
    WORKS(change(u"live"_s, path(u"live.mem"_s)));
    QCOMPARE(read(u"live"_s).kind(), SnapshotKind::External);
    QCOMPARE(read(u"live"_s).memoryFile, path(u"live.mem"_s));
    QCOMPARE(read(u"live"_s).disks.front().overlay.location.name, path(u"live.after"_s));
    // And without the memory that it had.
    WORKS(change(u"live"_s, {}));
    QCOMPARE(read(u"live"_s).state, SnapshotState::DiskSnapshot);
    QCOMPARE(tags(disk), (QStringList{u"live"_s, u"cold"_s})); // nothing of this touches a file
}

void tst_Edges::restoresMemoryOnAnotherOverlay()
{
    QVERIFY(put(path(u"edge.qcow2"_s), 1));
    start();
    WORKS(take(u"e1"_s, true, MemoryKind::External));
    off();
    QVERIFY(put(path(u"edge.e1"_s), 2));
    const QString overlay = path(u"edge.again"_s);
    WORKS(m_editor.createOverlay(overlay, path(u"edge.qcow2"_s), u"qcow2"_s));
    const auto snapshot = m_host->snapshotXml(m_id, u"e1"_s);
    WORKS(snapshot);
    const auto on = [&](const Result<QByteArray> &domain) {
        return domain.and_then([&](const QByteArray &xml) {
            return withDiskSources(xml, {{u"vda"_s, overlay, u"qcow2"_s}});
        });
    };
    const auto live = on(liveDefinitionThen(*snapshot));
    WORKS(live);
    WORKS(m_host->restoreMemory(m_id, path(u"edge.e1.mem"_s), *live, true));
    QCOMPARE(state(), DomainState::Paused);
    QCOMPARE(source(), overlay);
    WORKS(m_host->resume(m_id));
    const auto next = on(definitionThen(*snapshot));
    WORKS(next);
    WORKS(m_host->defineDomain(*next));
    QCOMPARE(source(Hypervisor::Definition::Persistent), overlay);
    WORKS(m_host->redefineSnapshot(m_id, *snapshot, true));
    WORKS(take(u"e2"_s, true, MemoryKind::None));
    QCOMPARE(m_sandbox->parents(u"edge"_s), (QMap<QString, QString>{{u"e1"_s, {}}, {u"e2"_s, u"e1"_s}}));
    off();
    QVERIFY(holds(path(u"edge.e2"_s), 1));
    QVERIFY(holds(path(u"edge.e1"_s), 2));
    // Once more, and at once running.
    WORKS(m_host->restoreMemory(m_id, path(u"edge.e1.mem"_s), *live, false));
    QCOMPARE(state(), DomainState::Running);
}

void tst_Edges::commitsTheMiddleOfAChain()
{
    const QString base = path(u"edge.qcow2"_s);
    const QString middle = path(u"edge.e1"_s);
    const QString top = path(u"edge.e2"_s);
    QVERIFY(put(base, 1));
    WORKS(take(u"e1"_s, true, MemoryKind::None));
    QVERIFY(put(middle, 2));
    WORKS(take(u"e2"_s, true, MemoryKind::None));
    QVERIFY(put(top, 3, Place + MiB));
    start();
    REFUSED(m_host->beginCommit(m_id, u"vda"_s, path(u"none"_s), base), ErrorCode::NotFound);
    WORKS(m_host->beginCommit(m_id, u"vda"_s, middle, base));
    QTRY_VERIFY_WITH_TIMEOUT(
        [&] {
            const auto job = m_host->blockJob(m_id, u"vda"_s);
            return job && !job->has_value();
        }(),
        Patience);
    QCOMPARE(source(), top);
    QCOMPARE(backing(top), base);
    QVERIFY(QFile::exists(middle)); // nothing is removed
    off();
    QVERIFY(holds(base, 2));
    QVERIFY(holds(top, 2));
    QVERIFY(holds(top, 3, Place + MiB));
}

void tst_Edges::commitsTheActiveLayer()
{
    const QString base = path(u"edge.qcow2"_s);
    const QString middle = path(u"edge.e1"_s);
    const QString top = path(u"edge.e2"_s);
    QVERIFY(put(base, 1));
    WORKS(take(u"e1"_s, true, MemoryKind::None));
    WORKS(take(u"e2"_s, true, MemoryKind::None));
    QVERIFY(put(top, 3));
    start();
    QVERIFY(!m_host->blockJob(m_id, u"vda"_s).value_or(Hypervisor::BlockJobInfo{}).has_value());
    QVERIFY(!m_host->endBlockJob(m_id, u"vda"_s, Hypervisor::BlockJobEnd::Pivot)); // there is none
    const auto isReady = [&] {
        const auto job = m_host->blockJob(m_id, u"vda"_s).value_or(std::nullopt);
        return job && job->isCommit && job->isReady && job->done == job->total;
    };
    // First as if somebody thought better of it.
    WORKS(m_host->beginCommit(m_id, u"vda"_s, top, middle));
    QVERIFY(!m_host->beginCommit(m_id, u"vda"_s, top, base)); // one at a time
    QTRY_VERIFY_WITH_TIMEOUT(isReady(), Patience);
    WORKS(m_host->endBlockJob(m_id, u"vda"_s, Hypervisor::BlockJobEnd::Abort));
    QCOMPARE(source(), top);
    QVERIFY(!m_host->blockJob(m_id, u"vda"_s)->has_value());
    // The range from the top to the bottom.
    WORKS(m_host->beginCommit(m_id, u"vda"_s, top, base));
    QTRY_VERIFY_WITH_TIMEOUT(isReady(), Patience);
    WORKS(m_host->endBlockJob(m_id, u"vda"_s, Hypervisor::BlockJobEnd::Pivot));
    QCOMPARE(source(), base);
    QCOMPARE(source(Hypervisor::Definition::Persistent), base);
    QVERIFY(!m_host->blockJob(m_id, u"vda"_s)->has_value());
    QCOMPARE(state(), DomainState::Running);
    QVERIFY(QFile::exists(top) && QFile::exists(middle));
    off();
    QVERIFY(holds(base, 3));
}

void tst_Edges::volumes()
{
    const QString folder = m_sandbox->paths().images();
    const QString base = path(u"edge.qcow2"_s);
    QVERIFY(put(base, 1));
    VolumeEditor editor(m_host);
    REFUSED(VolumeStore(m_host).fileSystem(folder), ErrorCode::NotFound);
    const auto local = LocalFiles().fileSystem(folder);
    WORKS(local);
    QVERIFY(*local->free > MiB);
    QCOMPARE(LocalFiles().fileSystem(m_sandbox->paths().root)->id, local->id);
    REFUSED(LocalFiles().fileSystem(u"/no/such/folder"_s), ErrorCode::NotFound);
    WORKS(m_host->definePool(
        u"<pool type='dir'><name>edges</name><target><path>%1</path></target></pool>"_s.arg(folder).toUtf8()));
    const auto space = VolumeStore(m_host).fileSystem(folder);
    WORKS(space);
    QVERIFY(*space->free > MiB);
    // libvirt compares names; where ".." leads it does not say.
    REFUSED(VolumeStore(m_host).status(folder + u"/elsewhere/../edge.qcow2"_s), ErrorCode::Unsupported);
    REFUSED(VolumeStore(m_host).withoutParents(folder + u"/elsewhere/../edge.qcow2"_s), ErrorCode::Unsupported);
    const QString volume = path(u"edge.volume"_s);
    WORKS(editor.createOverlay(volume, base, u"qcow2"_s));
    QCOMPARE(backing(volume), base);
    QCOMPARE(imageInfo(volume)["backing-filename-format"_L1].toString(), u"qcow2"_s);
    QCOMPARE(Bytes(imageInfo(volume)["virtual-size"_L1].toInteger()), DiskSize);
    QCOMPARE(statusOf(volume).st_mode & 0777, mode_t(0600));
    QCOMPARE(statusOf(volume).st_uid, m_user.uid);
    QVERIFY(holds(volume, 1));
    QVERIFY(put(volume, 2));
    // What is there is not written over, be it a volume that libvirt knows or a file that it has not seen.
    REFUSED(editor.createOverlay(volume, base, u"qcow2"_s), ErrorCode::Busy);
    WORKS(m_editor.copy(path(u"edge.unseen"_s), volume, {}));
    REFUSED(editor.createOverlay(path(u"edge.unseen"_s), base, u"qcow2"_s), ErrorCode::Busy);
    QVERIFY(holds(path(u"edge.unseen"_s), 2));
    WORKS(editor.remove(volume));
    QVERIFY(!QFile::exists(volume));
    REFUSED(editor.remove(volume), ErrorCode::NotFound);
    REFUSED(editor.pin(base), ErrorCode::Unsupported);
    REFUSED(editor.createOverlay(u"/nowhere/file"_s, base, u"qcow2"_s), ErrorCode::NotFound);
    m_sandbox->virsh({u"pool-destroy"_s, u"edges"_s});
    m_sandbox->virsh({u"pool-undefine"_s, u"edges"_s});
}

void tst_Edges::createsOverlays()
{
    const QString base = path(u"edge.qcow2"_s);
    QVERIFY(put(base, 1));
    QCOMPARE(::chmod(qPrintable(base), 0640), 0);
    const QString overlay = path(u"an over:lay, \"x\".qcow2"_s);
    WORKS(m_editor.createOverlay(overlay, base, u"qcow2"_s));
    QCOMPARE(backing(overlay), base);
    QCOMPARE(Bytes(imageInfo(overlay)["virtual-size"_L1].toInteger()), DiskSize);
    QVERIFY(holds(overlay, 1));
    QCOMPARE(statusOf(overlay).st_mode & 0777, mode_t(0640));
    QCOMPARE(statusOf(overlay).st_uid, statusOf(base).st_uid);
    REFUSED(m_editor.createOverlay(overlay, base, u"qcow2"_s), ErrorCode::Busy);
    QCOMPARE(backing(overlay), base);
    REFUSED(m_editor.createOverlay(path(u"x"_s), path(u"none"_s), u"qcow2"_s), ErrorCode::NotFound);
    REFUSED(m_editor.createOverlay(path(u"x"_s), u"relative"_s, u"qcow2"_s), ErrorCode::Malformed);
    QVERIFY(!QFile::exists(path(u"x"_s)));
    // On a raw image.
    QFile raw(path(u"raw.img"_s));
    QVERIFY(raw.open(QIODevice::WriteOnly) && raw.resize(3 * MiB));
    raw.close();
    WORKS(m_editor.createOverlay(path(u"on-raw"_s), path(u"raw.img"_s), u"raw"_s));
    QCOMPARE(imageInfo(path(u"on-raw"_s))["backing-filename-format"_L1].toString(), u"raw"_s);
    // The machine starts from it.
    const auto xml = m_host->domainXml(m_id, Hypervisor::Definition::Persistent).and_then([&](const QByteArray &text) {
        return withDiskSources(text, {{u"vda"_s, overlay, u"qcow2"_s}});
    });
    WORKS(xml);
    WORKS(m_host->defineDomain(*xml));
    start();
    QCOMPARE(source(), overlay);
}

void tst_Edges::extractsTags_data()
{
    QTest::addColumn<bool>("withMemory");
    QTest::addColumn<bool>("overlay");
    for (const bool withMemory : {false, true}) {
        for (const bool overlay : {false, true})
            QTest::addRow("%s, %s", withMemory ? "with memory" : "contents", overlay ? "over a base" : "alone")
                << withMemory << overlay;
    }
}

void tst_Edges::extractsTags()
{
    QFETCH(const bool, withMemory);
    QFETCH(const bool, overlay);
    // One tag of a running machine, one of one that is off, and one named as another's number.
    QVERIFY(put(path(u"edge.qcow2"_s), 9, Place + MiB));
    if (overlay)
        WORKS(take(u"e1"_s, true, MemoryKind::None));
    const QString image = overlay ? path(u"edge.e1"_s) : path(u"edge.qcow2"_s);
    QVERIFY(put(image, 1));
    start();
    WORKS(take(u"2"_s, false, MemoryKind::Internal)); // its number is 1
    off();
    QVERIFY(put(image, 2));
    WORKS(take(u"a,b = \"c\""_s, false, MemoryKind::None)); // its number is 2
    QVERIFY(put(image, 3));
    const QByteArray before = run(u"sha256sum"_s, {image}).output;

    Bytes last = 0;
    const auto progress = [&last](Bytes done, Bytes total) {
        last = total;
        return done <= total;
    };
    WORKS(m_editor.extractTag(path(u"first"_s), image, u"2"_s, withMemory, progress));
    QVERIFY(holds(path(u"first"_s), 1));
    QVERIFY(holds(path(u"first"_s), 9, Place + MiB));
    QCOMPARE(tags(path(u"first"_s)), withMemory ? QStringList{u"2"_s} : QStringList());
    WORKS(m_editor.extractTag(path(u"second"_s), image, u"a,b = \"c\""_s, withMemory, {}));
    QVERIFY(holds(path(u"second"_s), 2));
    QCOMPARE(statusOf(path(u"second"_s)).st_uid, statusOf(image).st_uid);
    // A merge below must not reach it.
    QCOMPARE(backing(path(u"second"_s)), overlay && withMemory ? path(u"edge.qcow2"_s) : QString());
    QVERIFY(last > 0);
    QCOMPARE(run(u"sha256sum"_s, {image}).output, before);
    REFUSED(m_editor.extractTag(path(u"second"_s), image, u"2"_s, withMemory, {}), ErrorCode::Busy);
    REFUSED(m_editor.extractTag(path(u"third"_s), image, u"none"_s, withMemory, {}), ErrorCode::NotFound);
    QVERIFY(!QFile::exists(path(u"third"_s)));
    if (!withMemory)
        return;
    // QEMU runs from the memory that went along: the machine's snapshot is on the new file now.
    const auto snapshot = m_host->snapshotXml(m_id, u"2"_s);
    WORKS(snapshot);
    const auto moved = withFrozenSources(*snapshot, {{u"vda"_s, path(u"first"_s), u"qcow2"_s}});
    WORKS(moved);
    WORKS(m_host->redefineSnapshot(m_id, *moved, true));
    WORKS(m_host->revertToSnapshot(m_id, u"2"_s));
    QCOMPARE(state(), DomainState::Running);
    QCOMPARE(source(), path(u"first"_s));
}

void tst_Edges::commitsOffline()
{
    const QString base = path(u"edge.qcow2"_s);
    QVERIFY(put(base, 1));
    WORKS(take(u"e1"_s, true, MemoryKind::None));
    WORKS(take(u"e2"_s, true, MemoryKind::None));
    QVERIFY(put(path(u"edge.e2"_s), 3));
    int calls = 0;
    // Nobody can stop it.
    WORKS(m_editor.commit(path(u"edge.e2"_s), base, [&calls](Bytes, Bytes) { return ++calls < 0; }));
    QVERIFY(holds(base, 3));
    QVERIFY(holds(path(u"edge.e2"_s), 3));
    QCOMPARE(backing(path(u"edge.e2"_s)), path(u"edge.e1"_s));
    QVERIFY(put(path(u"edge.e1"_s), 4));
    WORKS(m_editor.commit(path(u"edge.e1"_s), base, {}));
    QVERIFY(holds(base, 4));
    WORKS(m_editor.compare(path(u"edge.e1"_s), base, {}));
    REFUSED(m_editor.compare(path(u"edge.e2"_s), base, {}), ErrorCode::Failed); // which still shows 3
    REFUSED(m_editor.compare(base, path(u"edge.e1"_s), {}), ErrorCode::NotFound);
    REFUSED(m_editor.commit(path(u"none"_s), base, {}), ErrorCode::NotFound);
    QVERIFY(!m_editor.commit(path(u"edge.e2"_s), path(u"none"_s), {}));
}

void tst_Edges::removesTags()
{
    const QString image = path(u"edge.qcow2"_s);
    for (const QString &name : {u"2"_s, u"two"_s, u"a b"_s, u"twice"_s, u"twice"_s})
        QCOMPARE(run(u"qemu-img"_s, {u"snapshot"_s, u"-c"_s, name, image}).exitCode, 0);
    WORKS(m_editor.removeTag(image, u"a b"_s));
    WORKS(m_editor.removeTag(image, u"two"_s));
    QCOMPARE(tags(image), (QStringList{u"2"_s, u"twice"_s, u"twice"_s}));
    REFUSED(m_editor.removeTag(image, u"twice"_s), ErrorCode::Malformed);
    REFUSED(m_editor.removeTag(image, u"two"_s), ErrorCode::NotFound);
    REFUSED(m_editor.removeTag(image, u"4"_s), ErrorCode::NotFound); // the number of one
    WORKS(m_editor.removeTag(image, u"2"_s));
    QCOMPARE(tags(image), (QStringList{u"twice"_s, u"twice"_s}));
    WORKS(m_editor.check(image));
    // A name that is the number of another tag.
    const QString other = path(u"other.qcow2"_s);
    WORKS(m_images->create(u"other.qcow2"_s, MiB));
    for (const QString &name : {u"one"_s, u"1"_s})
        QCOMPARE(run(u"qemu-img"_s, {u"snapshot"_s, u"-c"_s, name, other}).exitCode, 0);
    REFUSED(m_editor.removeTag(other, u"1"_s), ErrorCode::Malformed);
    QCOMPARE(tags(other), (QStringList{u"one"_s, u"1"_s}));
    WORKS(m_editor.removeTag(other, u"one"_s));
    WORKS(m_editor.removeTag(other, u"1"_s));
}

void tst_Edges::copiesAndRenames()
{
    const QString image = path(u"edge.qcow2"_s);
    QVERIFY(put(image, 1));
    QVERIFY(put(image, 2, Place + 8 * MiB));
    QCOMPARE(::chmod(qPrintable(image), 0600), 0);
    WORKS(m_editor.copy(path(u"copy"_s), image, {}));
    QCOMPARE(run(u"cmp"_s, {image, path(u"copy"_s)}).exitCode, 0);
    QCOMPARE(statusOf(path(u"copy"_s)).st_mode & 0777, mode_t(0600));
    QCOMPARE(statusOf(path(u"copy"_s)).st_uid, statusOf(image).st_uid);
    REFUSED(m_editor.copy(path(u"copy"_s), image, {}), ErrorCode::Busy);
    // Holes stay holes, and an end that is one keeps its length.
    QFile sparse(path(u"sparse"_s));
    QVERIFY(sparse.open(QIODevice::ReadWrite) && sparse.resize(64 * MiB) && sparse.seek(20 * MiB));
    QCOMPARE(sparse.write(QByteArray(int(MiB), 'x')), qint64(MiB));
    sparse.close();
    WORKS(m_editor.copy(path(u"sparse.copy"_s), path(u"sparse"_s), {}));
    QCOMPARE(run(u"cmp"_s, {path(u"sparse"_s), path(u"sparse.copy"_s)}).exitCode, 0);
    QVERIFY(Bytes(statusOf(path(u"sparse.copy"_s)).st_blocks) * 512 < 4 * MiB);

    REFUSED(m_editor.rename(path(u"copy"_s), image), ErrorCode::Busy);
    WORKS(m_editor.rename(path(u"copy"_s), path(u"renamed"_s)));
    QVERIFY(!QFile::exists(path(u"copy"_s)));
    QVERIFY(holds(path(u"renamed"_s), 1));
    REFUSED(m_editor.rename(path(u"copy"_s), path(u"x"_s)), ErrorCode::NotFound);
    WORKS(m_editor.remove(path(u"renamed"_s)));
    REFUSED(m_editor.remove(path(u"renamed"_s)), ErrorCode::NotFound);
    REFUSED(m_editor.remove(m_sandbox->paths().images()), ErrorCode::Unsupported);
}

void tst_Edges::repoints()
{
    const QString base = path(u"edge.qcow2"_s);
    QVERIFY(put(base, 1));
    WORKS(m_editor.createOverlay(path(u"over"_s), base, u"qcow2"_s));
    WORKS(m_editor.copy(path(u"twin"_s), base, {}));
    WORKS(m_editor.repoint(path(u"over"_s), path(u"twin"_s), u"qcow2"_s));
    QCOMPARE(backing(path(u"over"_s)), path(u"twin"_s));
    QVERIFY(holds(path(u"over"_s), 1));
    WORKS(m_editor.check(path(u"over"_s)));
    REFUSED(m_editor.repoint(path(u"none"_s), base, u"qcow2"_s), ErrorCode::NotFound);
    // Its chain is broken, and that can be mended.
    WORKS(m_editor.remove(path(u"twin"_s)));
    QVERIFY(!m_editor.check(path(u"over"_s)));
    WORKS(m_editor.repoint(path(u"over"_s), base, u"qcow2"_s));
    WORKS(m_editor.check(path(u"over"_s)));
}

void tst_Edges::pins()
{
    const QString image = path(u"edge.qcow2"_s);
    const QString folder = m_sandbox->paths().images() + u"/.treewarden"_s;
    QVERIFY(put(image, 1));
    const auto first = m_editor.pin(image);
    WORKS(first);
    const auto second = m_editor.pin(image);
    WORKS(second);
    QVERIFY(*first != *second);
    QCOMPARE(QFileInfo(*first).path(), folder);
    QCOMPARE(statusOf(*first).st_ino, statusOf(image).st_ino);
    QCOMPARE(statusOf(folder).st_mode & 0777, mode_t(0700));
    QCOMPARE(statusOf(folder).st_uid, m_user.uid);
    WORKS(m_editor.remove(image));
    QVERIFY(holds(*first, 1));
    WORKS(m_editor.rename(*first, image)); // put back
    QVERIFY(holds(image, 1));
    WORKS(m_editor.unpin(*second));
    QVERIFY(!QFile::exists(folder)); // nothing was left in it
    WORKS(m_editor.rename(image, *first)); // put aside again
    QCOMPARE(statusOf(folder).st_mode & 0777, mode_t(0700));
    WORKS(m_editor.rename(*first, image));
    QVERIFY(QDir().rmdir(folder));
    REFUSED(m_editor.unpin(*second), ErrorCode::NotFound);
    REFUSED(m_editor.unpin(image), ErrorCode::Malformed);
    REFUSED(m_editor.pin(path(u"none"_s)), ErrorCode::NotFound);
    // Somebody made a link of the folder.
    QVERIFY(QFile::link(u"/tmp"_s, folder));
    QVERIFY(!m_editor.pin(image));
    QVERIFY(QFile::remove(folder));
}

void tst_Edges::refusesWhatAMachineUses()
{
    const QString base = path(u"edge.qcow2"_s);
    const QString top = path(u"edge.e1"_s);
    WORKS(take(u"tag"_s, false, MemoryKind::None));
    WORKS(take(u"e1"_s, true, MemoryKind::None));
    start();
    REFUSED(m_editor.commit(top, base, {}), ErrorCode::Busy);
    REFUSED(m_editor.removeTag(base, u"tag"_s), ErrorCode::Busy);
    REFUSED(m_editor.copy(path(u"x"_s), top, {}), ErrorCode::Busy);
    REFUSED(m_editor.remove(top), ErrorCode::Busy);
    REFUSED(m_editor.remove(base), ErrorCode::Busy);
    REFUSED(m_editor.rename(top, path(u"x"_s)), ErrorCode::Busy);
    REFUSED(m_editor.repoint(top, base, u"qcow2"_s), ErrorCode::Busy);
    REFUSED(m_editor.check(top), ErrorCode::Busy);
    QVERIFY(!QFile::exists(path(u"x"_s)));
    // The base is only read.
    WORKS(m_editor.extractTag(path(u"x"_s), base, u"tag"_s, false, {}));
    WORKS(m_editor.extractTag(path(u"y"_s), base, u"tag"_s, true, {}));
    WORKS(m_editor.createOverlay(path(u"z"_s), base, u"qcow2"_s));
    QCOMPARE(tags(base), QStringList{u"tag"_s});
    off();
    WORKS(m_editor.remove(top));
}

void tst_Edges::stopsAndLeavesNothing()
{
    const QString image = path(u"edge.qcow2"_s);
    WORKS(m_images->fill(u"edge.qcow2"_s, Place, 8 * MiB, 7));
    QCOMPARE(run(u"qemu-img"_s, {u"snapshot"_s, u"-c"_s, u"tag"_s, image}).exitCode, 0);
    const auto stop = [](Bytes, Bytes) { return false; };
    REFUSED(m_editor.copy(path(u"copy"_s), image, stop), ErrorCode::Cancelled);
    REFUSED(m_editor.extractTag(path(u"tag"_s), image, u"tag"_s, true, stop), ErrorCode::Cancelled);
    QCOMPARE(QDir(m_sandbox->paths().images()).entryList(QDir::Files), QStringList{u"edge.qcow2"_s});
    // Nor does one that finds no room, here because no file may be as large.
    const QString small = path(u"small"_s);
    QVERIFY(QDir().mkpath(small));
    const auto refusesIn = [&](const QByteArray &why, const std::function<void()> &after) {
        const auto copied = m_editor.copy(small + u"/copy"_s, image, {});
        const auto extracted = m_editor.extractTag(small + u"/tag"_s, image, u"tag"_s, false, {});
        const QStringList left = QDir(small).entryList(QDir::Files);
        after();
        QVERIFY(!copied && !extracted);
        QVERIFY2(copied.error().detail.contains(QLatin1StringView(why)), explain(copied).constData());
        QVERIFY2(extracted.error().detail.contains(QLatin1StringView(why)), explain(extracted).constData());
        QCOMPARE(left, QStringList());
    };
    rlimit before = {};
    QCOMPARE(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto onSignal = std::signal(SIGXFSZ, SIG_IGN); // as the processes that are started here then do
    const rlimit limited{2 * MiB, before.rlim_max};
    QCOMPARE(setrlimit(RLIMIT_FSIZE, &limited), 0);
    refusesIn("File too large", [&] {
        setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, onSignal);
    });
    // And where the disk is full, which takes a file system of its own.
    if (QTest::currentTestFailed())
        return;
    std::optional<SmallDisk> disk;
    QVERIFY(disk.emplace(small, "2m").isMounted());
    refusesIn("No space", [&] { disk.reset(); });
}

void tst_Edges::refusesWhatQemuWouldGuess()
{
    const QString base = path(u"edge.qcow2"_s);
    WORKS(m_editor.createOverlay(path(u"over"_s), base, u"qcow2"_s));
    // A header without the format below, as an old qemu-img wrote it.
    const auto blank = [&](const QByteArray &from, const QByteArray &to) {
        QFile file(path(u"over"_s));
        if (!file.open(QIODevice::ReadWrite))
            return false;
        QByteArray head = file.read(4096);
        if (!head.contains(from))
            return false;
        head.replace(from, to);
        return file.seek(0) && file.write(head) == head.size();
    };
    QVERIFY(blank("\xe2\x79\x2a\xca", "\x11\x22\x33\x44"));
    for (const auto &refused : {m_editor.commit(path(u"over"_s), base, {}), m_editor.check(path(u"over"_s)),
             m_editor.createOverlay(path(u"x"_s), path(u"over"_s), u"qcow2"_s)})
        REFUSED(refused, ErrorCode::Malformed);
    QVERIFY(!QFile::exists(path(u"x"_s)));
}

TREEWARDEN_LIVE_MAIN(tst_Edges, Mounts::Own)
#include "tst_edges.moc"
