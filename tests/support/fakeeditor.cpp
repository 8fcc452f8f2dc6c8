// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fakehypervisor.h"

#include <QFileInfo>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Whether nobody wants it stopped.
bool goesOn(const EditProgress &progress)
{
    constexpr Bytes Total = 4 * MiB;
    for (Bytes done = 0; done <= Total; done += MiB) {
        if (progress && !progress(done, Total))
            return false;
    }
    return true;
}

} // namespace

FakeEditor::FakeEditor(std::shared_ptr<FakeHost> host)
    : m_host(std::move(host))
{
}

// The calls that can be held come through enter() first.
#define TREEWARDEN_ENTER(call)                                                                                         \
    if (const Result<> entered = m_host->enter(call); !entered)                                                        \
    return failure(entered.error())

Result<> FakeEditor::createOverlay(const QString &path, const QString &base, const QString &baseFormat)
{
    TREEWARDEN_ENTER(u"createOverlay"_s);
    return m_host->change(u"createOverlay"_s, [&] { return m_host->makeOverlay(path, base, baseFormat); });
}

Result<> FakeEditor::extractTag(
    const QString &path, const QString &image, const QString &tag, bool withMemory, const EditProgress &progress)
{
    TREEWARDEN_ENTER(u"extractTag"_s);
    const bool isWanted = goesOn(progress);
    return m_host->change(u"extractTag"_s, [&]() -> Result<> {
        if (!isWanted)
            return failure(ErrorCode::Cancelled, path);
        const auto from = m_host->findFile(image);
        if (!from)
            return failure(from.error());
        if (m_host->m_files.contains(path))
            return failure(ErrorCode::Busy, path);
        ImageFacts facts = m_host->factsOf(image);
        const auto found
            = std::find_if(facts.tags.begin(), facts.tags.end(), [&](const Tag &each) { return each.name == tag; });
        if (found == facts.tags.end())
            return failure(ErrorCode::NotFound, image, tag);
        facts.tags = withMemory ? std::vector<Tag>{*found} : std::vector<Tag>();
        if (!withMemory) {
            facts.backingName.clear();
            facts.backingFormat.clear();
        }
        auto made = std::make_shared<FakeHost::File>(**from);
        made->number = m_host->m_nextFile++;
        made->contents = made->tagContents.value(tag);
        made->tagContents.clear();
        if (withMemory)
            made->tagContents.insert(tag, made->contents);
        m_host->m_files.insert(path, made);
        m_host->rewrite(path, facts);
        return {};
    });
}

Result<> FakeEditor::commit(const QString &top, const QString &base, const EditProgress &progress)
{
    TREEWARDEN_ENTER(u"commit"_s);
    (void)goesOn(progress);
    return m_host->change(u"commit"_s, [&] { return m_host->mergeDown(top, base); });
}

Result<> FakeEditor::compare(const QString &top, const QString &base, const EditProgress &progress)
{
    TREEWARDEN_ENTER(u"compare"_s);
    if (!goesOn(progress))
        return failure(ErrorCode::Cancelled, top);
    if (!m_host->has(top) || !m_host->has(base))
        return failure(ErrorCode::NotFound, m_host->has(top) ? base : top);
    return m_host->shows(top) == m_host->shows(base) ? Result<>() : failure(ErrorCode::Failed, base);
}

Result<> FakeEditor::addTag(const QString &image, const QString &tag)
{
    TREEWARDEN_ENTER(u"addTag"_s);
    return m_host->change(u"addTag"_s, [&] { return m_host->addTag(image, tag, 0); });
}

Result<> FakeEditor::removeTag(const QString &image, const QString &tag)
{
    TREEWARDEN_ENTER(u"removeTag"_s);
    return m_host->change(u"removeTag"_s, [&] { return m_host->dropTag(image, tag); });
}

Result<> FakeEditor::copy(const QString &path, const QString &from, const EditProgress &progress)
{
    TREEWARDEN_ENTER(u"copy"_s);
    const bool isWanted = goesOn(progress);
    return m_host->change(u"copy"_s, [&]() -> Result<> {
        if (!isWanted)
            return failure(ErrorCode::Cancelled, path);
        const auto file = m_host->findFile(from);
        if (!file)
            return failure(file.error());
        if (m_host->m_files.contains(path))
            return failure(ErrorCode::Busy, path);
        auto made = std::make_shared<FakeHost::File>(**file);
        made->number = m_host->m_nextFile++;
        m_host->m_files.insert(path, made);
        return {};
    });
}

