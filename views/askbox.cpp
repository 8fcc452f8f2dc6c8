// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/askbox.h"

#include "model/base/visible.h"

#include <QMessageBox>
#include <QPushButton>

namespace treewarden {

void ask(QWidget *parent, const Question &question, std::function<void()> yes)
{
    auto *box = new QMessageBox(parent->window());
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setIcon(QMessageBox::Warning);
    box->setWindowTitle(question.title);
    box->setTextFormat(Qt::PlainText);
    box->setText(visible(question.text)); // names of the host are in it
    box->setInformativeText(visible(question.more));
    QPushButton *verb = box->addButton(question.verb, QMessageBox::DestructiveRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    QObject::connect(box, &QMessageBox::finished, parent, [box, verb, yes = std::move(yes)] {
        if (box->clickedButton() == verb)
            yes();
    });
    box->open();
}

} // namespace treewarden
