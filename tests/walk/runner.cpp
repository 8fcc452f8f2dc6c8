// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/runner.h"

namespace treewarden::test {

WalkRunner jobRunner(const WalkHost &)
{
    return {[](const ConfirmedPlan &) -> Result<QString> { return failure(ErrorCode::Unsupported); },
        [](const QString &) -> Result<> { return failure(ErrorCode::Unsupported); }};
}

} // namespace treewarden::test
