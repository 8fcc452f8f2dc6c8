// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QString>

#include <memory>

namespace treewarden {

// errno as an Error: ENOENT NotFound, EACCES and EPERM PermissionDenied, EEXIST Busy, ...
tl::unexpected<Error> systemError(const QString &path);

// A descriptor that closes itself.
class Descriptor
{
public:
    explicit Descriptor(int number)
        : m_number(number)
    {
    }
    ~Descriptor();
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;

    int get() const { return m_number; }
    bool isOpen() const { return m_number >= 0; }

private:
    const int m_number;
};

// A file that is being made. It did not exist (Busy), belongs to whoever owns `model` (as far as this process may give
// it away) and is readable by nobody who cannot read that one, from its first moment on. Gone again unless keep() is
// called and succeeds.
class NewFile
{
public:
    static Result<std::unique_ptr<NewFile>> create(const QString &path, const QString &model);
    ~NewFile();
    NewFile(const NewFile &) = delete;
    NewFile &operator=(const NewFile &) = delete;

    int descriptor() const { return m_descriptor.get(); }
    const QString &path() const { return m_path; }
    Result<> keep(); // syncs file and folder

private:
    NewFile(int descriptor, QString path)
        : m_descriptor(descriptor)
        , m_path(std::move(path))
    {
    }

    const Descriptor m_descriptor;
    const QString m_path;
    bool m_isKept = false;
};

// A file that is there, opened to look at, without waiting for a pipe (Unsupported: no file at all).
Result<std::unique_ptr<Descriptor>> openFile(const QString &path);
// The same for one whose name goes: that of a symbolic link (Unsupported) would go and leave the file that was judged.
Result<std::unique_ptr<Descriptor>> openByOwnName(const QString &path);
// Whether both names are of one file or device that is there.
bool isSameFile(const QString &one, const QString &other);
// What is at `to` is never written over (Busy), also on a file system that cannot promise that (NFS): there the file
// has both names for a moment. `call`: the system's, or another for a test.
using RenameCall = int (*)(int, const char *, int, const char *, unsigned);
Result<> renameNew(const QString &from, const QString &to, RenameCall call);
// To the disk. Contents of a file, or the names in a folder.
Result<> syncPath(const QString &path);
// The folder of a name as ImageEditor::pin() gives; nothing for any other. What is put aside again may find it gone.
Result<> makePinFolder(const QString &path);
// The folder that a file lies in.
QString folderOf(const QString &path);

} // namespace treewarden
