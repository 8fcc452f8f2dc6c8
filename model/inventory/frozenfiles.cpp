// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/frozenfiles.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLockFile>
#include <QSaveFile>
#include <QSet>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr int DocumentVersion = 1;

// SHA-256 of the names of what an image holds beside its active contents.
QByteArray marksOf(const ImageFacts &facts)
{
    QStringList names;
    for (const Tag &tag : facts.tags)
        names += u't' + tag.id + u'/' + tag.name;
    for (const Bitmap &bitmap : facts.bitmaps)
        names += u'b' + bitmap.name;
    return QCryptographicHash::hash(names.join(u'\n').toUtf8(), QCryptographicHash::Sha256);
}

// What rests on a file.
struct User
{
    QString key;
    OutdatedUser user;
};

// Who rests on which image, by index; images that a machine is defined to write to are left out.
class Users
{
public:
    Users(const std::vector<std::shared_ptr<const Domain>> &domains, const std::vector<Image> &images)
        : m_images(images)
    {
        for (size_t i = 0; i < images.size(); ++i) {
            m_byId.insert(images[i].id, i);
            m_byName.insert(images[i].location.name, i);
            for (const QString &name : images[i].otherNames)
                m_byName.insert(name, i);
        }
        for (const Image &overlay : images) {
            const auto base = m_byId.constFind(overlay.backing);
            if (base != m_byId.constEnd() && overlay.location.isLocalPath())
                m_users[*base].push_back(
                    {QString(overlay.location.name + u'\n' + overlay.id.value), {{}, overlay.location.name, false}});
        }
        for (const auto &domain : domains) {
            for (const auto *definition : {&domain->definition, &domain->persistentDefinition}) {
                for (size_t i = 0; definition->isKnown() && i < (*definition)->disks.size(); ++i) {
                    const Disk &disk = (*definition)->disks[i];
                    if (!disk.readOnly && disk.device != DiskDevice::Cdrom)
                        leaveOut(disk.source.location.name);
                    if (disk.mirror)
                        leaveOut(disk.mirror->location.name);
                }
            }
            for (int node = 0; domain->snapshots.isKnown() && node < domain->snapshots->size(); ++node)
                addSnapshot(*domain, domain->snapshots->at(node));
            m_isComplete = m_isComplete && !domain->snapshots.isUnknown();
        }
    }

    const QHash<size_t, std::vector<User>> &all() const { return m_users; }
    bool isWritten(size_t image) const { return m_written.contains(image); }
    bool isComplete() const { return m_isComplete; }

private:
    void leaveOut(const QString &path)
    {
        if (const auto image = m_byName.constFind(path); image != m_byName.constEnd())
            m_written.insert(*image);
    }
    void addSnapshot(const Domain &domain, const Snapshot &snapshot)
    {
        for (const SnapshotDisk &disk : snapshot.disks) {
            const auto frozen = m_byName.constFind(snapshot.frozen(disk.target).location.name);
            if (disk.kind != SnapshotDiskKind::External || frozen == m_byName.constEnd())
                continue;
            const QString key = domain.uuid.value + u'\n' + QString::number(snapshot.created) + u'\n' + snapshot.name;
            m_users[*frozen].push_back({key, {domain.uuid, snapshot.name, false}});
        }
    }

    const std::vector<Image> &m_images;
    QHash<ImageId, size_t> m_byId;
    QHash<QString, size_t> m_byName;
    QHash<size_t, std::vector<User>> m_users;
    QSet<size_t> m_written;
    bool m_isComplete = true;
};

} // namespace

FrozenFiles::FrozenFiles(QString document, std::chrono::milliseconds patience)
    : m_document(std::move(document))
    , m_patience(patience)
{
}

