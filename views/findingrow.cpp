// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/findingrow.h"

#include "views/shield.h"
#include "views/text/findingtext.h"
#include "views/tonelabel.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace treewarden {

FindingRow::FindingRow(const Finding &finding, bool explains, bool asks, QWidget *parent)
    : QFrame(parent)
    , m_finding(finding)
{
    auto *texts = new QVBoxLayout;
    texts->setSpacing(2);
    const QString sentence = FindingText::sentence(finding);
    const QString why = explains ? FindingText::explanation(finding) : QString();
    texts->addWidget(new ToneLabel(sentence, this));
    if (!why.isEmpty())
        texts->addWidget(new ToneLabel(why, this, ColorRole::Muted));
    if (explains) {
        auto *more = new QLabel(this);
        more->setTextFormat(Qt::RichText);
        const QString text = tr("More about this");
        more->setText(QStringLiteral("<a href=\"#\">%1</a>").arg(text.toHtmlEscaped()));
        more->setAccessibleName(tr("%1: %2", "link, finding").arg(text, sentence));
        more->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
        connect(more, &QLabel::linkActivated, this, [this] { Q_EMIT moreWanted(m_finding.id); });
        texts->addWidget(more);
    }
    if (asks) {
        m_box = new QCheckBox(tr("I understand this and want it"), this);
        m_box->setAccessibleName(FindingText::consent(finding));
        connect(m_box, &QCheckBox::toggled, this, &FindingRow::ticked);
        texts->addWidget(m_box);
    }
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(4, 4, 4, 4);
    row->setSpacing(10);
    row->addWidget(new ShieldMark(finding.severity, 1.25, this), 0, Qt::AlignTop);
    row->addLayout(texts, 1);
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("%1: %2", "severity, finding").arg(FindingText::severity(finding.severity), sentence));
    setAccessibleDescription(FindingText::explanation(finding));
}

QString FindingRow::plainText() const
{
    return accessibleName() + (accessibleDescription().isEmpty() ? QString() : u'\n' + accessibleDescription());
}

void FindingRow::paintEvent(QPaintEvent *event)
{
    QFrame::paintEvent(event);
    if (!hasFocus())
        return;
    QPainter painter(this);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

} // namespace treewarden
