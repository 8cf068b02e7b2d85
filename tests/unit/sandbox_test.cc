// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/sandbox.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

// What a body answers besides 0, good, and the number of the expectation that failed.
constexpr int kNoSandbox = 98;
constexpr int kNoFilter = 99;
constexpr int kNoLandlock = 100;
constexpr int kNoNamespace = 101;

// Of a routing socket, with the same numbers for both families.
constexpr int kMrtDone = 201;
constexpr int kMrtPim = 208;

// As root to the default user, or as the ordinary user that we are.
SandboxSettings settings() {
    SandboxSettings result;
    if (geteuid() == 0) {
        result.user = default_user();
        result.user_may_fail = true;
    }
    result.debugging = false;
    return result;
}

using Body = int (*)();

// As of waitpid(), of the body in a process of its own.
int wait_status_of(Body body) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        _exit(body());
    }
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child);
    return status;
}

// True if the case is to go on: what the kernel lacks is said aloud.
bool have(const char* claim, int status) {
    const char* const lacking = status == kNoFilter      ? "no system call filter"
                                : status == kNoLandlock  ? "no Landlock"
                                : status == kNoNamespace ? "no user namespaces"
                                                         : nullptr;
    if (lacking != nullptr) {
        printf("skipped: %s: %s here\n", claim, lacking);
    }
    return lacking == nullptr;
}

void expect_ends_well(const char* claim, Body body) {
    const int status = wait_status_of(body);
    if (!WIFEXITED(status) || have(claim, WEXITSTATUS(status))) {
        EXPECT_EQ(status, 0);
    }
}

// 0, or why what follows cannot be tried.
int enter() {
    const auto entered = enter_sandbox(settings());
    return !entered ? kNoSandbox : entered->seccomp ? 0 : kNoFilter;
}

// Whether a call was refused by the filter.
bool is_refused(long result) { return result == -1 && errno == EPERM; }

bool opens(int domain, int type, int protocol = 0) {
    return UniqueFd(socket(domain, type | SOCK_CLOEXEC, protocol)).get() >= 0;
}

bool is_refused_socket(int domain, int type, int protocol = 0) {
    return is_refused(socket(domain, type, protocol));
}

// The lines of /proc/PID/status that begin with one of these words.
std::string status_lines(pid_t pid, const std::vector<std::string>& words) {
    const std::string path = compose("/proc/{}/status", pid);
    const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "r"), fclose);
    std::string found;
    std::array<char, 512> line;
    while (file != nullptr && fgets(line.data(), static_cast<int>(line.size()), file.get())) {
        for (const std::string& word : words) {
            found += strncmp(line.data(), word.c_str(), word.size()) == 0 ? line.data() : "";
        }
    }
    return found;
}

// A process that entered the sandbox, says what it got, and waits until it is let go.
struct Confined {
    explicit Confined(const SandboxSettings& wanted) {
        std::array<int, 2> ends{-1, -1};
        EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        ours.reset(ends[0]);
        UniqueFd theirs(ends[1]);
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            ours.reset();
            const auto result = enter_sandbox(wanted);
            std::array<bool, 3> report{};
            if (result) {
                report = {true, result->seccomp, result->user_kept.has_value()};
            }
            char go = 0;
            const bool said = write(theirs.get(), report.data(), sizeof(report)) > 0;
            _exit(said && read(theirs.get(), &go, 1) == 0 ? 0 : 1);
        }
        theirs.reset();
        std::array<bool, 3> report{};
        EXPECT(read(ours.get(), report.data(), sizeof(report)) == sizeof(report));
        entered = report[0];
        seccomp = report[1];
        user_kept = report[2];
    }
    ~Confined() {
        ours.reset();
        int status = 0;
        EXPECT(waitpid(pid, &status, 0) == pid);
        EXPECT_EQ(status, 0);
    }
    Confined(const Confined&) = delete;
    Confined& operator=(const Confined&) = delete;

    UniqueFd ours;
    pid_t pid = -1;
    bool entered = false;
    bool seccomp = false;
    bool user_kept = false;
};

sockaddr_un unix_address(std::string_view path, bool abstract) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path + (abstract ? 1 : 0), path.data(), path.size());
    return address;
}

template <typename T>
const sockaddr* generic(const T& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// Zero where there is none.
long landlock_version() {
#ifdef SYS_landlock_create_ruleset
    return std::max(0L, syscall(SYS_landlock_create_ruleset, nullptr, size_t{0}, 1));
#else
    return 0;
#endif
}

// In a user namespace of its own that knows our own user as root, and nobody else.
bool become_lonely_root() {
    const std::string outside = std::to_string(geteuid());
    if (unshare(CLONE_NEWUSER) != 0) {
        return false;
    }
    const std::string map = compose("0 {} 1\n", outside);
    const UniqueFd file(open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC));
    return write(file.get(), map.data(), map.size()) == static_cast<ssize_t>(map.size());
}

}  // namespace

