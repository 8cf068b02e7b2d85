// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/unix_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/text.h"
#include "os/descriptors.h"
#include "os/environment.h"
#include "os/exit_status.h"
#include "os/io.h"

namespace smcroute {

namespace {

// How many clients may wait for accept(). SOMAXCONN is fixed when a C library is built, 128 with
// musl; the kernel reduces this number to net.core.somaxconn.
constexpr int kBacklog = 4096;

Error listen_error(const std::string& path, int errno_value) {
    Error error = system_error(compose("cannot listen on {}", path), errno_value,
                               exit_status_of(errno_value));
    error.text += read_only_remedy(errno_value);
    return error;
}

// An empty path is refused too: the kernel would invent an abstract name for it.
Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return Error{compose("the socket path \"{}\" must have 1 to {} bytes", path,
                             sizeof(address.sun_path) - 1),
                     ExitStatus::kUsage};
    }
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

int connect_to(int fd, const sockaddr_un& address) {
    return retry([&] { return connect(fd, generic(address), sizeof(address)); }) == 0 ? 0 : errno;
}

// The result of connecting to a socket file.
int probe(const sockaddr_un& address) {
    const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return fd ? connect_to(fd.get(), address) : errno;
}

// A socket file is stale only if it refuses a connection. A regular file refuses too, so the kind
// of file is checked first; a full backlog (EAGAIN) shows that somebody listens.
Status remove_if_stale(const std::string& path, const sockaddr_un& address) {
    struct stat st {};
    if (lstat(path.c_str(), &st) != 0) {
        return errno == ENOENT ? Status() : listen_error(path, errno);
    }
    if (!S_ISSOCK(st.st_mode)) {
        return Error{compose("cannot listen on {}: it exists and is not a socket", path),
                     ExitStatus::kSystem};
    }
    const int error = probe(address);
    if (error == 0 || error == EAGAIN) {
        return Error{compose("{} is in use by a running daemon", path), ExitStatus::kUnavailable};
    }
    if (error == EPROTOTYPE) {
        return Error{compose("{} is in use by another program", path), ExitStatus::kUnavailable};
    }
    if (error != ECONNREFUSED && error != ENOENT) {
        return listen_error(path, error);
    }
    const bool gone = unlink(path.c_str()) == 0 || errno == ENOENT;
    return gone ? Status() : listen_error(path, errno);
}

// The kernel applies umask and file system group when it makes the socket file, so no other mode or
// group is ever seen. If we may not choose the group, or the directory determines it, chown()
// corrects it afterwards; nobody can connect before we listen.
int bind_private(int fd, const sockaddr_un& address, std::optional<gid_t> group) {
    const mode_t old_mask = umask(group ? 0117 : 0177);
    const int old_group = group ? setfsgid(*group) : 0;
    const int error = bind(fd, generic(address), sizeof(address)) == 0 ? 0 : errno;
    if (group) {
        setfsgid(static_cast<gid_t>(old_group));
    }
    umask(old_mask);
    return error;
}

Status open_to_group(const std::string& path, gid_t group) {
    constexpr uid_t kSameUser = UINT32_MAX;
    if (lchown(path.c_str(), kSameUser, group) != 0) {
        return system_error(compose("cannot open {} to group {}", path, group), errno,
                            exit_status_of(errno));
    }
    return {};
}

Error connect_error(const std::string& path, int errno_value) {
    Error error = system_error(compose("cannot connect to the daemon at {}", path), errno_value,
                               exit_status_of(errno_value));
    if (error.status == ExitStatus::kNoPermission) {
        error.text += " (run this as root or as the daemon's user)";
    } else if (errno_value == EAGAIN) {
        error.status = ExitStatus::kPending;
        error.text += " (it does not answer: is it stopped?)";
    } else if (errno_value == ENOENT || errno_value == ECONNREFUSED) {
        error.status = ExitStatus::kUnavailable;
        error.text += " (is it running?)";
    }
    return error;
}

}  // namespace

