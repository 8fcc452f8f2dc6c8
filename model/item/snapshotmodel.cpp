// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/snapshotmodel.h"

#include "model/item/verdicts.h"

#include <algorithm>
#include <utility>

namespace treewarden {

namespace {

// More runs than this are cheaper as one change of layout, or of data.
constexpr int MaximumRuns = 32;

const std::shared_ptr<const Inventory> &noInventory()
{
    static const auto none = std::make_shared<const Inventory>();
    return none;
}

const std::shared_ptr<const Assessment> &noAssessment()
{
    static const auto none = std::make_shared<const Assessment>();
    return none;
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
    , m_inventory(noInventory())
    , m_assessment(noAssessment())
{
}

void SnapshotModel::show(
    std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment, const DomainId &domain)
{
    if (!inventory)
        inventory = noInventory();
    if (!assessment)
        assessment = noAssessment();
    if (inventory == m_inventory && assessment == m_assessment && domain == m_domainId)
        return;
    auto machine = domain.isEmpty() ? nullptr : inventory->domain(domain);
    auto findings = machine ? std::make_shared<const SnapshotFindings>(*machine, *assessment)
                            : std::make_shared<const SnapshotFindings>();
    m_assessment = std::move(assessment);
    if (domain != m_domainId) {
        Q_EMIT aboutToUpdate();
        beginResetModel();
        m_domainId = domain;
        m_options.folded = m_folded.value(domain);
        take(SnapshotRows::of(std::move(machine), std::move(findings), m_options), std::move(inventory));
        endResetModel();
        Q_EMIT updated();
        return;
    }
    if (machine && machine == m_rows.domain && *findings == *m_rows.findings) {
        // Something changed elsewhere: images at most, of what is shown.
        m_inventory = std::move(inventory);
        announceOnlyHere(std::exchange(m_onlyHere, {}).keys());
        return;
    }
    Q_EMIT aboutToUpdate();
    update(SnapshotRows::of(std::move(machine), std::move(findings), m_options), std::move(inventory));
    Q_EMIT updated();
}

void SnapshotModel::setMeasured(const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes)
{
    m_measured.insert(*m_inventory, domain, snapshot, bytes);
    if (domain != m_domainId)
        return;
    SnapshotItem measured;
    measured.name = snapshot;
    if (const int row = find(measured); row >= 0) {
        m_onlyHere.remove(row);
        announceOnlyHere({row});
    }
}

void SnapshotModel::setVerdicts(Verdicts *verdicts)
{
    if (verdicts != m_verdicts) {
        m_verdicts = verdicts;
        connect(verdicts, &Verdicts::found, this, [this](const QString &snapshot) {
            SnapshotItem judged;
            judged.name = snapshot;
            if (const int row = find(judged); row >= 0)
                Q_EMIT dataChanged(index(row, DeleteColumn), index(row, DeleteColumn));
        });
    }
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, DeleteColumn), index(rowCount() - 1, DeleteColumn));
}

void SnapshotModel::setOrder(bool newestFirst, bool byName)
{
    if (newestFirst == m_options.newestFirst && byName == m_options.byName)
        return;
    m_options.newestFirst = newestFirst;
    m_options.byName = byName;
    relay();
}

void SnapshotModel::setFilter(const QString &text)
{
    if (text == m_options.filter)
        return;
    m_options.filter = text;
    relay();
}

void SnapshotModel::setFolded(int row, bool folded)
{
    if (row < 0 || row >= rowCount())
        return;
    const SnapshotItem wanted = item(row);
    if (!wanted.drawing.foldable || wanted.drawing.folded == folded)
        return;
    if (folded)
        m_options.folded.insert(wanted.name);
    else
        m_options.folded.remove(wanted.name);
    m_folded[m_domainId] = m_options.folded;
    relay();
}

void SnapshotModel::unfoldAll()
{
    if (m_options.folded.isEmpty())
        return;
    m_options.folded.clear();
    m_folded.remove(m_domainId);
    relay();
}

Error SnapshotModel::why() const
{
    return domain() && domain()->snapshots.isUnknown() ? domain()->snapshots.why() : Error{};
}

Fact<Bytes> SnapshotModel::onlyHere(int row) const
{
    const auto known = m_onlyHere.constFind(row);
    return known == m_onlyHere.constEnd() ? *m_onlyHere.insert(row, findOnlyHere(row)) : *known;
}

Fact<Bytes> SnapshotModel::findOnlyHere(int row) const
{
    const LaneRow &wanted = m_rows.rows[size_t(row)];
    if (const Orphan *orphan = m_rows.orphan(row))
        return orphan->bytes;
    if (!m_rows.tree())
        return {};
    if (wanted.kind == RowKind::Here)
        return writtenSince(*m_inventory, *m_rows.domain);
    const Fact<Bytes> held = treewarden::onlyHere(*m_inventory, *m_rows.domain, wanted.node);
    const std::optional<Fact<Bytes>> measured = m_measured.find(*m_inventory, m_domainId, snapshot(row)->name);
    if (held.isUnknown() || !measured || !measured->isKnown())
        return held;
    return **measured + (held.isKnown() ? *held : 0);
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
    return parent.isValid() ? 0 : m_rows.size();
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
    case VerdictRole: {
        const Snapshot *judged = m_verdicts ? snapshot(index.row()) : nullptr;
        const auto verdict = judged ? m_verdicts->of(judged->name) : std::nullopt;
        return verdict ? QVariant::fromValue(*verdict) : QVariant();
    }
    default:
        return {};
    }
}

