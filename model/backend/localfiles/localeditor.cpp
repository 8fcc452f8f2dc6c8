// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/localfiles/localeditor.h"

#include "model/backend/localfiles/filecopy.h"
#include "model/backend/localfiles/imagefacts.h"
#include "model/backend/localfiles/imagelock.h"
#include "model/backend/localfiles/newfile.h"
#include "model/backend/localfiles/qemuimg.h"

#include <QFile>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr int FoundLeaks = 3; // an exit code of qemu-img check

Result<> requireAbsolute(std::initializer_list<QString> paths)
{
    for (const QString &path : paths) {
        if (!path.startsWith(u'/'))
            return failure(ErrorCode::Malformed, path);
    }
    return {};
}

Result<> wrong(const QString &path, const QString &what)
{
    return failure(ErrorCode::Failed, path, u"is not as it was to be: %1"_s.arg(what));
}

Result<> checkQcow2(const QString &image)
{
    QemuImg check{{u"check"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, image}, image};
    check.acceptedExit = FoundLeaks;
    return runQemuImg(check).map([](const QByteArray &) {});
}

Result<> verifyOverlay(const QString &path, const QString &base, const QString &format, Bytes size)
{
    const Result<ImageFacts> made = qcow2Facts(path);
    if (!made)
        return failure(made.error());
    if (made->virtualSize != size)
        return wrong(path, u"virtual size"_s);
    if (made->backingFormat != format || !isSameFile(backingPath(path, *made), base))
        return wrong(path, u"backing image"_s);
    return {};
}

// An image that is being made out of a tag, with nothing else in it than that.
Result<> verifyExtract(const QString &path, const ImageFacts &from, const Tag &tag, bool withMemory)
{
    const Result<ImageFacts> made = qcow2Facts(path);
    if (!made)
        return failure(made.error());
    if (made->virtualSize != (tag.diskSize.isKnown() ? *tag.diskSize : from.virtualSize))
        return wrong(path, u"virtual size"_s);
    const bool wantsBacking = withMemory && !from.backingName.isEmpty();
    if (made->backingName.isEmpty() == wantsBacking || (wantsBacking && made->backingFormat != from.backingFormat))
        return wrong(path, u"backing image"_s);
    const bool isKept = made->tags.size() == 1 && made->tags.front().name == tag.name
        && made->tags.front().vmStateSize == tag.vmStateSize && made->tags.front().created == tag.created;
    if (withMemory ? !isKept : !made->tags.empty())
        return wrong(path, u"tags"_s);
    return checkQcow2(path);
}

// The tag alone is left, so no name can mean another one, and becomes the active contents. The file is ours.
Result<> keepOnly(const QString &path, const Tag &wanted)
{
    const auto isWanted = [&](const Tag &tag) { return tag.id == wanted.id && tag.name == wanted.name; };
    for (;;) {
        const Result<ImageFacts> facts = qcow2Facts(path);
        if (!facts)
            return failure(facts.error());
        if (std::none_of(facts->tags.begin(), facts->tags.end(), isWanted))
            return failure(ErrorCode::Failed, path, u"the wrong tag was removed"_s);
        const auto other = std::find_if_not(facts->tags.begin(), facts->tags.end(), isWanted);
        if (other == facts->tags.end())
            break;
        const size_t before = facts->tags.size();
        const auto removed = runQemuImg({{u"snapshot"_s, u"-q"_s, u"-d"_s, other->name, path}, path});
        if (!removed)
            return failure(removed.error());
        const Result<ImageFacts> after = qcow2Facts(path);
        if (!after || after->tags.size() >= before)
            return failure(ErrorCode::Failed, path, u"a tag cannot be removed: %1"_s.arg(other->name));
    }
    return runQemuImg({{u"snapshot"_s, u"-q"_s, u"-a"_s, wanted.name, path}, path}).map([](const QByteArray &) {});
}

Result<> copyWhole(const NewFile &file, const QString &from, const EditProgress &progress)
{
    const auto source = openFile(from);
    if (!source)
        return failure(source.error());
    if (const Result<> still = forbidWriting((*source)->get(), from); !still)
        return still;
    return copyContents((*source)->get(), file.descriptor(), file.path(), progress);
}

Result<> syncFolders(const QString &from, const QString &to)
{
    if (const Result<> synced = syncPath(folderOf(to)); !synced)
        return synced;
    return syncPath(folderOf(from));
}

} // namespace

