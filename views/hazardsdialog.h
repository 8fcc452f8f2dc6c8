// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/finding.h"

#include <QDialog>

namespace treewarden {

// What a kind of finding means and what to do: docs/hazards.md, which the program carries, opened at its id.
class HazardsDialog : public QDialog
{
    Q_OBJECT

public:
    HazardsDialog(const QString &findingId, QWidget *parent = nullptr);
};

} // namespace treewarden
