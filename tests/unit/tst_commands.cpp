// SPDX-License-Identifier: GPL-3.0-or-later
// What is printed for people who want to type it themselves, word by word; live/commands types some of it.
#include "tests/support/plantexts.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const auto Before = u"image d tags=S,T\nimage d.A on=d\nimage A.mem save\nimage r raw\nmachine m\ndisk vda d.A\n"
                    "disk vdb r raw\nexternal A memory=A.mem vda=d>d.A\nexternal B parent=A vda=d.A>d.B\ncurrent A\n"_s;

struct Row
{
    Step step;
    QStringList expected;
};

std::vector<Row> rows()
{
    using enum StepKind;
    const QString d = path(u"d"_s);
    const QString over = path(u"d.A"_s);
    const QString made = path(u"d.new"_s);
    const QString memory = path(u"A.mem"_s);
    const std::vector<StepDisk> onMade{{u"vda"_s, made, over, u"qcow2"_s}};
    return {
        {{.kind = CreateSnapshot, .name = u"N"_s}, {u"virsh snapshot-create-as --domain m --name N"_s}},
        {{.kind = CreateSnapshot, .name = u"N x"_s, .text = u"two words"_s, .disks = onMade, .flags = Step::IsExternal},
            {u"virsh snapshot-create-as --domain m --name 'N x' --description 'two words' --disk-only --diskspec "
             "vda,snapshot=external,driver=qcow2,file=/images/d.new --diskspec vdb,snapshot=no"_s}},
        {{.kind = CreateSnapshot,
             .name = u"N"_s,
             .path = path(u"N,1.mem"_s),
             .disks = onMade,
             .flags = Step::IsExternal | Step::KeepMemory},
            {u"virsh snapshot-create-as --domain m --name N --memspec file=/images/N,,1.mem,snapshot=external "
             "--diskspec vda,snapshot=external,driver=qcow2,file=/images/d.new --diskspec vdb,snapshot=no"_s}},
        {{.kind = RevertToSnapshot, .name = u"A"_s, .flags = Step::StartAfter},
            {u"virsh snapshot-revert --domain m --snapshotname A --running"_s}},
        {{.kind = RevertToSnapshot, .name = u"A"_s, .flags = Step::PauseAfter},
            {u"virsh snapshot-revert --domain m --snapshotname A --paused"_s}},
        {{.kind = DeleteSnapshot, .name = u"it's; rm -rf /"_s},
            {u"virsh snapshot-delete --domain m --snapshotname 'it'\\''s; rm -rf /'"_s}},
        {{.kind = ForgetSnapshot, .name = u"B"_s}, {u"virsh snapshot-delete --domain m --snapshotname B --metadata"_s}},
        {{.kind = RenameSnapshot, .name = u"B"_s, .text = u"C<"_s},
            {u"virsh snapshot-edit --domain m --snapshotname B --rename  # <name>C&lt;</name>"_s}},
        {{.kind = DescribeSnapshot, .name = u"B"_s, .text = u"a\nb"_s},
            {u"virsh snapshot-edit --domain m --snapshotname B  # <description>a b</description>"_s}},
        {{.kind = MakeCurrent, .name = u"B"_s}, {u"virsh snapshot-current --domain m --snapshotname B"_s}},
        {{.kind = PointSnapshot, .name = u"B"_s, .disks = {{u"vda"_s, made}}},
            {u"virsh snapshot-dumpxml --domain m --snapshotname B > B.xml"_s,
                u"${EDITOR:-vi} B.xml  # vda: <source file='/images/d.new'/>"_s,
                u"virsh snapshot-create --domain m --xmlfile B.xml --redefine"_s}},
        {{.kind = MakeExternal, .name = u"B"_s, .disks = onMade},
            {u"virsh snapshot-dumpxml --domain m --snapshotname B > B.xml"_s,
                u"${EDITOR:-vi} B.xml  # vda: <source file='/images/d.new'/> <disk name='vda' snapshot='external'>"
                "<source file='/images/d.A'/></disk>"_s,
                u"virsh snapshot-create --domain m --xmlfile B.xml --redefine"_s}},
        {{.kind = MakeInternal, .name = u"B"_s, .disks = {{u"vda"_s, made}}},
            {u"virsh snapshot-dumpxml --domain m --snapshotname B > B.xml"_s,
                u"${EDITOR:-vi} B.xml  # vda: <source file='/images/d.new'/> <disk name='vda' snapshot='internal'/>"_s,
                u"virsh snapshot-create --domain m --xmlfile B.xml --redefine"_s}},
        {{.kind = PointDisks, .disks = {{u"vda"_s, d, {}, u"qcow2"_s}}},
            {u"virt-xml m --edit target=vda --disk path=/images/d,driver.type=qcow2"_s}},
        {{.kind = DefineAsThen, .name = u"A"_s, .disks = {{u"vda"_s, d, {}, u"qcow2"_s}}},
            {u"virsh snapshot-dumpxml --domain m --snapshotname A | xmllint --xpath /domainsnapshot/domain - > m.xml"_s,
                u"virsh define --file m.xml"_s,
                u"virt-xml m --edit target=vda --disk path=/images/d,driver.type=qcow2"_s}},
        {{.kind = Start}, {u"virsh start --domain m"_s}},
        {{.kind = Start, .flags = Step::PauseAfter}, {u"virsh start --domain m --paused"_s}},
        {{.kind = Pause}, {u"virsh suspend --domain m"_s}},
        {{.kind = Resume}, {u"virsh resume --domain m"_s}},
        {{.kind = ShutDown},
            {u"virsh shutdown --domain m"_s,
                u"until virsh domstate --domain m | grep -q 'shut off'; do sleep 1; done"_s}},
        {{.kind = ForceOff}, {u"virsh destroy --domain m"_s}},
        {{.kind = RestoreMemory, .path = memory}, {u"virsh restore --file /images/A.mem"_s}},
        {{.kind = RestoreMemory, .path = memory, .disks = {{u"vda"_s, made}}, .flags = Step::PauseAfter},
            {u"virsh save-image-dumpxml --file /images/A.mem > m.xml"_s,
                u"${EDITOR:-vi} m.xml  # vda: <source file='/images/d.new'/>"_s,
                u"virsh restore --file /images/A.mem --xml m.xml --paused"_s}},
        {{.kind = DropSavedState}, {u"virsh managedsave-remove --domain m"_s}},
        {{.kind = SetPolicy, .text = u"external"_s},
            {u"virsh metadata --domain m --uri https://treewarden.org/xmlns/1 --config --key treewarden --set "
             "'<snapshots policy='\\''external'\\''/>'"_s}},
        {{.kind = SetPolicy, .text = u"ask"_s},
            {u"virsh metadata --domain m --uri https://treewarden.org/xmlns/1 --config --remove"_s}},
        {{.kind = CommitLive, .disks = {{u"vda"_s, over, d}}},
            {u"virsh blockcommit --domain m --path vda --base /images/d --active --pivot"_s}},
        {{.kind = CommitLive, .disks = {{u"vda"_s, d, made}}},
            {u"virsh blockcommit --domain m --path vda --base /images/d.new --top /images/d --wait"_s}},
        {{.kind = CreateOverlay, .path = made, .base = d},
            {u"qemu-img create -f qcow2 -b /images/d -F qcow2 /images/d.new"_s}},
        {{.kind = ExtractTag, .name = u"S"_s, .path = made, .base = d},
            {u"qemu-img convert -l snapshot.name=S -O qcow2 /images/d /images/d.new"_s}},
        {{.kind = ExtractTag, .name = u"S"_s, .path = made, .base = d, .flags = Step::KeepMemory},
            {u"cp --reflink=auto --sparse=always -- /images/d /images/d.new"_s,
                u"qemu-img snapshot -a S /images/d.new"_s, u"qemu-img snapshot -d T /images/d.new"_s}},
        {{.kind = CommitOffline, .path = over, .base = d}, {u"qemu-img commit -d -b /images/d /images/d.A"_s}},
        {{.kind = AddTag, .name = u"N"_s, .path = d}, {u"qemu-img snapshot -c N /images/d"_s}},
        {{.kind = RemoveTag, .name = u"S"_s, .path = d}, {u"qemu-img snapshot -d S /images/d"_s}},
        {{.kind = RemoveFile, .path = path(u"a b"_s)}, {u"rm -- '/images/a b'"_s}},
        {{.kind = CopyFile, .path = made, .base = d},
            {u"cp --reflink=auto --sparse=always -- /images/d /images/d.new"_s}},
        // What is kept of a removed file, put back and aside again: there is one file, which moves.
        {{.kind = CopyFile, .path = made, .base = path(u".treewarden/1-d.new"_s)},
            {u"mv -n -- /images/.treewarden/1-d.new /images/d.new"_s}},
        {{.kind = CopyFile, .path = path(u".treewarden/1-d.new"_s), .base = made},
            {u"mv -n -- /images/d.new /images/.treewarden/1-d.new"_s}},
        {{.kind = RepointOverlay, .path = over, .base = path(u"r"_s)},
            {u"qemu-img rebase -u -b /images/r -F raw /images/d.A"_s}},
    };
}

} // namespace

