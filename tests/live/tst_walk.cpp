// SPDX-License-Identifier: GPL-3.0-or-later
// Twelve short walks of fixed seeds. scripts/walk takes as many as there is time for.
#include "tests/support/sandboxfixture.h"
#include "tests/walk/runner.h"
#include "tests/walk/walk.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

class tst_Walk : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<WalkHost> m_host;
    WalkFigures m_figures;

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void walk_data();
    void walk();
};

void tst_Walk::initTestCase()
{
    m_host = std::make_unique<WalkHost>();
    const auto started = m_host->start();
    QVERIFY2(started, started ? "" : qPrintable(started.error().subject + u": "_s + started.error().detail));
}

void tst_Walk::cleanupTestCase()
{
    m_host.reset();
    for (const QString &line : m_figures.table().split(u'\n', Qt::SkipEmptyParts))
        qInfo("%s", qUtf8Printable(line));
}

void tst_Walk::walk_data()
{
    QTest::addColumn<int>("seed");
    QTest::addColumn<bool>("obeys");
    for (int seed = 1; seed <= 6; ++seed) {
        QTest::addRow("guard obeyed, seed %d", seed) << seed << true;
        QTest::addRow("guard defied, seed %d", seed) << seed << false;
    }
}

void tst_Walk::walk()
{
    QFETCH(const int, seed);
    QFETCH(const bool, obeys);
    constexpr int Operations = 8; // of a walk: all of them are to take no longer than a minute and a half
    Walk walk(*m_host, quint64(seed), obeys ? WalkMode::Obey : WalkMode::Defy, jobRunner(*m_host));
    const auto gone = walk.go(Operations);
    m_figures.add(walk.figures());
    const WalkFigures &figures = walk.figures();
    QVERIFY2(gone && figures.isGood(), qPrintable(figures.reports.join(u'\n')));
    QCOMPARE(figures.operations, Operations);
    QVERIFY(figures.images > 0);
    // A walk that did nothing says nothing.
    QVERIFY(obeys ? figures.ran > 0 : figures.blocks < figures.operations);
}

TREEWARDEN_LIVE_MAIN(tst_Walk)
#include "tst_walk.moc"