TEST(sandbox_leaves_no_capability_and_an_ordinary_user) {
    const SandboxSettings chosen = settings();
    const Confined confined(chosen);
    REQUIRE(confined.entered);
    EXPECT_EQ(status_lines(confined.pid, {"CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs"}),
              "CapInh:\t0000000000000000\n"
              "CapPrm:\t0000000000000000\n"
              "CapEff:\t0000000000000000\n"
              "CapAmb:\t0000000000000000\n"
              "NoNewPrivs:\t1\n");
    if (geteuid() == 0) {
        EXPECT_EQ(status_lines(confined.pid, {"CapBnd"}), "CapBnd:\t0000000000000000\n");
    }
    if (confined.user_kept) {
        printf("skipped: sandbox user: no other user here\n");
    } else {
        const std::string uid = std::to_string(chosen.user ? chosen.user->uid : geteuid());
        EXPECT(uid != "0");
        EXPECT_EQ(status_lines(confined.pid, {"Uid"}),
                  compose("Uid:\t{}\t{}\t{}\t{}\n", uid, uid, uid, uid));
    }
    if (have("sandbox filter", confined.seccomp ? 0 : kNoFilter)) {
        EXPECT_EQ(status_lines(confined.pid, {"Seccomp:"}), "Seccomp:\t2\n");
    }
}

TEST(sandbox_is_entered_by_an_ordinary_user_too) {
    expect_ends_well("sandbox of an ordinary user", [] {
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) {
            return kNoNamespace;
        }
        SandboxSettings same_user;
        const auto entered = enter_sandbox(same_user);
        if (!entered || entered->user_kept) {
            return 1;
        }
        return !entered->seccomp ? kNoFilter : is_refused(open("/dev/null", O_RDONLY)) ? 0 : 2;
    });
}

TEST(sandbox_refuses_files_programs_and_processes) {
    expect_ends_well("refused calls", [] {
        const pid_t parent = getppid();
        if (const int reason = enter(); reason != 0) {
            return reason;
        }
        if (!is_refused(open("/dev/null", O_RDONLY)) || !is_refused(access("/", F_OK)) ||
            !is_refused(unlink("/nonexistent")) || !is_refused(chdir("/"))) {
            return 1;
        }
        std::array<char*, 1> none{nullptr};
        if (!is_refused(execve("/bin/true", none.data(), none.data())) || !is_refused(fork())) {
            return 2;
        }
        if (!is_refused(kill(parent, 0)) || !is_refused(kill(getpid(), 0)) ||
            !is_refused(syscall(SYS_tgkill, parent, parent, 0)) ||
            !is_refused(syscall(SYS_tkill, parent, 0))) {
            return 3;
        }
        return is_refused(syscall(SYS_memfd_create, "x", 0)) ? 0 : 4;
    });
}

TEST(sandbox_opens_no_socket_but_those_for_routes_joins_and_syslog) {
    expect_ends_well("sockets", [] {
        if (const int reason = enter(); reason != 0) {
            return reason;
        }
        if (!opens(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK) || !opens(AF_INET, SOCK_DGRAM) ||
            !opens(AF_UNIX, SOCK_DGRAM)) {
            return 1;
        }
        if (!opens(AF_INET6, SOCK_DGRAM) && errno != EAFNOSUPPORT) {
            return 2;
        }
        constexpr int kNetlinkGeneric = 16;
        return is_refused_socket(AF_PACKET, SOCK_DGRAM) &&
                       is_refused_socket(AF_NETLINK, SOCK_RAW, kNetlinkGeneric) &&
                       is_refused_socket(AF_INET, SOCK_STREAM) &&
                       is_refused_socket(AF_INET, SOCK_RAW, IPPROTO_IGMP) &&
                       is_refused_socket(AF_INET6, SOCK_STREAM) &&
                       is_refused_socket(AF_UNIX, SOCK_STREAM)
                   ? 0
                   : 3;
    });
}

