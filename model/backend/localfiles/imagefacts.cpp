// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/localfiles/imagefacts.h"

#include "model/backend/localfiles/localfiles.h"
#include "model/backend/localfiles/newfile.h"
#include "model/qcow2/metadata.h"

#include <QDir>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr int MaximumDepth = 1000;

// As QEMU tells a protocol from a path: a colon before the first slash.
bool hasProtocol(const QString &name)
{
    const qsizetype colon = name.indexOf(u':');
    const qsizetype slash = name.indexOf(u'/');
    return colon >= 0 && (slash < 0 || colon < slash);
}

} // namespace

Result<ImageFacts> qcow2Facts(const QString &path)
{
    const auto source = LocalFiles().open(path);
    if (!source)
        return failure(source.error());
    Result<ImageFacts> facts = readMetadata(**source);
    if (!facts)
        return failure(facts.error().code, path, facts.error().detail);
    return facts;
}

Result<ImageFacts> editableFacts(const QString &path)
{
    std::optional<ImageFacts> first;
    QString layer = path;
    for (int depth = 0; depth < MaximumDepth; ++depth) {
        Result<ImageFacts> facts = qcow2Facts(layer);
        if (!facts)
            return facts;
        if (facts->encrypted || facts->hasDataFile)
            return failure(ErrorCode::Unsupported, layer, facts->encrypted ? u"encrypted"_s : u"data file"_s);
        if (!facts->backingName.isEmpty() && hasProtocol(facts->backingName))
            return failure(ErrorCode::Unsupported, layer, facts->backingName);
        if (!facts->backingName.isEmpty() && facts->backingFormat.isEmpty())
            return failure(ErrorCode::Malformed, layer, u"does not say the format of %1"_s.arg(facts->backingName));
        const bool goesOn = facts->backingFormat == "qcow2"_L1 && !facts->backingName.isEmpty();
        const QString below = backingPath(layer, *facts);
        if (!first)
            first = std::move(*facts);
        if (!goesOn)
            return *first;
        layer = below;
    }
    return failure(ErrorCode::Malformed, path, u"its chain does not end"_s);
}

Result<Bytes> virtualSize(const QString &path, const QString &format)
{
    const Result<ImageFacts> facts = format == "qcow2"_L1 ? qcow2Facts(path) : LocalFiles().describe(path, format);
    return facts.map([](const ImageFacts &known) { return known.virtualSize; });
}

QString backingPath(const QString &path, const ImageFacts &facts)
{
    if (facts.backingName.isEmpty())
        return {};
    // As QEMU puts it together: what ".." means is for the file system to say, where folders may be links.
    return facts.backingName.startsWith(u'/') ? facts.backingName : folderOf(path) + u'/' + facts.backingName;
}

Result<Tag> tagNamed(const QString &path, const ImageFacts &facts, const QString &name)
{
    const auto isNamed = [&](const Tag &tag) { return tag.name == name; };
    const auto found = std::find_if(facts.tags.begin(), facts.tags.end(), isNamed);
    if (found == facts.tags.end())
        return failure(ErrorCode::NotFound, path, name);
    const auto isMeantToo = [&](const Tag &tag) { return &tag != &*found && (isNamed(tag) || tag.id == name); };
    if (std::any_of(facts.tags.begin(), facts.tags.end(), isMeantToo))
        return failure(ErrorCode::Malformed, path, u"two tags answer to %1"_s.arg(name));
    return *found;
}

} // namespace treewarden