Qt::ItemFlags SnapshotModel::flags(const QModelIndex &index) const
{
    return index.isValid() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren : Qt::NoItemFlags;
}

SnapshotModel::Content SnapshotModel::contentFor(const SnapshotRows &rows) const
{
    if (m_domainId.isEmpty())
        return Content::NoMachine;
    if (!rows.domain)
        return Content::Gone;
    if (const Fact<SnapshotTree> &snapshots = rows.domain->snapshots; snapshots.isUnknown())
        return snapshots.why().code == ErrorCode::NotRead ? Content::Reading : Content::Unreadable;
    if (rows.size() > 0)
        return Content::Rows;
    const bool hasSnapshots = rows.tree() && rows.tree()->size() > 0;
    return hasSnapshots || !rows.findings->orphans.empty() ? Content::NoMatch : Content::NoSnapshots;
}

// The same values in another arrangement.
void SnapshotModel::relay()
{
    Q_EMIT aboutToUpdate();
    update(SnapshotRows::of(m_rows.domain, m_rows.findings, m_options), m_inventory);
    Q_EMIT updated();
}

void SnapshotModel::take(SnapshotRows rows, std::shared_ptr<const Inventory> inventory)
{
    m_content = contentFor(rows);
    m_rows = std::move(rows);
    m_inventory = std::move(inventory);
    m_onlyHere.clear();
}

void SnapshotModel::update(SnapshotRows next, std::shared_ptr<const Inventory> inventory)
{
    const SnapshotRows before = m_rows;
    const bool sameValues = before.hasValuesOf(next) && inventory == m_inventory;
    const RowMatch match = matchRows(before, next);
    QList<int> asked;
    if (!sameValues) {
        for (auto known = m_onlyHere.keyBegin(); known != m_onlyHere.keyEnd(); ++known)
            asked.append(match.newRowOf[size_t(*known)]);
    }
    if (match.inOrder && match.runs <= MaximumRuns)
        removeAndInsert(match, next, std::move(inventory));
    else
        changeLayout(match, next, std::move(inventory));
    announce(before, match.oldRowOf);
    announceOnlyHere(asked);
}

