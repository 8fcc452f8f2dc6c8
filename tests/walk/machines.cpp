// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/machines.h"

#include <QDir>
#include <QFileInfo>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

Result<> done(const ProcessResult &result, const QString &what)
{
    if (result.exitCode != 0)
        return failure(ErrorCode::Failed, what, QString::fromUtf8(result.error + result.output).trimmed());
    return {};
}

Result<> put(const QString &path, const QByteArray &contents)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
        return failure(ErrorCode::Failed, path, file.errorString());
    return {};
}

QByteArray definition(const QString &name, const std::vector<std::pair<QString, QString>> &disks)
{
    QString devices;
    for (const auto &[target, path] : disks) {
        devices += u"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%1'/>"
                   "<target dev='%2' bus='virtio'/></disk>"_s.arg(path, target);
    }
    return u"<domain type='qemu'><name>%1</name><uuid>%2</uuid><memory unit='MiB'>8</memory><vcpu>1</vcpu>"
           "<os><type arch='x86_64'>hvm</type></os><features><acpi/></features><devices>%3"
           "<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"_s
               .arg(name, QUuid::createUuid().toString(QUuid::WithoutBraces), devices)
               .toUtf8();
}

} // namespace

WalkMachines::WalkMachines(const WalkHost &host, QString folder)
    : m_host(host)
    , m_folder(std::move(folder))
    , m_copy(m_folder + u".copy"_s)
{
}

WalkMachines::~WalkMachines()
{
    const WalkHost::AsOwner owner(m_host);
    for (const QString &name : std::as_const(m_names)) {
        m_host.virsh({u"destroy "_s + name});
        m_host.virsh({u"undefine %1 --snapshots-metadata --managed-save"_s.arg(name)});
    }
    QDir(m_copy).removeRecursively();
    QDir(m_folder).removeRecursively();
}

// `megabytes` where nothing lies below.
Result<> WalkMachines::createImage(const QString &path, const QString &backing, int megabytes) const
{
    QStringList arguments{u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s};
    if (!backing.isEmpty())
        arguments << u"-b"_s << backing << u"-F"_s << u"qcow2"_s << path;
    else
        arguments << path << QString::number(megabytes) + u'M';
    const auto made = done(m_host.tool(u"qemu-img"_s, arguments), path);
    m_host.give(path);
    return made;
}

Result<> WalkMachines::fill(const QString &path, int pattern) const
{
    return done(
        m_host.tool(u"qemu-io"_s, {u"-f"_s, u"qcow2"_s, u"-c"_s, u"write -q -P %1 0 512k"_s.arg(pattern), path}), path);
}

Result<> WalkMachines::make(Dice &dice)
{
    const WalkHost::AsOwner owner(m_host);
    const int count = 1 + dice.below(3);
    const bool isShared = dice.oneIn(3);
    const QString shared = isShared ? m_folder + u"/base.qcow2"_s : QString();
    if (isShared) {
        if (const auto made
            = createImage(shared, {}, 8 + 4 * dice.below(3)).and_then([&] { return fill(shared, 0xbb); });
            !made)
            return made;
    }
    for (int machine = 0; machine < count; ++machine) {
        const QString name = u"m%1"_s.arg(machine);
        std::vector<std::pair<QString, QString>> disks;
        for (int disk = 0; disk < 1 + (dice.oneIn(3) ? 1 : 0); ++disk) {
            const QString target = disk == 0 ? u"vda"_s : u"vdb"_s;
            const QString path = u"%1/%2-%3.qcow2"_s.arg(m_folder, name, target);
            const QString backing = disk == 0 ? shared : QString();
            const int size = backing.isEmpty() ? 8 + 4 * dice.below(3) : 0;
            if (const auto made
                = createImage(path, backing, size).and_then([&] { return fill(path, 1 + machine * 2 + disk); });
                !made)
                return made;
            disks.emplace_back(target, path);
        }
        const QString xml = m_folder + u"/define.xml"_s;
        if (const auto written = put(xml, definition(name, disks)); !written)
            return written;
        const auto defined = done(m_host.virsh({u"define "_s + xml}), name);
        QFile::remove(xml);
        if (!defined)
            return defined;
        m_names << name;
        m_description += u"%1 with %2 disk(s); "_s.arg(name).arg(disks.size());
    }
    m_description += isShared ? u"first disks on one base"_s : u"nothing shared"_s;
    return {};
}

QString WalkMachines::description() const
{
    return m_description;
}

Result<> WalkMachines::write(
    const QString &machine, bool isRunning, const QString &target, const QString &path, int block, int pattern) const
{
    const WalkHost::AsOwner owner(m_host);
    const QString command = u"write -P %1 %2k 64k"_s.arg(pattern).arg(block * 64);
    if (!isRunning)
        return done(
            m_host.tool(u"qemu-io"_s, {u"-f"_s, u"qcow2"_s, u"-c"_s, command, u"-c"_s, u"flush"_s, path}), path);
    const QString device = u"-d /machine/peripheral/virtio-disk%1/virtio-backend"_s.arg(target.back().unicode() - u'a');
    for (const QString &each : {command, u"flush"_s}) {
        const ProcessResult result = run(u"virsh"_s,
            {u"-q"_s, u"-c"_s, m_host.uri(), u"qemu-monitor-command"_s, machine, u"--hmp"_s,
                u"qemu-io %1 \"%2\""_s.arg(device, each)});
        // The monitor says something where it is an error; what qemu-io says goes to QEMU's own output.
        if (result.exitCode != 0 || !result.output.trimmed().isEmpty())
            return failure(ErrorCode::Failed, machine, QString::fromUtf8(result.output + result.error).trimmed());
    }
    return {};
}

