// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/joblock.h"

#include <QDir>
#include <QFile>

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

QString fileOf(const QString &folder, const DomainId &domain)
{
    QString name = domain.value;
    for (QChar &letter : name) {
        if (!letter.isLetterOrNumber() && letter != u'-')
            letter = u'_';
    }
    return folder + u'/' + name + u".lock"_s;
}

// A lock that belongs to the open file, as flock() makes it; but of this kind it can be asked whether there is one
// without taking it, which would keep a job out for that moment.
struct flock wholeFile()
{
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return whole;
}

QString readAll(int descriptor)
{
    char buffer[256];
    const ssize_t length = pread(descriptor, buffer, sizeof buffer, 0);
    return length > 0 ? QString::fromUtf8(buffer, length) : QString();
}

} // namespace

Result<JobLock> JobLock::take(const QString &folder, std::vector<DomainId> domains, const QString &entry)
{
    if (!QDir().mkpath(folder))
        return failure(ErrorCode::PermissionDenied, folder);
    chmod(QFile::encodeName(folder).constData(), 0700);
    std::sort(domains.begin(), domains.end());
    domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
    JobLock lock;
    for (const DomainId &domain : domains) {
        const QString path = fileOf(folder, domain);
        const int descriptor
            = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (descriptor < 0)
            return failure(ErrorCode::PermissionDenied, path, qt_error_string());
        lock.m_descriptors.push_back(descriptor);
        struct flock whole = wholeFile();
        int locked = 0;
        do
            locked = fcntl(descriptor, F_OFD_SETLK, &whole);
        while (locked != 0 && errno == EINTR);
        const bool isBusy = locked != 0 && (errno == EAGAIN || errno == EACCES);
        if (locked != 0)
            return failure(isBusy ? ErrorCode::Busy : ErrorCode::Failed, domain.value,
                isBusy ? readAll(descriptor) : qt_error_string());
        const QByteArray text = entry.toUtf8();
        if (ftruncate(descriptor, 0) != 0
            || pwrite(descriptor, text.constData(), size_t(text.size()), 0) != text.size())
            return failure(ErrorCode::Failed, path, qt_error_string());
    }
    return lock;
}

bool JobLock::isHeld(const QString &folder, const DomainId &domain, const QString &entry)
{
    const int descriptor
        = ::open(QFile::encodeName(fileOf(folder, domain)).constData(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        return false;
    struct flock whole = wholeFile();
    const bool isHeld = fcntl(descriptor, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    // Whoever locked it a moment ago may not have written yet whom for.
    const QString holder = readAll(descriptor);
    ::close(descriptor);
    return isHeld && (holder == entry || holder.isEmpty());
}

JobLock &JobLock::operator=(JobLock &&other) noexcept
{
    std::swap(m_descriptors, other.m_descriptors);
    return *this;
}

JobLock::~JobLock()
{
    for (const int descriptor : m_descriptors)
        ::close(descriptor);
}

} // namespace treewarden