TEST(sandbox_sets_no_options_but_those_for_routes_and_joins) {
    expect_ends_well("options", [] {
        const UniqueFd fd(socket(AF_INET, SOCK_DGRAM, 0));
        const auto set = [&fd](int level, int name, int value) {
            return setsockopt(fd.get(), level, name, &value, sizeof value);
        };
        if (const int reason = enter(); reason != 0) {
            return reason;
        }
        group_req request{};
        request.gr_interface = 1;
        sockaddr_in group{};
        group.sin_family = AF_INET;
        group.sin_addr.s_addr = htonl(0xe1010203);
        memcpy(&request.gr_group, &group, sizeof group);
        if (setsockopt(fd.get(), IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request) != 0) {
            return 1;
        }
        if (set(SOL_SOCKET, SO_RCVBUF, 65536) != 0) {
            return 4;
        }
        // This one only a routing socket takes.
        if (set(IPPROTO_IP, kMrtPim, 1) == 0 || errno == EPERM) {
            return 2;
        }
        return is_refused(set(IPPROTO_IP, kMrtDone, 0)) &&
                       is_refused(set(IPPROTO_IPV6, kMrtDone, 0)) &&
                       is_refused(set(IPPROTO_IP, IP_HDRINCL, 1)) &&
                       is_refused(set(IPPROTO_IP, IP_ROUTER_ALERT, 0)) &&
                       is_refused(set(SOL_SOCKET, SO_BROADCAST, 1)) &&
                       is_refused(set(SOL_SOCKET, SO_BINDTODEVICE, 0)) &&
                       is_refused(shutdown(fd.get(), SHUT_RDWR)) &&
                       is_refused_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) &&
                       is_refused_socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6)
                   ? 0
                   : 3;
    });
}

TEST(sandbox_gives_memory_but_none_for_code) {
    expect_ends_well("memory", [] {
        if (const int reason = enter(); reason != 0) {
            return reason;
        }
        std::vector<std::string> small;
        for (size_t i = 0; i < 10000; ++i) {
            small.emplace_back(100 + i % 1000, 'x');
        }
        std::vector<char> large(size_t{32} << 20, 'x');
        large.resize(large.size() * 2);
        void* const page =
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED || mprotect(page, 4096, PROT_READ) != 0) {
            return 1;
        }
        if (!is_refused(mprotect(page, 4096, PROT_READ | PROT_EXEC))) {
            return 2;
        }
        errno = 0;
        const bool mapped = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                                 -1, 0) != MAP_FAILED;
        // What musl makes of EPERM here is ENOMEM.
        return !mapped && (errno == EPERM || errno == ENOMEM) ? 0 : 3;
    });
}

TEST(sandbox_sends_and_receives_messages_and_descriptors) {
    expect_ends_well("messages", [] {
        std::array<int, 2> ends{-1, -1};
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends.data()) != 0) {
            return 1;
        }
        if (const int reason = enter(); reason != 0) {
            return reason;
        }
        char byte = 'x';
        iovec part{&byte, 1};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &ends[0], sizeof(int));
        if (sendmsg(ends[0], &message, 0) != 1) {
            return 2;
        }
        mmsghdr received{};
        received.msg_hdr = message;
        int handed_over = -1;
        if (recvmmsg(ends[1], &received, 1, MSG_DONTWAIT, nullptr) != 1) {
            return 3;
        }
        memcpy(&handed_over, CMSG_DATA(CMSG_FIRSTHDR(&received.msg_hdr)), sizeof(int));
        if (handed_over == ends[0] || send(handed_over, &byte, 1, 0) != 1) {
            return 4;
        }
        return recv(ends[1], &byte, 1, MSG_DONTWAIT) == 1 ? 0 : 5;
    });
}

TEST(sandbox_waits_for_events_and_signals) {
    expect_ends_well("events", [] {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigprocmask(SIG_BLOCK, &set, nullptr);
        raise(SIGTERM);
        const int signals = signalfd(-1, &set, SFD_CLOEXEC);
        if (const int reason = enter(); reason != 0) {
            return reason;
        }
        const int loop = epoll_create1(EPOLL_CLOEXEC);
        epoll_event event{};
        event.events = EPOLLIN;
        if (epoll_ctl(loop, EPOLL_CTL_ADD, signals, &event) != 0 ||
            epoll_wait(loop, &event, 1, -1) != 1) {
            return 1;
        }
        signalfd_siginfo arrived{};
        return read(signals, &arrived, sizeof(arrived)) == sizeof(arrived) &&
                       arrived.ssi_signo == SIGTERM
                   ? 0
                   : 2;
    });
}

TEST(sandbox_reads_and_writes_files_of_memory_that_are_handed_to_it) {
    expect_ends_well("files of memory", [] {
        const int file = memfd_create("configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (const int reason = enter(); reason != 0) {
            return reason;
        }
        std::array<char, 8> text{};
        if (ftruncate(file, 4096) != 0 || pwrite(file, "phyint", 6, 8) != 6 ||
            lseek(file, 8, SEEK_SET) != 8 || read(file, text.data(), 6) != 6 ||
            std::string_view(text.data()) != "phyint") {
            return 1;
        }
        // A seal would keep whoever comes next from writing.
        return is_refused(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE)) &&
                       is_refused(fcntl(file, F_SETOWN, 1))
                   ? 0
                   : 2;
    });
}

