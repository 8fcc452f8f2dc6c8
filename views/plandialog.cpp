// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/plandialog.h"

#include "model/base/visible.h"
#include "views/announce.h"
#include "views/colors.h"
#include "views/planview.h"
#include "views/text/errortext.h"
#include "views/text/plantext.h"
#include "views/text/waytext.h"
#include "views/tonelabel.h"
#include "views/verdictheader.h"

#include <QCheckBox>
#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QRadioButton>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace treewarden {

namespace {

constexpr int BlinkMilliseconds = 40;

} // namespace

PlanDialog::PlanDialog(PlanHost host, IntentForm *form, QWidget *parent)
    : QDialog(parent)
    , m_host(std::move(host))
    , m_form(form)
    , m_header(new VerdictHeader(this))
    , m_area(new QScrollArea(this))
    , m_content(new QWidget)
    , m_back(new QPushButton(tr("← &Back to what you wanted first"), m_content))
    , m_view(new PlanView(m_content))
    , m_status(new ToneLabel({}, this, ColorRole::Muted))
    , m_seen(new QCheckBox(tr("I have looked at what changed"), this))
    , m_fold(new QToolButton(this))
    , m_commandBox(new QWidget(this))
    , m_commands(new QPlainTextEdit(m_commandBox))
    , m_verb(new QPushButton(this))
    , m_cancel(new QPushButton(tr("Cancel"), this))
{
    setWindowTitle(m_form->windowTitle());
    makeLayout();
    m_seen->hide();
    m_back->hide();
    m_verb->setObjectName(QStringLiteral("verb"));
    m_cancel->setObjectName(QStringLiteral("cancel"));

    connect(m_form, &IntentForm::changed, this, &PlanDialog::change);
    connect(m_view, &PlanView::acceptedChanged, this, &PlanDialog::showStatus);
    connect(m_view, &PlanView::moreWanted, this, &PlanDialog::moreWanted);
    connect(m_view, &PlanView::wayChosen, this, [this](int other) {
        if (m_proposal && size_t(other) < m_proposal->alternatives.size())
            choose(m_proposal->alternatives[size_t(other)].way);
    });
    connect(m_back, &QPushButton::clicked, this, [this] { choose({}); });
    connect(m_seen, &QCheckBox::toggled, this, &PlanDialog::showStatus);
    connect(m_verb, &QPushButton::clicked, this, &PlanDialog::run);
    connect(m_cancel, &QPushButton::clicked, this, &QDialog::reject);
    m_blink.setSingleShot(true);
    connect(&m_blink, &QTimer::timeout, this, &QDialog::open);
    showStatus();
}

PlanDialog::~PlanDialog() = default;

void PlanDialog::makeLayout()
{
    auto *rows = new QVBoxLayout(m_content);
    rows->setContentsMargins(18, 14, 18, 10);
    rows->setSpacing(10);
    m_form->setParent(m_content);
    if (m_form->isFirst())
        rows->addWidget(m_form);
    rows->addWidget(m_back, 0, Qt::AlignLeading);
    rows->addWidget(m_view);
    if (!m_form->isFirst())
        rows->addWidget(m_form);
    rows->addStretch();
    m_area->setWidget(m_content);
    m_area->setWidgetResizable(true);
    m_area->setFrameShape(QFrame::NoFrame);
    m_area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_area->setFocusPolicy(Qt::NoFocus);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_header);
    layout->addWidget(m_area, 1);
    layout->addWidget(makeFooter());
    m_header->show(Verdict::Allow, tr("Looking at what this would do…"), {});
}

QWidget *PlanDialog::makeFooter()
{
    m_fold->setText(tr("&Show the virsh and qemu-img commands"));
    m_fold->setAutoRaise(true);
    m_fold->setCheckable(true);
    m_fold->setArrowType(Qt::RightArrow);
    m_fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(m_fold, &QToolButton::toggled, this, [this](bool on) {
        m_fold->setArrowType(on ? Qt::DownArrow : Qt::RightArrow);
        m_commandBox->setVisible(on);
        fit();
    });
    m_commands->setReadOnly(true);
    m_commands->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_commands->setTabChangesFocus(true);
    m_commands->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_commands->setAccessibleName(tr("The virsh and qemu-img commands that do the same"));
    auto *copy = new QPushButton(tr("C&opy"), m_commandBox);
    copy->setAccessibleName(tr("Copy the commands"));
    connect(copy, &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(m_commands->toPlainText()); });
    auto *commandRow = new QHBoxLayout(m_commandBox);
    commandRow->setContentsMargins(0, 0, 0, 0);
    commandRow->addWidget(m_commands, 1);
    commandRow->addWidget(copy, 0, Qt::AlignTop);
    m_commandBox->hide();
    m_fold->hide();

    auto *footer = new QWidget(this);
    auto *rows = new QVBoxLayout(footer);
    rows->setContentsMargins(22, 4, 22, 16);
    rows->setSpacing(8);
    rows->addWidget(m_status);
    rows->addWidget(m_seen);
    rows->addWidget(m_commandBox);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_fold);
    buttons->addStretch();
    buttons->addWidget(m_verb);
    buttons->addWidget(m_cancel);
    rows->addLayout(buttons);
    return footer;
}

