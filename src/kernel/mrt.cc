// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/mrt.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>

#include <linux/mroute.h>
#include <linux/mroute6.h>
#include <linux/rtnetlink.h>

#include "base/text.h"
#include "kernel/holder.h"
#include "kernel/receive_buffer.h"

namespace smcroute {

namespace {

// The IPv4 names serve for both families.
static_assert(MRT_INIT == MRT6_INIT && MRT_TABLE == MRT6_TABLE && MRT_PIM == MRT6_PIM &&
              MRT_ASSERT == MRT6_ASSERT);

// One upcall takes about 830 bytes of the buffer, and the default holds 256: a burst of new streams
// would lose its first packets. It must not be larger, though: for each packet of an unknown stream
// the kernel walks the list of unresolved entries, and the buffer is what bounds that list. With
// four times as much, 70,000 spoofed sources took half a minute instead of a second.
constexpr int kUpcallBuffer = 1024 * 1024;

struct Protocol {
    int domain;
    int number;
    int level;
};

Protocol protocol_of(Family family) {
    return family == Family::kIpv4 ? Protocol{AF_INET, IPPROTO_IGMP, IPPROTO_IP}
                                   : Protocol{AF_INET6, IPPROTO_ICMPV6, IPPROTO_IPV6};
}

bool means_unsupported(int error) {
    return error == ENOPROTOOPT || error == EOPNOTSUPP || error == ENOSYS ||
           error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT;
}

Error with_remedy(std::string what, int error, std::string_view capability) {
    const bool forbidden = error == EPERM || error == EACCES;
    Error result = system_error(std::move(what), error,
                                forbidden ? ExitStatus::kNoPermission : ExitStatus::kSystem);
    if (forbidden) {
        result.text += compose(" ({} is missing)", capability);
    }
    return result;
}

Error socket_refused(Family family, int error) {
    if (means_unsupported(error)) {
        return {compose("{} is not available in this kernel", to_string(family)),
                ExitStatus::kNoMulticast};
    }
    return with_remedy(compose("cannot open the {} multicast routing socket", to_string(family)),
                       error, "CAP_NET_RAW");
}

Error table_refused(Family family, uint32_t table, int error) {
    if (means_unsupported(error)) {
        return {
            compose("{} has only one multicast routing table in this kernel", to_string(family)),
            ExitStatus::kNoMulticast};
    }
    return with_remedy(
        compose("cannot use {} multicast routing table {}", to_string(family), table), error,
        "CAP_NET_ADMIN");
}

Error init_refused(Family family, int error) {
    if (means_unsupported(error)) {
        return {compose("{} multicast routing is not built into this kernel", to_string(family)),
                ExitStatus::kNoMulticast};
    }
    if (error == EADDRINUSE) {
        return {compose("{} owns the {} multicast routing table", find_table_holder(family),
                        to_string(family)),
                ExitStatus::kUnavailable};
    }
    return with_remedy(compose("cannot start {} multicast routing", to_string(family)), error,
                       "CAP_NET_RAW");
}

int set_option(int fd, int level, int option, const void* value, socklen_t size) {
    return setsockopt(fd, level, option, value, size) == 0 ? 0 : errno;
}

int set_int(int fd, int level, int option, int value) {
    return set_option(fd, level, option, &value, sizeof value);
}

int choose_table(int fd, int level, uint32_t table) {
    return set_option(fd, level, MRT_TABLE, &table, sizeof table);
}

// With MRT_ASSERT alone, a packet on the wrong VIF is reported only if that VIF is among the
// entry's oifs. MRT_PIM makes the kernel report it from every VIF, and sets MRT_ASSERT as well. It
// has no other effect as long as there is no register VIF. Without PIM in the kernel, a stream that
// moves to another iif is noticed only when its entry expires, which is no reason to fail.
void report_wrong_vifs(int fd, int level) {
    (void)set_int(fd, level, MRT_PIM, 1);
    (void)set_int(fd, level, MRT_ASSERT, 1);
}

void set_up(int fd, Family family) {
    enlarge_receive_buffer(fd, kUpcallBuffer);
    report_wrong_vifs(fd, protocol_of(family).level);
    if (family == Family::kIpv4) {
        accept_only_upcalls4(fd);
    } else {
        accept_only_upcalls6(fd);
    }
}

// Whether a value set on one socket is read back on the other.
bool share_table(int one, int other, int level) {
    for (const int value : {0, 1}) {
        int seen = -1;
        socklen_t size = sizeof seen;
        if (set_int(one, level, MRT_ASSERT, value) != 0 ||
            getsockopt(other, level, MRT_ASSERT, &seen, &size) != 0 || seen != value) {
            (void)set_int(one, level, MRT_ASSERT, 1);
            return false;
        }
    }
    return true;
}

}  // namespace

Result<UniqueFd> open_mrt_socket(Family family, std::optional<uint32_t> table) {
    const Protocol protocol = protocol_of(family);
    UniqueFd fd(socket(protocol.domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol.number));
    if (!fd) {
        return socket_refused(family, errno);
    }
    if (table) {
        if (const int error = choose_table(fd.get(), protocol.level, *table)) {
            return table_refused(family, *table, error);
        }
    }
    if (const int error = set_int(fd.get(), protocol.level, MRT_INIT, 1)) {
        return init_refused(family, error);
    }
    set_up(fd.get(), family);
    return fd;
}

void renew_mrt_socket(int fd, Family family) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
    (void)set_int(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
    set_up(fd, family);
}

// The kernel lets a socket choose a table only while it owns none.
bool owns_table(int fd, Family family, std::optional<uint32_t> table) {
    const Protocol protocol = protocol_of(family);
    const int error = choose_table(fd, protocol.level, table.value_or(RT_TABLE_DEFAULT));
    if (means_unsupported(error)) {
        return true;
    }
    const UniqueFd probe(socket(protocol.domain, SOCK_RAW | SOCK_CLOEXEC, protocol.number));
    if (probe && table) {
        (void)choose_table(probe.get(), protocol.level, *table);
    }
    return error == EBUSY && (!probe || share_table(fd, probe.get(), protocol.level));
}

Mrt::Mrt(UniqueFd fd, int level, Decode decode)
    : fd_(std::move(fd)), level_(level), decode_(decode) {
    for (size_t i = 0; i < kBatch; ++i) {
        parts_[i] = {.iov_base = messages_[i].data(), .iov_len = messages_[i].size()};
        headers_[i].msg_hdr.msg_iov = &parts_[i];
        headers_[i].msg_hdr.msg_iovlen = 1;
    }
}

Status Mrt::set_bytes(int option, std::span<const std::byte> value, int harmless) {
    const int error =
        set_option(fd(), level_, option, value.data(), static_cast<socklen_t>(value.size()));
    if (error != 0 && error != harmless) {
        return Error{strerror(error), ExitStatus::kSystem};
    }
    return {};
}

// The kernel answers EADDRNOTAVAIL for a hole, and EINVAL for a slot above the highest one.
Result<std::optional<VifCounters>> Mrt::no_counters() {
    if (errno == EADDRNOTAVAIL || errno == EINVAL) {
        return std::optional<VifCounters>();
    }
    return Error{strerror(errno)};
}

void Mrt::read(std::vector<Upcall>& upcalls) {
    const size_t enough = upcalls.size() + kMostAtOnce - kBatch;
    while (read_batch(upcalls) == kBatch && upcalls.size() <= enough) {
    }
}

size_t Mrt::read_batch(std::vector<Upcall>& upcalls) {
    const int count = recvmmsg(fd_.get(), headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (count <= 0) {
        return 0;
    }
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
        const std::span<const std::byte> message(messages_[i]);
        if (const auto upcall = decode_(message.first(headers_[i].msg_len))) {
            upcalls.push_back(*upcall);
        }
    }
    return static_cast<size_t>(count);
}

}  // namespace smcroute
