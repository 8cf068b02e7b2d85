// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// What sending and receiving share: errors that end the tool with status 2, the command line, and
// socket addresses of both families.

#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <net/if.h>
#include <sys/socket.h>

#include "packet.h"

[[noreturn]] inline void die(const std::string& what, bool with_errno = true) {
    std::fprintf(stderr, "mcast: %s%s%s\n", what.c_str(), with_errno ? ": " : "",
                 with_errno ? std::strerror(errno) : "");
    std::exit(2);
}

inline void require(int result, const char* what) {
    if (result < 0) {
        die(what);
    }
}

struct Arguments {
    std::vector<std::string> words;
    std::map<std::string, std::string> options;

    std::string text(const std::string& name) const {
        const auto found = options.find(name);
        return found == options.end() ? std::string() : found->second;
    }
    bool has(const std::string& name) const { return options.count(name) > 0; }
    double number(const std::string& name, double fallback) const {
        return has(name) ? std::strtod(text(name).c_str(), nullptr) : fallback;
    }
    unsigned count(const std::string& name, unsigned fallback) const {
        return static_cast<unsigned>(number(name, fallback));
    }
};

inline Arguments parse_arguments(std::span<char*> argv) {
    static const std::set<std::string> known = {
        "-i",     "-s",       "-p",      "-n",        "-r",       "-t",
        "--size", "--groups", "--spoof", "--sources", "--vlan",   "--for",
        "--idle", "--until",  "--ready", "--live",    "--report", "--pace"};
    Arguments result;
    for (size_t i = 1; i < argv.size(); ++i) {
        const std::string word = argv[i];
        if (word[0] != '-') {
            result.words.push_back(word);
        } else if (!known.count(word) || i + 1 == argv.size()) {
            die("bad option " + word, false);
        } else {
            result.options[word] = argv[++i];
        }
    }
    return result;
}

struct SockAddr {
    sockaddr_storage storage{};
    socklen_t length = 0;
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

inline SockAddr sock_addr(const Address& address, unsigned port, unsigned ifindex) {
    SockAddr result;
    const auto net_port = htons(static_cast<uint16_t>(port));
    if (address.family == AF_INET) {
        sockaddr_in in{.sin_family = AF_INET, .sin_port = net_port, .sin_addr = {}, .sin_zero = {}};
        std::memcpy(&in.sin_addr, address.bytes.data(), sizeof in.sin_addr);
        std::memcpy(&result.storage, &in, result.length = sizeof in);
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = net_port;
        in.sin6_scope_id = ifindex;
        std::memcpy(&in.sin6_addr, address.bytes.data(), sizeof in.sin6_addr);
        std::memcpy(&result.storage, &in, result.length = sizeof in);
    }
    return result;
}

inline Address address_of(const sockaddr_storage& storage) {
    Address result;
    result.family = storage.ss_family;
    const size_t offset = storage.ss_family == AF_INET ? offsetof(sockaddr_in, sin_addr)
                                                       : offsetof(sockaddr_in6, sin6_addr);
    std::memcpy(result.bytes.data(), reinterpret_cast<const uint8_t*>(&storage) + offset,
                result.length());
    return result;
}

inline Address address_argument(const std::string& text) {
    const std::optional<Address> result = parse_address(text);
    if (!result) {
        die("not an address: " + text, false);
    }
    return *result;
}

inline unsigned interface_index(const Arguments& arguments) {
    const unsigned index = if_nametoindex(arguments.text("-i").c_str());
    if (index == 0) {
        die("-i " + arguments.text("-i"));
    }
    return index;
}

inline void grow_buffer(int fd) {
    const int wanted = 8 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) < 0) {
        require(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted), "SO_RCVBUF");
    }
}

inline void write_file(const std::string& path, const std::string& text) {
    const std::string draft = path + ".new";
    FILE* file = std::fopen(draft.c_str(), "w");
    if (file == nullptr || std::fputs(text.c_str(), file) < 0 || std::fclose(file) != 0 ||
        std::rename(draft.c_str(), path.c_str()) != 0) {
        die(path);
    }
}