void PlanDialog::openPlanned()
{
    readFresh();
    change();
    if (!m_proposal && m_form->complaint().isEmpty()) {
        m_blink.start(BlinkMilliseconds);
    } else if (!isVisible()) {
        if (!m_proposal) // nothing can be worked out before what it complains of is filled in
            m_header->show(Verdict::Allow, m_form->windowTitle(), {});
        open();
    }
    if (QWidget *field = m_form->firstField())
        field->setFocus();
    else
        m_cancel->setFocus();
}

void PlanDialog::readFresh()
{
    m_host.readFresh([dialog = QPointer<PlanDialog>(this)](const Error *error) {
        if (!dialog)
            return;
        dialog->m_reading = error ? Reading::Failed : Reading::Fresh;
        dialog->m_readError = error ? *error : Error{};
        if (error)
            dialog->showStatus();
        else
            dialog->replan();
    });
}

void PlanDialog::hostIsBack()
{
    if (m_reading != Reading::Failed)
        return;
    m_reading = Reading::UnderWay;
    readFresh();
    showStatus();
}

// Another intent: nothing that was ticked for the one before counts.
void PlanDialog::change()
{
    setWindowTitle(m_form->windowTitle());
    m_way.clear();
    m_seen->setChecked(false);
    m_seen->hide();
    replan();
}

void PlanDialog::replan()
{
    const quint64 number = ++m_asked;
    if (!m_form->complaint().isEmpty()) {
        m_isPlanning = false;
        showStatus();
        return;
    }
    m_isPlanning = true;
    const Intent intent = m_form->intent();
    m_host.propose(intent, [dialog = QPointer<PlanDialog>(this), number, intent](Proposal proposal) {
        if (dialog && dialog->m_asked == number)
            dialog->take(intent, std::move(proposal));
    });
    if (m_isPlanning)
        showStatus();
}

void PlanDialog::take(const Intent &intent, Proposal proposal)
{
    m_isPlanning = false;
    const std::optional<Proposal> before = std::exchange(m_proposal, std::move(proposal));
    const bool isSameIntent = before && before->plan.intent == intent;
    const Plan *old = nullptr;
    if (isSameIntent) {
        old = &before->plan;
        for (const Plan &other : before->alternatives) {
            if (!m_way.isEmpty() && other.way == m_way)
                old = &other;
        }
    }
    const Plan *now = shownPlan();
    if (!now) { // the way that was looked at is none any more
        m_way.clear();
        now = shownPlan();
    }
    const bool isSame = old && old->hash() == now->hash();
    // Other ways may come and go meanwhile; what is shown of them has to be true too.
    const bool sameOthers = before && before->alternatives.size() == m_proposal->alternatives.size()
        && std::equal(before->alternatives.begin(), before->alternatives.end(), m_proposal->alternatives.begin(),
            [](const Plan &a, const Plan &b) { return a.hash() == b.hash(); });
    if (old && !isSame) {
        m_seen->setChecked(false);
        m_seen->show();
    }
    if (!isSame || !sameOthers)
        showPlan();
    showStatus();
    if (m_blink.isActive()) {
        m_blink.stop();
        open();
    }
}

const Plan *PlanDialog::shownPlan() const
{
    if (!m_proposal)
        return nullptr;
    if (m_way.isEmpty())
        return &m_proposal->plan;
    for (const Plan &other : m_proposal->alternatives) {
        if (other.way == m_way)
            return &other;
    }
    return nullptr;
}

void PlanDialog::choose(const QString &way)
{
    m_way = way;
    m_seen->setChecked(false);
    m_seen->hide();
    showPlan();
    showStatus();
    m_area->verticalScrollBar()->setValue(0);
    m_cancel->setFocus();
}