Result<> WalkMachines::attach(const QString &machine, bool isRunning, const QString &target, int pattern) const
{
    const WalkHost::AsOwner owner(m_host);
    // Another name than that of one that a snapshot may know.
    const QString path = u"%1/%2-%3-later%4.qcow2"_s.arg(m_folder, machine, target).arg(pattern);
    return createImage(path, {}, 8).and_then([&] { return fill(path, 200 + pattern % 50); }).and_then([&] {
        return done(
            m_host.virsh({u"attach-disk %1 %2 %3 --targetbus virtio --driver qemu --subdriver qcow2 --config%4"_s.arg(
                machine, path, target, isRunning ? u" --live"_s : QString())}),
            path);
    });
}

Result<> WalkMachines::save(const QString &machine) const
{
    const WalkHost::AsOwner owner(m_host);
    return done(m_host.virsh({u"managedsave "_s + machine}), machine);
}

Result<> WalkMachines::start(const QString &machine) const
{
    const WalkHost::AsOwner owner(m_host);
    return done(m_host.virsh({u"start "_s + machine}), machine);
}

Result<> WalkMachines::resume(const QString &machine) const
{
    const WalkHost::AsOwner owner(m_host);
    return done(m_host.virsh({u"resume "_s + machine}), machine);
}

Result<> WalkMachines::keep()
{
    const WalkHost::AsOwner owner(m_host);
    QDir(m_copy).removeRecursively();
    if (const auto copied = done(m_host.tool(u"cp"_s, {u"-a"_s, u"--sparse=always"_s, m_folder, m_copy}), m_folder);
        !copied)
        return copied;
    m_kept.clear();
    for (const QString &name : std::as_const(m_names)) {
        Kept kept;
        const QByteArray state = m_host.virsh({u"domstate "_s + name}).output.trimmed();
        kept.wasOn = state != "shut off";
        kept.wasPaused = state == "paused";
        kept.wasSaved = m_host.virsh({u"managedsave-dumpxml "_s + name}).exitCode == 0;
        kept.definition = m_host.virsh({u"dumpxml %1 --inactive"_s.arg(name)}).output;
        const QByteArray names = m_host.virsh({u"snapshot-list %1 --name --topological"_s.arg(name)}).output;
        for (const QString &snapshot : QString::fromUtf8(names).split(u'\n', Qt::SkipEmptyParts)) {
            const ProcessResult xml = m_host.virsh({u"snapshot-dumpxml %1 %2"_s.arg(name, snapshot.trimmed())});
            if (xml.exitCode != 0)
                return failure(ErrorCode::Failed, name, QString::fromUtf8(xml.error));
            kept.snapshots.emplace_back(snapshot.trimmed(), xml.output);
        }
        if (!kept.snapshots.empty())
            kept.current
                = QString::fromUtf8(m_host.virsh({u"snapshot-current %1 --name"_s.arg(name)}).output).trimmed();
        m_kept.insert(name, kept);
    }
    return {};
}

Result<> WalkMachines::putBack()
{
    const WalkHost::AsOwner owner(m_host);
    for (const QString &name : std::as_const(m_names)) {
        m_host.virsh({u"destroy "_s + name});
        const auto undefined
            = done(m_host.virsh({u"undefine %1 --snapshots-metadata --managed-save"_s.arg(name)}), name);
        if (!undefined)
            return undefined;
    }
    QDir(m_folder).removeRecursively();
    if (const auto copied = done(m_host.tool(u"cp"_s, {u"-a"_s, m_copy, m_folder}), m_folder); !copied)
        return copied;
    for (auto kept = m_kept.cbegin(); kept != m_kept.cend(); ++kept) {
        if (const auto put = redefine(kept.key(), *kept); !put)
            return put;
    }
    return {};
}

Result<> WalkMachines::redefine(const QString &machine, const Kept &kept) const
{
    const QString xml = m_folder + u"/define.xml"_s;
    const auto define = [&](const QByteArray &contents, const QString &command) -> Result<> {
        return put(xml, contents).and_then([&] { return done(m_host.virsh({command}), machine); });
    };
    auto result = define(kept.definition, u"define "_s + xml);
    for (const auto &[name, contents] : kept.snapshots) {
        if (result)
            result = define(contents,
                u"snapshot-create %1 %2 --redefine%3"_s.arg(
                    machine, xml, name == kept.current ? u" --current"_s : QString()));
    }
    QFile::remove(xml);
    if (result && kept.wasSaved)
        result = start(machine).and_then([&] { return save(machine); });
    if (result && kept.wasOn)
        result = done(m_host.virsh({u"start "_s + machine + (kept.wasPaused ? u" --paused"_s : QString())}), machine);
    return result;
}

} // namespace treewarden::test
