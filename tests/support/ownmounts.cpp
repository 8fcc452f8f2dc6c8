// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ownmounts.h"

#include <QFile>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

bool put(const char *path, const QByteArray &text)
{
    QFile file(QString::fromLatin1(path));
    return file.open(QIODevice::WriteOnly | QIODevice::Unbuffered) && file.write(text) == text.size();
}

QByteArray toItself(unsigned id)
{
    const QByteArray number = QByteArray::number(id);
    return number + ' ' + number + " 1";
}

} // namespace

std::optional<QString> takeOwnMounts()
{
    const uid_t user = geteuid();
    const gid_t group = getegid();
    const bool isRoot = user == 0;
    if (unshare(isRoot ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0)
        return u"%1 (%2)"_s.arg(isRoot
                ? u"this system allows root no mount namespace of its own: CAP_SYS_ADMIN is missing"_s
                : u"this system allows users no namespaces of their own: kernel.unprivileged_userns_clone is off"_s,
            qt_error_string());
    if (!isRoot
        && !(put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", toItself(user))
            && put("/proc/self/gid_map", toItself(group))))
        return u"/proc/self/uid_map: "_s + qt_error_string();
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return u"/: "_s + qt_error_string();
    return {};
}

SmallDisk::SmallDisk(const QString &folder, const QByteArray &size)
    : m_folder(QFile::encodeName(folder))
    , m_isMounted(mount("treewarden-test", m_folder.constData(), "tmpfs", 0, QByteArray("mode=0777,size=" + size)) == 0)
{
}

SmallDisk::~SmallDisk()
{
    if (m_isMounted)
        umount2(m_folder.constData(), MNT_DETACH);
}

} // namespace treewarden::test
