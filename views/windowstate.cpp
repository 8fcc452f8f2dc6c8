// SPDX-License-Identifier: GPL-3.0-or-later
// What the main window remembers from one start to the next.
#include "views/eventlog.h"
#include "views/historyview.h"
#include "views/machineview.h"
#include "views/mainwindow.h"
#include "views/snapshotview.h"

#include <QAction>
#include <QSettings>
#include <QSplitter>
#include <QTabWidget>

#include <algorithm>

namespace treewarden {

namespace {

const QString FirstConnection = QStringLiteral("qemu:///system");

const QString ConnectionsKey = QStringLiteral("connections");
const QString GeometryKey = QStringLiteral("window/geometry");
const QString ColumnsKey = QStringLiteral("window/columns");
const QString RowsKey = QStringLiteral("window/rows");
const QString TreeKey = QStringLiteral("window/tree");
const QString PlacesKey = QStringLiteral("window/places");
const QString MachinesShownKey = QStringLiteral("window/machines");
const QString DetailsShownKey = QStringLiteral("window/details");
const QString EventsKey = QStringLiteral("window/events");
const QString HistoryKey = QStringLiteral("window/history");
const QString BottomTabKey = QStringLiteral("window/tab");
const QString BottomShownKey = QStringLiteral("window/bottom");
const QString ChosenUriKey = QStringLiteral("chosen/connection");
const QString ChosenMachinesKey = QStringLiteral("chosen/machines"); // UUIDs by URI

} // namespace

QStringList MainWindow::rememberedConnections(const QSettings &settings)
{
    return settings.value(ConnectionsKey, QStringList{FirstConnection}).toStringList();
}

void MainWindow::restore()
{
    restoreGeometry(m_settings->value(GeometryKey).toByteArray());
    fitScreen();
    m_columns->restoreState(m_settings->value(ColumnsKey).toByteArray());
    m_rows->restoreState(m_settings->value(RowsKey).toByteArray());
    QTimer::singleShot(0, this, &MainWindow::keepPanesOpen);
    m_snapshots->restoreState(m_settings->value(TreeKey).toByteArray());
    m_snapshots->restorePlaces(m_settings->value(PlacesKey).toByteArray());
    m_events->restoreState(m_settings->value(EventsKey).toByteArray());
    m_history->restoreState(m_settings->value(HistoryKey).value<QByteArrayList>());
    m_showMachines->setChecked(m_settings->value(MachinesShownKey, true).toBool());
    m_showDetails->setChecked(m_settings->value(DetailsShownKey, true).toBool());
    m_showBottom->setChecked(m_settings->value(BottomShownKey, true).toBool());
    m_bottom->setCurrentIndex(m_settings->value(BottomTabKey, 0).toInt());
    const QVariantMap machines = m_settings->value(ChosenMachinesKey).toMap();
    QStringList uris{m_settings->value(ChosenUriKey).toString()};
    if (!m_connections->find(uris.first()))
        uris = m_connections->uris(); // a session on hosts of its own
    const auto chosen
        = std::find_if(uris.cbegin(), uris.cend(), [&](const QString &uri) { return machines.contains(uri); });
    if (chosen != uris.cend()) {
        m_wantedUri = *chosen;
        m_wantedMachine = machines.value(*chosen).toString();
    }
}

// Called every few seconds: only what changed is written, also because another window may write to the same settings.
void MainWindow::save()
{
    if (!isVisible())
        return; // not laid out yet
    keep(GeometryKey, saveGeometry());
    keep(ColumnsKey, m_columns->saveState());
    keep(RowsKey, m_rows->saveState());
    keep(TreeKey, m_snapshots->saveState());
    keep(PlacesKey, m_snapshots->savePlaces());
    keep(EventsKey, m_events->saveState());
    keep(HistoryKey, QVariant::fromValue(m_history->saveState()));
    keep(MachinesShownKey, m_showMachines->isChecked());
    keep(DetailsShownKey, m_showDetails->isChecked());
    keep(BottomShownKey, m_showBottom->isChecked());
    keep(BottomTabKey, m_bottom->currentIndex());
    const Connection *shown = shownConnection();
    const DomainId machine = m_machines->currentMachine();
    if (!shown || machine.isEmpty() || m_keptMachine == std::pair(shown->uri(), machine))
        return;
    m_keptMachine = {shown->uri(), machine};
    m_settings->sync();
    QVariantMap machines = m_settings->value(ChosenMachinesKey).toMap();
    machines[shown->uri()] = machine.value;
    m_settings->setValue(ChosenMachinesKey, machines);
    // A host that was opened for this session alone does not take the place of those that the next one opens.
    if (rememberedConnections(*m_settings).contains(shown->uri()))
        m_settings->setValue(ChosenUriKey, shown->uri());
}

void MainWindow::keep(const QString &key, const QVariant &value)
{
    QVariant &kept = m_kept[key];
    if (kept == value)
        return;
    kept = value;
    m_settings->setValue(key, value);
}

// What the window shows may be hosts of this session alone, and another window may have remembered others meanwhile: so
// only this one is put into the list, or taken out of it.
void MainWindow::remember(const QString &uri, bool isRemembered)
{
    m_settings->sync();
    QStringList uris = rememberedConnections(*m_settings);
    uris.removeAll(uri);
    if (isRemembered)
        uris += uri;
    m_settings->setValue(ConnectionsKey, uris);
}

} // namespace treewarden
