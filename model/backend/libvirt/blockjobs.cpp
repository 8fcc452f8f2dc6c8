// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/blockjobs.h"

#include "model/backend/libvirt/errors.h"
#include "model/backend/libvirt/handles.h"
#include "model/xml/xmltree.h"

#include <QDir>

namespace treewarden::libvirt {

using namespace Qt::StringLiterals;

namespace {

// A <disk> of the machine that runs, with the layers that QEMU has open.
Result<XmlNode> liveDisk(virDomainPtr domain, const QString &target)
{
    char *xml = virDomainGetXMLDesc(domain, 0);
    if (!xml)
        return lastError(target);
    const Result<XmlNode> root = readTree(adopt(xml), u"domain");
    if (!root)
        return failure(root.error());
    if (const XmlNode *devices = root->child(u"devices")) {
        for (const XmlNode &device : devices->children) {
            const XmlNode *of = device.name == "disk"_L1 ? device.child(u"target") : nullptr;
            if (of && of->attribute(u"dev") == target)
                return device;
        }
    }
    return failure(ErrorCode::NotFound, target);
}

QString pathOf(const XmlNode &layer)
{
    const XmlNode *source = layer.child(u"source");
    return source ? QDir::cleanPath(source->attribute(u"file") + source->attribute(u"dev")) : QString();
}

struct Layer
{
    QByteArray name; // as libvirt's block jobs take it
    bool isTop = false;
};

// libvirt numbers the layers of a running machine, and "vda[3]" names one beyond doubt: a path may be written in the
// overlay's header in another way than here.
Result<Layer> layerOf(const XmlNode &disk, const QString &target, const QString &path)
{
    const QString wanted = QDir::cleanPath(path);
    bool isTop = true;
    for (const XmlNode *layer = &disk; layer; layer = layer->child(u"backingStore"), isTop = false) {
        if (pathOf(*layer) != wanted)
            continue;
        const XmlNode *source = layer->child(u"source");
        const QString index = isTop ? source->attribute(u"index") : layer->attribute(u"index");
        return Layer{index.isEmpty() ? path.toUtf8() : u"%1[%2]"_s.arg(target, index).toUtf8(), isTop};
    }
    return failure(ErrorCode::NotFound, path, u"no layer of the disk %1"_s.arg(target));
}

// A job of the active layer is ready when libvirt has seen QEMU say so; that both counts are equal does not mean it.
Result<bool> isReady(virDomainPtr domain, const QString &disk)
{
    const Result<XmlNode> live = liveDisk(domain, disk);
    if (!live)
        return failure(live.error());
    const XmlNode *mirror = live->child(u"mirror");
    return mirror && mirror->attribute(u"ready") == "yes"_L1;
}

} // namespace

Result<> beginCommit(virDomainPtr domain, const QString &disk, const QString &top, const QString &base)
{
    const Result<XmlNode> live = liveDisk(domain, disk);
    if (!live)
        return failure(live.error());
    const Result<Layer> upper = layerOf(*live, disk, top);
    if (!upper)
        return failure(upper.error());
    const Result<Layer> lower = layerOf(*live, disk, base);
    if (!lower)
        return failure(lower.error());
    const unsigned flags = upper->isTop ? VIR_DOMAIN_BLOCK_COMMIT_ACTIVE : 0;
    if (virDomainBlockCommit(
            domain, disk.toUtf8().constData(), lower->name.constData(), upper->name.constData(), 0, flags)
        < 0)
        return lastError(disk);
    return {};
}

Result<std::optional<Hypervisor::BlockJobInfo>> blockJob(virDomainPtr domain, const QString &disk)
{
    virDomainBlockJobInfo job{};
    const int found
        = virDomainGetBlockJobInfo(domain, disk.toUtf8().constData(), &job, VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES);
    if (found < 0)
        return lastError(disk);
    if (found == 0)
        return std::optional<Hypervisor::BlockJobInfo>();
    const bool isActive = job.type == VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT;
    Hypervisor::BlockJobInfo info;
    info.isCommit = isActive || job.type == VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT;
    info.done = job.cur;
    info.total = job.end;
    // Where nothing was to be copied both stay zero, or libvirt says 0 of 1 until the job is ready.
    if (isActive && (job.cur == job.end || job.end <= 1)) {
        const Result<bool> ready = isReady(domain, disk);
        if (!ready)
            return failure(ready.error());
        info.isReady = *ready;
    }
    return info;
}

Result<> endBlockJob(virDomainPtr domain, const QString &disk, Hypervisor::BlockJobEnd end)
{
    // Not asynchronous: it is over, and libvirt's definition is the new one, when the call returns.
    const unsigned flags = end == Hypervisor::BlockJobEnd::Pivot ? VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT : 0;
    if (virDomainBlockJobAbort(domain, disk.toUtf8().constData(), flags) < 0)
        return lastError(disk);
    return {};
}

} // namespace treewarden::libvirt
