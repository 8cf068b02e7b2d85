// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// A library for LD_PRELOAD that makes system calls of the kernel room fail when a test wants them
// to, without making them. The variable FAULTS names a directory:
//
//   calls   each call appends a line to it: what was called, and " failed" if it was made to fail.
//           Behind the last line there are NUL bytes
//   plan    the failures, at most kPlanned, each a line: WHAT ERRNO FIRST COUNT, such as
//           "setsockopt:mrt4:MRT_ADD_MFC ENOBUFS 3 1": the third such call since the plan is there.
//           Before them, in 16 bytes, a number that another plan has to differ in; with 0, nothing
//           fails. It is kPlanSize long, and written in place, the number last
//   counts  of our own
//
// WHAT is FUNCTION:SOCKET:DETAIL. The socket is mrt4, mrt6 (those for routing), join4, join6, query
// (a netlink socket that asks) or links (one that is told); all others are left alone. The detail
// is an option, a request or a type of message, "-" where there is none. When "links" is told of a
// loss (ENOBUFS), what it would have read is lost. All three files are mapped when the library is
// loaded, and never opened again, so that it also works in the guard's worker, which may not open
// anything. It uses the C library only, so that it can be loaded into any program.

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mroute.h>
#include <linux/mroute6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

namespace {

constexpr int kPlanned = 4;
constexpr size_t kPlanSize = 1024;
constexpr size_t kPlanStart = 16;
constexpr size_t kLogSize = size_t{1} << 20;

struct Number {
    unsigned long value;
    const char* name;
};

constexpr Number kRouting[] = {
    {MRT_INIT, "MRT_INIT"},       {MRT_DONE, "MRT_DONE"},       {MRT_ADD_VIF, "MRT_ADD_VIF"},
    {MRT_DEL_VIF, "MRT_DEL_VIF"}, {MRT_ADD_MFC, "MRT_ADD_MFC"}, {MRT_DEL_MFC, "MRT_DEL_MFC"},
    {MRT_TABLE, "MRT_TABLE"},     {MRT_PIM, "MRT_PIM"},         {MRT_ASSERT, "MRT_ASSERT"},
    {MRT_FLUSH, "MRT_FLUSH"},     {MRT_VERSION, "MRT_VERSION"}};
constexpr Number kMembership[] = {{MCAST_JOIN_GROUP, "MCAST_JOIN_GROUP"},
                                  {MCAST_LEAVE_GROUP, "MCAST_LEAVE_GROUP"},
                                  {MCAST_JOIN_SOURCE_GROUP, "MCAST_JOIN_SOURCE_GROUP"},
                                  {MCAST_LEAVE_SOURCE_GROUP, "MCAST_LEAVE_SOURCE_GROUP"}};
constexpr Number kOfSocket[] = {{SO_RCVBUF, "SO_RCVBUF"},
                                {SO_RCVBUFFORCE, "SO_RCVBUFFORCE"},
                                {SO_ATTACH_FILTER, "SO_ATTACH_FILTER"}};
constexpr Number kOfIcmp6[] = {{ICMP6_FILTER, "ICMP6_FILTER"}};
constexpr Number kRequests[] = {{SIOCGETSGCNT, "SIOCGETSGCNT"}, {SIOCGETVIFCNT, "SIOCGETVIFCNT"}};
constexpr Number kMessages[] = {{RTM_GETLINK, "RTM_GETLINK"}, {RTM_GETROUTE, "RTM_GETROUTE"}};
constexpr Number kErrors[] = {
    {EACCES, "EACCES"}, {EADDRINUSE, "EADDRINUSE"},  {EAFNOSUPPORT, "EAFNOSUPPORT"},
    {EINTR, "EINTR"},   {EINVAL, "EINVAL"},          {EMFILE, "EMFILE"},
    {ENODEV, "ENODEV"}, {ENOBUFS, "ENOBUFS"},        {ENOMEM, "ENOMEM"},
    {EPERM, "EPERM"},   {ENOPROTOOPT, "ENOPROTOOPT"}};

template <size_t kSize>
const char* name_in(const Number (&numbers)[kSize], unsigned long value) {
    for (const Number& number : numbers) {
        if (number.value == value) {
            return number.name;
        }
    }
    return "-";
}

// ---- Which socket ----

const char* kind_of(int domain, int type, int protocol) {
    const int plain = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (plain == SOCK_RAW && domain == AF_INET && protocol == IPPROTO_IGMP) {
        return "mrt4";
    }
    if (plain == SOCK_RAW && domain == AF_INET6 && protocol == IPPROTO_ICMPV6) {
        return "mrt6";
    }
    if (plain == SOCK_DGRAM && (domain == AF_INET || domain == AF_INET6)) {
        return domain == AF_INET ? "join4" : "join6";
    }
    return domain == AF_NETLINK && protocol == NETLINK_ROUTE ? "query" : nullptr;
}

int option_of(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    syscall(SYS_getsockopt, fd, SOL_SOCKET, option, &value, &size);
    return value;
}

// The sockets that are told of links; a worker may not ask for the address of one.
bool subscribed[1024];

void note_subscription(int fd, bool on) {
    if (fd >= 0 && static_cast<size_t>(fd) < std::size(subscribed)) {
        subscribed[fd] = on;
    }
}

bool is_subscribed(int fd) {
    return static_cast<size_t>(fd) < std::size(subscribed) && subscribed[fd];
}

// Null for what is not ours to fail.
const char* kind_of(int fd) {
    const char* const kind =
        kind_of(option_of(fd, SO_DOMAIN), option_of(fd, SO_TYPE), option_of(fd, SO_PROTOCOL));
    return kind != nullptr && std::strcmp(kind, "query") == 0 && is_subscribed(fd) ? "links" : kind;
}

// ---- The plan ----

struct Counts {
    std::atomic<uint32_t> logged{0};  // bytes of "calls"
    std::atomic<uint32_t> plan{0};    // the one that the next belong to
    std::array<std::atomic<uint32_t>, kPlanned> calls{};
};
Counts* counts = nullptr;
const char* plan = nullptr;  // this and the next of kPlanSize and kLogSize bytes
char* calls_log = nullptr;

// The file of that name, made as long as that; null if it cannot be had.
void* map_file(const char* directory, const char* name, size_t size) {
    std::array<char, 256> path;
    std::snprintf(path.data(), path.size(), "%s/%s", directory, name);
    const int fd = open(path.data(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(size)) != 0) {
        return nullptr;
    }
    void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? nullptr : memory;
}

__attribute__((constructor)) void prepare() {
    const char* const directory = std::getenv("FAULTS");
    if (directory != nullptr) {
        plan = static_cast<const char*>(map_file(directory, "plan", kPlanSize));
        calls_log = static_cast<char*>(map_file(directory, "calls", kLogSize));
        counts = static_cast<Counts*>(map_file(directory, "counts", sizeof(Counts)));
    }
}

void log_call(const char* what, bool failed) {
    std::array<char, 128> line;
    const int size =
        std::snprintf(line.data(), line.size(), "%s%s\n", what, failed ? " failed" : "");
    const size_t place = counts->logged.fetch_add(static_cast<uint32_t>(size));
    if (place + static_cast<size_t>(size) > kLogSize) {
        std::abort();
    }
    std::memcpy(calls_log + place, line.data(), static_cast<size_t>(size));
}

// The error that this line of the plan has for the call, or 0.
int error_in(const char* line, int index, const char* what) {
    std::array<char, 64> key;
    std::array<char, 32> error;
    unsigned first = 0;
    unsigned count = 0;
    if (std::sscanf(line, "%63s %31s %u %u", key.data(), error.data(), &first, &count) != 4 ||
        std::strcmp(key.data(), what) != 0) {
        return 0;
    }
    const uint32_t call = ++counts->calls[static_cast<size_t>(index)];
    if (call < first || call >= first + count) {
        return 0;
    }
    for (const Number& number : kErrors) {
        if (std::strcmp(number.name, error.data()) == 0) {
            return static_cast<int>(number.value);
        }
    }
    std::abort();
}

int planned_error(const char* what) {
    std::array<char, kPlanSize + 1> text{};
    std::memcpy(text.data(), plan, kPlanSize);
    const auto number = static_cast<uint32_t>(std::strtoul(text.data(), nullptr, 10));
    if (number == 0) {
        return 0;
    }
    if (counts->plan.exchange(number) != number) {
        for (auto& calls : counts->calls) {
            calls = 0;
        }
    }
    int error = 0;
    int index = 0;
    for (const char* line = &text[kPlanStart];
         line != nullptr && *line != '\0' && index < kPlanned;) {
        const int found = error_in(line, index++, what);
        error = found != 0 ? found : error;
        line = std::strchr(line, '\n');
        line = line != nullptr ? line + 1 : nullptr;
    }
    return error;
}

// True, with errno set, when this call is to fail.
bool fails(const char* function, const char* socket_kind, const char* detail) {
    if (plan == nullptr || calls_log == nullptr || counts == nullptr || socket_kind == nullptr) {
        return false;
    }
    const int before = errno;
    std::array<char, 64> what;
    std::snprintf(what.data(), what.size(), "%s:%s:%s", function, socket_kind, detail);
    const int error = planned_error(what.data());
    log_call(what.data(), error != 0);
    errno = error != 0 ? error : before;
    return error != 0;
}

const char* option_name(int level, int option) {
    const auto value = static_cast<unsigned long>(option);
    if (level == SOL_SOCKET) {
        return name_in(kOfSocket, value);
    }
    if (level == IPPROTO_ICMPV6) {
        return name_in(kOfIcmp6, value);
    }
    const char* const name = name_in(kMembership, value);
    return *name != '-' ? name : name_in(kRouting, value);
}

const char* message_name(const void* bytes, size_t size) {
    nlmsghdr header{};
    if (size >= sizeof header) {
        std::memcpy(&header, bytes, sizeof header);
    }
    return name_in(kMessages, header.nlmsg_type);
}

void lose_messages(int fd) {
    std::array<char, 64> start;
    while (syscall(SYS_recvfrom, fd, start.data(), start.size(), MSG_DONTWAIT, nullptr, nullptr) >
           0) {
    }
    errno = ENOBUFS;
}

// The function of that name behind this library.
template <typename Function>
Function* next(Function* /*same*/, const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
#define NEXT(function) next(&function, #function)

}  // namespace

// ---- What programs call instead of the C library ----

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
    const int fd = fails("socket", kind_of(domain, type, protocol), "-")
                       ? -1
                       : NEXT(socket)(domain, type, protocol);
    note_subscription(fd, false);
    return fd;
}

