// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

namespace treewarden::test {

// Gives this process, and all that it starts, a mount namespace of its own in which it may mount. An ordinary user gets
// it within a user namespace (user_namespaces(7)) and stays who he is; for that it must be called while there is one
// thread, which is before QTest::qExec(). What failed, or nothing.
std::optional<QString> takeOwnMounts();

// An empty file system over a folder, as long as it lives: where a test needs a disk that gets full. Needs own mounts.
class SmallDisk
{
public:
    SmallDisk(const QString &folder, const QByteArray &size); // as tmpfs(5) writes sizes: 24m
    ~SmallDisk();
    Q_DISABLE_COPY_MOVE(SmallDisk)

    bool isMounted() const { return m_isMounted; }

private:
    QByteArray m_folder;
    bool m_isMounted = false;
};

} // namespace treewarden::test
