// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/namedlist.h"
#include "model/base/sharedlog.h"
#include "model/domain/inventory.h"
#include "model/guard/effect.h"
#include "model/guard/snapshotlist.h"

#include <QSet>

#include <memory>
#include <vector>

namespace treewarden {

// The bytes that somebody reads from a layer, as a name for them: equal views are equal bytes, a view never seen before
// is bytes that nobody knows. 0: nothing is there.
using View = quint64;

// A layer's own contents: what it shows while what lies below it shows `under`. Over anything else it shows something
// nobody ever saw, which is what happens to an overlay whose base changes.
struct Content
{
    View shows = 0;
    View under = 0;

    bool operator==(const Content &) const = default;
};

// By a step, and not found on the host.
inline bool isMade(const ImageId &image)
{
    return image.value.startsWith(u"made:");
}

struct DraftTag
{
    QString name;
    Content content;
    View memory = 0; // 0: none was saved with it
    Bytes memorySize = 0;

    bool operator==(const DraftTag &) const = default;
};
inline const QString &nameOf(const DraftTag &tag)
{
    return tag.name;
}

// One file of the draft. `isKnown` false: its metadata could not be read, so nobody knows what else lies in it.
struct DraftImage
{
    ImageId id;
    ImageLocation location;
    bool isKnown = true;
    QString format;
    Bytes virtualSize = 0;
    Fact<Bytes> allocated = Fact<Bytes>::absent();
    ImageId backing;
    QString dataFile; // qcow2 with an external data file
    Content active; // of a file of saved memory or NVRAM: its bytes
    NamedList<DraftTag> tags;
    std::vector<Bitmap> bitmaps; // and those of checkpoints that QEMU has not written yet
    // libvirt chooses the name when it makes the file: only its role is known.
    bool isNamed = true;

    // Of several with one name QEMU takes the first.
    const DraftTag *tag(QStringView name) const { return tags.find(name); }
    bool hasBitmap(QStringView name) const;
};

struct DraftDomain
{
    DomainId uuid;
    QString name;
    DomainState state = DomainState::Unknown;
    bool persistent = true;
    View memory = 0; // what it has in memory; 0: it is off
    bool wasShutDown = false; // by its guest, so that nothing of its memory was lost
    View savedMemory = 0; // in its managed save
    std::shared_ptr<const DomainDefinition> definition; // null: not known
    std::shared_ptr<const DomainDefinition> persistentDefinition; // the same pointer as `definition` while it is off
    bool areSnapshotsKnown = true;
    SnapshotList snapshots;
    QString current; // empty: none
    std::vector<Checkpoint> checkpoints;

    const Snapshot *snapshot(QStringView wanted) const;
    std::vector<const Snapshot *> children(QStringView parent) const; // an empty name: the roots
    bool isAncestor(QStringView ancestor, QStringView descendant) const;
};

class ClaimantIndex;

// A host to try steps on: an inventory whose files have contents with names, so that it can be said of every owner
// whether it still reads what it read before. Copying is cheap (what does not change is shared). Pure.
//
// What a lookup points at is valid until the next change of this draft; a copy of the draft keeps it alive.
//
// Each change below is a thing that QEMU, qemu-img or libvirt does to one file or to metadata; it changes the draft and
// records its effect. What is to be changed must be there; the caller has looked.
class Draft
{
public:
    Draft() = default;
    explicit Draft(std::shared_ptr<const Inventory> inventory);

    const Inventory &inventory() const { return *m_inventory; }
    const Host &host() const { return m_inventory->host; }
    const DraftDomain *domain(const DomainId &id) const;
    const SharedMap<DomainId, std::shared_ptr<const DraftDomain>> &domains() const { return m_domains; }
    const DraftImage *image(const ImageId &id) const;
    const DraftImage *imageAt(const ImageLocation &location) const;
    const SharedMap<ImageId, std::shared_ptr<const DraftImage>> &images() const { return m_images; }
    ImageId idAt(const ImageLocation &location) const; // one made of the name where there is no such image
    std::vector<ImageId> overlaysOf(const ImageId &image) const; // direct ones
    std::vector<ImageId> chain(const ImageId &top) const; // top first; what is missing ends it
    // The images that a machine with this definition writes into; null: none.
    QSet<ImageId> writtenBy(const DomainDefinition *definition) const;
    bool isBelow(const ImageId &below, const ImageId &top) const; // in the chain of top, and not top itself

