// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/listing.h"

#include "app/cli/clitext.h"
#include "app/cli/commands.h"
#include "app/cli/output.h"

#include <QJsonArray>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

// Each once, though an image may have it for several machines.
QStringList linesOf(const std::vector<Problem> &problems, const QString &name, const QString &indent)
{
    QStringList lines;
    for (const Problem &problem : problems) {
        if (problem.concerns(name))
            lines.append(indent + CliText::problem(problem, name));
    }
    lines.removeDuplicates();
    return lines;
}

void printUnknowns(const Inventory &inventory)
{
    for (const Unknown &unknown : inventory.unknown)
        print(CliText::unknownFact(unknown));
}

} // namespace

int printList(const Reading &reading)
{
    std::vector<TableRow> rows;
    const QHash<DomainId, Assessment::Attention> attention = reading.assessment.attention();
    for (const auto &domain : reading.inventory->domains) {
        const Assessment::Attention of = attention.value(domain->uuid);
        const bool known = domain->snapshots.isKnown();
        rows.push_back({{domain->name, CliText::state(domain->state, domain->pausedBy),
            known ? QString::number(domain->snapshots->size()) : CliText::notKnown(),
            known ? CliText::kind(treeKind(*domain->snapshots)) : CliText::notKnown(), QString::number(of.count())}});
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
    const std::vector<Problem> problems = reading.assessment.problemsOf(domain.uuid);
    std::vector<TableRow> rows;
    // A run does not indent, a branch does; the lines say whose child each is.
    struct Open
    {
        int node;
        QString lines; // before it
        QString below; // before what descends from it
    };
    std::vector<Open> open;
    const auto descend = [&open](const std::vector<int> &children, const QString &below) {
        for (auto child = children.rbegin(); child != children.rend(); ++child) {
            const bool isLast = child == children.rbegin();
            if (children.size() == 1)
                open.push_back({*child, below, below});
            else
                open.push_back({*child, below + (isLast ? u"└─"_s : u"├─"_s), below + (isLast ? u"  "_s : u"│ "_s)});
        }
    };
    descend(tree.roots(), {});
    while (!open.empty()) {
        const auto [node, lines, after] = open.back();
        open.pop_back();
        const Snapshot &snapshot = tree.at(node);
        const QString name = lines + snapshot.name;
        const QStringList below
            = linesOf(problems, snapshot.name, after + (tree.children(node).empty() ? u"  "_s : u"│ "_s));
        rows.push_back({{node == tree.current() ? u"%1  (%2)"_s.arg(name, CliText::current()) : name,
                            CliText::kind(snapshot), CliText::state(snapshot.state), CliText::time(snapshot.created),
                            CliText::onlyHere(onlyHere(*reading.inventory, domain, node))},
            below});
        descend(tree.children(node), after);
    }
    printTable(CliText::treeHeader(), rows);
    for (const Problem &problem : problems) {
        if (tree.find(problem.subject) < 0)
            print(CliText::problem(problem));
    }
    for (const Orphan &orphan : reading.assessment.orphansOf(domain.uuid))
        print(CliText::orphan(orphan));
    if (const QStringList &unread = reading.assessment.mayRelyOnAnything; !unread.isEmpty())
        print(CliText::mayRelyOnAnything(unread));
    for (const Unknown &unknown : reading.inventory->unknown) {
        if (unknown.subject == domain.name)
            print(CliText::unknownFact(unknown));
    }
    return Done;
}

int printImages(const Reading &reading, const QJsonObject &json)
{
    std::vector<TableRow> rows;
    const QJsonArray images = json.value("images"_L1).toArray();
    for (const QJsonValue &value : images) {
        const Image *image = reading.inventory->images->at({SourceKind::File, value["path"_L1].toString()});
        QStringList owners;
        const std::vector<Claim> claims = image ? reading.assessment.claims.on(image->id) : std::vector<Claim>();
        for (const Claim &claim : claims) {
            QStringList words{claim.owner.domainName, claim.owner.name};
            words.removeAll(QString());
            const QString owner = words.join(u'/');
            if (!owners.contains(owner))
                owners.push_back(owner);
        }
        if (owners.isEmpty() && image) {
            const std::vector<Orphan> &orphans = reading.assessment.orphans;
            const auto namer = reading.inventory->domain(reading.assessment.claims.namedBy(image->id));
            const bool isOrphan = std::any_of(orphans.begin(), orphans.end(),
                [&](const Orphan &orphan) { return orphan.path == image->location.name; });
            if (namer)
                owners += CliText::namedBy(namer->name);
            else if (isOrphan)
                owners += CliText::nobody();
        }
        constexpr qsizetype Shown = 4;
        QString who = owners.mid(0, Shown).join(u", "_s);
        if (owners.size() > Shown)
            who += u", "_s + CliText::claims(int(owners.size() - Shown));
        rows.push_back({{value["path"_L1].toString(), value["format"_L1].toString(CliText::notKnown()),
                            image ? CliText::size(image->allocated) : CliText::notKnown(), who},
            linesOf(reading.assessment.problems, value["path"_L1].toString(), u"  "_s)});
    }
    printTable(CliText::imagesHeader(), rows);
    // Of the files that were asked for; and of what may have more of them.
    QSet<QString> shown;
    for (const QJsonValue &value : images)
        shown.insert(value["path"_L1].toString());
    for (const Unknown &unknown : reading.inventory->unknown) {
        if (unknown.fact != "image"_L1 || shown.contains(unknown.subject))
            print(CliText::unknownFact(unknown));
    }
    return Done;
}

} // namespace treewarden::cli
