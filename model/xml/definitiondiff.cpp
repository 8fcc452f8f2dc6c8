// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/definitiondiff.h"

#include "model/xml/xmlstream.h"

#include <QHash>
#include <QSet>

#include <utility>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Deeper elements are left out: libvirt's own end at about ten, and only <metadata> may hold anything.
constexpr int maximumDepth = 64;

struct Element
{
    QString name;
    std::vector<std::pair<QString, QString>> attributes;
    QString text;
    std::vector<Element> children;

    QString attribute(QStringView key) const
    {
        for (const auto &[name_, value] : attributes) {
            if (name_ == key)
                return value;
        }
        return {};
    }
    const Element *child(QStringView wanted) const
    {
        for (const Element &candidate : children) {
            if (candidate.name == wanted)
                return &candidate;
        }
        return nullptr;
    }
    QString childAttribute(QStringView wanted, QStringView key) const
    {
        const Element *found = child(wanted);
        return found ? found->attribute(key) : QString();
    }
};

Element readElement(QXmlStreamReader &xml, int depth)
{
    Element element;
    element.name = xml.qualifiedName().toString();
    const QXmlStreamAttributes attributes = xml.attributes();
    for (const QXmlStreamAttribute &attribute : attributes)
        element.attributes.emplace_back(attribute.qualifiedName().toString(), attribute.value().toString());
    while (xml.readNext() != QXmlStreamReader::EndElement && !xml.hasError()) {
        if (xml.isCharacters())
            element.text += xml.text();
        else if (xml.isStartElement() && depth < maximumDepth)
            element.children.push_back(readElement(xml, depth + 1));
        else if (xml.isStartElement())
            xml.skipCurrentElement();
    }
    // Text between children is indentation.
    element.text = element.children.empty() ? element.text.trimmed() : QString();
    return element;
}

// The <domain> of the document; without a name where a snapshot has none.
Result<Element> readDefinition(const QByteArray &document, bool mayBeSnapshot)
{
    QXmlStreamReader xml;
    openDocument(xml, document, mayBeSnapshot ? QStringView() : u"domain");
    Element domain;
    if (!xml.hasError() && xml.name() == u"domain") {
        domain = readElement(xml, 0);
    } else if (!xml.hasError() && xml.name() == u"domainsnapshot") {
        while (xml.readNextStartElement()) {
            if (xml.name() == u"domain")
                domain = readElement(xml, 0);
            else
                xml.skipCurrentElement();
        }
    } else if (!xml.hasError()) {
        xml.raiseError(u"<%1> is no definition"_s.arg(xml.name()));
    }
    if (Result<> end = closeDocument(xml); !end)
        return failure(std::move(end.error()));
    return domain;
}

// What a device is to the guest; empty: only its place tells it.
QString deviceKey(const Element &device)
{
    const QStringView name = device.name;
    if (name == u"disk")
        return device.childAttribute(u"target", u"dev");
    if (name == u"interface")
        return device.childAttribute(u"mac", u"address");
    if (name == u"filesystem")
        return device.childAttribute(u"target", u"dir");
    if (name == u"controller")
        return device.attribute(u"type") + u' ' + device.attribute(u"index");
    if (name == u"channel" || name == u"serial" || name == u"console" || name == u"parallel") {
        const QString target = device.childAttribute(u"target", u"name");
        return target.isEmpty() ? device.childAttribute(u"target", u"port") : target;
    }
    if (name == u"input")
        return device.attribute(u"type") + u' ' + device.attribute(u"bus");
    if (name == u"hostdev") {
        const Element *source = device.child(u"source");
        const Element *address = source ? source->child(u"address") : nullptr;
        QStringList parts;
        if (address) {
            for (const auto &[key, value] : address->attributes)
                parts.append(value);
        }
        return parts.join(u':');
    }
    if (name == u"shmem")
        return device.attribute(u"name");
    if (name == u"graphics" || name == u"hub" || name == u"smartcard")
        return device.attribute(u"type");
    return {};
}

// What best tells a device that is only on one side.
QString deviceSummary(const Element &device)
{
    static constexpr QStringView sourceKeys[]{
        u"file", u"dev", u"dir", u"name", u"volume", u"network", u"bridge", u"path"};
    if (const Element *source = device.child(u"source")) {
        for (const QStringView key : sourceKeys) {
            if (const QString value = source->attribute(key); !value.isEmpty())
                return value;
        }
    }
    for (const QString &value : {device.attribute(u"model"), device.childAttribute(u"model", u"type"),
             device.attribute(u"type"), device.text}) {
        if (!value.isEmpty())
            return value;
    }
    return device.name;
}

bool isGeneratedInterface(const QString &name)
{
    return name.startsWith(u"vnet") || name.startsWith(u"macvtap") || name.startsWith(u"macvlan");
}

// What tells elements of one name that are no devices.
QString elementKey(const Element &element)
{
    const QStringView name = element.name;
    if (name == u"feature" || name == u"timer" || name == u"entry")
        return element.attribute(u"name");
    if (name == u"cell" || name == u"iothread")
        return element.attribute(u"id");
    if (name == u"vcpupin")
        return element.attribute(u"vcpu");
    return {};
}

// Where in a definition an element stands.
enum class Place { Domain, Top, Devices, Device, DevicePart, Elsewhere };

Place placeBelow(Place parent, QStringView name)
{
    switch (parent) {
    case Place::Domain:
        return name == u"devices" ? Place::Devices : Place::Top;
    case Place::Devices:
        return Place::Device;
    case Place::Device:
    case Place::DevicePart:
        return Place::DevicePart;
    case Place::Top:
    case Place::Elsewhere:
        break;
    }
    return Place::Elsewhere;
}