void FrozenFiles::compare(
    const std::vector<std::shared_ptr<const Domain>> &domains, std::vector<Image> &images, const Opener &open)
{
    if (!m_isLoaded)
        load();
    const Users users(domains, images);
    const auto fingerprint = [&](const Image &image) -> Result<Fingerprint> {
        const auto source = open(image.location.name);
        if (!source)
            return failure(source.error());
        return fingerprintOf(**source, image.facts->format);
    };

    std::vector<size_t> order;
    for (auto entry = users.all().cbegin(); entry != users.all().cend(); ++entry) {
        const Image &image = images[entry.key()];
        if (!users.isWritten(entry.key()) && image.facts.isKnown() && image.fileSize.isKnown()
            && image.modified.isKnown())
            order.push_back(entry.key());
    }
    // What was frozen last first.
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return *images[a].modified != *images[b].modified ? *images[a].modified > *images[b].modified : a < b;
    });

    const auto begun = std::chrono::steady_clock::now();
    QHash<QString, Note> set;
    for (const size_t index : order) {
        Image &image = images[index];
        const QByteArray marks = marksOf(*image.facts);
        Result<Fingerprint> now = failure(ErrorCode::NotRead);
        bool hasLooked = false;
        const auto look = [&]() -> const Result<Fingerprint> & {
            if (!std::exchange(hasLooked, true))
                now = fingerprint(image);
            return now;
        };
        for (const User &user : users.all().value(index)) {
            const QString key = image.location.name + u'\n' + user.key;
            const auto note = m_notes.constFind(key);
            if (note == m_notes.constEnd()) {
                if (!hasLooked && std::chrono::steady_clock::now() - begun > m_patience)
                    continue;
                if (look())
                    set.insert(key, {*image.fileSize, *image.modified, *now, marks});
                continue;
            }
            if (note->size == *image.fileSize && note->modified == *image.modified)
                continue;
            if (!look())
                continue; // being written, or not to be read: the next reading will tell
            if (now->contents == note->fingerprint.contents && marks != note->marks) {
                // Internal snapshots or bitmaps came or went.
                set.insert(key, {*image.fileSize, *image.modified, *now, marks});
                continue;
            }
            OutdatedUser outdated = user.user;
            outdated.isCertain = *now != note->fingerprint;
            image.outdated.push_back(std::move(outdated));
        }
    }

    // What no longer rests on a file, or rested on one that is gone. Where nothing is new that can wait.
    QStringList dropped;
    if (users.isComplete() && !set.isEmpty()) {
        const auto isGone = [&](const QString &path) {
            const auto source = open(path);
            return !source && source.error().code == ErrorCode::NotFound;
        };
        QSet<QString> files;
        QSet<QString> keys;
        for (size_t index = 0; index < images.size(); ++index) {
            files.insert(images[index].location.name);
            for (const User &user : users.all().value(index))
                keys.insert(QString(images[index].location.name + u'\n' + user.key));
        }
        for (auto note = m_notes.cbegin(); note != m_notes.cend(); ++note) {
            const QString file = note.key().section(u'\n', 0, 0);
            if (files.contains(file) ? !keys.contains(note.key()) : isGone(file))
                dropped += note.key();
        }
    }
    if (!set.isEmpty() || !m_unsaved.isEmpty())
        save(set, dropped);
}

void FrozenFiles::load()
{
    m_isLoaded = true;
    QFile file(m_document);
    if (!file.open(QIODevice::ReadOnly))
        return;
    const QJsonObject document = QJsonDocument::fromJson(file.readAll()).object();
    if (document.value("version"_L1).toInt() != DocumentVersion)
        return;
    m_notes.clear();
    const QJsonObject notes = document.value("files"_L1).toObject();
    for (auto entry = notes.begin(); entry != notes.end(); ++entry) {
        const QJsonObject note = entry.value().toObject();
        const auto bytes
            = [&](QLatin1StringView key) { return QByteArray::fromHex(note.value(key).toString().toLatin1()); };
        m_notes.insert(entry.key(),
            {note.value("size"_L1).toString().toULongLong(), note.value("modified"_L1).toString().toLongLong(),
                {bytes("contents"_L1), bytes("refcounts"_L1)}, bytes("marks"_L1)});
    }
}

void FrozenFiles::save(const QHash<QString, Note> &set, const QStringList &dropped)
{
    for (auto note = set.cbegin(); note != set.cend(); ++note) {
        const auto known = m_notes.constFind(note.key());
        const auto before = known == m_notes.constEnd() ? std::nullopt : std::optional(*known);
        const auto waiting = m_unsaved.find(note.key());
        if (waiting == m_unsaved.end())
            m_unsaved.insert(note.key(), {*note, before});
        else
            waiting->note = *note;
        m_unsavedDrops.remove(note.key());
    }
    for (const QString &key : dropped) {
        m_unsaved.remove(key);
        m_unsavedDrops.insert(key);
    }
    QDir().mkpath(QFileInfo(m_document).path());
    QLockFile lock(m_document + u".lock"_s);
    const bool isLocked = lock.tryLock(1000);
    if (isLocked)
        load(); // with what others noted
    for (auto change = m_unsaved.cbegin(); change != m_unsaved.cend(); ++change) {
        // What another process noted meanwhile was noted before: what happened in between would go unseen.
        const auto there = m_notes.constFind(change.key());
        if (there == m_notes.constEnd() || *there == change->before)
            m_notes.insert(change.key(), change->note);
    }
    for (const QString &key : std::as_const(m_unsavedDrops))
        m_notes.remove(key);
    // Else the next reading tries again.
    if (!isLocked)
        return;
    QJsonObject notes;
    for (auto note = m_notes.cbegin(); note != m_notes.cend(); ++note) {
        notes.insert(note.key(),
            QJsonObject{{u"size"_s, QString::number(note->size)}, {u"modified"_s, QString::number(note->modified)},
                {u"contents"_s, QString::fromLatin1(note->fingerprint.contents.toHex())},
                {u"refcounts"_s, QString::fromLatin1(note->fingerprint.refcounts.toHex())},
                {u"marks"_s, QString::fromLatin1(note->marks.toHex())}});
    }
    QSaveFile file(m_document);
    if (!file.open(QIODevice::WriteOnly))
        return;
    file.write(QJsonDocument(QJsonObject{{u"version"_s, DocumentVersion}, {u"files"_s, notes}})
                   .toJson(QJsonDocument::Compact));
    if (!file.commit())
        return;
    m_unsaved.clear();
    m_unsavedDrops.clear();
}

} // namespace treewarden
