// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backup/verify.h"

#include "model/backup/catalogue.h"
#include "model/backup/sum.h"
#include "model/qcow2/metadata.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

struct Wrong
{
    BackupFault fault = BackupFault::Unreadable;
    QString detail = {};
};

// What the header says and qemu-img finds.
std::optional<Wrong> faultOfImage(ImageStore &store, ImageEditor &editor, const QString &path, const BackupDisk &disk)
{
    const auto source = store.open(path);
    const auto facts = source ? readMetadata(**source) : failure(source.error());
    if (!facts)
        return Wrong{BackupFault::NoImage, facts.error().detail};
    if (facts->virtualSize != disk.virtualSize)
        return Wrong{BackupFault::NoImage, u"%1 bytes"_s.arg(facts->virtualSize)};
    // By the bare name, so that it means the file beside it wherever the folder is; and never the live disk.
    const bool isOfChain = disk.below.isEmpty();
    const QString format = disk.backing.isEmpty() ? QString() : u"qcow2"_s;
    if (facts->backingName != (isOfChain ? disk.backing : disk.below) || (isOfChain && facts->backingFormat != format))
        return Wrong{BackupFault::Backing, facts->backingName};
    if (const auto checked = editor.check(path); !checked)
        return Wrong{BackupFault::Damaged, checked.error().detail};
    return {};
}

class Verifier
{
public:
    Verifier(ImageStore &store, ImageEditor &editor, const BackupChain &chain, const VerifyProgress &progress)
        : m_store(store)
        , m_editor(editor)
        , m_chain(chain)
        , m_progress(progress)
    {
        for (const BackupPoint &point : chain.manifest->points) {
            for (const BackupFile *file : point.files())
                m_total += file->size;
        }
    }

    Result<CheckedChain> verify()
    {
        CheckedChain checked{m_chain.folder, {}};
        for (const BackupPoint &point : m_chain.manifest->points) {
            CheckedPoint each{point, {}};
            for (const BackupFile *file : point.files()) {
                const auto disk = std::find_if(point.disks.begin(), point.disks.end(),
                    [&](const BackupDisk &candidate) { return &candidate.file == file; });
                const auto found = verify(*file, disk == point.disks.end() ? nullptr : &*disk);
                if (!found)
                    return failure(found.error());
                each.files.push_back(*found);
            }
            if (&point == &m_chain.manifest->points.back())
                addVolumes(each);
            checked.points.push_back(std::move(each));
        }
        return checked;
    }

private:
    void addVolumes(CheckedPoint &last) const
    {
        const auto fault = m_chain.manifest->isUnfinished ? BackupFault::Unfinished : BackupFault::NotRead;
        for (const BackupDisk &disk : last.point.disks) {
            if (!disk.volume.isEmpty())
                last.files.push_back({disk.volume, fault});
        }
    }

    Result<CheckedFile> verify(const BackupFile &file, const BackupDisk *disk)
    {
        CheckedFile checked{m_chain.folder + u'/' + file.name, {}};
        const auto wrong = [&](BackupFault fault, const QString &detail = {}) {
            checked.fault = fault;
            checked.detail = detail;
            return checked;
        };
        const auto source = m_store.open(checked.path);
        const auto size = source ? (*source)->size() : failure(source.error());
        if (!size)
            return size.error().code == ErrorCode::NotFound ? wrong(BackupFault::Missing)
                                                            : wrong(BackupFault::Unreadable, size.error().detail);
        if (*size != file.size)
            return wrong(BackupFault::Size, u"%1 bytes"_s.arg(*size));
        const auto sum = sha256Of(**source, [this](Bytes more) {
            m_done += more;
            return !m_progress || m_progress(m_done, m_total);
        });
        if (!sum && sum.error().code == ErrorCode::Cancelled)
            return failure(sum.error());
        if (!sum)
            return wrong(BackupFault::Unreadable, sum.error().detail);
        if (*sum != file.sha256)
            return wrong(BackupFault::Sum, *sum);
        if (const auto fault = disk ? faultOfImage(m_store, m_editor, checked.path, *disk) : std::nullopt)
            return wrong(fault->fault, fault->detail);
        return checked;
    }

    ImageStore &m_store;
    ImageEditor &m_editor;
    const BackupChain &m_chain;
    const VerifyProgress &m_progress;
    Bytes m_done = 0;
    Bytes m_total = 0;
};

} // namespace

bool CheckedChain::isWhole() const
{
    return !points.empty() && std::all_of(points.begin(), points.end(), [](const CheckedPoint &point) {
        return std::none_of(
            point.files.begin(), point.files.end(), [](const CheckedFile &file) { return file.fault.has_value(); });
    });
}

Result<> examineImage(ImageStore &store, ImageEditor &editor, const QString &path, const QString &folder,
    BackupDisk &disk, const std::function<bool(Bytes)> &goesOn)
{
    if (const auto wrong = faultOfImage(store, editor, path, disk))
        return failure(ErrorCode::Failed, path, wrong->detail.isEmpty() ? u"no backup of the disk"_s : wrong->detail);
    // What it rests on is what was written down, as far as a look tells.
    if (const auto below = disk.backing.isEmpty() ? Result<FileStatus>() : store.status(folder + u'/' + disk.backing);
        !below)
        return failure(below.error());
    const auto source = store.open(path);
    const auto size = source ? (*source)->size() : failure(source.error());
    const auto sum = size ? sha256Of(**source, goesOn) : failure(size.error());
    if (!sum)
        return failure(sum.error());
    disk.file.size = *size;
    disk.file.sha256 = *sum;
    return {};
}

Result<CheckedChain> verifyChain(
    ImageStore &store, ImageEditor &editor, const QString &folder, const VerifyProgress &progress)
{
    const BackupChain chain = readChain(store, folder);
    if (!chain.manifest.isKnown())
        return failure(chain.manifest.isUnknown()
                ? chain.manifest.why()
                : Error{ErrorCode::NotFound, folder + u'/' + BackupChain::ManifestName, {}});
    return Verifier(store, editor, chain, progress).verify();
}

} // namespace treewarden
