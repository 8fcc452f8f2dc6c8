// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/listing.h"

#include "app/cli/clitext.h"
#include "app/cli/commands.h"
#include "app/cli/output.h"

#include <QJsonArray>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

void printUnknowns(const Inventory &inventory)
{
    for (const Unknown &unknown : inventory.unknown)
        print(CliText::unknownFact(unknown));
}

} // namespace

int printList(const Reading &reading)
{
    std::vector<QStringList> rows;
    for (const auto &domain : reading.inventory->domains) {
        const bool known = domain->snapshots.isKnown();
        rows.push_back({domain->name, CliText::state(domain->state),
            known ? QString::number(domain->snapshots->size()) : CliText::notKnown(),
            known ? CliText::kind(treeKind(*domain->snapshots)) : CliText::notKnown(),
            QString::number(reading.assessment.problemsOf(domain->uuid).size())});
    }
    printTable(CliText::listHeader(), rows);
    printUnknowns(*reading.inventory);
    return Done;
}

int printTree(const Reading &reading, const Domain &domain)
{
    if (domain.snapshots.isUnknown()) {
        printError(CliText::error(domain.snapshots.why()));
        return FailedExit;
    }
    const SnapshotTree &tree = *domain.snapshots;
    std::vector<QStringList> rows;
    // Indented like the window's lanes would be: a run does not indent, a branch does.
    struct Open
    {
        int node;
        int indent;
    };
    std::vector<Open> open;
    for (auto root = tree.roots().rbegin(); root != tree.roots().rend(); ++root)
        open.push_back({*root, 0});
    while (!open.empty()) {
        const auto [node, indent] = open.back();
        open.pop_back();
        const Snapshot &snapshot = tree.at(node);
        const QString name = QString(indent * 2, u' ') + snapshot.name;
        rows.push_back({node == tree.current() ? u"%1  (%2)"_s.arg(name, CliText::current()) : name,
            CliText::kind(snapshot), CliText::state(snapshot.state), CliText::time(snapshot.created),
            CliText::size(onlyHere(*reading.inventory, domain, node))});
        const std::vector<int> &children = tree.children(node);
        for (auto child = children.rbegin(); child != children.rend(); ++child)
            open.push_back({*child, indent + (children.size() > 1 ? 1 : 0)});
    }
    printTable(CliText::treeHeader(), rows);
    for (const Orphan &orphan : reading.assessment.orphansOf(domain.uuid))
        print(CliText::orphan(orphan));
    if (!reading.assessment.areOrphansComplete)
        print(CliText::orphansIncomplete());
    for (const Unknown &unknown : reading.inventory->unknown) {
        if (unknown.subject == domain.name)
            print(CliText::unknownFact(unknown));
    }
    return Done;
}

int printImages(const Reading &reading, const QJsonObject &json)
{
    std::vector<QStringList> rows;
    const QJsonArray images = json.value("images"_L1).toArray();
    for (const QJsonValue &value : images) {
        const Image *image = reading.inventory->images->at({SourceKind::File, value["path"_L1].toString()});
        QStringList owners;
        const std::vector<Claim> claims = image ? reading.assessment.claims.on(image->id) : std::vector<Claim>();
        for (const Claim &claim : claims) {
            const QString owner = claim.owner.name.isEmpty() ? claim.owner.domainName
                                                             : claim.owner.domainName + u'/' + claim.owner.name;
            if (!owners.contains(owner))
                owners.push_back(owner);
        }
        constexpr qsizetype Shown = 4;
        QString who = owners.mid(0, Shown).join(u", "_s);
        if (owners.size() > Shown)
            who += u", "_s + CliText::claims(int(owners.size() - Shown));
        rows.push_back({value["path"_L1].toString(), value["format"_L1].toString(CliText::notKnown()),
            image ? CliText::size(image->allocated) : CliText::notKnown(), who});
    }
    printTable(CliText::imagesHeader(), rows);
    printUnknowns(*reading.inventory);
    return Done;
}

} // namespace treewarden::cli
