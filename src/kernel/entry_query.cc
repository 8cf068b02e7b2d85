// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/entry_query.h"

#include <array>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include "kernel/entry_codec.h"
#include "os/io.h"

namespace smcroute {

namespace {

// One route with 32 next hops is under 1 kB.
constexpr size_t kAnswerSize = 8192;

}  // namespace

Result<EntryQuery> EntryQuery::create(std::optional<uint32_t> table) {
    UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!fd) {
        return system_error("cannot open an rtnetlink socket", errno);
    }
    return EntryQuery(std::move(fd), table);
}

Result<RouteAnswer> EntryQuery::ask(std::span<const std::byte> request, Family family) {
    if (send(fd_.get(), request.data(), request.size(), 0) < 0) {
        return system_error("cannot ask for a route", errno);
    }
    for (;;) {
        std::array<std::byte, kAnswerSize> bytes;
        const ssize_t size = retry([&] { return recv(fd_.get(), bytes.data(), bytes.size(), 0); });
        if (size < 0) {
            return system_error("cannot ask for a route", errno);
        }
        auto answer =
            decode_route_answer(std::span(bytes).first(static_cast<size_t>(size)), family);
        if (answer && answer->sequence == sequence_) {
            return std::move(*answer);
        }
    }
}

Result<std::optional<FoundEntry>> EntryQuery::entry(const Flow& flow) {
    auto answer = ask(encode_entry_request(flow, table_, ++sequence_), flow.family());
    if (!answer) {
        return answer.error();
    }
    if (answer->errno_value == ENOENT || answer->errno_value == ESRCH) {
        return system_error("cannot ask for an entry", answer->errno_value);
    }
    // Any other refusal means that the kernel does not know the question.
    return std::move(answer->entry);
}

Result<std::optional<std::chrono::milliseconds>> EntryQuery::idle_time(const Flow& flow) {
    const auto found = entry(flow);
    if (!found) {
        return found.error();
    }
    return *found ? (*found)->idle : std::nullopt;
}

std::vector<unsigned> EntryQuery::unicast_route(const Address& address) {
    if (address.is_link_local()) {
        return {};  // every interface has a route there, and the kernel would pick any one
    }
    auto answer = ask(encode_unicast_request(address, ++sequence_), address.family());
    return answer ? std::move(answer->next_hops) : std::vector<unsigned>();
}

}  // namespace smcroute