void PlanDialog::showPlan()
{
    const Plan *plan = shownPlan();
    const bool isOther = !m_way.isEmpty();
    m_header->show(plan->verdict, isOther ? WayText::title(*plan) : PlanText::title(*plan, m_host.machine),
        PlanText::summary(*plan));
    // Read out when the dialog opens; what replaces it while it is open, when it does.
    const QString spoken = m_header->accessibleName() + u'\n' + m_header->accessibleDescription();
    if (spoken != accessibleDescription()) {
        setAccessibleDescription(spoken);
        if (isVisible())
            announce(m_header, spoken);
    }
    m_view->show(*plan, m_proposal->plan.intent, isOther ? std::vector<Plan>() : m_proposal->alternatives,
        *m_host.inventory(), m_host.machine);
    m_form->setVisible(!isOther);
    m_back->setVisible(isOther);
    m_form->setPlan(*plan);
    for (QAbstractButton *button : findChildren<QAbstractButton *>()) {
        if (qobject_cast<QCheckBox *>(button) || qobject_cast<QRadioButton *>(button))
            button->setPalette(withVisibleBoxes(palette()));
    }
    QStringList commands;
    if (plan->verdict != Verdict::Block) { // nobody is handed what is refused
        for (const QStringList &ofStep : commandsOf(*plan))
            commands += ofStep;
    }
    m_commands->setPlainText(commands.join(u'\n'));
    m_fold->setVisible(!commands.isEmpty());
    m_commandBox->setVisible(!commands.isEmpty() && m_fold->isChecked());
    const int lines = int(std::clamp<qsizetype>(commands.size(), 1, 6)) + 2; // a scroll bar may lie below
    m_commands->setFixedHeight(m_commands->fontMetrics().lineSpacing() * lines);
    fit();
}

void PlanDialog::showStatus()
{
    const Plan *plan = shownPlan();
    const QString complaint = m_form->complaint();
    const QString pointless = m_form->whyPointless();
    const bool blocked = plan && plan->verdict == Verdict::Block;
    const bool isChanged = !m_seen->isHidden();
    QString status;
    if (!complaint.isEmpty())
        status = complaint;
    else if (m_isPlanning && !plan)
        status = tr("Working out what this would do…");
    else if (m_reading == Reading::Failed)
        status = tr("The host could not be read anew (%1), so nothing can be done now.")
                     .arg(ErrorText::reason(m_readError));
    else if (isChanged)
        status = tr("Something changed since this was opened. Above is what would happen now.");
    else if (blocked)
        status.clear();
    else if (!pointless.isEmpty())
        status = pointless;
    else if (m_reading == Reading::UnderWay)
        status = tr("Reading the host anew, to be sure…");
    else if (!m_view->isAccepted())
        status = tr("Tick what needs your yes.");
    if (isVisible() && m_status->text() != visible(status))
        announce(m_status, status);
    m_status->say(status);
    m_status->setTone(
        !complaint.isEmpty() || m_reading == Reading::Failed || isChanged ? ColorRole::Warning : ColorRole::Muted);
    m_status->setVisible(!status.isEmpty());

    const bool isReady = plan && !blocked && complaint.isEmpty() && pointless.isEmpty() && !m_isPlanning
        && m_reading == Reading::Fresh && (!isChanged || m_seen->isChecked()) && m_view->isAccepted();
    m_verb->setVisible(plan && !blocked);
    if (plan)
        m_verb->setText(WayText::verb(*plan));
    m_verb->setEnabled(isReady);
    m_verb->setToolTip(isReady ? QString() : status);
    m_verb->setAccessibleDescription(m_verb->toolTip());
    // Enter does nothing that takes anything away.
    const bool isHarmless = isReady && m_form->isHarmless() && plan->verdict <= Verdict::Warn && m_way.isEmpty();
    m_verb->setAutoDefault(isHarmless);
    m_verb->setDefault(isHarmless);
    m_cancel->setDefault(!isHarmless);
}

void PlanDialog::run()
{
    const Plan *plan = shownPlan();
    if (!m_verb->isEnabled() || !plan)
        return;
    m_host.run(std::make_shared<const Plan>(*plan), m_view->acknowledged());
    accept();
}

// As high as what it says, within the screen.
void PlanDialog::fit()
{
    const int character = fontMetrics().averageCharWidth();
    const QSize available = screen()->availableSize();
    const int width = std::min(std::max(this->width(), character * 104), available.width() - 2 * character);
    setMinimumWidth(std::min(character * 70, width));
    m_content->layout()->activate();
    const int content = m_content->layout()->hasHeightForWidth() ? m_content->layout()->totalHeightForWidth(width)
                                                                 : m_content->sizeHint().height();
    int height = content;
    for (int item = 0; item < layout()->count(); ++item) {
        QWidget *part = layout()->itemAt(item)->widget();
        if (part != m_area)
            height += part->hasHeightForWidth() ? part->heightForWidth(width) : part->sizeHint().height();
    }
    const int most = available.height() * 85 / 100;
    resize(width, std::min(height, most));
    // Wrapped words within words know their height only once they are laid out.
    QTimer::singleShot(0, this, [this, most] {
        if (const int missing = m_area->verticalScrollBar()->maximum(); missing > 0)
            resize(this->width(), std::min(this->height() + missing, most));
    });
}

QString PlanDialog::plainText() const
{
    QStringList parts{m_header->accessibleName(), m_header->accessibleDescription(), m_view->plainText()};
    if (!m_status->isHidden())
        parts += m_status->text();
    return parts.join(u'\n');
}

} // namespace treewarden
