// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/hazardsdialog.h"

#include <QDialogButtonBox>
#include <QFile>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextCursor>
#include <QVBoxLayout>

namespace treewarden {

HazardsDialog::HazardsDialog(const QString &findingId, QWidget *parent)
    : QDialog(parent)
{
    setWindowTitle(tr("What the guard looks for"));
    auto *browser = new QTextBrowser(this);
    browser->setOpenLinks(false);
    browser->setAccessibleName(windowTitle());
    QFile file(QStringLiteral(":/docs/hazards.md"));
    if (file.open(QIODevice::ReadOnly))
        browser->setMarkdown(QString::fromUtf8(file.readAll()));
    // A heading names its ids; what is not explained begins at the top.
    for (QTextBlock block = browser->document()->begin(); block.isValid(); block = block.next()) {
        if (block.blockFormat().headingLevel() == 0 || !block.text().split(u' ').contains(findingId))
            continue;
        QTextCursor end(browser->document());
        end.movePosition(QTextCursor::End);
        browser->setTextCursor(end); // so that the found line comes to the top
        browser->setTextCursor(QTextCursor(block));
        break;
    }
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(browser);
    layout->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 90, fontMetrics().lineSpacing() * 32);
}

} // namespace treewarden
