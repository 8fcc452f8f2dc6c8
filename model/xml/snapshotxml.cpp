// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/snapshotxml.h"

#include "model/xml/domainxml.h"
#include "model/xml/location.h"
#include "model/xml/prune.h"
#include "model/xml/xmlstream.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

template <typename T>
struct Word
{
    QStringView word;
    T value;
};

template <typename T, size_t N>
T lookUp(const std::array<Word<T>, N> &words, QStringView word, T otherwise)
{
    const auto found = std::find_if(words.begin(), words.end(), [word](const Word<T> &w) { return w.word == word; });
    return found == words.end() ? otherwise : found->value;
}

constexpr std::array<Word<SnapshotState>, 8> states{{
    {u"running", SnapshotState::Running},
    {u"blocked", SnapshotState::Blocked},
    {u"paused", SnapshotState::Paused},
    {u"shutdown", SnapshotState::ShuttingDown},
    {u"shutoff", SnapshotState::ShutOff},
    {u"crashed", SnapshotState::Crashed},
    {u"pmsuspended", SnapshotState::PmSuspended},
    {u"disk-snapshot", SnapshotState::DiskSnapshot},
}};

constexpr std::array<Word<MemoryKind>, 2> memoryKinds{{
    {u"internal", MemoryKind::Internal},
    {u"external", MemoryKind::External},
}};

constexpr std::array<Word<SnapshotDiskKind>, 3> diskKinds{{
    {u"no", SnapshotDiskKind::None},
    {u"internal", SnapshotDiskKind::Internal},
    {u"external", SnapshotDiskKind::External},
}};

SnapshotDisk readSnapshotDisk(QXmlStreamReader &xml)
{
    SnapshotDisk disk;
    disk.target = attribute(xml, u"name").toString();
    const QString type = attribute(xml, u"type").toString();
    const QString kind = attribute(xml, u"snapshot").toString();
    while (xml.readNextStartElement()) {
        if (xml.name() == u"source") {
            const SourceElement source = readSource(xml, type);
            disk.overlay.location = source.location;
            disk.overlay.dataFile = source.dataFile;
            continue;
        }
        if (xml.name() == u"driver")
            disk.overlay.format = attribute(xml, u"type").toString();
        else if (xml.name() == u"snapshotDeleteInProgress")
            disk.deleteInProgress = true;
        xml.skipCurrentElement();
    }
    if (!kind.isEmpty())
        disk.kind = lookUp(diskKinds, kind, SnapshotDiskKind::Manual);
    else if (disk.overlay != DiskSource{})
        disk.kind = SnapshotDiskKind::External;
    return disk;
}

std::vector<SnapshotDisk> readSnapshotDisks(QXmlStreamReader &xml)
{
    std::vector<SnapshotDisk> disks;
    while (xml.readNextStartElement()) {
        if (xml.name() != u"disk") {
            xml.skipCurrentElement();
            continue;
        }
        disks.push_back(readSnapshotDisk(xml));
        if (disks.back().target.isEmpty())
            xml.raiseError(u"a <disk> without a name"_s);
    }
    return disks;
}

MemoryKind memoryWhereUnsaid(const Snapshot &snapshot)
{
    if (!snapshot.memoryFile.isEmpty())
        return MemoryKind::External;
    switch (snapshot.state) {
    case SnapshotState::Unknown:
    case SnapshotState::ShutOff:
    case SnapshotState::Crashed:
    case SnapshotState::DiskSnapshot:
        return MemoryKind::None;
    case SnapshotState::Running:
    case SnapshotState::Blocked:
    case SnapshotState::Paused:
    case SnapshotState::ShuttingDown:
    case SnapshotState::PmSuspended:
        break;
    }
    return MemoryKind::Internal;
}

Snapshot readSnapshotElement(QXmlStreamReader &xml)
{
    Snapshot snapshot;
    std::optional<MemoryKind> memory;
    while (xml.readNextStartElement()) {
        const QStringView child = xml.name();
        if (child == u"name") {
            snapshot.name = elementText(xml);
        } else if (child == u"description") {
            snapshot.description = elementText(xml);
        } else if (child == u"state") {
            snapshot.state = lookUp(states, elementText(xml).trimmed(), SnapshotState::Unknown);
        } else if (child == u"parent") {
            snapshot.parent = childText(xml, u"name");
        } else if (child == u"creationTime") {
            // libvirt takes any number (virXPathLongLong); no snapshot was taken before 1970.
            const qint64 created
                = elementNumber(xml, std::numeric_limits<qint64>::min(), std::numeric_limits<qint64>::max());
            snapshot.created = std::max<qint64>(created, 0);
        } else if (child == u"memory") {
            snapshot.memoryFile = attribute(xml, u"file").toString();
            if (const QStringView kind = attribute(xml, u"snapshot"); !kind.isEmpty())
                memory = lookUp(memoryKinds, kind, MemoryKind::None);
            xml.skipCurrentElement();
        } else if (child == u"disks") {
            snapshot.disks = readSnapshotDisks(xml);
        } else if (child == u"revertDisks") {
            snapshot.revertDisks = readSnapshotDisks(xml);
        } else if (child == u"domain") {
            DomainDefinition definition = readDomainElement(xml);
            if (!definition.name.isEmpty())
                snapshot.definition = std::make_shared<const DomainDefinition>(std::move(definition));
        } else {
            xml.skipCurrentElement();
        }
    }
    snapshot.memory = memory.value_or(memoryWhereUnsaid(snapshot));
    return snapshot;
}

Result<Snapshot> readWhole(const QByteArray &document)
{
    QXmlStreamReader xml;
    openDocument(xml, document, u"domainsnapshot");
    Snapshot snapshot;
    if (!xml.hasError())
        snapshot = readSnapshotElement(xml);
    if (!xml.hasError() && snapshot.name.isEmpty())
        xml.raiseError(u"a snapshot without a name"_s);
    if (Result<> end = closeDocument(xml); !end)
        return failure(std::move(end.error()));
    return snapshot;
}

} // namespace

Result<Snapshot> readSnapshot(const QByteArray &document)
{
    Result<Snapshot> snapshot = readWhole(pruned(document));
    // Once more for the position of the fault in what was given.
    return snapshot ? snapshot : readWhole(document);
}

Result<Snapshot> SnapshotReader::read(const QByteArray &document)
{
    Result<Snapshot> snapshot = readSnapshot(document);
    if (!snapshot || !snapshot->definition)
        return snapshot;
    const auto equal = std::find_if(
        m_last.begin(), m_last.end(), [&](const auto &last) { return last && *last == *snapshot->definition; });
    if (equal != m_last.end()) {
        snapshot->definition = *equal;
    } else {
        m_last[m_next] = snapshot->definition;
        m_next = (m_next + 1) % m_last.size();
    }
    return snapshot;
}

QString nameOfSnapshot(const QByteArray &document)
{
    QXmlStreamReader xml(document);
    if (!xml.readNextStartElement())
        return {};
    while (xml.readNextStartElement()) {
        if (xml.name() == u"name")
            return elementText(xml);
        xml.skipCurrentElement();
    }
    return {};
}

} // namespace treewarden
