// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/domain/nbdvolume.h"

#include <QUrl>
#include <QUrlQuery>

namespace treewarden {

using namespace Qt::StringLiterals;

bool isVolume(const QString &target)
{
    return target.contains("://"_L1);
}

std::optional<NbdVolume> nbdVolume(const QString &url)
{
    const QUrl parsed(url, QUrl::StrictMode);
    if (!parsed.isValid() || !parsed.userInfo().isEmpty() || parsed.hasFragment())
        return {};
    const QString name = parsed.path(QUrl::FullyDecoded).mid(1);
    if (parsed.scheme() == "nbd"_L1 && !parsed.host().isEmpty() && !parsed.hasQuery())
        return NbdVolume{parsed.host(), parsed.port(10809), {}, name};
    const QString socket = QUrlQuery(parsed).queryItemValue(u"socket"_s, QUrl::FullyDecoded);
    if (parsed.scheme() == "nbd+unix"_L1 && parsed.host().isEmpty() && socket.startsWith(u'/'))
        return NbdVolume{{}, 0, socket, name};
    return {};
}

} // namespace treewarden
