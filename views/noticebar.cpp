// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/noticebar.h"

#include "model/base/visible.h"
#include "views/announce.h"
#include "views/colors.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace treewarden {

class NoticeBar::Item : public QFrame
{
public:
    Item(Notice notice, NoticeBar *bar)
        : QFrame(bar)
        , m_notice(std::move(notice))
        , m_title(label())
        , m_text(label())
        , m_detail(label())
    {
        QFont bold = font();
        bold.setBold(true);
        m_title->setFont(bold);

        auto *texts = new QVBoxLayout;
        texts->setSpacing(2);
        texts->addWidget(m_title);
        texts->addWidget(m_text);
        auto *buttons = new QHBoxLayout;
        for (const Notice::Button &button : m_notice.buttons) {
            auto *push = new QPushButton(button.text, this);
            connect(push, &QPushButton::clicked, this, [pressed = button.pressed] { pressed(); });
            buttons->addWidget(push);
        }
        if (!m_notice.detail.isEmpty())
            buttons->addWidget(foldButton());
        buttons->addStretch();
        if (buttons->count() > 1) {
            texts->addSpacing(4);
            texts->addLayout(buttons);
        } else {
            delete buttons;
        }
        texts->addWidget(m_detail);
        m_detail->hide();

        auto *row = new QHBoxLayout(this);
        row->setContentsMargins(14, 8, 8, 8);
        row->addLayout(texts, 1);
        auto *close = new QToolButton(this);
        close->setText(QStringLiteral("✕"));
        close->setAutoRaise(true);
        close->setToolTip(NoticeBar::tr("Dismiss"));
        close->setAccessibleName(NoticeBar::tr("Dismiss: %1").arg(visible(m_notice.title)));
        connect(close, &QToolButton::clicked, this, [bar, key = m_notice.key] {
            Q_EMIT bar->dismissed(key);
            bar->withdraw(key);
        });
        row->addWidget(close, 0, Qt::AlignTop);
        say();
    }

    const Notice &notice() const { return m_notice; }
    // True when only the words differ: the buttons and what is unfolded can stay.
    bool canBecome(const Notice &other) const
    {
        return m_notice.kind == other.kind && m_notice.detail == other.detail
            && m_notice.buttons.size() == other.buttons.size()
            && std::equal(m_notice.buttons.begin(), m_notice.buttons.end(), other.buttons.begin(),
                [](const auto &a, const auto &b) { return a.text == b.text; });
    }
    void become(const Notice &other)
    {
        if (m_notice.title == other.title && m_notice.text == other.text)
            return;
        m_notice.title = other.title;
        m_notice.text = other.text;
        say();
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        const ColorRole role
            = m_notice.kind == Notice::Kind::Warning ? ColorRole::BadgeWarning : ColorRole::BadgeDanger;
        QPainter(this).fillRect(rect(), color(role, palette()));
    }

private:
    QLabel *label()
    {
        auto *made = new QLabel(this);
        made->setWordWrap(true);
        made->setTextFormat(Qt::PlainText);
        made->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        return made;
    }
    QToolButton *foldButton()
    {
        auto *fold = new QToolButton(this);
        fold->setAutoRaise(true);
        fold->setCheckable(true);
        fold->setArrowType(Qt::RightArrow);
        fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        fold->setText(NoticeBar::tr("What libvirt said"));
        connect(fold, &QToolButton::toggled, this, [this, fold](bool on) {
            fold->setArrowType(on ? Qt::DownArrow : Qt::RightArrow);
            m_detail->setVisible(on);
        });
        return fold;
    }
    void say()
    {
        announce(this, visible(m_notice.text.isEmpty() ? m_notice.title : m_notice.title + u'\n' + m_notice.text));
        m_title->setText(visible(m_notice.title)); // names of the host are in them
        m_text->setText(visible(m_notice.text));
        m_text->setVisible(!m_notice.text.isEmpty());
        m_detail->setText(visible(m_notice.detail));
        for (QLabel *label : {m_title, m_text, m_detail})
            label->setAccessibleName(label->text());
    }

    Notice m_notice;
    QLabel *m_title;
    QLabel *m_text;
    QLabel *m_detail;
};

NoticeBar::NoticeBar(QWidget *parent)
    : QWidget(parent)
    , m_layout(new QVBoxLayout(this))
{
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(1);
    setVisible(false);
}

void NoticeBar::post(Notice notice)
{
    const auto standing = std::find_if(
        m_items.begin(), m_items.end(), [&](const Item *item) { return item->notice().key == notice.key; });
    if (standing == m_items.end()) {
        m_items.push_back(new Item(std::move(notice), this));
        m_layout->addWidget(m_items.back());
    } else if ((*standing)->canBecome(notice)) {
        (*standing)->become(notice);
    } else {
        auto *item = new Item(std::move(notice), this);
        delete m_layout->replaceWidget(*standing, item);
        (*standing)->deleteLater();
        (*standing)->hide();
        *standing = item;
    }
    setVisible(true);
}

void NoticeBar::withdraw(const QString &key)
{
    const auto standing
        = std::find_if(m_items.begin(), m_items.end(), [&](const Item *item) { return item->notice().key == key; });
    if (standing == m_items.end())
        return;
    // The call may come from one of its own buttons.
    (*standing)->hide();
    (*standing)->deleteLater();
    m_layout->removeWidget(*standing);
    m_items.erase(standing);
    setVisible(!m_items.empty());
}

QStringList NoticeBar::keys() const
{
    QStringList keys;
    for (const Item *item : m_items)
        keys.append(item->notice().key);
    return keys;
}

QString NoticeBar::textOf(const QString &key) const
{
    for (const Item *item : m_items) {
        if (item->notice().key == key)
            return item->notice().title + u'\n' + item->notice().text;
    }
    return {};
}

} // namespace treewarden
