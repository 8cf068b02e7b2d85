// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/group_list.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"

namespace smcroute {

namespace {

constexpr size_t kMostBytes = size_t{64} << 20;

std::string_view take_line(std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

template <typename T>
std::optional<T> parse_hex(std::string_view text) {
    T value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    const bool is_whole = error == std::errc() && end == text.data() + text.size();
    return is_whole ? std::optional(value) : std::nullopt;
}

// The four bytes as a number in this machine's byte order: "010000E0", or "E0000001".
std::optional<Address> parse_group4(std::string_view text) {
    Address::Ipv4Bytes bytes;
    const auto number = text.size() == 2 * bytes.size() ? parse_hex<uint32_t>(text) : std::nullopt;
    if (!number) {
        return std::nullopt;
    }
    memcpy(bytes.data(), &*number, bytes.size());
    return Address::from_ipv4(bytes);
}

// "ff020000000000000000000000000001"
std::optional<Address> parse_group6(std::string_view text) {
    Address::Ipv6Bytes bytes{};
    if (text.size() != 2 * bytes.size()) {
        return std::nullopt;
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = parse_hex<uint8_t>(text.substr(2 * i, 2));
        if (!byte) {
            return std::nullopt;
        }
        bytes[i] = *byte;
    }
    return Address::from_ipv6(bytes);
}

}  // namespace

// IPv4: "2 eth0 : 3 V3", and below it for each group "<tabs>010000E0 1 0:00000000 0". IPv6: "2 eth0
// ff020000000000000000000000000001 1 0000000C 0" for each group.
GroupUsers parse_group_list(Family family, std::string_view text) {
    GroupUsers users;
    std::optional<unsigned> ifindex;
    while (!text.empty()) {
        std::string_view line = take_line(text);
        const bool is_v4 = family == Family::kIpv4;
        if (!is_v4 || !line.starts_with('\t')) {
            ifindex = parse_number<unsigned>(take_word(line));
            take_word(line);
            if (is_v4) {
                continue;
            }
        }
        const std::string_view word = take_word(line);
        const auto group = is_v4 ? parse_group4(word) : parse_group6(word);
        const auto count = parse_number<unsigned>(take_word(line));
        if (ifindex && group && count) {
            users.insert_or_assign({*ifindex, *group}, *count);
        }
    }
    return users;
}

GroupLists::GroupLists() {
    fds_[index_of(Family::kIpv4)].reset(open("/proc/net/igmp", O_RDONLY | O_CLOEXEC));
    fds_[index_of(Family::kIpv6)].reset(open("/proc/net/igmp6", O_RDONLY | O_CLOEXEC));
}

std::optional<GroupUsers> GroupLists::read(Family family) const {
    const int fd = fds_[index_of(family)].get();
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0) {
        return std::nullopt;
    }
    const auto text = read_rest(fd, "the list of groups", kMostBytes);
    return text ? std::optional(parse_group_list(family, *text)) : std::nullopt;
}

}  // namespace smcroute
