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
    if (file.open(QIODevice::ReadOnly)) {
        // What to do is a paragraph of its own here; in the file a line is enough.
        m_browser->setMarkdown(QString::fromUtf8(file.readAll()).replace(QLatin1String("\n*"), QLatin1String("\n\n*")));
    }
    makeHeadings();
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

// Qt shows a heading that is code as small as code in a text.
void HazardsDialog::makeHeadings()
{
    const qreal size = m_browser->document()->defaultFont().pointSizeF();
    for (QTextBlock block = m_browser->document()->begin(); block.isValid(); block = block.next()) {
        const int level = block.blockFormat().headingLevel();
        if (level == 0)
            continue;
        QTextCursor cursor(block);
        QTextBlockFormat space;
        space.setTopMargin(fontMetrics().lineSpacing());
        space.setBottomMargin(fontMetrics().lineSpacing() / 4.0);
        cursor.mergeBlockFormat(space);
        cursor.select(QTextCursor::BlockUnderCursor);
        QTextCharFormat format;
        format.setFontPointSize(size * (level == 1 ? 1.5 : level == 2 ? 1.3 : 1.1));
        format.setFontWeight(QFont::Bold);
        cursor.mergeCharFormat(format);
    }
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
