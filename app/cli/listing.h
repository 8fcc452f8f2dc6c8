// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/reading.h"

#include <QJsonObject>

namespace treewarden::cli {

// What list, tree and images say to people. All give the exit code.
int printList(const Reading &reading);
int printTree(const Reading &reading, const Domain &domain);
int printImages(const Reading &reading, const QJsonObject &json);

} // namespace treewarden::cli
