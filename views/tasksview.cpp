// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tasksview.h"

#include "model/base/visible.h"
#include "views/text/tasktext.h"
#include "views/tonelabel.h"

#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace treewarden {

namespace {

constexpr int BarSteps = 1000;

} // namespace

class TasksView::Row : public QFrame
{
public:
    explicit Row(QWidget *parent)
        : QFrame(parent)
        , m_title(new ToneLabel({}, this))
        , m_step(new ToneLabel({}, this, ColorRole::Muted))
        , m_bar(new QProgressBar(this))
        , m_progress(new ToneLabel({}, this, ColorRole::Muted))
        , m_pause(new QPushButton(this))
        , m_cancel(new QPushButton(this))
    {
        m_title->setBold();
        m_bar->setTextVisible(false);
        m_bar->setMaximumHeight(fontMetrics().height() / 2 + 2);
        auto *layout = new QGridLayout(this);
        layout->setContentsMargins(12, 8, 12, 8);
        layout->setHorizontalSpacing(14);
        layout->setVerticalSpacing(2);
        layout->addWidget(m_title, 0, 0);
        layout->addWidget(m_step, 1, 0);
        layout->addWidget(m_bar, 0, 1, Qt::AlignVCenter);
        layout->addWidget(m_progress, 1, 1);
        layout->addWidget(m_pause, 0, 2, 2, 1, Qt::AlignVCenter);
        layout->addWidget(m_cancel, 0, 3, 2, 1, Qt::AlignVCenter);
        layout->setColumnStretch(0, 3);
        layout->setColumnStretch(1, 2);
        connect(m_cancel, &QPushButton::clicked, this, [this] { cancelled(); });
        m_pause->setObjectName(QStringLiteral("pause"));
        connect(m_pause, &QPushButton::clicked, this, [this] { paused(!m_task.isPaused); });
    }

    std::function<void()> cancelled;
    std::function<void(bool)> paused;
    bool isUnderWay() const { return !m_task.outcome; }

    void take(const Task &task)
    {
        m_task = task;
        m_title->say(TaskText::title(task));
        m_step->say(TaskText::step(task));
        m_step->setTone(task.outcome && *task.outcome != Outcome::Succeeded && *task.outcome != Outcome::Cancelled
                ? ColorRole::Danger
                : ColorRole::Muted);
        const QString progress = TaskText::progress(task);
        m_progress->say(progress);
        const bool isKnown = task.done.isKnown() && task.total.isKnown() && *task.total > 0;
        m_bar->setVisible(!task.outcome);
        m_bar->setRange(0, isKnown ? BarSteps : 0); // 0 to 0: busy
        if (isKnown)
            m_bar->setValue(int(double(std::min(*task.done, *task.total)) / double(*task.total) * BarSteps));
        m_bar->setAccessibleName(m_title->text());
        m_bar->setAccessibleDescription(progress);
        // Of a step that cannot be stopped the button says that instead, so that it is read where one looks for it.
        m_cancel->setVisible(!task.outcome);
        m_cancel->setEnabled(task.canCancel && !task.isCancelling);
        m_cancel->setText(TaskText::cancel(task));
        m_cancel->setToolTip(visible(TaskText::cancelHelp(task)));
        m_cancel->setAccessibleName(tr("%1: %2", "button, task").arg(TaskText::cancel(task), m_title->text()));
        m_cancel->setAccessibleDescription(m_cancel->toolTip());
        m_pause->setVisible(!task.outcome && task.canPause && !task.isCancelling);
        m_pause->setText(TaskText::pause(task));
        m_pause->setAccessibleName(tr("%1: %2", "button, task").arg(TaskText::pause(task), m_title->text()));
        setToolTip(task.outcome ? TaskText::theirWords(task.error) : QString());
    }

private:
    static QString tr(const char *text, const char *comment) { return TasksView::tr(text, comment); }

    Task m_task;
    ToneLabel *m_title;
    ToneLabel *m_step;
    QProgressBar *m_bar;
    ToneLabel *m_progress;
    QPushButton *m_pause;
    QPushButton *m_cancel;
};

TasksView::TasksView(QWidget *parent)
    : QScrollArea(parent)
    , m_content(new QWidget)
    , m_layout(new QVBoxLayout(m_content))
    , m_empty(new ToneLabel(
          tr("What Treewarden does to machines and their files appears here."), m_content, ColorRole::Muted))
{
    m_layout->setContentsMargins(0, 4, 0, 4);
    m_layout->setSpacing(0);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setTextInteractionFlags(Qt::NoTextInteraction);
    m_empty->setObjectName(QStringLiteral("empty"));
    m_layout->addWidget(m_empty, 1);
    m_layout->addStretch();
    setWidget(m_content);
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Tasks"));
}

void TasksView::show(const QString &host, const std::vector<Task> &tasks)
{
    for (auto row = m_rows.begin(); row != m_rows.end();) {
        const bool isThere = row->first.first != host
            || std::any_of(tasks.begin(), tasks.end(), [&](const Task &task) { return task.id == row->first.second; });
        if (!isThere) {
            row->second->hide();
            row->second->deleteLater();
        }
        row = isThere ? std::next(row) : m_rows.erase(row);
    }
    for (const Task &task : tasks) {
        Row *&row = m_rows[{host, task.id}];
        if (!row) {
            row = new Row(m_content);
            row->paused = [this, host, id = task.id](bool is) { Q_EMIT pauseRequested(host, id, is); };
            row->cancelled = [this, host, id = task.id] { Q_EMIT cancelRequested(host, id); };
            m_layout->insertWidget(0, row);
        }
        row->take(task);
    }
    m_empty->setVisible(m_rows.empty());
}

int TasksView::underWay() const
{
    return int(std::count_if(m_rows.begin(), m_rows.end(), [](const auto &row) { return row.second->isUnderWay(); }));
}

} // namespace treewarden
