// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/location.h"

#include "model/xml/xmlstream.h"

#include <algorithm>
#include <array>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

struct NamedKind
{
    QStringView type;
    SourceKind kind;
};
constexpr std::array kinds{
    NamedKind{u"file", SourceKind::File},
    NamedKind{u"block", SourceKind::Block},
    NamedKind{u"dir", SourceKind::Dir},
    NamedKind{u"network", SourceKind::Network},
    NamedKind{u"volume", SourceKind::Volume},
    NamedKind{u"nvme", SourceKind::Nvme},
    NamedKind{u"vhostuser", SourceKind::VhostUser},
    NamedKind{u"vhostvdpa", SourceKind::VhostVdpa},
};

SourceKind sourceKind(QStringView type)
{
    if (type.isEmpty())
        return SourceKind::File;
    const auto found = std::find_if(kinds.begin(), kinds.end(), [type](const NamedKind &k) { return k.type == type; });
    return found == kinds.end() ? SourceKind::Other : found->kind;
}

// The ports libvirt fills in where none is given (virStorageSourceNetworkDefaultPort).
struct NamedPort
{
    QStringView protocol;
    QStringView port;
};
constexpr std::array defaultPorts{
    NamedPort{u"nbd", u"10809"},
    NamedPort{u"sheepdog", u"7000"},
    NamedPort{u"gluster", u"24007"},
    NamedPort{u"iscsi", u"3260"},
    NamedPort{u"http", u"80"},
    NamedPort{u"https", u"443"},
    NamedPort{u"ftp", u"21"},
    NamedPort{u"ftps", u"990"},
    NamedPort{u"tftp", u"69"},
    NamedPort{u"ssh", u"22"},
    NamedPort{u"vxhs", u"9999"},
    NamedPort{u"nfs", u"2049"},
};

bool isDefaultPort(QStringView protocol, QStringView port)
{
    return std::any_of(defaultPorts.begin(), defaultPorts.end(),
        [&](const NamedPort &d) { return d.protocol == protocol && d.port == port; });
}

// The attributes and children of a network <source>.
struct NetworkSource
{
    QString protocol;
    QString name;
    QString query;
    QString snapshot;
    QString transport;
    QString socket;
    QStringList hosts;

    void readHost(const QXmlStreamReader &xml)
    {
        const QStringView given = attribute(xml, u"transport");
        if (!given.isEmpty() && given != u"tcp")
            transport = given.toString();
        if (const QStringView path = attribute(xml, u"socket"); !path.isEmpty())
            socket = path.toString();
        QString host = attribute(xml, u"name").toString().toLower();
        if (host.contains(u':') && !host.startsWith(u'['))
            host = u'[' + host + u']';
        if (const QStringView port = attribute(xml, u"port"); !port.isEmpty() && !isDefaultPort(protocol, port))
            host += u':' + port;
        if (!host.isEmpty())
            hosts.append(host);
    }

    QString uri() const
    {
        QString text = protocol;
        if (!transport.isEmpty())
            text += u'+' + transport;
        text += u"://" + hosts.join(u',');
        const QStringView path = name.startsWith(u'/') ? QStringView(name).mid(1) : QStringView(name);
        if (!path.isEmpty() || !socket.isEmpty())
            text += u'/' + path;
        if (!snapshot.isEmpty())
            text += u'@' + snapshot;
        if (!query.isEmpty())
            text += u'?' + query;
        if (!socket.isEmpty())
            text += (query.isEmpty() ? u'?' : u'&') + u"socket="_s + socket;
        return text;
    }
};

// <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/> as QEMU writes it.
QString pciAddress(const QXmlStreamReader &xml)
{
    const auto part = [&xml](QStringView name, int width) {
        const uint value = attribute(xml, name).toString().toUInt(nullptr, 0);
        return QString::number(value, 16).rightJustified(width, u'0');
    };
    return part(u"domain", 4) + u':' + part(u"bus", 2) + u':' + part(u"slot", 2) + u'.' + part(u"function", 1);
}

enum class DataStore { Read, Skip };

SourceElement readSource(QXmlStreamReader &xml, QStringView type, DataStore dataStore);

// A data store has none of its own: what claims otherwise must not lead us down.
QString readDataStore(QXmlStreamReader &xml)
{
    const QString type = attribute(xml, u"type").toString();
    QString name;
    while (xml.readNextStartElement()) {
        if (xml.name() == u"source")
            name = readSource(xml, type, DataStore::Skip).location.name;
        else
            xml.skipCurrentElement();
    }
    return name;
}

SourceElement readSource(QXmlStreamReader &xml, QStringView type, DataStore dataStore)
{
    SourceElement source;
    const SourceKind kind = sourceKind(type);
    NetworkSource network;
    QString nvmeAddress;
    QString name;
    switch (kind) {
    case SourceKind::File:
        name = attribute(xml, u"file").toString();
        break;
    case SourceKind::Block:
        name = attribute(xml, u"dev").toString();
        break;
    case SourceKind::Dir:
        name = attribute(xml, u"dir").toString();
        break;
    case SourceKind::Network:
        network.protocol = attribute(xml, u"protocol").toString();
        network.name = attribute(xml, u"name").toString();
        network.query = attribute(xml, u"query").toString();
        break;
    case SourceKind::Volume: {
        const QStringView pool = attribute(xml, u"pool");
        const QStringView volume = attribute(xml, u"volume");
        if (!pool.isEmpty() || !volume.isEmpty())
            name = pool + u'/' + volume;
        break;
    }
    case SourceKind::Nvme:
        name = attribute(xml, u"namespace").toString();
        break;
    case SourceKind::VhostUser:
        if (const QStringView path = attribute(xml, u"path"); !path.isEmpty())
            name = u"vhost-user://" + path;
        break;
    case SourceKind::VhostVdpa:
        if (const QStringView device = attribute(xml, u"dev"); !device.isEmpty())
            name = u"vhost-vdpa://" + device;
        break;
    case SourceKind::None:
    case SourceKind::Other:
        for (QStringView key : {u"file", u"dev", u"path", u"name"}) {
            if (name.isEmpty())
                name = attribute(xml, key).toString();
        }
        break;
    }

    while (xml.readNextStartElement()) {
        const QStringView child = xml.name();
        if (child == u"dataStore" && dataStore == DataStore::Read) {
            source.dataFile = readDataStore(xml);
            continue;
        }
        if (child == u"encryption")
            source.encrypted = true;
        else if (child == u"host")
            network.readHost(xml);
        else if (child == u"snapshot")
            network.snapshot = attribute(xml, u"name").toString();
        else if (child == u"address")
            nvmeAddress = pciAddress(xml);
        xml.skipCurrentElement();
    }

    if (kind == SourceKind::Network && network.protocol.isEmpty())
        return {{network.name.isEmpty() ? SourceKind::None : SourceKind::Other, network.name}, source.dataFile,
            source.encrypted};
    if (kind == SourceKind::Network)
        name = network.uri();
    else if (kind == SourceKind::Nvme && !nvmeAddress.isEmpty())
        name = u"nvme://" + nvmeAddress + u'/' + name;
    // A source without a name is an empty drive.
    if (!name.isEmpty())
        source.location = {kind, name};
    return source;
}

} // namespace

SourceElement readSource(QXmlStreamReader &xml, QStringView type)
{
    return readSource(xml, type, DataStore::Read);
}

} // namespace treewarden