// What libvirt adds or changes by itself: see the header.
bool isLeftOut(const Element &element, const Element &parent, Place place, bool skipCpu)
{
    const QStringView name = element.name;
    if (place == Place::Top)
        return name == u"seclabel" || (skipCpu && name == u"cpu");
    if (place != Place::DevicePart)
        return false;
    // An empty drive's driver has a type only while the machine is off.
    if (name == u"driver" && parent.name == u"disk")
        return parent.child(u"source") == nullptr;
    // The host's end of a terminal, and of a socket of libvirt's own.
    if (name == u"source" && (parent.attribute(u"type") == u"pty" || parent.name == u"channel"))
        return true;
    if (name == u"address")
        return parent.name != u"source";
    return name == u"alias" || name == u"mirror" || name == u"backingStore" || name == u"seclabel";
}

bool isLeftOut(const Element &element, const QString &attribute, Place place)
{
    if (place == Place::Domain)
        return attribute == u"id";
    if (place != Place::Device && place != Place::DevicePart)
        return false;
    const QStringView name = element.name;
    if (name == u"source")
        return attribute == u"index" || attribute == u"portid"
            || (attribute == u"bridge" && !element.attribute(u"network").isEmpty());
    if (name == u"target")
        return attribute == u"state" || (attribute == u"dev" && isGeneratedInterface(element.attribute(u"dev")));
    if (name == u"graphics")
        return element.attribute(u"autoport") == u"yes"
            && (attribute == u"port" || attribute == u"tlsPort" || attribute == u"websocket");
    if (name == u"cid")
        return attribute == u"address" && element.attribute(u"auto") == u"yes";
    return attribute == u"tty" && name == u"console";
}

// A definition as a list of paths and values, in the document's order.
class Flattened
{
public:
    struct Entry
    {
        QString path;
        QString device; // path of the device it is a part of; empty: none
        bool isDevice = false; // stands for a whole device; its value is the device's summary
    };

    Flattened(const Element &domain, bool skipCpu)
        : m_skipCpu(skipCpu)
    {
        addAttributes(domain, {}, {}, Place::Domain);
        addChildren(domain, {}, {}, Place::Domain);
    }

    const std::vector<Entry> &entries() const { return m_entries; }
    // Null: not there.
    QString value(const QString &path) const { return m_values.value(path); }
    bool has(const QString &path) const { return m_values.contains(path); }

private:
    void add(Entry entry, const QString &value)
    {
        // A value that is empty is there all the same.
        m_values.insert(entry.path, value.isNull() ? u""_s : value);
        m_entries.push_back(std::move(entry));
    }

    void addAttributes(const Element &element, const QString &path, const QString &device, Place place)
    {
        for (const auto &[key, value] : element.attributes) {
            if (!isLeftOut(element, key, place))
                add({path + u'@' + key, device}, value);
        }
    }

    void addChildren(const Element &parent, const QString &path, const QString &device, Place place)
    {
        QHash<QString, int> seen;
        for (const Element &element : parent.children) {
            const Place here = placeBelow(place, element.name);
            if (isLeftOut(element, parent, here, m_skipCpu))
                continue;
            const QString key = here == Place::Device ? deviceKey(element) : elementKey(element);
            QString step = key.isEmpty() ? element.name : QString(element.name + u'[' + key + u']');
            if (const int nth = ++seen[step]; nth > 1)
                step += u'[' + QString::number(nth) + u']';
            addElement(element, path.isEmpty() ? step : QString(path + u'/' + step), device, here);
        }
    }

    void addElement(const Element &element, const QString &path, const QString &device, Place place)
    {
        const bool isValue = element.attributes.empty() && element.children.empty();
        if (place == Place::Device && !isValue) {
            add({path, {}, true}, deviceSummary(element));
            addAttributes(element, path, path, place);
            addChildren(element, path, path, place);
            return;
        }
        const QString unit = element.attribute(u"unit");
        if (!element.text.isEmpty() && !unit.isEmpty()) {
            add({path, device}, element.text + u' ' + unit); // one value, not two
            return;
        }
        // That a machine has no devices at all is said by each of them.
        if (place != Place::Devices && (isValue || !element.text.isEmpty()))
            add({path, device}, element.text);
        addAttributes(element, path, device, place);
        addChildren(element, path, device, place);
    }

    bool m_skipCpu;
    std::vector<Entry> m_entries;
    QHash<QString, QString> m_values;
};

} // namespace

Result<std::vector<DefinitionDifference>> definitionDifferences(const QByteArray &then, const QByteArray &now)
{
    const Result<Element> before = readDefinition(then, true);
    if (!before)
        return failure(before.error());
    const Result<Element> after = readDefinition(now, false);
    if (!after)
        return failure(after.error());
    std::vector<DefinitionDifference> differences;
    if (before->name.isEmpty())
        return differences;

    const bool onlyOneRuns = before->attribute(u"id").isEmpty() != after->attribute(u"id").isEmpty();
    const Flattened old(*before, onlyOneRuns);
    const Flattened current(*after, onlyOneRuns);
    // Of a device that is only on one side, its parts are no differences of their own.
    const auto isWhole = [](const Flattened::Entry &entry, const Flattened &other) {
        return entry.device.isEmpty() || other.has(entry.device);
    };
    for (const Flattened::Entry &entry : old.entries()) {
        const QString was = old.value(entry.path);
        const QString is = current.value(entry.path);
        const bool differs = entry.isDevice ? is.isNull() : is.isNull() || is != was;
        if (differs && isWhole(entry, current))
            differences.push_back({entry.path, was, is});
    }
    for (const Flattened::Entry &entry : current.entries()) {
        if (!old.has(entry.path) && isWhole(entry, old))
            differences.push_back({entry.path, {}, current.value(entry.path)});
    }
    return differences;
}

} // namespace treewarden
