// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/domain.h"

#include <QByteArray>
#include <QXmlStreamReader>

namespace treewarden {

// A <domain> document as virDomainGetXMLDesc gives it, running or not. Malformed: no XML, another root, no name, a
// number that is none; the detail says where. What the values have no place for is skipped.
Result<DomainDefinition> readDomain(const QByteArray &document);

// The same for the <domain> or <inactiveDomain> the reader stands on (consumes it); here a missing name is no error.
DomainDefinition readDomainElement(QXmlStreamReader &xml);

} // namespace treewarden
