// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/snapshotmodel.h"

#include <algorithm>

namespace treewarden {

namespace {

// More runs than this are cheaper as one change of layout.
constexpr int MaximumRuns = 32;

int diskCount(const Snapshot &snapshot)
{
    const SnapshotDiskKind wanted
        = snapshot.kind() == SnapshotKind::External ? SnapshotDiskKind::External : SnapshotDiskKind::Internal;
    return int(std::count_if(snapshot.disks.begin(), snapshot.disks.end(),
        [wanted](const SnapshotDisk &disk) { return disk.kind == wanted; }));
}

// What the overlays above the current snapshot's frozen files have grown to. Absent where it was not an external
// snapshot of every disk that it covers: changes since an internal one are not kept apart from the rest.
Fact<Bytes> writtenSince(const Inventory &inventory, const Domain &domain)
{
    const SnapshotTree &tree = domain.snapshots.value();
    if (tree.current() < 0)
        return Fact<Bytes>::absent();
    const Snapshot &current = tree.at(tree.current());
    if (current.kind() != SnapshotKind::External)
        return Fact<Bytes>::absent();
    if (!domain.definition.isKnown())
        return domain.definition.isUnknown() ? Fact<Bytes>::unknown(domain.definition.why()) : Fact<Bytes>::absent();
    const ImageGraph &images = *inventory.images;
    Bytes sum = 0;
    for (const SnapshotDisk &covered : current.disks) {
        if (covered.kind != SnapshotDiskKind::External)
            continue;
        const Disk *disk = domain.definition->disk(covered.target);
        const Image *active = disk ? images.at(disk->source.location) : nullptr;
        const Image *frozen = images.at(current.frozen(covered.target).location);
        if (!active || !frozen)
            return Fact<Bytes>::unknown({ErrorCode::NotFound, covered.target, {}});
        const ImageGraph::Chain chain = images.chain(active->id);
        const std::vector<ImageId> &layers = chain.layers;
        const auto end = std::find(layers.begin(), layers.end(), frozen->id);
        if (end == layers.end() && chain.end != ImageGraph::Chain::End::Complete)
            return Fact<Bytes>::unknown({ErrorCode::NotRead, active->location.name, {}});
        if (end == layers.end() || end == layers.begin())
            return Fact<Bytes>::absent();
        for (auto layer = layers.begin(); layer != end; ++layer) {
            const Fact<Bytes> &allocated = images.find(*layer)->allocated;
            if (!allocated.isKnown())
                return allocated;
            sum += *allocated;
        }
    }
    return sum;
}

} // namespace

SnapshotModel::SnapshotModel(QObject *parent)
    : QAbstractItemModel(parent)
    , m_inventory(std::make_shared<Inventory>())
    , m_assessment(std::make_shared<Assessment>())
{
}

void SnapshotModel::show(
    std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment, const DomainId &domain)
{
    const bool switched = domain != m_domainId;
    if (switched) {
        Q_EMIT aboutToUpdate();
        beginResetModel();
    }
    m_inventory = inventory ? std::move(inventory) : std::make_shared<Inventory>();
    m_assessment = assessment ? std::move(assessment) : std::make_shared<Assessment>();
    m_domainId = domain;
    m_domain = domain.isEmpty() ? nullptr : m_inventory->domain(domain);
    m_options.folded = m_folded.value(domain);

    m_orphans.clear();
    m_dataMissing.clear();
    m_problems.clear();
    if (m_domain && !m_domain->snapshots.isUnknown()) {
        const bool hasTree = m_domain->snapshots.isKnown();
        for (const Orphan &orphan : m_assessment->orphansOf(domain)) {
            if (orphan.kind == OrphanKind::Metadata && hasTree && m_domain->snapshots->find(orphan.name) >= 0)
                m_dataMissing.insert(orphan.name);
            else
                m_orphans.push_back(orphan);
        }
        for (const Problem &problem : m_assessment->problemsOf(domain))
            m_problems[problem.subject].append(problem.id);
    }

    if (!switched) {
        relay();
        return;
    }
    Contents next = contents();
    m_content = contentFor(next.rows);
    m_items = std::move(next.items);
    takeParentRows(next.rows);
    m_onlyHere.assign(m_items.size(), std::nullopt);
    endResetModel();
    Q_EMIT updated();
}

void SnapshotModel::setMeasured(const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes)
{
    m_measured.insert(*m_inventory, domain, snapshot, bytes);
    if (domain != m_domainId)
        return;
    for (int row = 0; row < rowCount(); ++row) {
        if (item(row).kind == RowKind::Snapshot && item(row).name == snapshot) {
            m_onlyHere[size_t(row)].reset();
            Q_EMIT dataChanged(index(row, OnlyHereColumn), index(row, OnlyHereColumn));
        }
    }
}

void SnapshotModel::setOrder(bool newestFirst, bool byName)
{
    m_options.newestFirst = newestFirst;
    m_options.byName = byName;
    relay();
}

void SnapshotModel::setFilter(const QString &text)
{
    m_options.filter = text;
    relay();
}

void SnapshotModel::setFolded(int row, bool folded)
{
    if (row < 0 || row >= rowCount() || !item(row).drawing.foldable || item(row).drawing.folded == folded)
        return;
    if (folded)
        m_options.folded.insert(item(row).name);
    else
        m_options.folded.remove(item(row).name);
    m_folded[m_domainId] = m_options.folded;
    relay();
}

void SnapshotModel::unfoldAll()
{
    m_options.folded.clear();
    m_folded.remove(m_domainId);
    relay();
}

Error SnapshotModel::why() const
{
    return m_domain && m_domain->snapshots.isUnknown() ? m_domain->snapshots.why() : Error{};
}

const Snapshot *SnapshotModel::snapshot(int row) const
{
    const int found = node(row);
    return found < 0 ? nullptr : &m_domain->snapshots->at(found);
}

// By name, because rows outlive the tree that they were made of for the length of an update.
int SnapshotModel::node(int row) const
{
    const bool hasTree = m_domain && m_domain->snapshots.isKnown();
    return hasTree && item(row).kind == RowKind::Snapshot ? m_domain->snapshots->find(item(row).name) : -1;
}

Fact<Bytes> SnapshotModel::onlyHere(int row) const
{
    std::optional<Fact<Bytes>> &known = m_onlyHere[size_t(row)];
    if (!known)
        known = findOnlyHere(row);
    return *known;
}

Fact<Bytes> SnapshotModel::findOnlyHere(int row) const
{
    const SnapshotItem &wanted = item(row);
    if (wanted.kind == RowKind::Orphan) {
        for (const Orphan &orphan : m_orphans) {
            if (orphan.kind == wanted.orphanKind && orphan.path == wanted.path && orphan.name == wanted.name)
                return orphan.bytes;
        }
        return {};
    }
    if (!m_domain || !m_domain->snapshots.isKnown())
        return {};
    if (wanted.kind == RowKind::Here)
        return writtenSince(*m_inventory, *m_domain);
    const int found = node(row);
    if (found < 0)
        return {};
    const Fact<Bytes> held = treewarden::onlyHere(*m_inventory, *m_domain, found);
    const std::optional<Fact<Bytes>> measured = m_measured.find(*m_inventory, m_domainId, wanted.name);
    if (held.isUnknown() || !measured || !measured->isKnown())
        return held;
    return **measured + (held.isKnown() ? *held : 0);
}

int SnapshotModel::find(const SnapshotItem &like) const
{
    const auto found
        = std::find_if(m_items.begin(), m_items.end(), [&like](const SnapshotItem &item) { return item.isSame(like); });
    return found == m_items.end() ? -1 : int(found - m_items.begin());
}

QModelIndex SnapshotModel::index(int row, int column, const QModelIndex &parent) const
{
    return hasIndex(row, column, parent) ? createIndex(row, column) : QModelIndex();
}

QModelIndex SnapshotModel::parent(const QModelIndex &) const
{
    return {};
}

int SnapshotModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_items.size());
}

int SnapshotModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant SnapshotModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    switch (role) {
    case ItemRole:
        return QVariant::fromValue(item(index.row()));
    case OnlyHereRole:
        return QVariant::fromValue(onlyHere(index.row()));
    default:
        return {};
    }
}

Qt::ItemFlags SnapshotModel::flags(const QModelIndex &index) const
{
    return index.isValid() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren : Qt::NoItemFlags;
}

SnapshotModel::Contents SnapshotModel::contents() const
{
    Contents next;
    if (!m_domain || m_domain->snapshots.isUnknown())
        return next;
    static const SnapshotTree none;
    const SnapshotTree &tree = m_domain->snapshots.isKnown() ? *m_domain->snapshots : none;
    next.rows = layLanes(tree, m_orphans, m_options);
    next.items.reserve(next.rows.size());
    for (const LaneRow &row : next.rows) {
        SnapshotItem &item = next.items.emplace_back();
        item.kind = row.kind;
        item.drawing = row.drawing;
        switch (row.kind) {
        case RowKind::Snapshot: {
            const Snapshot &snapshot = tree.at(row.node);
            item.name = snapshot.name;
            item.description = snapshot.description;
            if (snapshot.created != 0)
                item.created = snapshot.created;
            item.isCurrent = row.node == tree.current();
            item.problems = m_problems.value(snapshot.name);
            item.snapshotKind = snapshot.kind();
            item.state = snapshot.state;
            item.memory = snapshot.memory;
            item.disks = diskCount(snapshot);
            item.dataMissing = m_dataMissing.contains(snapshot.name);
            break;
        }
        case RowKind::Here:
            item.created = Fact<qint64>::absent();
            item.now = m_domain->state;
            break;
        case RowKind::Orphan: {
            const Orphan &orphan = m_orphans[size_t(row.node)];
            item.name = orphan.name;
            item.created = orphan.created;
            item.problems = m_problems.value(orphan.path);
            item.orphanKind = orphan.kind;
            item.path = orphan.path;
            break;
        }
        }
    }
    return next;
}

