// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/network_namespace.h"

#include <array>
#include <cerrno>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"
#include "os/unique_fd.h"

namespace smcroute {

std::string network_namespace(std::string_view process) {
    std::array<char, 64> text;
    const ssize_t size =
        readlink(compose("/proc/{}/ns/net", process).c_str(), text.data(), text.size());
    return std::string(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
}

std::string describe_network_namespace(const std::string& id) {
    for (const std::string& path : glob_files("/run/netns/*")) {
        struct stat st {};
        if (stat(path.c_str(), &st) == 0 && compose("net:[{}]", st.st_ino) == id) {
            return compose("{} ({})", printable(path.substr(path.rfind('/') + 1)), id);
        }
    }
    return id;
}

bool is_of_another_network(int fd) {
    constexpr unsigned long kGetNetwork = 0x894c;  // SIOCGSKNS of <linux/sockios.h>
    const UniqueFd our_socket(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const UniqueFd ours(ioctl(our_socket.get(), kGetNetwork));
    const UniqueFd theirs(ioctl(fd, kGetNetwork));
    if (!ours || !theirs) {
        return ours && errno == EPERM;
    }
    struct stat our_network {};
    struct stat their_network {};
    return fstat(ours.get(), &our_network) != 0 || fstat(theirs.get(), &their_network) != 0 ||
           our_network.st_ino != their_network.st_ino;
}

}  // namespace smcroute
