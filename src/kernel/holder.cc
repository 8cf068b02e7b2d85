// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/holder.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <dirent.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"
#include "os/process.h"

namespace smcroute {

namespace {

constexpr size_t kNamedAtMost = 3;
constexpr std::array<std::string_view, 12> kMulticastRouters = {
    "smcroute", "smcrouted", "pimd", "pimd-dense", "pim6d",       "pim6sd",
    "pim6dd",   "mrouted",   "mrd6", "igmpproxy",  "mcproxy-bin", "dvmrpd"};

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

// Empty if the file is not in /proc, or we may not read it.
std::string read_proc(const std::string& path) {
    constexpr size_t kLimit = 1 << 20;
    const auto text = read_file(path, kLimit);
    return text ? text->value_or("") : "";
}

// Takes the next word off `line`; empty at the end.
std::string_view next_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

// The local address is ADDRESS:PROTOCOL in hexadecimal; the inode is the tenth word.
std::optional<uint64_t> inode_of(std::string_view line, unsigned protocol) {
    next_word(line);
    const std::string_view local = next_word(line);
    constexpr size_t kWordsBetween = 7;
    for (size_t i = 0; i < kWordsBetween; ++i) {
        next_word(line);
    }
    const size_t colon = local.find(':');
    unsigned number = 0;
    if (colon == std::string_view::npos ||
        std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16).ec !=
            std::errc{} ||
        number != protocol) {
        return std::nullopt;
    }
    return parse_number<uint64_t>(next_word(line));
}

bool has_socket(int process, const std::vector<uint64_t>& inodes) {
    constexpr std::string_view kPrefix = "socket:[";
    const Directory directory(opendir(compose("/proc/{}/fd", process).c_str()));
    while (const dirent* entry = directory ? readdir(directory.get()) : nullptr) {
        std::array<char, 64> buffer;
        const ssize_t size =
            readlinkat(dirfd(directory.get()), entry->d_name, buffer.data(), buffer.size());
        std::string_view link(buffer.data(), static_cast<size_t>(std::max<ssize_t>(size, 0)));
        if (!link.starts_with(kPrefix) || !link.ends_with(']')) {
            continue;
        }
        link.remove_prefix(kPrefix.size());
        link.remove_suffix(1);
        const auto inode = parse_number<uint64_t>(link);
        if (inode && std::find(inodes.begin(), inodes.end(), *inode) != inodes.end()) {
            return true;
        }
    }
    return false;
}

std::vector<Process> processes_with(const std::vector<uint64_t>& inodes) {
    std::vector<Process> found;
    if (inodes.empty()) {
        return found;
    }
    const Directory directory(opendir("/proc"));
    while (const dirent* entry = directory ? readdir(directory.get()) : nullptr) {
        const auto process = parse_number<int>(entry->d_name);
        if (process && *process != getpid() && has_socket(*process, inodes)) {
            found.push_back({printable(process_name(*process)), *process});
        }
    }
    return found;
}

bool is_multicast_router(const Process& process) {
    return std::find(kMulticastRouters.begin(), kMulticastRouters.end(), process.name) !=
           kMulticastRouters.end();
}

}  // namespace

std::vector<uint64_t> raw_socket_inodes(std::string_view table, unsigned protocol) {
    std::vector<uint64_t> inodes;
    while (!table.empty()) {
        const std::string_view line = table.substr(0, table.find('\n'));
        table.remove_prefix(std::min(line.size() + 1, table.size()));
        if (const auto inode = inode_of(line, protocol)) {
            inodes.push_back(*inode);
        }
    }
    return inodes;
}

std::string name_holder(std::vector<Process> candidates) {
    const auto others =
        std::stable_partition(candidates.begin(), candidates.end(), is_multicast_router);
    if (others != candidates.begin()) {
        candidates.erase(others, candidates.end());
    }
    if (candidates.empty()) {
        return "another process";
    }
    const size_t named = std::min(candidates.size(), kNamedAtMost);
    std::string text;
    for (size_t i = 0; i < named; ++i) {
        if (i > 0) {
            text += i + 1 < named ? ", " : " or ";
        }
        text += compose("{} (process {})", candidates[i].name, candidates[i].pid);
    }
    return text;
}

// A line is NUMBER: REFERENCES PROTOCOL FLAGS TYPE STATE INODE PATH, all in hexadecimal except the
// inode.
std::vector<uint64_t> listener_inodes(std::string_view table, std::string_view path) {
    constexpr std::string_view kListens = "00010000";
    std::vector<uint64_t> inodes;
    while (!table.empty()) {
        std::string_view line = table.substr(0, table.find('\n'));
        table.remove_prefix(std::min(line.size() + 1, table.size()));
        if (!line.ends_with(compose(" {}", path))) {
            continue;
        }
        std::array<std::string_view, 7> words;
        for (std::string_view& word : words) {
            word = next_word(line);
        }
        const auto inode = parse_number<uint64_t>(words[6]);
        if (inode && words[3] == kListens &&
            line.substr(std::min<size_t>(1, line.size())) == path) {
            inodes.push_back(*inode);
        }
    }
    return inodes;
}

std::vector<Process> find_holders_of_listener(const std::string& path) {
    return processes_with(listener_inodes(read_proc("/proc/self/net/unix"), path));
}

std::string find_table_holder(Family family) {
    const bool v4 = family == Family::kIpv4;
    const std::string table = read_proc(v4 ? "/proc/self/net/raw" : "/proc/self/net/raw6");
    const unsigned protocol = v4 ? unsigned{IPPROTO_IGMP} : unsigned{IPPROTO_ICMPV6};
    return name_holder(processes_with(raw_socket_inodes(table, protocol)));
}

}  // namespace smcroute
