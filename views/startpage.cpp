// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/startpage.h"

#include "views/card.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace treewarden {

StartPage::StartPage(QWidget *parent)
    : QWidget(parent)
{
    auto *title = new QLabel(tr("Which machines?"), this);
    QFont big = title->font();
    big.setPointSizeF(big.pointSizeF() * 1.5);
    big.setBold(true);
    title->setFont(big);

    auto *column = new QWidget(this);
    column->setMaximumWidth(fontMetrics().averageCharWidth() * 84);
    auto *cards = new QVBoxLayout(column);
    cards->setSpacing(12);
    cards->addWidget(title);
    const auto offer = [&](const QString &name, const QString &text, const QString &verb, const QString &uri) {
        auto *card = new Card(ColorRole::Line, column);
        auto *row = new QHBoxLayout(card);
        row->setContentsMargins(16, 14, 16, 14);
        row->setSpacing(16);
        auto *words = new QVBoxLayout;
        auto *head = new QLabel(name, card);
        QFont bold = head->font();
        bold.setBold(true);
        head->setFont(bold);
        auto *body = new QLabel(text, card);
        body->setWordWrap(true);
        head->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
        words->setSpacing(3);
        words->addWidget(head);
        words->addWidget(body, 1, Qt::AlignTop);
        row->addLayout(words, 1);
        auto *button = new QPushButton(verb, card);
        button->setAccessibleDescription(text);
        // Some styles let a long word touch the border.
        button->setMinimumWidth(button->sizeHint().width() + 2 * fontMetrics().averageCharWidth());
        connect(button, &QPushButton::clicked, this, [this, uri] { Q_EMIT connectionChosen(uri); });
        row->addWidget(button, 0, Qt::AlignVCenter);
        cards->addWidget(card);
    };
    offer(tr("This computer"),
        tr("The machines of libvirt’s system service, the ones that virt-manager shows. Looking changes nothing."),
        tr("Connect"), QStringLiteral("qemu:///system"));
    offer(tr("The sandbox"),
        tr("Small example machines with snapshots of every kind, in a libvirt of Treewarden’s own. The place to try "
           "things out. "
           "Making them takes about half a minute the first time."),
        tr("Open the sandbox"), QStringLiteral("sandbox"));

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 24, 24, 24);
    layout->addStretch(2);
    auto *centered = new QHBoxLayout;
    centered->addStretch(1);
    centered->addWidget(column, 8);
    centered->addStretch(1);
    layout->addLayout(centered);
    layout->addStretch(3);
}

} // namespace treewarden
