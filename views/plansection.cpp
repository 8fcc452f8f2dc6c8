// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/plansection.h"

#include "model/base/visible.h"
#include "views/tonelabel.h"

#include <QGridLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

class Hairline : public QWidget
{
public:
    explicit Hairline(QWidget *parent)
        : QWidget(parent)
    {
        setFixedHeight(1);
    }

protected:
    void paintEvent(QPaintEvent *) override { QPainter(this).fillRect(rect(), color(ColorRole::Line, palette())); }
};

} // namespace

PlanSection::PlanSection(const QString &heading, QWidget *parent)
    : QFrame(parent)
    , m_grid(new QGridLayout)
    , m_lines(heading)
    , m_heading(heading)
{
    auto *title = new ToneLabel(heading, this, ColorRole::Muted);
    title->setBold();
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(12);
    m_grid->setVerticalSpacing(5);
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnMinimumWidth(0, fontMetrics().averageCharWidth() * 13);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->setSpacing(6);
    layout->addWidget(title);
    layout->addLayout(m_grid);
    setFocusPolicy(Qt::TabFocus);
    say();
}

void PlanSection::addRow(const QString &key, const QString &text, const QString &strong, const QString &second)
{
    const int row = m_grid->rowCount();
    auto *left = new ToneLabel(key, this, ColorRole::Muted);
    left->setWordWrap(false);
    left->setContentsMargins(6, 0, 0, 0);
    left->setAlignment(Qt::AlignTop | Qt::AlignLeading);
    m_grid->addWidget(left, row, 0);
    auto *right = new QVBoxLayout;
    right->setSpacing(1);
    auto *what = new ToneLabel(text, this);
    right->addWidget(what);
    QStringList parts{text};
    if (!strong.isEmpty()) {
        // Rich text only here, and only from words of ours and a name that is escaped.
        what->setTextFormat(Qt::RichText);
        const QString both = tr("%1: %2", "what; what becomes of it");
        what->setText(both.arg(visible(text).toHtmlEscaped(), u"<b>"_s + visible(strong).toHtmlEscaped() + u"</b>"_s));
        parts = {both.arg(visible(text), visible(strong))};
        what->setAccessibleName(parts.first());
    }
    if (!second.isEmpty()) {
        right->addWidget(new ToneLabel(second, this, ColorRole::Muted));
        parts += second;
    }
    m_grid->addLayout(right, row, 1);
    m_grid->addWidget(new Hairline(this), row + 1, 0, 1, 2);
    m_lines += key.isEmpty() ? parts.join(u'\n') : key + QStringLiteral(" ") + parts.join(u'\n');
    say();
}

void PlanSection::addMark(const QString &text)
{
    const int row = m_grid->rowCount();
    auto *mark = new ToneLabel(text, this, ColorRole::Warning);
    mark->setBold();
    mark->setContentsMargins(6, 0, 0, 0);
    m_grid->addWidget(mark, row, 0, 1, 2);
    m_grid->addWidget(new Hairline(this), row + 1, 0, 1, 2);
    m_lines += text;
    say();
}

void PlanSection::say()
{
    setAccessibleName(m_heading);
    setAccessibleDescription(visible(m_lines.mid(1)).join(u'\n'));
}

void PlanSection::paintEvent(QPaintEvent *event)
{
    QFrame::paintEvent(event);
    if (!hasFocus())
        return;
    QPainter painter(this);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

} // namespace treewarden
