// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

#include <functional>
#include <vector>

class QLabel;
class QVBoxLayout;

namespace treewarden {

// Something the window has to say, said in place instead of in a box.
struct Notice
{
    enum class Kind { Warning, Failure };
    struct Button
    {
        QString text;
        std::function<void()> pressed;
    };
    QString key; // a notice of the same key takes its place
    Kind kind = Kind::Warning;
    QString title;
    QString text; // may be empty
    QString detail; // libvirt's own words, folded; may be empty
    std::vector<Button> buttons;
};

// The notices that stand, one below the other; takes no room when there is none.
class NoticeBar : public QWidget
{
    Q_OBJECT

public:
    explicit NoticeBar(QWidget *parent = nullptr);

    // Repeating a notice that stands and says the same changes nothing, so that focus and unfolded details stay.
    void post(Notice notice);
    void withdraw(const QString &key);
    QStringList keys() const;
    // What a notice says, as a reader hears it; empty: there is none of this key.
    QString textOf(const QString &key) const;

Q_SIGNALS:
    // The user closed it; it still stands while this is told.
    void dismissed(const QString &key);

private:
    class Item;

    std::vector<Item *> m_items;
    QVBoxLayout *m_layout;
};

} // namespace treewarden
