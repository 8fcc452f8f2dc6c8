// SPDX-License-Identifier: GPL-3.0-or-later
// Files are known by what they are, and not by what they are called: with qemu-img, without a machine.
#include "model/backend/localfiles/localeditor.h"
#include "model/backend/localfiles/newfile.h"
#include "tests/support/process.h"
#include "tests/support/qcow2oracle.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

// As file systems answer that know no RENAME_NOREPLACE.
int cannot(int, const char *, int, const char *, unsigned)
{
    errno = EINVAL;
    return -1;
}

} // namespace

class tst_Editor : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    LocalEditor m_editor;

    QString path(const QString &name) const { return m_folder->filePath(name); }
    static bool write(const QString &path, const QByteArray &bytes)
    {
        QFile file(path);
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
    }
    static QByteArray read(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QStringList names() const
    {
        return QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
    }

    // What was judged is the file; its other name alone would go.
    void linksAreNotRemoved()
    {
        QVERIFY(write(path(u"file"_s), "x"));
        QVERIFY(QFile::link(path(u"file"_s), path(u"link"_s)));
        for (const Result<> &refused :
            {m_editor.remove(path(u"link"_s)), m_editor.rename(path(u"link"_s), path(u"other"_s))}) {
            QVERIFY(!refused);
            QCOMPARE(refused.error().code, ErrorCode::Unsupported);
        }
        QVERIFY(QFileInfo(path(u"link"_s)).isSymLink());
        QCOMPARE(read(path(u"link"_s)), QByteArray("x"));
        QVERIFY(m_editor.remove(path(u"file"_s)));
        QVERIFY(!QFile::exists(path(u"file"_s)));
    }

    // One file gives way to another in one step, and its second name keeps it.
    void putsAFileInThePlaceOfAnother()
    {
        const QString file = path(u"file"_s);
        const QString copy = path(u"copy"_s);
        QVERIFY(write(file, "before") && write(copy, "then"));
        QVERIFY(QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner));
        const auto pinned = m_editor.pin(file);
        QVERIFY(pinned);
        QCOMPARE(m_editor.holdSame(file, copy), Result<bool>(false));
        QVERIFY(m_editor.copyOver(file, copy));
        QCOMPARE(m_editor.holdSame(file, copy), Result<bool>(true));
        QCOMPARE(read(file) + '/' + read(copy) + '/' + read(*pinned), QByteArray("then/then/before"));
        QCOMPARE(QFile::permissions(file) & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
        QVERIFY(m_editor.renameOver(*pinned, file));
        QCOMPARE(read(file), QByteArray("before"));
        QVERIFY(!QFile::exists(*pinned));
        QVERIFY(QDir(path(u".treewarden"_s)).removeRecursively());
        QCOMPARE(names(), QStringList({u"copy"_s, u"file"_s}));
    }

    // Whatever refuses leaves all as it was.
    void keepsTheFileWhereNothingCanTakeItsPlace()
    {
        QVERIFY(write(path(u"copy"_s), "then") && write(path(u"file"_s), "now"));
        QVERIFY(QFile::link(path(u"file"_s), path(u"link"_s)));
        const QStringList before = names();
        const auto code = [](const Result<> &result) { return result ? ErrorCode::Cancelled : result.error().code; };
        QCOMPARE(code(m_editor.copyOver(path(u"none"_s), path(u"copy"_s))), ErrorCode::NotFound);
        QCOMPARE(code(m_editor.copyOver(path(u"file"_s), path(u"none"_s))), ErrorCode::NotFound);
        QCOMPARE(code(m_editor.copyOver(path(u"link"_s), path(u"copy"_s))), ErrorCode::Unsupported);
        QCOMPARE(code(m_editor.copyOver(u"file"_s, path(u"copy"_s))), ErrorCode::Malformed);
        QCOMPARE(code(m_editor.renameOver(path(u"copy"_s), path(u"link"_s))), ErrorCode::Unsupported);
        QCOMPARE(code(m_editor.renameOver(path(u"link"_s), path(u"file"_s))), ErrorCode::Unsupported);
        // As QEMU has it open.
        QFile file(path(u"file"_s));
        QVERIFY(file.open(QIODevice::ReadWrite));
        struct flock lock
        {
        };
        lock.l_type = F_RDLCK;
        lock.l_whence = SEEK_SET;
        lock.l_start = 101;
        lock.l_len = 1;
        QCOMPARE(fcntl(file.handle(), F_OFD_SETLK, &lock), 0);
        QCOMPARE(code(m_editor.copyOver(path(u"file"_s), path(u"copy"_s))), ErrorCode::Busy);
        QCOMPARE(code(m_editor.renameOver(path(u"copy"_s), path(u"file"_s))), ErrorCode::Busy);
        QCOMPARE(names(), before);
        QCOMPARE(read(path(u"file"_s)) + read(path(u"copy"_s)), QByteArray("nowthen"));
        QVERIFY(!m_editor.holdSame(path(u"file"_s), path(u"none"_s)));
    }

    void renamesWhereTheFileSystemCannotPromise()
    {
        QVERIFY(write(path(u"a"_s), "a") && write(path(u"b"_s), "b"));
        const auto refused = renameNew(path(u"a"_s), path(u"b"_s), cannot);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Busy);
        QCOMPARE(read(path(u"a"_s)) + read(path(u"b"_s)), QByteArray("ab"));
        QVERIFY(renameNew(path(u"a"_s), path(u"c"_s), cannot));
        QCOMPARE(read(path(u"c"_s)), QByteArray("a"));
        QVERIFY(!QFile::exists(path(u"a"_s)));
        QCOMPARE(renameNew(path(u"a"_s), path(u"d"_s), cannot).error().code, ErrorCode::NotFound);
    }

    void knowsABaseByAnyOfItsNames()
    {
        QVERIFY(QDir().mkpath(path(u"real"_s)));
        QVERIFY(QFile::link(path(u"real"_s), path(u"link"_s)));
        const QString base = path(u"real/base.qcow2"_s);
        QCOMPARE(run(u"qemu-img"_s, {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, base, u"1M"_s}).exitCode, 0);
        const QString top = path(u"top.qcow2"_s);
        QVERIFY(m_editor.createOverlay(top, path(u"link/base.qcow2"_s), u"qcow2"_s));
        const auto same = m_editor.compare(top, base, {});
        QVERIFY2(same, same ? "" : qPrintable(same.error().detail));
        // Another file is none of its names.
        const QString other = path(u"other.qcow2"_s);
        QVERIFY(QFile::copy(base, other));
        QVERIFY(!m_editor.compare(top, other, {}));
        QCOMPARE(compareImagesBelow(m_folder->path()), 3);
    }

    // What ".." means is for the file system to say.
    void followsRelativeNamesAsQemuDoes()
    {
        QVERIFY(QDir().mkpath(path(u"a/b"_s)));
        QVERIFY(QFile::link(path(u"a/b"_s), path(u"link"_s)));
        const QString base = path(u"a/base.qcow2"_s);
        QCOMPARE(run(u"qemu-img"_s, {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, base, u"1M"_s}).exitCode, 0);
        const auto made = run(u"qemu-img"_s,
            {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-F"_s, u"qcow2"_s, u"-b"_s, u"../base.qcow2"_s,
                path(u"a/b/top.qcow2"_s)});
        QCOMPARE(made.exitCode, 0);
        const QString top = path(u"link/top.qcow2"_s);
        const auto checked = m_editor.check(top);
        QVERIFY2(checked, checked ? "" : qPrintable(checked.error().subject + checked.error().detail));
        const auto same = m_editor.compare(top, base, {});
        QVERIFY2(same, same ? "" : qPrintable(same.error().detail));
        QCOMPARE(compareImagesBelow(m_folder->path()), 2);
    }
};

QTEST_GUILESS_MAIN(tst_Editor)
#include "tst_editor.moc"
