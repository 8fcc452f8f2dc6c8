// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/hazardsdialog.h"

#include <QDialogButtonBox>
#include <QFile>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextCursor>
#include <QVBoxLayout>

namespace treewarden {

HazardsDialog::HazardsDialog(const QString &findingId, QWidget *parent)
    : QDialog(parent)
    , m_browser(new QTextBrowser(this))
{
    setWindowTitle(tr("What the guard looks for"));
    m_browser->setOpenLinks(false);
    m_browser->setAccessibleName(windowTitle());
    QFile file(QStringLiteral(":/docs/hazards.md"));
    if (file.open(QIODevice::ReadOnly))
        m_browser->setMarkdown(QString::fromUtf8(file.readAll()));
    // A heading names its ids; what is not explained begins at the top.
    for (QTextBlock block = m_browser->document()->begin(); block.isValid(); block = block.next()) {
        if (block.blockFormat().headingLevel() == 0 || !block.text().split(u' ').contains(findingId))
            continue;
        m_found = block.position();
        break;
    }
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_browser);
    layout->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 90, fontMetrics().lineSpacing() * 32);
}

QString HazardsDialog::heading() const
{
    return m_found > 0 ? m_browser->document()->findBlock(m_found).text() : QString();
}

// Before it is laid out nothing can be scrolled to.
void HazardsDialog::showEvent(QShowEvent *event)
{
    QDialog::showEvent(event);
    QTextCursor cursor(m_browser->document());
    cursor.setPosition(m_found);
    m_browser->setTextCursor(cursor);
    QScrollBar *bar = m_browser->verticalScrollBar();
    bar->setValue(bar->value() + m_browser->cursorRect(cursor).top() - 2);
}

} // namespace treewarden
