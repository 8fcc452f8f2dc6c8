<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>treewarden::FileText</name>
    <message numerus="yes">
        <source>%1 rest on it</source>
        <translation>
            <numerusform>%1 rests on it</numerusform>
            <numerusform>%1 rest on it</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tag(s)</source>
        <translation>
            <numerusform>%n tag</numerusform>
            <numerusform>%n tags</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n other overlay(s) on it</source>
        <translation>
            <numerusform>%n other overlay on it</numerusform>
            <numerusform>%n other overlays on it</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more problem(s); the snapshots concerned are marked in the tree.</source>
        <translation>
            <numerusform>%n more problem; the snapshots concerned are marked in the tree.</numerusform>
            <numerusform>%n more problems; the snapshots concerned are marked in the tree.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::LayersView</name>
    <message numerus="yes">
        <source>Show %n more layer(s)</source>
        <translation>
            <numerusform>Show %n more layer</numerusform>
            <numerusform>Show %n more layers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::MachineText</name>
    <message numerus="yes">
        <source>%n problem(s)</source>
        <translation>
            <numerusform>%n problem</numerusform>
            <numerusform>%n problems</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n snapshot(s)</source>
        <translation>
            <numerusform>%n snapshot</numerusform>
            <numerusform>%n snapshots</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Internal snapshot of %n disk(s) with memory</source>
        <translation>
            <numerusform>Internal snapshot of %n disk with memory</numerusform>
            <numerusform>Internal snapshot of %n disks with memory</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Internal snapshot of %n disk(s)</source>
        <translation>
            <numerusform>Internal snapshot of %n disk</numerusform>
            <numerusform>Internal snapshot of %n disks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>External snapshot of %n disk(s) with memory</source>
        <translation>
            <numerusform>External snapshot of %n disk with memory</numerusform>
            <numerusform>External snapshot of %n disks with memory</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>External snapshot of %n disk(s)</source>
        <translation>
            <numerusform>External snapshot of %n disk</numerusform>
            <numerusform>External snapshot of %n disks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n left over</source>
        <comment>files and tags that nothing uses</comment>
        <translation>
            <numerusform>%n left over</numerusform>
            <numerusform>%n left over</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::MachineView</name>
    <message numerus="yes">
        <source>%n task(s) are under way there. Here they are not shown any more, and they stop in the middle when Treewarden is closed.</source>
        <translation>
            <numerusform>%n task is under way there. Here it is not shown any more, and it stops in the middle when Treewarden is closed.</numerusform>
            <numerusform>%n tasks are under way there. Here they are not shown any more, and they stop in the middle when Treewarden is closed.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::MainWindow</name>
    <message numerus="yes">
        <source>%n task(s) are under way.</source>
        <translation>
            <numerusform>%n task is under way.</numerusform>
            <numerusform>%n tasks are under way.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::PlanText</name>
    <message numerus="yes">
        <source>%n snapshots</source>
        <translation>
            <numerusform>%n snapshot</numerusform>
            <numerusform>%n snapshots</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the present state of %n machines</source>
        <translation>
            <numerusform>the present state of %n machine</numerusform>
            <numerusform>the present state of %n machines</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n overlay(s)</source>
        <translation>
            <numerusform>%n overlay</numerusform>
            <numerusform>%n overlays</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Lost: %1 and %n more.</source>
        <translation>
            <numerusform>Lost: %1 and %n more.</numerusform>
            <numerusform>Lost: %1 and %n more.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n snapshot(s), as they are</source>
        <translation>
            <numerusform>%n snapshot, as it is</numerusform>
            <numerusform>%n snapshots, as they are</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n other snapshot(s)</source>
        <translation>
            <numerusform>%n other snapshot</numerusform>
            <numerusform>%n other snapshots</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Nothing is lost. %n thing(s) are worth knowing before.</source>
        <translation>
            <numerusform>Nothing is lost. %n thing is worth knowing before.</numerusform>
            <numerusform>Nothing is lost. %n things are worth knowing before.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::PlanView</name>
    <message numerus="yes">
        <source>and %n more of the same kind</source>
        <translation>
            <numerusform>and %n more of the same kind</numerusform>
            <numerusform>and %n more of the same kind</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::PoolText</name>
    <message numerus="yes">
        <source>%n image(s) of this machine may not be read by your user</source>
        <translation>
            <numerusform>%n image of this machine may not be read by your user</numerusform>
            <numerusform>%n images of this machine may not be read by your user</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::ProblemText</name>
    <message numerus="yes">
        <source>%1 rests on a chain of %n layer(s). Long chains are slow, and libvirt has a limit.</source>
        <translation>
            <numerusform>%1 rests on a chain of %n layer. Long chains are slow, and libvirt has a limit.</numerusform>
            <numerusform>%1 rests on a chain of %n layers. Long chains are slow, and libvirt has a limit.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 is the base of %n other machine(s) (%2) and can be written to. Writing damages what lies on it.</source>
        <translation>
            <numerusform>%1 is the base of %n other machine (%2) and can be written to. Writing damages what lies on it.</numerusform>
            <numerusform>%1 is the base of %n other machines (%2) and can be written to. Writing damages what lies on it.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>libvirt was interrupted while it deleted “%1” (%n disk(s): %2).</source>
        <translation>
            <numerusform>libvirt was interrupted while it deleted “%1” (%n disk: %2).</numerusform>
            <numerusform>libvirt was interrupted while it deleted “%1” (%n disks: %2).</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::SnapshotText</name>
    <message numerus="yes">
        <source>%n external disk(s) and memory</source>
        <translation>
            <numerusform>%n external disk and memory</numerusform>
            <numerusform>%n external disks and memory</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n external disk(s)</source>
        <translation>
            <numerusform>%n external disk</numerusform>
            <numerusform>%n external disks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hidden</source>
        <translation>
            <numerusform>%n hidden</numerusform>
            <numerusform>%n hidden</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n problem(s): see the details</source>
        <translation>
            <numerusform>%n problem: see the details</numerusform>
            <numerusform>%n problems: see the details</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n problem(s)</source>
        <translation>
            <numerusform>%n problem</numerusform>
            <numerusform>%n problems</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::UnitText</name>
    <message numerus="yes">
        <source>%n byte(s)</source>
        <translation>
            <numerusform>%n byte</numerusform>
            <numerusform>%n bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n minute(s) ago</source>
        <translation>
            <numerusform>%n minute ago</numerusform>
            <numerusform>%n minutes ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hour(s) ago</source>
        <translation>
            <numerusform>%n hour ago</numerusform>
            <numerusform>%n hours ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n day(s) ago</source>
        <translation>
            <numerusform>%n day ago</numerusform>
            <numerusform>%n days ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n month(s) ago</source>
        <translation>
            <numerusform>%n month ago</numerusform>
            <numerusform>%n months ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n year(s) ago</source>
        <translation>
            <numerusform>%n year ago</numerusform>
            <numerusform>%n years ago</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::WayText</name>
    <message numerus="yes">
        <source>Delete %n snapshots</source>
        <translation>
            <numerusform>Delete %n snapshot</numerusform>
            <numerusform>Delete %n snapshots</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>treewarden::cli::CliText</name>
    <message numerus="yes">
        <source>%n other(s)</source>
        <translation>
            <numerusform>%n other</numerusform>
            <numerusform>%n others</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>there is no alternative %1: there are %n, counted from 0</source>
        <translation>
            <numerusform>there is no alternative %1: there is %n, counted from 0</numerusform>
            <numerusform>there is no alternative %1: there are %n, counted from 0</numerusform>
        </translation>
    </message>
</context>
</TS>
