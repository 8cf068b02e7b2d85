// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/syscall_filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mroute.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>

namespace smcroute {

namespace {

// Every architecture numbers the calls in its own way; the kernel reports the architecture.
#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__i386__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_I386;
#elif defined(__aarch64__) && defined(__AARCH64EL__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__arm__) && defined(__ARMEL__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_ARM;
#elif defined(__mips__) && defined(__MIPSEL__) && _MIPS_SIM == _ABIO32
constexpr uint32_t kArchitecture = AUDIT_ARCH_MIPSEL;
#elif defined(__mips__) && defined(__MIPSEB__) && _MIPS_SIM == _ABIO32
constexpr uint32_t kArchitecture = AUDIT_ARCH_MIPS;
#elif defined(__mips__) && defined(__MIPSEL__) && _MIPS_SIM == _ABI64
constexpr uint32_t kArchitecture = AUDIT_ARCH_MIPSEL64;
#elif defined(__mips__) && defined(__MIPSEB__) && _MIPS_SIM == _ABI64
constexpr uint32_t kArchitecture = AUDIT_ARCH_MIPS64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#elif defined(__riscv) && __riscv_xlen == 32
constexpr uint32_t kArchitecture = AUDIT_ARCH_RISCV32;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_PPC64LE;
#elif defined(__s390x__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_S390X;
#elif defined(__loongarch64)
constexpr uint32_t kArchitecture = AUDIT_ARCH_LOONGARCH64;
#else
constexpr uint32_t kArchitecture = 0;  // no filter
#endif

// The required value of `argument & mask`. A mask of zero requires nothing.
struct ArgumentCheck {
    uint32_t argument = 0;
    uint32_t mask = 0;
    uint32_t value = 0;
};

// A call that is allowed if all checks hold. One number may have several rules.
struct Rule {
    uint32_t number = 0;
    std::array<ArgumentCheck, 3> checks{};
};

constexpr ArgumentCheck is(uint32_t argument, uint32_t value) {
    return {argument, UINT32_MAX, value};
}

constexpr ArgumentCheck lacks(uint32_t argument, uint32_t bits) { return {argument, bits, 0}; }

// The flags beside a socket's type do not matter.
constexpr ArgumentCheck is_type(uint32_t type) {
    return {1, ~uint32_t{SOCK_NONBLOCK | SOCK_CLOEXEC}, type};
}

// A socket option, by its level and name.
constexpr Rule may_set(uint32_t level, uint32_t name) {
    return {__NR_setsockopt, {is(1, level), is(2, name)}};
}

// `sh tests/filter.sh` prints for each rule the line that makes the call.
//
// The table is searched from the top, so calls that an upcall needs come first. Since Linux 5.11
// the kernel caches the answer for a number whose rule has no checks, and runs the program only for
// the others.
constexpr Rule kRules[] = {
#ifdef __NR_epoll_wait
    {__NR_epoll_wait},
#endif
    {__NR_epoll_pwait},
#ifdef __NR_recvmmsg
    {__NR_recvmmsg},
#endif
#ifdef __NR_recvmmsg_time64
    {__NR_recvmmsg_time64},
#endif
    may_set(IPPROTO_IP, MRT_ADD_MFC),
    may_set(IPPROTO_IPV6, MRT_ADD_MFC),  // IPv6 routing options have the same numbers as IPv4's
    {__NR_ioctl, {is(1, SIOCGETSGCNT)}},
    {__NR_ioctl, {is(1, SIOCGETVIFCNT)}},  // both numbers are the same for IPv6

    // Existing descriptors.
    {__NR_read},
    {__NR_write},
    {__NR_writev},
    {__NR_pread64},
    {__NR_pwrite64},
    {__NR_close},
    {__NR_fallocate},
    {__NR_recvfrom},
    {__NR_recvmsg},
    {__NR_sendto},
    {__NR_sendmsg},
    {__NR_getsockopt},
    {__NR_accept4},
    {__NR_listen},
    {__NR_bind},
    {__NR_connect},
    {__NR_epoll_create1},
    {__NR_epoll_ctl},
    {__NR_signalfd4},
#ifdef __NR_recv
    {__NR_recv},
#endif
#ifdef __NR_send
    {__NR_send},
#endif
#ifdef __NR_fstat
    {__NR_fstat},
#endif
#ifdef __NR_fstat64
    {__NR_fstat64},
#endif
#ifdef __NR_lseek
    {__NR_lseek},
#endif
#ifdef __NR__llseek
    {__NR__llseek},
#endif
#ifdef __NR_ftruncate
    {__NR_ftruncate},
#endif
#ifdef __NR_ftruncate64
    {__NR_ftruncate64},
#endif
#ifdef __NR_poll
    {__NR_poll},
#endif
#ifdef __NR_ppoll
    {__NR_ppoll},
#endif
#ifdef __NR_ppoll_time64
    {__NR_ppoll_time64},
#endif
#ifdef __NR_fcntl
    {__NR_fcntl, {is(1, F_GETFL)}},
    {__NR_fcntl, {is(1, F_SETFL)}},
    {__NR_fcntl, {is(1, F_DUPFD_CLOEXEC)}},
#endif
#ifdef __NR_fcntl64
    {__NR_fcntl64, {is(1, F_GETFL)}},
    {__NR_fcntl64, {is(1, F_SETFL)}},
    {__NR_fcntl64, {is(1, F_DUPFD_CLOEXEC)}},
#endif

    {__NR_dup3, {is(1, STDIN_FILENO)}},
    {__NR_dup3, {is(1, STDOUT_FILENO)}},
    {__NR_dup3, {is(1, STDERR_FILENO)}},

    // Options of routing sockets, of join sockets, and of the socket for link events. None that
    // sends packets of other protocols or sources, ends the routing, or binds to a device.
    may_set(IPPROTO_IP, MRT_DEL_MFC),
    may_set(IPPROTO_IP, MRT_ADD_MFC_PROXY),
    may_set(IPPROTO_IP, MRT_DEL_MFC_PROXY),
    may_set(IPPROTO_IP, MRT_ADD_VIF),
    may_set(IPPROTO_IP, MRT_DEL_VIF),
    may_set(IPPROTO_IP, MRT_PIM),
    may_set(IPPROTO_IP, MRT_ASSERT),
    may_set(IPPROTO_IPV6, MRT_DEL_MFC),
    may_set(IPPROTO_IPV6, MRT_ADD_MFC_PROXY),
    may_set(IPPROTO_IPV6, MRT_DEL_MFC_PROXY),
    may_set(IPPROTO_IPV6, MRT_ADD_VIF),
    may_set(IPPROTO_IPV6, MRT_DEL_VIF),
    may_set(IPPROTO_IPV6, MRT_PIM),
    may_set(IPPROTO_IPV6, MRT_ASSERT),
    may_set(IPPROTO_IP, MCAST_JOIN_GROUP),
    may_set(IPPROTO_IP, MCAST_LEAVE_GROUP),
    may_set(IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP),
    may_set(IPPROTO_IP, MCAST_LEAVE_SOURCE_GROUP),
    may_set(IPPROTO_IPV6, MCAST_JOIN_GROUP),
    may_set(IPPROTO_IPV6, MCAST_LEAVE_GROUP),
    may_set(IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP),
    may_set(IPPROTO_IPV6, MCAST_LEAVE_SOURCE_GROUP),
    may_set(IPPROTO_ICMPV6, ICMP6_FILTER),
    may_set(SOL_SOCKET, SO_ATTACH_FILTER),
    may_set(SOL_SOCKET, SO_RCVBUF),
    may_set(SOL_NETLINK, NETLINK_GET_STRICT_CHK),

    // New sockets: for routes and links, for joins, and for a syslog daemon that was restarted.
    {__NR_socket, {is(0, AF_NETLINK), is_type(SOCK_RAW), is(2, NETLINK_ROUTE)}},
    {__NR_socket, {is(0, AF_INET), is_type(SOCK_DGRAM), is(2, 0)}},
    {__NR_socket, {is(0, AF_INET6), is_type(SOCK_DGRAM), is(2, 0)}},
    {__NR_socket, {is(0, AF_UNIX), is_type(SOCK_DGRAM)}},
#ifdef __NR_socketcall
    // The only call by which some libcs make a socket. Its arguments are in memory, invisible to
    // the filter.
    {__NR_socketcall},
#endif

    // Memory, but none that code could be put into. An old mmap() has its arguments in memory.
    {__NR_brk},
    {__NR_munmap},
    {__NR_mremap},
    {__NR_madvise},
    {__NR_mprotect, {lacks(2, PROT_EXEC)}},
#ifdef __NR_mmap2
    {__NR_mmap2, {lacks(2, PROT_EXEC)}},
#else
    {__NR_mmap, {lacks(2, PROT_EXEC)}},
#endif

    // Time; musl uses other names for the calls with 32 bits of seconds.
    {__NR_restart_syscall},
#ifdef __NR_time
    {__NR_time},
#endif
#ifdef __NR_gettimeofday
    {__NR_gettimeofday},
#endif
#ifdef __NR_gettimeofday_time32
    {__NR_gettimeofday_time32},
#endif
#ifdef __NR_clock_gettime
    {__NR_clock_gettime},
#endif
#ifdef __NR_clock_gettime32
    {__NR_clock_gettime32},
#endif
#ifdef __NR_clock_gettime64
    {__NR_clock_gettime64},
#endif

    // The process itself.
    {__NR_exit_group},
    {__NR_exit},
    {__NR_getpid},
    {__NR_gettid},
    {__NR_getrandom},
    {__NR_rt_sigaction},
    {__NR_rt_sigprocmask},
    {__NR_rt_sigreturn},
#ifdef __NR_sigreturn
    {__NR_sigreturn},
#endif
#ifdef __NR_futex
    {__NR_futex},
#endif
#ifdef __NR_futex_time64
    {__NR_futex_time64},
#endif
};

// ---- From rules to a program ----

using Program = std::vector<sock_filter>;

constexpr uint32_t kNumberOffset = offsetof(seccomp_data, nr);
constexpr uint32_t kArchitectureOffset = offsetof(seccomp_data, arch);

// The lower half of an argument's 64 bits; only this half matters for the checked arguments.
constexpr uint32_t argument_offset(uint32_t argument) {
    constexpr uint32_t kLowerHalf = std::endian::native == std::endian::big ? 4 : 0;
    return static_cast<uint32_t>(offsetof(seccomp_data, args)) + 8 * argument + kLowerHalf;
}

constexpr sock_filter load(uint32_t offset) { return {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}; }
constexpr sock_filter keep_bits(uint32_t mask) { return {BPF_ALU | BPF_AND | BPF_K, 0, 0, mask}; }
constexpr sock_filter answer(uint32_t action) { return {BPF_RET | BPF_K, 0, 0, action}; }
constexpr sock_filter skip_unless(uint32_t value, size_t instructions) {
    return {BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<uint8_t>(instructions), value};
}

// Both at its beginning and behind its end, the call's number is loaded.
void append(const Rule& rule, Program& program) {
    constexpr size_t kPerCheck = 3;
    size_t checks = 0;
    while (checks < rule.checks.size() && rule.checks[checks].mask != 0) {
        ++checks;
    }
    const size_t load_again = checks > 0 ? 1 : 0;
    size_t left = checks * kPerCheck + 1;
    program.push_back(skip_unless(rule.number, left + load_again));
    for (size_t i = 0; i < checks; ++i) {
        const ArgumentCheck& check = rule.checks[i];
        left -= kPerCheck;
        program.push_back(load(argument_offset(check.argument)));
        program.push_back(keep_bits(check.mask));
        program.push_back(skip_unless(check.value, left));
    }
    program.push_back(answer(SECCOMP_RET_ALLOW));
    if (load_again > 0) {
        program.push_back(load(kNumberOffset));
    }
}

// Adds the calls that may affect this process only: those by which abort() ends it, and making it
// the owner of a descriptor.
Program program_for(uint32_t process, uint32_t refusal) {
    constexpr sock_filter kSkipOneIfOurs = {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, kArchitecture};
    Program program = {load(kArchitectureOffset), kSkipOneIfOurs, answer(refusal),
                       load(kNumberOffset)};
    for (const Rule& rule : kRules) {
        append(rule, program);
    }
#ifdef __NR_fcntl
    append({__NR_fcntl, {is(1, F_SETOWN), is(2, process)}}, program);
#endif
#ifdef __NR_fcntl64
    append({__NR_fcntl64, {is(1, F_SETOWN), is(2, process)}}, program);
#endif
    append({__NR_tgkill, {is(0, process)}}, program);
    append({__NR_tkill, {is(0, process)}}, program);
    program.push_back(answer(refusal));
    return program;
}

// ---- Reports ----

// Makes the interrupted call return as failed; each machine keeps the result in another place.
#if defined(__x86_64__)
constexpr bool kCanReport = true;
void fail_call(mcontext_t& machine) { machine.gregs[REG_RAX] = -EPERM; }
#elif defined(__i386__)
constexpr bool kCanReport = true;
void fail_call(mcontext_t& machine) { machine.gregs[REG_EAX] = -EPERM; }
#elif defined(__aarch64__)
constexpr bool kCanReport = true;
void fail_call(mcontext_t& machine) { machine.regs[0] = static_cast<uint64_t>(-EPERM); }
#elif defined(__arm__)
constexpr bool kCanReport = true;
void fail_call(mcontext_t& machine) { machine.arm_r0 = static_cast<unsigned long>(-EPERM); }
#else
constexpr bool kCanReport = false;
void fail_call(mcontext_t& /*machine*/) {}
#endif

// Runs in the middle of the call, so it allocates nothing.
void on_refused_call(int /*signal*/, siginfo_t* info, void* context) {
    constexpr std::string_view kText = "smcroute: refused system call ";
    std::array<char, 64> line;
    char* end = std::copy(kText.begin(), kText.end(), line.data());
    end = std::to_chars(end, line.data() + line.size() - 1, info->si_syscall).ptr;
    *end++ = '\n';
    [[maybe_unused]] const ssize_t written =
        write(STDERR_FILENO, line.data(), static_cast<size_t>(end - line.data()));
    fail_call(static_cast<ucontext_t*>(context)->uc_mcontext);
}

// SIGSYS must not be blocked: the kernel would kill the process instead.
void prepare_reports() {
    struct sigaction action {};
    action.sa_sigaction = on_refused_call;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGSYS, &action, nullptr);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSYS);
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

bool install_syscall_filter(RefusedCall refused) {
    if (kArchitecture == 0) {
        return false;
    }
    const bool report = kCanReport && refused == RefusedCall::kFailsAndIsReported;
    if (report) {
        prepare_reports();
    }
    Program program = program_for(static_cast<uint32_t>(getpid()),
                                  report ? SECCOMP_RET_TRAP : SECCOMP_RET_ERRNO | EPERM);
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

}  // namespace smcroute