int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
    const int result = fails("bind", kind_of(fd), "-") ? -1 : NEXT(bind)(fd, address, size);
    if (result == 0 && address->sa_family == AF_NETLINK) {
        sockaddr_nl own{};
        memcpy(&own, address, sizeof own);
        note_subscription(fd, own.nl_groups != 0);
    }
    return result;
}

int setsockopt(int fd, int level, int option, const void* value, socklen_t size) noexcept {
    return fails("setsockopt", kind_of(fd), option_name(level, option))
               ? -1
               : NEXT(setsockopt)(fd, level, option, value, size);
}

// What a socket is, the kernel always tells.
int getsockopt(int fd, int level, int option, void* value, socklen_t* size) noexcept {
    return level != SOL_SOCKET && fails("getsockopt", kind_of(fd), option_name(level, option))
               ? -1
               : NEXT(getsockopt)(fd, level, option, value, size);
}

int ioctl(int fd, unsigned long request, ...) noexcept {
    va_list arguments;
    va_start(arguments, request);
    void* const argument = va_arg(arguments, void*);
    va_end(arguments);
    return fails("ioctl", kind_of(fd), name_in(kRequests, request))
               ? -1
               : NEXT(ioctl)(fd, request, argument);
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
    return fails("send", kind_of(fd), message_name(bytes, size))
               ? -1
               : NEXT(send)(fd, bytes, size, flags);
}

ssize_t sendto(int fd, const void* bytes, size_t size, int flags, const sockaddr* address,
               socklen_t address_size) {
    return fails("sendto", kind_of(fd), message_name(bytes, size))
               ? -1
               : NEXT(sendto)(fd, bytes, size, flags, address, address_size);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    return fails("sendmsg", kind_of(fd), "-") ? -1 : NEXT(sendmsg)(fd, message, flags);
}

ssize_t recv(int fd, void* bytes, size_t size, int flags) {
    return fails("recv", kind_of(fd), "-") ? -1 : NEXT(recv)(fd, bytes, size, flags);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
    const char* const kind = kind_of(fd);
    if (!fails("recvmsg", kind, "-")) {
        return NEXT(recvmsg)(fd, message, flags);
    }
    if (errno == ENOBUFS && std::strcmp(kind, "links") == 0) {
        lose_messages(fd);
    }
    return -1;
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
    return fails("recvmmsg", kind_of(fd), "-")
               ? -1
               : NEXT(recvmmsg)(fd, messages, count, flags, timeout);
}

}  // extern "C"
