// SPDX-License-Identifier: GPL-3.0-or-later
// What the main window is made of: its panes.
#include "views/mainwindow.h"

#include "views/detailspanel.h"
#include "views/eventlog.h"
#include "views/historyview.h"
#include "views/machineview.h"
#include "views/noticebar.h"
#include "views/snapshotview.h"
#include "views/startpage.h"
#include "views/tasksview.h"

#include <QLabel>
#include <QScreen>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QStyle>
#include <QTabWidget>
#include <QVBoxLayout>

namespace treewarden {

namespace {

// Of the panes, in logical pixels: together they fit a window of 640.
constexpr int MachinesWidth = 140;
constexpr int SnapshotsWidth = 240;
constexpr int DetailsWidth = 180;

QFrame *line(QWidget *content, QWidget *parent)
{
    auto *frame = new QFrame(parent);
    frame->setFrameShape(QFrame::NoFrame);
    auto *layout = new QVBoxLayout(frame);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(content);
    return frame;
}

} // namespace

void MainWindow::makePanes()
{
    m_columns->addWidget(m_machines);
    m_columns->addWidget(line(m_snapshots, m_columns));
    m_columns->addWidget(m_details);
    m_columns->setStretchFactor(0, 0);
    m_columns->setStretchFactor(1, 1);
    m_columns->setStretchFactor(2, 0);
    m_columns->setHandleWidth(1);
    const int character = fontMetrics().averageCharWidth();
    m_columns->setSizes({character * 36, character * 130, character * 48});
    m_machines->setMinimumWidth(MachinesWidth);
    m_columns->widget(1)->setMinimumWidth(SnapshotsWidth);
    m_details->setMinimumWidth(DetailsWidth);
    m_snapshots->setFrameShape(QFrame::NoFrame);

    m_bottom->addTab(m_tasks, tr("Tasks"));
    m_bottom->addTab(m_events, tr("Events"));
    m_bottom->addTab(m_history, tr("History"));
    m_bottom->setDocumentMode(true);
    m_rows->addWidget(m_columns);
    m_rows->addWidget(m_bottom);
    m_rows->setStretchFactor(0, 1);
    m_rows->setStretchFactor(1, 0);
    m_rows->setHandleWidth(1);
    const int lineHeight = fontMetrics().lineSpacing();
    m_rows->setSizes({lineHeight * 32, lineHeight * 11});
    m_bottom->setMinimumHeight(lineHeight * 5);

    for (QSplitter *splitter : {m_columns, m_rows})
        splitter->setChildrenCollapsible(false);

    auto *start = new StartPage(m_pages);
    connect(start, &StartPage::connectionChosen, this, &MainWindow::connectTo);
    m_pages->addWidget(m_rows);
    m_pages->addWidget(start);

    auto *center = new QWidget(this);
    auto *layout = new QVBoxLayout(center);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notices);
    layout->addWidget(m_pages, 1);
    setCentralWidget(center);
    m_waiting->setObjectName(QStringLiteral("waiting"));
    m_waiting->setTextFormat(Qt::PlainText);
    m_waiting->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // a long line must not widen the window
    statusBar()->addWidget(m_waiting, 1);
    statusBar()->setSizeGripEnabled(false);
    resize(character * 216, lineHeight * 48); // fitScreen() knows what there is
}

// Every pane stays wide enough to be found again, also where an earlier version let it be closed. The window must have
// been laid out: a splitter has no sizes before.
void MainWindow::keepPanesOpen()
{
    for (QSplitter *splitter : {m_columns, m_rows}) {
        splitter->setChildrenCollapsible(false);
        const QList<int> sizes = splitter->sizes();
        for (int pane = 0; pane < splitter->count(); ++pane) {
            if (sizes[pane] == 0 && !splitter->widget(pane)->isHidden()) {
                splitter->setSizes(sizes);
                break;
            }
        }
    }
}

// A size that was kept, or is usual, may be more than a screen of another scale has.
void MainWindow::fitScreen()
{
    // What the window manager puts around a window is known only once it is shown; this is about it.
    const int frame = 4;
    const int title = style()->pixelMetric(QStyle::PM_TitleBarHeight) + frame;
    const QRect room = screen()->availableGeometry().adjusted(frame, title, -frame, -frame);
    if (isMaximized() || isFullScreen())
        return;
    resize(size().boundedTo(room.size()));
    QRect place(pos(), size());
    if (room.contains(place))
        return;
    place.moveRight(std::min(place.right(), room.right()));
    place.moveBottom(std::min(place.bottom(), room.bottom()));
    place.moveTopLeft({std::max(place.left(), room.left()), std::max(place.top(), room.top())});
    move(place.topLeft());
}

} // namespace treewarden
