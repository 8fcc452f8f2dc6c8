// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/samplehost.h"

#include "model/qmp/blocknode.h"

namespace treewarden {

namespace {

using namespace Qt::StringLiterals;

const QString Folder = u"/var/lib/libvirt/images/"_s;

QString domainXml(int number, const QString &name, const QString &image, int memoryMiB)
{
    return uR"(<domain type='kvm'><name>%1</name><uuid>%2</uuid><memory unit='MiB'>%3</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%4'/><target dev='vda' bus='virtio'/></disk>
</devices></domain>)"_s.arg(name, sampleMachine(number).value)
        .arg(memoryMiB)
        .arg(Folder + image);
}

struct Then
{
    int domain = 0;
    QString machine;
    QString frozen; // the image it stood on
    QString overlay; // external only
    QString memory; // external memory file; "internal": saved in the tag
    QString state = u"shutoff"_s;
    int memoryMiB = 2048;
};

QByteArray snapshotXml(const QString &name, const QString &parent, qint64 created, const Then &then)
{
    const QString disk = then.overlay.isEmpty()
        ? u"<disk name='vda' snapshot='internal'/>"_s
        : u"<disk name='vda' snapshot='external' type='file'><driver type='qcow2'/><source file='%1'/></disk>"_s.arg(
            Folder + then.overlay);
    const QString memory = then.memory.isEmpty() ? u"<memory snapshot='no'/>"_s
        : then.memory == "internal"_L1           ? u"<memory snapshot='internal'/>"_s
                                       : u"<memory snapshot='external' file='%1'/>"_s.arg(Folder + then.memory);
    const QString parentXml = parent.isEmpty() ? QString() : u"<parent><name>%1</name></parent>"_s.arg(parent);
    return u"<domainsnapshot><name>%1</name>%2<state>%3</state><creationTime>%4</creationTime>%5<disks>%6</disks>%7</domainsnapshot>"_s
        .arg(name, parentXml, then.state)
        .arg(created)
        .arg(memory, disk, domainXml(then.domain, then.machine, then.frozen, then.memoryMiB))
        .toUtf8();
}

Tag tag(const QString &id, const QString &name, qint64 created, Bytes memory = 0)
{
    Tag made;
    made.id = id;
    made.name = name;
    made.created = created;
    made.vmStateSize = memory;
    return made;
}

// What the QEMU of a running machine says of its disk.
QByteArray blockNodes(const QString &path, const QString &backing)
{
    return u"{\"return\":[{\"node-name\":\"libvirt-1-format\",\"drv\":\"qcow2\",\"ro\":false,\"file\":\"%1\",\"image\":"
           "{\"filename\":\"%1\",\"format\":\"qcow2\",\"virtual-size\":21474836480,\"backing-filename\":\"%2\","
           "\"backing-filename-format\":\"qcow2\"}}]}"_s.arg(path, backing)
               .toUtf8();
}

} // namespace

DomainId sampleMachine(int n)
{
    return DomainId(u"0e9bd0a8-1c5e-4c0f-9d0a-0000000000%1"_s.arg(n, 2, 10, QLatin1Char('0')));
}

