// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/entry_query.h"

#include <array>
#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include "kernel/entry_codec.h"

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

Result<std::optional<std::chrono::milliseconds>> EntryQuery::idle_time(const Flow& flow) {
    const auto request = encode_entry_request(flow, table_, ++sequence_);
    if (send(fd_.get(), request.data(), request.size(), 0) < 0) {
        return system_error("cannot ask for an entry", errno);
    }
    for (;;) {
        std::array<std::byte, kAnswerSize> bytes;
        const ssize_t size = recv(fd_.get(), bytes.data(), bytes.size(), 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return system_error("cannot ask for an entry", errno);
        }
        const auto answer = decode_entry_answer(std::span(bytes).first(static_cast<size_t>(size)));
        if (!answer || answer->sequence != sequence_) {
            continue;
        }
        if (answer->errno_value == ENOENT || answer->errno_value == ESRCH) {
            return system_error("cannot ask for an entry", answer->errno_value);
        }
        // Any other refusal is that of a kernel that does not know the question.
        return answer->idle;
    }
}

}  // namespace smcroute