TEST(sandbox_lets_abort_end_the_process) {
    const int status = wait_status_of([] {
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        if (const int reason = enter(); reason != 0) {
            return reason;
        }
        abort();
    });
    if (!WIFEXITED(status) || have("abort", WEXITSTATUS(status))) {
        EXPECT(WIFSIGNALED(status));
        EXPECT_EQ(WTERMSIG(status), SIGABRT);
    }
}

TEST(sandbox_for_developers_reports_what_it_refuses) {
    std::array<int, 2> ends{-1, -1};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd output(ends[0]);
    UniqueFd input(ends[1]);
    const UniqueFd saved(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    dup2(input.get(), STDERR_FILENO);
    input.reset();
    const int status = wait_status_of([] {
        SandboxSettings debugging = settings();
        debugging.debugging = true;
        const auto entered = enter_sandbox(debugging);
        if (!entered || !entered->seccomp) {
            return entered ? kNoFilter : kNoSandbox;
        }
        return is_refused(chdir("/")) ? 0 : 1;
    });
    dup2(saved.get(), STDERR_FILENO);
    if (have("reports", WIFEXITED(status) ? WEXITSTATUS(status) : 0)) {
        EXPECT_EQ(status, 0);
        std::array<char, 256> text{};
        EXPECT(read(output.get(), text.data(), text.size() - 1) > 0);
        EXPECT_EQ(std::string(text.data()),
                  compose("smcroute: refused system call {}\n", SYS_chdir));
    }
}

// The filter lets these pass; it is the other fence that they meet.
TEST(landlock_keeps_from_files_ports_and_abstract_sockets) {
    expect_ends_well("Landlock", [] {
        const UniqueFd stranger(socket(AF_UNIX, SOCK_DGRAM, 0));
        const std::string name = compose("smcroute test {}", getpid());
        const sockaddr_un abstract = unix_address(name, true);
        const UniqueFd tcp(socket(AF_INET, SOCK_STREAM, 0));
        const UniqueFd connected(socket(AF_UNIX, SOCK_DGRAM, 0));
        const UniqueFd other(socket(AF_UNIX, SOCK_DGRAM, 0));
        if (bind(stranger.get(), generic(abstract), sizeof(abstract)) != 0 ||
            connect(connected.get(), generic(abstract), sizeof(abstract)) != 0) {
            return 1;
        }
        const long version = landlock_version();
        const auto entered = enter_sandbox(settings());
        if (!entered || !entered->landlock) {
            return entered ? kNoLandlock : kNoSandbox;
        }
        const sockaddr_un file = unix_address(compose("/tmp/{}", name), false);
        if (bind(other.get(), generic(file), sizeof(file)) == 0 || errno != EACCES) {
            return 2;
        }
        sockaddr_in port{};
        port.sin_family = AF_INET;
        port.sin_port = htons(9);
        port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (version >= 4 &&
            (connect(tcp.get(), generic(port), sizeof(port)) == 0 || errno != EACCES)) {
            return 3;
        }
        if (version >= 6 &&
            !is_refused(connect(other.get(), generic(abstract), sizeof(abstract)))) {
            return 5;
        }
        // What was connected before, as syslog may be, goes on.
        return send(connected.get(), "x", 1, 0) == 1 ? 0 : 4;
    });
}

TEST(sandbox_without_its_default_user_keeps_the_old_one_and_says_so) {
    expect_ends_well("default user that is not there", [] {
        if (!become_lonely_root()) {
            return kNoNamespace;
        }
        SandboxSettings by_default;
        by_default.user = UserIdentity{"nobody", 65534, 65534, {}};
        by_default.user_may_fail = true;
        const auto entered = enter_sandbox(by_default);
        if (!entered || !entered->user_kept) {
            return 1;
        }
        const std::string expected = system_error("cannot become user nobody", EPERM).text;
        return entered->user_kept->text == expected ? 0 : 2;
    });
}

TEST(sandbox_without_a_user_that_was_named_is_an_error) {
    expect_ends_well("named user that is not there", [] {
        if (!become_lonely_root()) {
            return kNoNamespace;
        }
        SandboxSettings named;
        named.user = UserIdentity{"daemon", 1, 1, {}};
        const auto entered = enter_sandbox(named);
        if (entered) {
            return 1;
        }
        // The first step fails: such a namespace leaves the groups as they are.
        return entered.error().text == system_error("cannot become user daemon", EPERM).text &&
                       entered.error().status == ExitStatus::kNoPermission
                   ? 0
                   : 2;
    });
}

}  // namespace smcroute
