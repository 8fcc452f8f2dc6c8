// SPDX-License-Identifier: GPL-3.0-or-later
// What the tree says where there is nothing to draw.
#include "views/emptystate.h"
#include "views/snapshottextmodel.h"
#include "views/snapshotview.h"

#include <QPainter>

namespace treewarden {

void SnapshotView::paintEvent(QPaintEvent *event)
{
    QTreeView::paintEvent(event);
    if (m_model->content() == SnapshotModel::Content::Rows)
        return;
    const SnapshotText::Empty words = emptyWords();
    QPainter painter(viewport());
    paintEmptyState(painter, viewport()->rect(), words, font(), palette());
}

SnapshotText::Empty SnapshotView::emptyWords() const
{
    if (m_model->content() == SnapshotModel::Content::NoMachine)
        return m_noMachine;
    return SnapshotText::empty(m_model->content(), m_model->why(), m_model->options().filter);
}

void SnapshotView::setNoMachine(const SnapshotText::Empty &words)
{
    if (m_noMachine == words)
        return;
    m_noMachine = words;
    showContent();
}

void SnapshotView::showContent()
{
    QString description;
    if (m_model->content() != SnapshotModel::Content::Rows) {
        const SnapshotText::Empty words = emptyWords();
        description = QStringList({words.title, words.hint, words.detail}).join(u'\n').trimmed();
    }
    setAccessibleDescription(description);
    viewport()->update();
}

} // namespace treewarden
