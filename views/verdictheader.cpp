// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/verdictheader.h"

#include "views/shield.h"
#include "views/text/plantext.h"
#include "views/tonelabel.h"

#include <QHBoxLayout>
#include <QPainter>

namespace treewarden {

namespace {

std::pair<ColorRole, ColorRole> rolesOf(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Allow:
        return {ColorRole::BadgeSafe, ColorRole::BadgeSafeText};
    case Verdict::Warn:
    case Verdict::Confirm:
        return {ColorRole::BadgeWarning, ColorRole::BadgeWarningText};
    case Verdict::Block:
        return {ColorRole::BadgeDanger, ColorRole::BadgeDangerText};
    }
    Q_UNREACHABLE();
}

} // namespace

VerdictHeader::VerdictHeader(QWidget *parent)
    : QWidget(parent)
    , m_shield(new ShieldMark(Verdict::Allow, 2, this))
    , m_title(new ToneLabel({}, this))
    , m_summary(new ToneLabel({}, this))
{
    m_title->setBold(1.15);
    auto *texts = new QVBoxLayout;
    texts->setSpacing(4);
    texts->addWidget(m_title);
    texts->addWidget(m_summary);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(20, 16, 20, 16);
    row->setSpacing(14);
    row->addWidget(m_shield, 0, Qt::AlignTop);
    row->addLayout(texts, 1);
    setFocusPolicy(Qt::TabFocus); // so that it is read out
}

void VerdictHeader::show(Verdict verdict, const QString &title, const QString &summary)
{
    m_verdict = verdict;
    const ColorRole ink = rolesOf(verdict).second;
    m_shield->setVerdict(verdict);
    for (ToneLabel *label : {m_title, m_summary})
        label->setTone(ink);
    m_title->say(title);
    m_summary->say(summary);
    m_summary->setVisible(!summary.isEmpty());
    setAccessibleName(m_title->text());
    setAccessibleDescription(PlanText::spokenVerdict(verdict) + u'\n' + m_summary->text());
    update();
}

void VerdictHeader::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), color(rolesOf(m_verdict).first, palette()));
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

} // namespace treewarden
