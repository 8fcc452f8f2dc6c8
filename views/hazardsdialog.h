// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/finding.h"

#include <QDialog>

class QTextBrowser;

namespace treewarden {

// What a kind of finding means and what to do: docs/hazards.md, which the program carries, opened at its id.
class HazardsDialog : public QDialog
{
    Q_OBJECT

public:
    // Without an id it opens at the top.
    explicit HazardsDialog(const QString &findingId, QWidget *parent = nullptr);

    // The heading that it opened at; empty: none.
    QString heading() const;

protected:
    void showEvent(QShowEvent *event) override;

private:
    void makeHeadings();

    QTextBrowser *m_browser;
    int m_found = 0; // position of the heading in the document
};

} // namespace treewarden