class TestCommands : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void texts_data()
    {
        QTest::addColumn<int>("number");
        int number = 0;
        for (const Row &row : rows()) {
            QTest::addRow("%d %s", number, qPrintable(stepName(row.step.kind))) << number;
            ++number;
        }
    }
    void texts()
    {
        QFETCH(const int, number);
        Row row = rows()[size_t(number)];
        row.step.domain = DomainId(u"m"_s);
        QCOMPARE(commandsFor(row.step, draftOf(Before)), row.expected);
    }
    void everyKindIsHere()
    {
        QSet<int> kinds;
        for (const Row &row : rows())
            kinds.insert(int(row.step.kind));
        QCOMPARE(kinds.size(), qsizetype(StepKind::RepointOverlay) + 1);
    }
    // What descends from it has to be told where it hangs now, or libvirt 9.0.0 points it to other files.
    void forgettingTellsTheChildren()
    {
        Step step{.kind = StepKind::ForgetSnapshot, .domain = DomainId(u"m"_s), .name = u"A"_s};
        const QStringList lines = commandsFor(step, draftOf(Before));
        QCOMPARE(lines.size(), 2);
        QVERIFY2(lines[0].startsWith(u"virsh snapshot-edit --domain m --snapshotname B  # <parent>"_s),
            qPrintable(lines[0]));
        QCOMPARE(lines[1], u"virsh snapshot-delete --domain m --snapshotname A --metadata"_s);
    }
    void theConnectionIsNamed()
    {
        Inventory inventory = inventoryOf(Before);
        inventory.host.uri = u"qemu+unix:///session?socket=/run/a b"_s;
        const Draft draft(std::make_shared<const Inventory>(inventory));
        QCOMPARE(commandsFor({.kind = StepKind::Start, .domain = DomainId(u"m"_s)}, draft),
            QStringList{u"virsh --connect 'qemu+unix:///session?socket=/run/a b' start --domain m"_s});
    }
    // libvirt gives qemu-img another name than it gives the machine where there is one.
    void aCommaIsNoPartOfAFileName()
    {
        const auto machine = u"image a,b.qcow2\nmachine m\ndisk vda a,b.qcow2"_s;
        const Plan plan = proposalFor(machine, CreateIntent{u"c, d"_s, {}, CreateIntent::Kind::External}).plan;
        QVERIFY(!plan.steps.empty());
        QCOMPARE(plan.steps.front().step.name, u"c, d"_s);
        QCOMPARE(plan.steps.front().step.disks.front().path, path(u"a_b.c_ d"_s));
    }
    void wordsAreQuoted()
    {
        QCOMPARE(shellQuoted(u"snapshot-lost@a"_s), u"snapshot-lost@a"_s);
        QCOMPARE(shellQuoted(u"snapshot-lost@it's $HOME"_s), u"'snapshot-lost@it'\\''s $HOME'"_s);
        QCOMPARE(shellQuoted({}), u"''"_s);
    }
};

QTEST_GUILESS_MAIN(TestCommands)
#include "tst_commands.moc"
