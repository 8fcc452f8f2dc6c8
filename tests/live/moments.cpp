// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded into treewarden-cli: notes each moment at which a job may be cut off, and cuts it off at one of them, or
// lets a call of libvirt fail there. The moments are the records of the journal, on the disk and just before, the calls
// of libvirt that change something, in their middle and when they have answered, and the files that get or lose a name.
//
// TREEWARDEN_MOMENTS         a file that gets a line for each
// TREEWARDEN_MOMENTS_IN      only files below this folder count
// TREEWARDEN_MOMENTS_KILL    the number of the one at which the program is killed, counted from 0
// TREEWARDEN_MOMENTS_FAIL    the number of the one at which a call fails: without being made, or made all the same
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

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
        , m_kill(numberOf("TREEWARDEN_MOMENTS_KILL"))
        , m_fail(numberOf("TREEWARDEN_MOMENTS_FAIL"))
        , m_descriptor(::open(valueOf("TREEWARDEN_MOMENTS").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600))
    {
        ::unsetenv("LD_PRELOAD"); // not into qemu-img
    }

    // Whether it fails.
    bool pass(const std::string &what)
    {
        const int number = note(what);
        // Also later: on a busy computer the job may be done before the thread that was to end it runs.
        if (m_kill >= 0 && number >= m_kill)
            ::kill(::getpid(), SIGKILL);
        return number == m_fail;
    }
    // The same; killed a little later, when the daemon is at work on it.
    bool passInto(const std::string &what)
    {
        const int number = note(what);
        if (number == m_kill) {
            std::thread([] {
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
                ::kill(::getpid(), SIGKILL);
            }).detach();
        }
        return number == m_fail;
    }
    void passFile(const char *what, const char *path)
    {
        if (std::strncmp(path, m_folder.c_str(), m_folder.size()) == 0)
            pass(std::string(what) + ' ' + path);
    }

private:
    int note(const std::string &what)
    {
        const std::string line = what + '\n';
        [[maybe_unused]] const ssize_t written = ::write(m_descriptor, line.data(), line.size());
        return m_passed++;
    }
    static std::string valueOf(const char *variable)
    {
        const char *value = std::getenv(variable);
        return value ? value : "";
    }
    static int numberOf(const char *variable)
    {
        const std::string value = valueOf(variable);
        return value.empty() ? -1 : std::stoi(value);
    }

    const std::string m_folder;
    const int m_kill;
    const int m_fail;
    const int m_descriptor;
    std::atomic<int> m_passed = 0;
};

Moments moments;

template <typename Function>
Function *real(const char *name)
{
    return reinterpret_cast<Function *>(::dlsym(RTLD_NEXT, name));
}

template <typename Result>
Result failed()
{
    if constexpr (std::is_pointer_v<Result>)
        return nullptr;
    else
        return -1;
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
        if (moments.passInto("calling " #name))                                                                        \
            return failed<Type>();                                                                                     \
        const Type result = call(__VA_ARGS__);                                                                         \
        return moments.pass("call " #name) ? failed<Type>() : result;                                                  \
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
