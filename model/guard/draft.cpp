// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/draft.h"

#include "model/guard/material.h"
#include "model/guard/nvramcopies.h"

#include <algorithm>

namespace treewarden {

namespace {

// What nobody ever saw: contents over something else than they were made for. Apart from the views that are counted.
View mixed(View shows, View under)
{
    return View(qHashMulti(size_t(0x7265), shows, under)) | (View(1) << 63);
}

} // namespace

bool DraftImage::hasBitmap(QStringView name) const
{
    return std::any_of(bitmaps.begin(), bitmaps.end(), [&](const Bitmap &bitmap) { return bitmap.name == name; });
}

const Snapshot *DraftDomain::snapshot(QStringView wanted) const
{
    const auto found = snapshots.find(wanted);
    return found ? found->get() : nullptr;
}

std::vector<const Snapshot *> DraftDomain::children(QStringView parent) const
{
    std::vector<const Snapshot *> found;
    for (const auto &each : snapshots.children(parent))
        found.push_back(each.get());
    return found;
}

bool DraftDomain::isAncestor(QStringView ancestor, QStringView descendant) const
{
    const Snapshot *walk = snapshot(descendant);
    for (qsizetype steps = 0; walk && steps <= snapshots.size(); ++steps) {
        if (walk->parent == ancestor)
            return true;
        walk = snapshot(walk->parent);
    }
    return false;
}

const DraftDomain *Draft::domain(const DomainId &id) const
{
    const auto found = m_domains.find(id);
    return found ? found->get() : nullptr;
}

const DraftImage *Draft::image(const ImageId &id) const
{
    const auto found = m_images.find(id);
    return found ? found->get() : nullptr;
}

const DraftImage *Draft::imageAt(const ImageLocation &location) const
{
    return image(m_byName.value(location.name));
}

ImageId Draft::idAt(const ImageLocation &location) const
{
    const ImageId *found = m_byName.find(location.name);
    return found ? *found : imageIdOf(*m_inventory->images, location);
}

std::vector<ImageId> Draft::overlaysOf(const ImageId &below) const
{
    std::vector<ImageId> found;
    for (const auto &[id, image] : m_images) {
        if (image->backing == below)
            found.push_back(id);
    }
    return found;
}

std::vector<ImageId> Draft::chain(const ImageId &top) const
{
    std::vector<ImageId> found;
    for (const DraftImage *layer : layers(top))
        found.push_back(layer->id);
    return found;
}

std::vector<const DraftImage *> Draft::layers(const ImageId &top) const
{
    std::vector<const DraftImage *> found;
    for (const DraftImage *layer = image(top); layer && found.size() < size_t(ImageGraph::MaximumDepth);
         layer = image(layer->backing)) {
        if (std::find(found.begin(), found.end(), layer) != found.end())
            break;
        found.push_back(layer);
    }
    return found;
}

bool Draft::isBelow(const ImageId &below, const ImageId &top) const
{
    const DraftImage *wanted = image(below);
    const DraftImage *layer = image(top);
    if (!wanted || wanted == layer)
        return false;
    for (int depth = 0; layer && depth < ImageGraph::MaximumDepth; ++depth, layer = image(layer->backing)) {
        if (layer == wanted)
            return true;
    }
    return false;
}

QSet<ImageId> Draft::writtenBy(const DomainDefinition *definition) const
{
    QSet<ImageId> images;
    for (size_t i = 0; definition && i < definition->disks.size(); ++i) {
        if (definition->disks[i].keepsWrites())
            images.insert(idAt(definition->disks[i].source.location));
    }
    return images;
}

View Draft::view(const ImageId &id) const
{
    // From the bottom up, so that a chain of any depth needs no stack.
    View under = 0;
    const std::vector<const DraftImage *> chain = layers(id);
    for (auto layer = chain.rbegin(); layer != chain.rend(); ++layer)
        under = view((*layer)->active, under);
    return under;
}

View Draft::view(const ImageId &id, QStringView tagName) const
{
    const DraftImage *found = image(id);
    const DraftTag *tag = found ? found->tag(tagName) : nullptr;
    if (!tag)
        return 0;
    return view(tag->content, view(found->backing));
}

View Draft::view(const Content &content, View under) const
{
    return content.under == under ? content.shows : mixed(content.shows, under);
}

void Draft::createOverlay(const QString &path, const ImageId &backing, bool isNamed)
{
    const View shown = view(backing);
    DraftImage made;
    made.location = {SourceKind::File, path};
    made.format = QStringLiteral("qcow2");
    made.backing = backing;
    made.virtualSize = image(backing) ? image(backing)->virtualSize : 0;
    made.allocated = Bytes(0);
    made.active = {shown, shown};
    made.isNamed = isNamed;
    add(std::move(made));
    note(EffectKind::Create, idAt({SourceKind::File, path}));
}

void Draft::createCopy(
    const QString &path, const QString &format, Bytes virtualSize, const ImageId &backing, View shows, DraftTag tag)
{
    DraftImage made;
    made.location = {SourceKind::File, path};
    made.format = format;
    made.virtualSize = virtualSize;
    made.backing = backing;
    made.active = {shows, view(backing)};
    if (!tag.name.isEmpty()) {
        tag.content = made.active;
        made.tags.append(std::move(tag));
    }
    add(std::move(made));
    note(EffectKind::Create, idAt({SourceKind::File, path}));
}

void Draft::createFile(const QString &path, const QString &format, View content)
{
    createCopy(path, format, 0, {}, content);
}

void Draft::createOutside(const QString &path)
{
    m_effects.append({EffectKind::Create, path, {}});
}

void Draft::removeOutside(const QString &path)
{
    m_effects.append({EffectKind::Remove, path, {}});
}

void Draft::write(const ImageId &id)
{
    write(id, {freshView(), view(image(id)->backing)});
}

void Draft::write(const ImageId &id, const Content &content)
{
    edit(id).active = content;
    note(EffectKind::Write, id);
}

void Draft::commit(const ImageId &top, const ImageId &base, Committer by)
{
    const View shown = view(top);
    const View under = view(image(base)->backing);
    write(base, {shown, under});
    DraftImage &grown = edit(base);
    grown.virtualSize = std::max(grown.virtualSize, image(top)->virtualSize);
    if (by == Committer::Libvirt) {
        for (const Bitmap &bitmap : image(top)->bitmaps) {
            if (!grown.hasBitmap(bitmap.name))
                grown.bitmaps.push_back(bitmap);
        }
    } else {
        for (Bitmap &bitmap : grown.bitmaps)
            bitmap.inconsistent = bitmap.inconsistent || !bitmap.recording;
    }
    // Every cluster of the top is in the base by now, so that it reads the same over either.
    const View below = view(image(top)->backing);
    edit(top).active = {shown, below};
}

void Draft::repoint(const ImageId &overlay, const ImageId &newBacking)
{
    edit(overlay).backing = newBacking;
    note(EffectKind::Repoint, overlay);
}

void Draft::remove(const ImageId &id)
{
    note(EffectKind::Remove, id);
    // What comes under its names is another file.
    QStringList names{image(id)->location.name};
    if (const Image *read = m_inventory->images->find(id))
        names += read->otherNames;
    for (const QString &name : std::as_const(names)) {
        if (m_byName.value(name) == id)
            m_byName.remove(name);
    }
    m_images.remove(id);
}

void Draft::addTag(const ImageId &id, const QString &name, View memory, Bytes memorySize)
{
    DraftImage &image = edit(id);
    image.tags.append({name, image.active, memory, memorySize});
    note(EffectKind::AddTag, id, name);
}

void Draft::removeTag(const ImageId &id, const QString &name)
{
    const int place = image(id)->tags.placeOf(name);
    if (place < 0)
        return;
    edit(id).tags.remove(place);
    note(EffectKind::RemoveTag, id, name);
}

void Draft::noteStranded()
{
    const QSet<ImageId> now = referred();
    std::vector<ImageId> stranded;
    for (const ImageId &before : m_referredAtFirst) {
        if (!now.contains(before) && image(before))
            stranded.push_back(before);
    }
    std::sort(stranded.begin(), stranded.end()); // the same plan each time
    for (const ImageId &id : stranded)
        note(EffectKind::Strand, id);
}

void Draft::start(const DomainId &id, View memory)
{
    DraftDomain &domain = edit(id);
    domain.state = DomainState::Running;
    domain.memory = memory ? memory : freshView();
    domain.savedMemory = 0;
    noteDomain(EffectKind::StartDomain, id, domain.name);
}

void Draft::stop(const DomainId &id, bool orderly)
{
    DraftDomain &domain = edit(id);
    domain.wasShutDown = orderly;
    domain.state = DomainState::ShutOff;
    domain.memory = 0;
    if (domain.persistentDefinition)
        domain.definition = domain.persistentDefinition;
    noteDomain(EffectKind::StopDomain, id, domain.name);
}

void Draft::setState(const DomainId &id, DomainState state)
{
    edit(id).state = state;
}

void Draft::dropSavedMemory(const DomainId &id)
{
    DraftDomain &domain = edit(id);
    domain.savedMemory = 0;
    noteDomain(EffectKind::DiscardState, id, domain.name);
}

void Draft::define(const DomainId &id, std::shared_ptr<const DomainDefinition> definition)
{
    DraftDomain &domain = edit(id);
    domain.definition = definition;
    domain.persistentDefinition = std::move(definition);
    noteDomain(EffectKind::ChangeDefinition, id, domain.name);
}

void Draft::noteDefinitionChange(const DomainId &id)
{
    noteDomain(EffectKind::ChangeDefinition, id, domain(id)->name);
}

DraftImage &Draft::edit(const ImageId &id)
{
    auto copy = std::make_shared<DraftImage>(*image(id));
    DraftImage &edited = *copy;
    m_images.insert(id, std::move(copy));
    return edited;
}

DraftDomain &Draft::edit(const DomainId &id)
{
    auto copy = std::make_shared<DraftDomain>(*domain(id));
    DraftDomain &edited = *copy;
    m_domains.insert(id, std::move(copy));
    return edited;
}

void Draft::add(DraftImage image)
{
    // A file made after another of its name was removed is not that one.
    if (image.id.isEmpty())
        image.id = ImageId(QStringLiteral("made:%1").arg(++m_lastMade));
    const ImageId id = image.id;
    m_byName.insert(image.location.name, id);
    m_images.insert(id, std::make_shared<const DraftImage>(std::move(image)));
}

void Draft::note(EffectKind kind, const ImageId &id, const QString &name)
{
    const DraftImage *found = image(id);
    m_effects.append({kind, found ? found->location.name : id.value, name});
}

void Draft::noteDomain(EffectKind kind, const DomainId &, const QString &name)
{
    m_effects.append({kind, {}, name});
}

// By definitions and snapshots, whole chains; what a snapshot's metadata names counts as referred to.
QSet<ImageId> Draft::referred() const
{
    QSet<ImageId> seen;
    const auto refer = [&](const ImageLocation &location) {
        if (location.isEmpty())
            return;
        for (const DraftImage *layer = image(idAt(location)); layer && !seen.contains(layer->id);
             layer = image(layer->backing))
            seen.insert(layer->id);
    };
    for (const auto &[id, domain] : m_domains) {
        for (const auto &definition : {domain->definition, domain->persistentDefinition}) {
            for (size_t i = 0; definition && i < definition->disks.size(); ++i)
                refer(definition->disks[i].source.location);
        }
        for (const auto &snapshot : domain->snapshots) {
            for (const SnapshotDisk &disk : snapshot->disks) {
                refer(snapshot->frozen(disk.target).location);
                refer(disk.overlay.location);
            }
            for (const SnapshotDisk &disk : snapshot->revertDisks)
                refer(disk.overlay.location);
            if (!snapshot->memoryFile.isEmpty())
                refer({SourceKind::File, snapshot->memoryFile});
            if (const DraftImage *copy = nvramCopyOf(*this, *snapshot))
                refer(copy->location);
        }
    }
    return seen;
}

} // namespace treewarden