    View view(const ImageId &image) const; // of its active contents
    View view(const ImageId &image, QStringView tag) const;
    View view(const Content &content, View under) const; // over what lies below

    // Of all changes so far, or of those after so many.
    std::vector<Effect> effects(qsizetype after = 0) const { return m_effects.entries(after); }
    qsizetype effectCount() const { return m_effects.size(); }

    // Files
    void createOverlay(const QString &path, const ImageId &backing, bool isNamed = true);
    // A new image, on `backing` where there is one, that shows `shows`; with one tag that shows the same where `tag`
    // has a name (its memory counts, its content does not).
    void createCopy(const QString &path, const QString &format, Bytes virtualSize, const ImageId &backing, View shows,
        DraftTag tag = {});
    void createFile(const QString &path, const QString &format, View content);
    // One that no inventory lists and nobody relies on, such as a backup's: an effect, and no image.
    void createOutside(const QString &path);
    void removeOutside(const QString &path);
    void write(const ImageId &image); // by a guest, or by anybody who does not say what
    void write(const ImageId &image, const Content &content); // as a revert to a tag does
    // The active contents of `top` move into `base`, which lies below it. `top` still shows the same, over whatever the
    // layers between show now. Tags do not move. Bitmaps do where libvirt commits; qemu-img leaves them, and of those
    // of `base` only the ones that record note what it writes there (seen with QEMU 7.2).
    enum class Committer { Libvirt, QemuImg };
    void commit(const ImageId &top, const ImageId &base, Committer by);
    void repoint(const ImageId &overlay, const ImageId &newBacking); // the header alone
    void remove(const ImageId &image);
    void addTag(const ImageId &image, const QString &name, View memory, Bytes memorySize);
    void removeTag(const ImageId &image, const QString &name);
    void noteStranded(); // records an effect for each file that something referred to when the draft was made, and now
                         // nothing does

    // Machines
    void start(const DomainId &domain, View memory = 0); // 0: boots
    void stop(const DomainId &domain, bool orderly); // orderly: the guest shut down, nothing in memory was lost
    void setState(const DomainId &domain, DomainState state);
    void dropSavedMemory(const DomainId &domain);
    void define(const DomainId &domain, std::shared_ptr<const DomainDefinition> definition); // live and persistent
    void addSnapshot(const DomainId &domain, const Snapshot &snapshot, bool makeCurrent);
    // Also under another name; children, current snapshot and order follow.
    void changeSnapshot(const DomainId &domain, const QString &name, const Snapshot &to);
    void makeCurrent(const DomainId &domain, const QString &name);
    void forgetSnapshot(const DomainId &domain, const QString &name); // children move to its parent, as libvirt does
    void addBitmap(const DomainId &domain, const QString &target, const QString &bitmap); // on the disk's image
    void addCheckpoint(const DomainId &domain, const Checkpoint &checkpoint); // with a bitmap on each of its disks
    void dropCheckpoint(const DomainId &domain, const QString &name); // with them
    void noteDefinitionChange(const DomainId &domain); // that no value here shows, as metadata

    View freshView() { return ++m_lastView; }

    // Who relied on what when it was made of an inventory; for ClaimantIndex. Null where it was not.
    const std::shared_ptr<const ClaimantIndex> &claimantsAtFirst() const { return m_claimantsAtFirst; }

private:
    DraftImage &edit(const ImageId &id);
    DraftDomain &edit(const DomainId &id);
    void note(EffectKind kind, const ImageId &image, const QString &name = {});
    void noteDomain(EffectKind kind, const DomainId &domain, const QString &name);
    void add(DraftImage image);
    void takeCheckpoints(const DraftDomain &domain);
    QSet<ImageId> referred() const;
    std::vector<const DraftImage *> layers(const ImageId &top) const;

    std::shared_ptr<const Inventory> m_inventory = std::make_shared<Inventory>();
    SharedMap<DomainId, std::shared_ptr<const DraftDomain>> m_domains;
    SharedMap<ImageId, std::shared_ptr<const DraftImage>> m_images;
    SharedMap<QString, ImageId> m_byName;
    QSet<ImageId> m_referredAtFirst; // filled by the constructor
    std::shared_ptr<const ClaimantIndex> m_claimantsAtFirst;
    SharedLog<Effect> m_effects;
    View m_lastView = 0;
    int m_lastMade = 0;
};

} // namespace treewarden