Result<> LocalEditor::createOverlay(const QString &path, const QString &base, const QString &baseFormat)
{
    if (const Result<> ok = requireAbsolute({path, base}); !ok)
        return ok;
    if (baseFormat == "qcow2"_L1) {
        if (const auto facts = editableFacts(base); !facts)
            return failure(facts.error());
    }
    const Result<Bytes> size = virtualSize(base, baseFormat);
    if (!size)
        return failure(size.error());
    const auto file = NewFile::create(path, base);
    if (!file)
        return failure(file.error());
    const auto made = runQemuImg(
        {{u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-F"_s, baseFormat, u"-b"_s, base, path, QString::number(*size)},
            path});
    if (!made)
        return failure(made.error());
    if (const Result<> verified = verifyOverlay(path, base, baseFormat, *size); !verified)
        return verified;
    return (*file)->keep();
}

Result<> LocalEditor::extractTag(
    const QString &path, const QString &image, const QString &tag, bool withMemory, const EditProgress &progress)
{
    if (const Result<> ok = requireAbsolute({path, image}); !ok)
        return ok;
    const Result<ImageFacts> facts = editableFacts(image);
    if (!facts)
        return failure(facts.error());
    const auto isNamed = [&](const Tag &each) { return each.name == tag; };
    const auto wanted = std::find_if(facts->tags.begin(), facts->tags.end(), isNamed);
    if (wanted == facts->tags.end())
        return failure(ErrorCode::NotFound, image, tag);
    if (std::count_if(facts->tags.begin(), facts->tags.end(), isNamed) > 1)
        return failure(ErrorCode::Malformed, image, u"two tags answer to %1"_s.arg(tag));
    const auto file = NewFile::create(path, image);
    if (!file)
        return failure(file.error());
    Result<> done;
    if (withMemory) {
        done = copyWhole(**file, image, progress).and_then([&] { return keepOnly(path, *wanted); });
    } else {
        // By its name and by nothing else; a comma would end it. Without a backing image: a merge that follows may
        // write into the one below.
        QString name = tag;
        const QStringList arguments{u"convert"_s, u"-p"_s, u"-f"_s, u"qcow2"_s, u"-O"_s, u"qcow2"_s, u"-l"_s,
            u"snapshot.name="_s + name.replace(u',', u",,"_s), image, path};
        QemuImg convert{arguments, path, progress, facts->virtualSize};
        convert.canStop = true;
        done = runQemuImg(convert).map([](const QByteArray &) {});
    }
    if (!done)
        return done;
    if (const Result<> verified = verifyExtract(path, *facts, *wanted, withMemory); !verified)
        return verified;
    return (*file)->keep();
}

Result<> LocalEditor::commit(const QString &top, const QString &base, const EditProgress &progress)
{
    if (const Result<> ok = requireAbsolute({top, base}); !ok)
        return ok;
    const Result<ImageFacts> facts = editableFacts(top);
    if (!facts)
        return failure(facts.error());
    const auto done = runQemuImg(
        {{u"commit"_s, u"-p"_s, u"-d"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, base, top}, base, progress, facts->virtualSize});
    if (!done)
        return failure(done.error());
    if (const Result<> synced = syncPath(base); !synced)
        return synced;
    return check(base);
}

Result<> LocalEditor::compare(const QString &top, const QString &base, const EditProgress &progress)
{
    if (const Result<> ok = requireAbsolute({top, base}); !ok)
        return ok;
    // Of which format the lower one is, the one above it says; the file itself is not to.
    constexpr int deepest = 1000;
    Result<ImageFacts> facts = editableFacts(top);
    QString layer = top;
    QString format;
    for (int depth = 0; facts && format.isEmpty() && depth < deepest; ++depth) {
        const QString below = backingPath(layer, *facts);
        if (below.isEmpty())
            return failure(ErrorCode::NotFound, base, u"not below %1"_s.arg(top));
        if (isSameFile(below, base)) {
            format = facts->backingFormat;
        } else {
            facts = qcow2Facts(below);
            layer = below;
        }
    }
    if (!facts)
        return failure(facts.error());
    if (format.isEmpty())
        return failure(ErrorCode::Unsupported, base, u"of an unknown format"_s);
    QemuImg compare{{u"compare"_s, u"-p"_s, u"-f"_s, u"qcow2"_s, u"-F"_s, format, top, base}, base, progress,
        qcow2Facts(top).map([](const ImageFacts &of) { return of.virtualSize; }).value_or(0)};
    compare.canStop = true;
    return runQemuImg(compare).map([](const QByteArray &) {});
}

Result<> LocalEditor::addTag(const QString &image, const QString &tag)
{
    if (const Result<> ok = requireAbsolute({image}); !ok)
        return ok;
    const Result<ImageFacts> facts = editableFacts(image);
    if (!facts)
        return failure(facts.error());
    const auto isNamed = [&](const Tag &each) { return each.name == tag; };
    if (std::any_of(facts->tags.begin(), facts->tags.end(), isNamed))
        return failure(ErrorCode::Busy, tag);
    const auto done = runQemuImg({{u"snapshot"_s, u"-q"_s, u"-c"_s, tag, image}, image});
    if (!done)
        return failure(done.error());
    const Result<ImageFacts> after = qcow2Facts(image);
    if (!after)
        return failure(after.error());
    if (after->tags.size() != facts->tags.size() + 1 || !std::any_of(after->tags.begin(), after->tags.end(), isNamed))
        return wrong(image, u"tags"_s);
    return syncPath(image);
}

Result<> LocalEditor::removeTag(const QString &image, const QString &tag)
{
    if (const Result<> ok = requireAbsolute({image}); !ok)
        return ok;
    const Result<ImageFacts> facts = editableFacts(image);
    if (!facts)
        return failure(facts.error());
    if (const Result<Tag> one = tagNamed(image, *facts, tag); !one)
        return failure(one.error());
    const auto done = runQemuImg({{u"snapshot"_s, u"-q"_s, u"-d"_s, tag, image}, image});
    if (!done)
        return failure(done.error());
    const Result<ImageFacts> after = qcow2Facts(image);
    if (!after)
        return failure(after.error());
    std::vector<Tag> expected = facts->tags;
    std::erase_if(expected, [&](const Tag &each) { return each.name == tag; });
    if (after->tags != expected)
        return wrong(image, u"tags"_s);
    return syncPath(image);
}

Result<> LocalEditor::copy(const QString &path, const QString &from, const EditProgress &progress)
{
    if (const Result<> ok = requireAbsolute({path, from}); !ok)
        return ok;
    const auto file = NewFile::create(path, from);
    if (!file)
        return failure(file.error());
    if (const Result<> copied = copyWhole(**file, from, progress); !copied)
        return copied;
    return (*file)->keep();
}

Result<> LocalEditor::rename(const QString &from, const QString &to)
{
    if (const Result<> ok = requireAbsolute({from, to}); !ok)
        return ok;
    if (const Result<> unused = requireUnused(from); !unused)
        return unused;
    if (const Result<> made = makePinFolder(to); !made)
        return made;
    if (const Result<> renamed = renameNew(from, to, ::renameat2); !renamed)
        return renamed;
    return syncFolders(from, to);
}

Result<> LocalEditor::renameOver(const QString &from, const QString &to)
{
    if (const Result<> ok = requireAbsolute({from, to}); !ok)
        return ok;
    if (const Result<> unused = requireUnused(from); !unused)
        return unused;
    if (const Result<> unused = requireUnused(to); !unused && unused.error().code != ErrorCode::NotFound)
        return unused;
    if (::rename(QFile::encodeName(from).constData(), QFile::encodeName(to).constData()) < 0)
        return systemError(to);
    return syncFolders(from, to);
}

Result<> LocalEditor::remove(const QString &path)
{
    if (const Result<> ok = requireAbsolute({path}); !ok)
        return ok;
    if (const Result<> unused = requireUnused(path); !unused)
        return unused;
    if (::unlink(QFile::encodeName(path).constData()) < 0)
        return systemError(path);
    return syncPath(folderOf(path));
}

Result<> LocalEditor::repoint(const QString &overlay, const QString &base, const QString &baseFormat)
{
    if (const Result<> ok = requireAbsolute({overlay, base}); !ok)
        return ok;
    // What lies below is missing, it may be, which is why it is pointed elsewhere.
    const Result<ImageFacts> facts = qcow2Facts(overlay);
    if (!facts)
        return failure(facts.error());
    if (facts->encrypted || facts->hasDataFile)
        return failure(ErrorCode::Unsupported, overlay);
    const auto done = runQemuImg(
        {{u"rebase"_s, u"-q"_s, u"-u"_s, u"-f"_s, u"qcow2"_s, u"-F"_s, baseFormat, u"-b"_s, base, overlay}, overlay});
    if (!done)
        return failure(done.error());
    if (const Result<> verified = verifyOverlay(overlay, base, baseFormat, facts->virtualSize); !verified)
        return verified;
    return syncPath(overlay);
}

Result<> LocalEditor::check(const QString &image)
{
    if (const Result<> ok = requireAbsolute({image}); !ok)
        return ok;
    const auto file = openFile(image);
    if (!file)
        return failure(file.error());
    char head[4] = {};
    if (::pread((*file)->get(), head, sizeof head, 0) < 0)
        return systemError(image);
    if (QByteArrayView(head, sizeof head) != QByteArrayView("QFI\xfb"))
        return {};
    if (const auto facts = editableFacts(image); !facts)
        return failure(facts.error());
    return checkQcow2(image);
}

} // namespace treewarden
