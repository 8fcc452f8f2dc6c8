// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

#include <vector>

namespace treewarden {

// One layer of a disk as it is drawn. All texts are ready to be shown.
struct LayerBox
{
    enum class Look {
        Base, // nothing below it, no tags
        Tags, // holds internal snapshots
        Overlay,
        Missing,
        Unknown, // could not be looked at
    };
    Look look = Look::Base;
    QString name; // the file's name
    QString path;
    QStringList lines; // size and tags; who relies on it; who shares it
    QString mark; // "in use now", or empty
    bool emphasized = false; // belongs to the snapshot that is shown

    bool operator==(const LayerBox &) const = default;
};

// The layers of a disk, drawn as a stack: the active one on top, the base at the bottom. The middle of a long stack is
// folded until the user asks for it (click, Enter or Space).
class LayersView : public QWidget
{
    Q_OBJECT

public:
    explicit LayersView(std::vector<LayerBox> layers, QWidget *parent = nullptr);

    QSize sizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

    bool isFolded() const { return m_folded; }
    void setFolded(bool folded);

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Row
    {
        int layer = -1; // -1: the fold
        int hidden = 0;
        QRect rect;
        QStringList names; // the lines of the name
        bool isMarkBelow = false; // the mark has no room beside the name
        QStringList wrapped;
    };
    // Where everything stands at this width.
    std::vector<Row> layOut(int width) const;
    void paintLayer(QPainter &painter, const Row &row) const;
    void paintFold(QPainter &painter, const Row &row) const;
    QFont smallFont() const;
    QFont nameFont(const LayerBox &box) const;
    bool canFold() const;

    std::vector<LayerBox> m_layers;
    bool m_folded = false;
};

} // namespace treewarden