Result<Listener> Listener::create(const std::string& path, std::optional<gid_t> group) {
    const auto address = address_of(path);
    if (!address) {
        return address.error();
    }
    if (const Status removed = remove_if_stale(path, *address); !removed) {
        return removed.error();
    }
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        return listen_error(path, errno);
    }
    if (const int error = bind_private(fd.get(), *address, group); error != 0) {
        return listen_error(path, error);
    }
    OwnedPath owned(path);
    if (const Status opened = group ? open_to_group(path, *group) : Status(); !opened) {
        return opened.error();
    }
    if (listen(fd.get(), kBacklog) != 0) {
        return listen_error(path, errno);
    }
    return Listener(std::move(fd), path, std::move(owned));
}

Listener Listener::adopt(UniqueFd socket, const std::string& name) {
    return Listener(std::move(socket), name, OwnedPath());
}

Listener Listener::inherit(UniqueFd socket, const std::string& path) {
    listen_anew(socket.get());
    return Listener(std::move(socket), path, OwnedPath(path));
}

// Any descriptor will do as a reserve, and this one is available in a process that may open no
// file.
Listener::Listener(UniqueFd socket, std::string name, OwnedPath path)
    : socket_(std::move(socket)),
      name_(std::move(name)),
      path_(std::move(path)),
      reserve_(duplicate(socket_.get())) {}

Result<UniqueFd> Listener::accept() {
    for (;;) {
        UniqueFd client(retry([&] {
            return accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        }));
        const int error = errno;
        if (client || error == EAGAIN) {
            return client;
        }
        if (error == ECONNABORTED) {
            continue;
        }
        if ((error == EMFILE || error == ENFILE) && !turn_away()) {
            return UniqueFd();
        }
        return system_error(compose("cannot accept a client on {}", name_), error);
    }
}

bool Listener::turn_away() {
    reserve_.reset();
    UniqueFd client(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const bool nobody_waits = !client && errno == EAGAIN;
    client.reset();
    reserve_ = duplicate(socket_.get());
    return !nobody_waits;
}

// A client sees the process that called listen() last.
void listen_anew(int socket) {
    (void)listen(socket, kBacklog);
    fcntl(socket, F_SETFL, O_NONBLOCK);
}

std::string listening_path(int socket) {
    sockaddr_un address{};
    socklen_t size = sizeof(address) - 1;  // leaves a NUL byte at the end
    pollfd end{.fd = socket, .events = POLLRDHUP, .revents = 0};
    const bool listens = socket_option(socket, SO_DOMAIN) == AF_UNIX &&
                         socket_option(socket, SO_TYPE) == SOCK_STREAM &&
                         socket_option(socket, SO_ACCEPTCONN) == 1 && poll(&end, 1, 0) == 0;
    const bool known =
        listens && getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    return known ? address.sun_path : "";
}

Result<UniqueFd> connect_unix(const std::string& path, Connecting how) {
    const auto address = address_of(path);
    if (!address) {
        return address.error();
    }
    const int waiting = how == Connecting::kAtOnce ? SOCK_NONBLOCK : 0;
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | waiting, 0));
    if (!fd) {
        return connect_error(path, errno);
    }
    const timeval limit{.tv_sec = kPeerTakes, .tv_usec = 0};
    (void)setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // cannot fail
    if (const int error = connect_to(fd.get(), *address); error != 0) {
        return connect_error(path, error);
    }
    if (waiting != 0) {
        fcntl(fd.get(), F_SETFL, 0);
    }
    return fd;
}

Result<PeerCredentials> peer_credentials(int fd) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return system_error("cannot tell who the client is", errno);
    }
    return PeerCredentials{peer.pid, peer.uid, peer.gid};
}

bool peer_is_in_group(int fd, const PeerCredentials& peer, gid_t group) {
    if (peer.gid == group) {
        return true;
    }
    std::vector<gid_t> groups(64);
    for (;;) {
        const auto room = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        socklen_t size = room;
        const bool known = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0;
        // The kernel says how much room it takes; an emulator of it may not, however often.
        if (!known && (errno != ERANGE || size <= room)) {
            return false;
        }
        groups.resize(size / sizeof(gid_t));
        if (known) {
            return std::find(groups.begin(), groups.end(), group) != groups.end();
        }
    }
}

}  // namespace smcroute
