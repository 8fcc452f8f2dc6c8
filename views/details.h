// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/assessment.h"
#include "model/item/snapshotmodel.h"
#include "views/layersview.h"

#include <optional>

namespace treewarden {

// One piece of the details panel, in words, ready to be shown.
struct DetailsBlock
{
    enum class Kind { Heading, Text, File, Layers, Warning, Danger, Measure, Differences };
    Kind kind = Kind::Text;
    QString title;
    QString path; // File: shown in monospace, can be copied
    QStringList lines;
    std::vector<LayerBox> layers;
    bool isPossible = true; // Measure: false while the machine runs; the lines say why

    bool operator==(const DetailsBlock &) const = default;
};

// What the details panel says about a machine, or about one row of its tree.
struct Details
{
    QString title;
    QString subtitle;
    std::optional<SnapshotItem> item; // what the glyph before the title stands for; none: a machine
    std::vector<DetailsBlock> blocks;
    bool isLocal = false; // of this computer: its folders can be opened here

    bool operator==(const Details &) const = default;
};

// Pure: everything comes from the values. Without an item, or with "You are here": the machine itself. `measured` is
// what the disk share of an internal snapshot was found to be; `now` seconds since 1970.
Details detailsOf(const Inventory &inventory, const Assessment &assessment, const Domain &domain,
    const std::optional<SnapshotItem> &item, const std::optional<Fact<Bytes>> &measured, qint64 now);

// What the host holds that belongs to no machine: nothing where there is none of it and all was looked at.
std::optional<Details> detailsOfHost(const Inventory &inventory, const Assessment &assessment, qint64 now);

// The layers of the disk that `image` belongs to: of the machine's present chain where it is part of it, else of the
// longest one on top of it.
std::vector<LayerBox> layersOf(const Inventory &inventory, const Assessment &assessment, const Domain &domain,
    const ImageLocation &image, const std::vector<ImageLocation> &emphasized);

} // namespace treewarden