// Each step leaves rows that can be asked, first of the old values and then of the new ones.
void SnapshotModel::removeAndInsert(
    const RowMatch &match, const SnapshotRows &next, std::shared_ptr<const Inventory> inventory)
{
    const auto withoutParent = [](LaneRow row) {
        row.parentRow = -1; // where it is, is known when all are there
        return row;
    };
    std::vector<LaneRow> &rows = m_rows.rows;
    std::transform(rows.begin(), rows.end(), rows.begin(), withoutParent);
    for (int last = int(match.newRowOf.size()) - 1; last >= 0; --last) {
        if (match.newRowOf[size_t(last)] >= 0)
            continue;
        int first = last;
        while (first > 0 && match.newRowOf[size_t(first - 1)] < 0)
            --first;
        beginRemoveRows({}, first, last);
        rows.erase(rows.begin() + first, rows.begin() + last + 1);
        m_onlyHere.clear();
        endRemoveRows();
        last = first;
    }
    SnapshotRows kept{next.domain, next.findings, {}};
    const int count = next.size();
    kept.rows.reserve(size_t(count));
    for (int row = 0; row < count; ++row) {
        if (match.oldRowOf[size_t(row)] >= 0)
            kept.rows.push_back(withoutParent(next.rows[size_t(row)]));
    }
    take(std::move(kept), std::move(inventory));
    for (int first = 0; first < count; ++first) {
        if (match.oldRowOf[size_t(first)] >= 0)
            continue;
        int last = first;
        while (last + 1 < count && match.oldRowOf[size_t(last + 1)] < 0)
            ++last;
        beginInsertRows({}, first, last);
        rows.insert(rows.begin() + first, next.rows.begin() + first, next.rows.begin() + last + 1);
        std::transform(rows.begin() + first, rows.begin() + last + 1, rows.begin() + first, withoutParent);
        m_onlyHere.clear();
        endInsertRows();
        first = last;
    }
    take(next, m_inventory);
}

void SnapshotModel::changeLayout(
    const RowMatch &match, const SnapshotRows &next, std::shared_ptr<const Inventory> inventory)
{
    Q_EMIT layoutAboutToBeChanged();
    const QModelIndexList from = persistentIndexList();
    QModelIndexList to;
    to.reserve(from.size());
    for (const QModelIndex &old : from) {
        const int row = match.newRowOf[size_t(old.row())];
        to.append(row < 0 ? QModelIndex() : createIndex(row, old.column()));
    }
    take(next, std::move(inventory));
    changePersistentIndexList(from, to);
    Q_EMIT layoutChanged();
}

void SnapshotModel::announce(const SnapshotRows &before, const std::vector<int> &oldRowOf)
{
    const bool sameValues = before.hasValuesOf(m_rows);
    const int count = rowCount();
    const auto differs = [&](int row) {
        const int old = oldRowOf[size_t(row)];
        if (old < 0)
            return false;
        return sameValues ? before.rows[size_t(old)].drawing != m_rows.rows[size_t(row)].drawing
                          : before.item(old) != m_rows.item(row);
    };
    std::vector<std::pair<int, int>> runs;
    for (int row = 0; row < count; ++row) {
        if (!differs(row))
            continue;
        if (runs.empty() || runs.back().second + 1 < row)
            runs.emplace_back(row, row);
        else
            runs.back().second = row;
    }
    if (int(runs.size()) > MaximumRuns)
        runs = {{runs.front().first, runs.back().second}};
    for (const auto &[first, last] : runs)
        Q_EMIT dataChanged(index(first, 0), index(last, ColumnCount - 1));
}

// Only what somebody has asked for can have changed in somebody's eyes. The first column tells it too.
void SnapshotModel::announceOnlyHere(const QList<int> &rows)
{
    int first = rowCount();
    int last = -1;
    for (const int row : rows) {
        first = row < 0 ? first : std::min(first, row);
        last = std::max(last, row);
    }
    if (last >= 0)
        Q_EMIT dataChanged(index(first, 0), index(last, ColumnCount - 1));
}

} // namespace treewarden