Result<> FakeEditor::copyInUse(const QString &path, const QString &from)
{
    TREEWARDEN_ENTER(u"copyInUse"_s);
    return m_host->change(u"copyInUse"_s, [&]() -> Result<> {
        const auto file = m_host->findFile(from);
        if (!file)
            return failure(file.error());
        if (m_host->m_files.contains(path))
            return failure(ErrorCode::Busy, path);
        auto made = std::make_shared<FakeHost::File>(**file);
        made->number = m_host->m_nextFile++;
        m_host->m_files.insert(path, made);
        return {};
    });
}

Result<> FakeEditor::copyOver(const QString &path, const QString &from)
{
    TREEWARDEN_ENTER(u"copyOver"_s);
    return m_host->change(u"copyOver"_s, [&]() -> Result<> {
        const auto file = m_host->findFile(from);
        if (!file || !m_host->m_files.contains(path))
            return failure(file ? ErrorCode::NotFound : file.error().code, file ? path : from);
        auto made = std::make_shared<FakeHost::File>(**file);
        made->number = m_host->m_nextFile++;
        m_host->m_files.insert(path, made);
        return {};
    });
}

Result<bool> FakeEditor::holdSame(const QString &one, const QString &other)
{
    TREEWARDEN_ENTER(u"holdSame"_s);
    if (!m_host->has(one) || !m_host->has(other))
        return failure(ErrorCode::NotFound, m_host->has(one) ? other : one);
    return m_host->shows(one) == m_host->shows(other);
}

Result<> FakeEditor::renameOver(const QString &from, const QString &to)
{
    TREEWARDEN_ENTER(u"renameOver"_s);
    return m_host->change(u"renameOver"_s, [&]() -> Result<> {
        if (const auto file = m_host->findFile(from); !file)
            return failure(file.error());
        m_host->m_files.insert(to, m_host->m_files.take(from));
        return {};
    });
}

Result<> FakeEditor::rename(const QString &from, const QString &to)
{
    TREEWARDEN_ENTER(u"rename"_s);
    return m_host->change(u"rename"_s, [&]() -> Result<> {
        if (const auto file = m_host->findFile(from); !file)
            return failure(file.error());
        if (m_host->m_files.contains(to))
            return failure(ErrorCode::Busy, to);
        m_host->m_files.insert(to, m_host->m_files.take(from));
        return {};
    });
}

Result<> FakeEditor::remove(const QString &path)
{
    TREEWARDEN_ENTER(u"remove"_s);
    return m_host->change(u"remove"_s, [&]() -> Result<> {
        if (m_host->m_files.remove(path) == 0)
            return failure(ErrorCode::NotFound, path);
        return {};
    });
}

Result<> FakeEditor::repoint(const QString &overlay, const QString &base, const QString &baseFormat)
{
    TREEWARDEN_ENTER(u"repoint"_s);
    return m_host->change(u"repoint"_s, [&]() -> Result<> {
        if (const auto file = m_host->findFile(overlay); !file)
            return failure(file.error());
        ImageFacts facts = m_host->factsOf(overlay);
        facts.backingName = base;
        facts.backingFormat = baseFormat;
        m_host->rewrite(overlay, facts);
        return {};
    });
}

Result<QString> FakeEditor::pin(const QString &path)
{
    TREEWARDEN_ENTER(u"pin"_s);
    const QFileInfo file(path);
    QString name;
    const Result<> done = m_host->change(u"pin"_s, [&]() -> Result<> {
        if (const auto found = m_host->findFile(path); !found)
            return failure(found.error());
        name = file.path() + u"/.treewarden/%1-%2"_s.arg(file.fileName()).arg(m_host->m_nextPin++);
        m_host->m_files.insert(name, m_host->m_files.value(path));
        return {};
    });
    if (!done)
        return failure(done.error());
    // A lie: a name, and nothing is there.
    return name.isEmpty() ? file.path() + u"/.treewarden/nothing"_s : name;
}

Result<> FakeEditor::unpin(const QString &pinned)
{
    TREEWARDEN_ENTER(u"unpin"_s);
    return m_host->change(u"unpin"_s, [&]() -> Result<> {
        if (m_host->m_files.remove(pinned) == 0)
            return failure(ErrorCode::NotFound, pinned);
        return {};
    });
}

Result<> FakeEditor::check(const QString &image)
{
    TREEWARDEN_ENTER(u"check"_s);
    return m_host->has(image) ? Result<>() : failure(ErrorCode::NotFound, image);
}

#undef TREEWARDEN_ENTER

} // namespace treewarden