SnapshotModel::Content SnapshotModel::contentFor(const std::vector<LaneRow> &rows) const
{
    if (m_domainId.isEmpty())
        return Content::NoMachine;
    if (!m_domain)
        return Content::Gone;
    if (m_domain->snapshots.isUnknown())
        return m_domain->snapshots.why().code == ErrorCode::NotRead ? Content::Reading : Content::Unreadable;
    if (!rows.empty())
        return Content::Rows;
    const bool hasSnapshots = m_domain->snapshots.isKnown() && m_domain->snapshots->size() > 0;
    return hasSnapshots || !m_orphans.empty() ? Content::NoMatch : Content::NoSnapshots;
}

void SnapshotModel::relay()
{
    Q_EMIT aboutToUpdate();
    replace(contents());
    Q_EMIT updated();
}

void SnapshotModel::replace(Contents next)
{
    m_content = contentFor(next.rows);
    const std::vector<SnapshotItem> before = m_items;
    const RowMatch rows = matchRows(before, next.items);
    if (rows.inOrder && rows.runs <= MaximumRuns)
        removeAndInsert(rows, next);
    else
        changeLayout(rows, next);
    announce(before, rows.oldRowOf);
}

void SnapshotModel::removeAndInsert(const RowMatch &match, Contents &next)
{
    for (int last = int(match.newRowOf.size()) - 1; last >= 0; --last) {
        if (match.newRowOf[size_t(last)] >= 0)
            continue;
        int first = last;
        while (first > 0 && match.newRowOf[size_t(first - 1)] < 0)
            --first;
        beginRemoveRows({}, first, last);
        m_items.erase(m_items.begin() + first, m_items.begin() + last + 1);
        m_onlyHere.erase(m_onlyHere.begin() + first, m_onlyHere.begin() + last + 1);
        m_parentRows.resize(m_items.size(), -1);
        endRemoveRows();
        last = first;
    }
    const int count = int(match.oldRowOf.size());
    for (int first = 0; first < count; ++first) {
        if (match.oldRowOf[size_t(first)] >= 0)
            continue;
        int last = first;
        while (last + 1 < count && match.oldRowOf[size_t(last + 1)] < 0)
            ++last;
        beginInsertRows({}, first, last);
        m_items.insert(m_items.begin() + first, next.items.begin() + first, next.items.begin() + last + 1);
        m_onlyHere.insert(m_onlyHere.begin() + first, size_t(last - first + 1), std::nullopt);
        m_parentRows.resize(m_items.size(), -1);
        endInsertRows();
        first = last;
    }
    m_items = std::move(next.items);
    takeParentRows(next.rows);
}

void SnapshotModel::changeLayout(const RowMatch &match, Contents &next)
{
    Q_EMIT layoutAboutToBeChanged();
    const QModelIndexList from = persistentIndexList();
    QModelIndexList to;
    to.reserve(from.size());
    for (const QModelIndex &old : from) {
        const int row = match.newRowOf[size_t(old.row())];
        to.append(row < 0 ? QModelIndex() : createIndex(row, old.column()));
    }
    std::vector<std::optional<Fact<Bytes>>> onlyHereThen(next.items.size());
    for (size_t row = 0; row < onlyHereThen.size(); ++row) {
        if (match.oldRowOf[row] >= 0)
            onlyHereThen[row] = m_onlyHere[size_t(match.oldRowOf[row])];
    }
    m_onlyHere = std::move(onlyHereThen);
    m_items = std::move(next.items);
    takeParentRows(next.rows);
    changePersistentIndexList(from, to);
    Q_EMIT layoutChanged();
}

void SnapshotModel::announce(const std::vector<SnapshotItem> &before, const std::vector<int> &oldRowOf)
{
    const int count = rowCount();
    const auto differs = [&](int row) {
        const int old = oldRowOf[size_t(row)];
        return old >= 0 && before[size_t(old)] != m_items[size_t(row)];
    };
    for (int first = 0; first < count; ++first) {
        if (!differs(first))
            continue;
        int last = first;
        while (last + 1 < count && differs(last + 1))
            ++last;
        Q_EMIT dataChanged(index(first, 0), index(last, ColumnCount - 1));
        first = last;
    }
    // Only what somebody has asked for can have changed in somebody's eyes.
    for (int row = 0; row < count; ++row) {
        std::optional<Fact<Bytes>> &known = m_onlyHere[size_t(row)];
        if (!known)
            continue;
        Fact<Bytes> now = findOnlyHere(row);
        if (now == *known)
            continue;
        known = std::move(now);
        Q_EMIT dataChanged(index(row, OnlyHereColumn), index(row, OnlyHereColumn));
    }
}

void SnapshotModel::takeParentRows(const std::vector<LaneRow> &rows)
{
    m_parentRows.resize(rows.size());
    std::transform(rows.begin(), rows.end(), m_parentRows.begin(), [](const LaneRow &row) { return row.parentRow; });
}

} // namespace treewarden
