// SPDX-License-Identifier: GPL-3.0-or-later
// What SnapshotView remembers of each machine from one start of the program to the next.
#include "views/snapshottextmodel.h"
#include "views/snapshotview.h"

#include <QDataStream>
#include <QIODevice>

namespace treewarden {

namespace {

constexpr qint32 PlacesVersion = 1;
// Settings are a small file. Who folds more than this starts anew with the rest.
constexpr qsizetype MaximumMachines = 100;
constexpr qsizetype MaximumFolds = 100;

struct SavedPlace
{
    QString machine;
    qint32 kind = 0;
    QString name;
    qint32 orphanKind = 0;
    QString path;
    QStringList folds;
};

QDataStream &operator<<(QDataStream &stream, const SavedPlace &place)
{
    return stream << place.machine << place.kind << place.name << place.orphanKind << place.path << place.folds;
}

QDataStream &operator>>(QDataStream &stream, SavedPlace &place)
{
    return stream >> place.machine >> place.kind >> place.name >> place.orphanKind >> place.path >> place.folds;
}

} // namespace

QByteArray SnapshotView::savePlaces() const
{
    QList<SavedPlace> places; // the last one first
    for (auto machine = m_looked.crbegin(); machine != m_looked.crend() && places.size() < MaximumMachines; ++machine) {
        const SnapshotItem chosen = m_chosen.value(*machine);
        QStringList folds = m_model->folds().value(*machine).values();
        folds.sort();
        folds = folds.mid(0, MaximumFolds);
        const bool isUsual = !m_chosen.contains(*machine) || chosen.kind == RowKind::Here;
        if (!isUsual || !folds.isEmpty())
            places.push_back({machine->value, qint32(isUsual ? RowKind::Here : chosen.kind), chosen.name,
                qint32(chosen.orphanKind), chosen.path, folds});
    }
    QByteArray state;
    QDataStream stream(&state, QIODevice::WriteOnly);
    stream.setVersion(QDataStream::Qt_6_4);
    stream << PlacesVersion << qint32(places.size());
    for (const SavedPlace &place : std::as_const(places))
        stream << place;
    return state;
}

bool SnapshotView::restorePlaces(const QByteArray &state)
{
    QDataStream stream(state);
    stream.setVersion(QDataStream::Qt_6_4);
    qint32 version = 0;
    qint32 count = 0;
    stream >> version >> count;
    if (stream.status() != QDataStream::Ok || version != PlacesVersion || count < 0 || count > MaximumMachines)
        return false;
    QHash<DomainId, QSet<QString>> folds;
    for (int i = 0; i < count; ++i) {
        SavedPlace place;
        stream >> place;
        if (stream.status() != QDataStream::Ok)
            return false;
        const DomainId machine(place.machine);
        m_looked.prepend(machine);
        if (!place.folds.isEmpty())
            folds.insert(machine, QSet<QString>(place.folds.cbegin(), place.folds.cend()));
        const bool isRow = place.kind == qint32(RowKind::Snapshot) || place.kind == qint32(RowKind::Orphan);
        if (!isRow || place.orphanKind < 0 || place.orphanKind > qint32(OrphanKind::Nvram))
            continue;
        SnapshotItem chosen;
        chosen.kind = RowKind(place.kind);
        chosen.name = place.name;
        chosen.orphanKind = OrphanKind(place.orphanKind);
        chosen.path = place.path;
        m_chosen.insert(machine, chosen);
    }
    m_model->setFolds(std::move(folds));
    return true;
}

} // namespace treewarden
