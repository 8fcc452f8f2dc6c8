// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/xml/domainedit.h"
#include "model/xml/xmltree.h"

#include <QStringList>

namespace treewarden {

// What the editors of <domain> and of <domainsnapshot>, which holds one, share.

QStringList pointDisks(XmlNode &domain, const std::vector<DiskPath> &disks); // the targets that it found
void pointSource(XmlNode &disk, const QString &path); // of a <disk> here or in a snapshot's <disks>
void dropLiveParts(XmlNode &domain);
Result<> requireAll(const std::vector<DiskPath> &disks, const QStringList &found);

} // namespace treewarden
