// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded into treewarden-cli: notes each moment at which a job may be cut off, and cuts it off at one of them. The
// moments are the records of the journal, on the disk and just before, the calls of libvirt that change something, in
// their middle and when they have answered, and the files that get or lose a name.
//
// TREEWARDEN_MOMENTS         a file that gets a line for each
// TREEWARDEN_MOMENTS_IN      only files below this folder count
// TREEWARDEN_MOMENTS_KILL    the number of the one at which the program is killed, counted from 0
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace {

using Handle = void *; // what libvirt's functions take and give is opaque here

class Moments
{
public:
    Moments()
        : m_folder(valueOf("TREEWARDEN_MOMENTS_IN"))
        , m_kill(valueOf("TREEWARDEN_MOMENTS_KILL").empty() ? -1 : std::stoi(valueOf("TREEWARDEN_MOMENTS_KILL")))
        , m_descriptor(::open(valueOf("TREEWARDEN_MOMENTS").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600))
    {
        ::unsetenv("LD_PRELOAD"); // not into qemu-img
    }

    void pass(const std::string &what)
    {
        if (isTheOne(what))
            ::kill(::getpid(), SIGKILL);
    }
    // Killed a little later, when the daemon is at work on it.
    void passInto(const std::string &what)
    {
        if (isTheOne(what)) {
            std::thread([] {
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
                ::kill(::getpid(), SIGKILL);
            }).detach();
        }
    }
    void passFile(const char *what, const char *path)
    {
        if (std::strncmp(path, m_folder.c_str(), m_folder.size()) == 0)
            pass(std::string(what) + ' ' + path);
    }

private:
    bool isTheOne(const std::string &what)
    {
        const std::string line = what + '\n';
        [[maybe_unused]] const ssize_t written = ::write(m_descriptor, line.data(), line.size());
        return m_passed++ == m_kill;
    }
    static std::string valueOf(const char *variable)
    {
        const char *value = std::getenv(variable);
        return value ? value : "";
    }

    const std::string m_folder;
    const int m_kill;
    const int m_descriptor;
    std::atomic<int> m_passed = 0;
};

Moments moments;

template <typename Function>
Function *real(const char *name)
{
    return reinterpret_cast<Function *>(::dlsym(RTLD_NEXT, name));
}

bool isJournal(int descriptor)
{
    std::array<char, 4096> path = {};
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
    const std::string_view name(path.data(), length < 0 ? 0 : size_t(length));
    return name.ends_with(".jsonl");
}

} // namespace

// NOLINTNEXTLINE(bugprone-macro-parentheses)
#define AROUND_CALL(Type, name, Parameters, ...)                                                                       \
    extern "C" Type name Parameters                                                                                    \
    {                                                                                                                  \
        static const auto call = real<Type Parameters>(#name);                                                         \
        moments.passInto("calling " #name);                                                                            \
        const Type result = call(__VA_ARGS__);                                                                         \
        moments.pass("call " #name);                                                                                   \
        return result;                                                                                                 \
    }
#define AROUND_FILE(name, Parameters, path, ...)                                                                       \
    extern "C" int name Parameters                                                                                     \
    {                                                                                                                  \
        static const auto call = real<int Parameters>(#name);                                                          \
        const int result = call(__VA_ARGS__);                                                                          \
        moments.passFile(#name, path);                                                                                 \
        return result;                                                                                                 \
    }

AROUND_CALL(Handle, virDomainDefineXMLFlags, (Handle a, const char *b, unsigned c), a, b, c)
AROUND_CALL(int, virDomainUndefineFlags, (Handle a, unsigned b), a, b)
AROUND_CALL(Handle, virDomainSnapshotCreateXML, (Handle a, const char *b, unsigned c), a, b, c)
AROUND_CALL(int, virDomainRevertToSnapshot, (Handle a, unsigned b), a, b)
AROUND_CALL(int, virDomainSnapshotDelete, (Handle a, unsigned b), a, b)
AROUND_CALL(int, virDomainSetMetadata, (Handle a, int b, const char *c, const char *d, const char *e, unsigned f), a, b,
    c, d, e, f)
AROUND_CALL(int, virDomainRestoreFlags, (Handle a, const char *b, const char *c, unsigned d), a, b, c, d)
AROUND_CALL(int, virDomainBlockCommit,
    (Handle a, const char *b, const char *c, const char *d, unsigned long e, unsigned f), a, b, c, d, e, f)
AROUND_CALL(int, virDomainBlockJobAbort, (Handle a, const char *b, unsigned c), a, b, c)
AROUND_CALL(int, virDomainCreate, (Handle a), a)
AROUND_CALL(int, virDomainDestroy, (Handle a), a)
AROUND_CALL(int, virDomainShutdown, (Handle a), a)
AROUND_CALL(int, virDomainSuspend, (Handle a), a)
AROUND_CALL(int, virDomainResume, (Handle a), a)
AROUND_CALL(int, virDomainManagedSaveRemove, (Handle a, unsigned b), a, b)
AROUND_CALL(int, virDomainSetAutostart, (Handle a, int b), a, b)

AROUND_FILE(link, (const char *a, const char *b) noexcept, b, a, b)
AROUND_FILE(unlink, (const char *a) noexcept, a, a)
AROUND_FILE(rename, (const char *a, const char *b) noexcept, b, a, b)
AROUND_FILE(renameat2, (int a, const char *b, int c, const char *d, unsigned e) noexcept, d, a, b, c, d, e)

extern "C" int flock(int descriptor, int operation) noexcept
{
    static const auto call = real<int(int, int)>("flock");
    if (operation == LOCK_EX && isJournal(descriptor))
        moments.pass("recording");
    return call(descriptor, operation);
}

extern "C" int fsync(int descriptor)
{
    static const auto call = real<int(int)>("fsync");
    const int result = call(descriptor);
    if (isJournal(descriptor))
        moments.pass("record");
    return result;
}