std::shared_ptr<FakeHost> sampleHost(qint64 now)
{
    constexpr qint64 day = 86400;
    const auto host = FakeHost::create();
    const auto image = [&](const QString &name, Bytes taken, const Qcow2Recipe &recipe) {
        host->addImage(Folder + name, qcow2Bytes(recipe), taken, u"default"_s);
    };
    const auto overlay = [&](const QString &name, const QString &base, Bytes taken) {
        image(name, taken, {20 * GiB, Folder + base, u"qcow2"_s, {}});
    };
    const auto machine
        = [&](int number, const QString &name, const QString &disk, DomainState state = DomainState::ShutOff) {
              return host->addDomain(domainXml(number, name, disk, 4096).toUtf8(), state);
          };

    image(u"issue-811.qcow2"_s, 7 * GiB + 400 * MiB,
        {20 * GiB, {}, {},
            {tag(u"1"_s, u"clean-install"_s, now - 12 * day), tag(u"2"_s, u"drivers"_s, now - 11 * day, 1100 * MiB),
                tag(u"3"_s, u"updates-june"_s, now - 6 * day),
                tag(u"4"_s, u"try-nvidia"_s, now - 30 * day, 190 * MiB)}});
    overlay(u"issue-811.before-upgrade"_s, u"issue-811.qcow2"_s, 900 * MiB);
    overlay(u"issue-811.after-upgrade"_s, u"issue-811.before-upgrade"_s, 2300 * MiB);
    overlay(u"issue-811.1719650000"_s, u"issue-811.qcow2"_s, 740 * MiB);
    host->addImage(Folder + u"issue-811.after-upgrade.mem", QByteArray("LibvirtQemudSave"), 512 * MiB, u"default"_s);
    const DomainId mixed = machine(0, u"issue-811"_s, u"issue-811.qcow2"_s);
    const Then internal{0, u"issue-811"_s, u"issue-811.qcow2"_s, {}, {}};
    Then running = internal;
    running.memory = u"internal"_s;
    running.state = u"running"_s;
    host->setSnapshots(mixed,
        {snapshotXml(u"clean-install"_s, {}, now - 12 * day, internal),
            snapshotXml(u"drivers"_s, u"clean-install"_s, now - 11 * day, running),
            snapshotXml(u"updates-june"_s, u"clean-install"_s, now - 6 * day, internal),
            snapshotXml(u"before-upgrade"_s, u"updates-june"_s, now - 2 * day,
                {0, u"issue-811"_s, u"issue-811.qcow2"_s, u"issue-811.before-upgrade"_s, {}}),
            snapshotXml(u"after-upgrade"_s, u"before-upgrade"_s, now - day - 3600,
                {0, u"issue-811"_s, u"issue-811.before-upgrade"_s, u"issue-811.after-upgrade"_s,
                    u"issue-811.after-upgrade.mem"_s, u"running"_s})},
        u"updates-june"_s);

    image(u"web.qcow2"_s, 3 * GiB, {});
    overlay(u"web.nightly-6"_s, u"web.qcow2"_s, 640 * MiB);
    overlay(u"web.nightly-7"_s, u"web.nightly-6"_s, 196 * MiB);
    host->addImage(Folder + u"web.nightly-6.mem", QByteArray("LibvirtQemudSave"), 900 * MiB, u"default"_s);
    host->addImage(Folder + u"web.nightly-7.mem", QByteArray("LibvirtQemudSave"), 912 * MiB, u"default"_s);
    const DomainId web = machine(1, u"web-staging"_s, u"web.nightly-7"_s, DomainState::Running);
    host->setQmpReply(web, queryNamedBlockNodes(), blockNodes(Folder + u"web.nightly-7", Folder + u"web.nightly-6"));
    host->setSnapshots(web,
        {snapshotXml(u"nightly-6"_s, {}, now - 26 * 3600,
             {1, u"web-staging"_s, u"web.qcow2"_s, u"web.nightly-6"_s, u"web.nightly-6.mem"_s, u"running"_s}),
            snapshotXml(u"nightly-7"_s, u"nightly-6"_s, now - 2 * 3600,
                {1, u"web-staging"_s, u"web.nightly-6"_s, u"web.nightly-7"_s, u"web.nightly-7.mem"_s, u"running"_s})},
        u"nightly-7"_s);

    image(u"golden.qcow2"_s, 2 * GiB, {});
    overlay(u"golden-clone-1.qcow2"_s, u"golden.qcow2"_s, 310 * MiB);
    overlay(u"golden-clone-2.qcow2"_s, u"golden.qcow2"_s, 55 * MiB);
    machine(2, u"golden-base"_s, u"golden.qcow2"_s);
    const DomainId clone = machine(3, u"golden-clone-1"_s, u"golden-clone-1.qcow2"_s, DomainState::Paused);
    host->setQmpReply(
        clone, queryNamedBlockNodes(), blockNodes(Folder + u"golden-clone-1.qcow2", Folder + u"golden.qcow2"));
    machine(4, u"golden-clone-2"_s, u"golden-clone-2.qcow2"_s);

    overlay(u"lost-top.qcow2"_s, u"lost-base.qcow2"_s, 120 * MiB);
    machine(5, u"lost-base"_s, u"lost-top.qcow2"_s);

    image(u"chain.qcow2"_s, GiB, {});
    std::vector<QByteArray> chain;
    QString below = u"chain.qcow2"_s;
    for (int i = 1; i <= 12; ++i) {
        const QString name = u"step-%1"_s.arg(i, 2, 10, QLatin1Char('0'));
        const QString top = u"chain."_s + name;
        overlay(top, below, Bytes(i) * 17 * MiB);
        chain.push_back(snapshotXml(name, i == 1 ? QString() : u"step-%1"_s.arg(i - 1, 2, 10, QLatin1Char('0')),
            now - (20 - i) * day, {6, u"chain"_s, below, top, {}}));
        below = top;
    }
    const DomainId deep = machine(6, u"chain"_s, below);
    host->setSnapshots(deep, chain, u"step-12"_s);

    image(u"new.qcow2"_s, 200 * KiB, {});
    machine(7, u"new"_s, u"new.qcow2"_s);
    return host;
}

QByteArray oneDiskMachine(const QString &name, const QString &uuid, const QString &disk)
{
    return u"<domain type='qemu'><name>%1</name><uuid>%2</uuid><devices><disk type='file' device='disk'>"
           "<driver name='qemu' type='qcow2'/><source file='%3'/><target dev='vda'/></disk></devices></domain>"_s
               .arg(name, uuid, disk)
               .toUtf8();
}

} // namespace treewarden
