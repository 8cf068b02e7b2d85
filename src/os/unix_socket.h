// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The control socket's descriptors: a Listener for the daemon, a connection for the client, and who
// is at the other end. What is said over them is not known here.
//
// Accepted connections do not block; that of the client does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.h"
#include "os/owned_path.h"
#include "os/unique_fd.h"

namespace smcroute {

// Listens on a path and takes the socket file away when it goes, if it is still its own.
class Listener {
public:
    // The socket file has mode 0600 from its first moment; with a group it is the group's and has
    // mode 0660. A socket file that nobody listens on is replaced; one in use is an error
    // (kUnavailable), and so is anything that is no stream socket.
    static Result<Listener> create(const std::string& path,
                                   std::optional<gid_t> group = std::nullopt);

    // One that another process of ours has made, which takes the socket file away.
    static Listener adopt(UniqueFd socket, const std::string& name);
    // One that the program before us in this process has made, or a process before this one: the
    // socket file is ours now, and it is us whom clients see at the other end.
    static Listener inherit(UniqueFd socket, const std::string& path);

    // To watch for reading.
    int fd() const { return socket_.get(); }

    // The next waiting client, or an empty descriptor if there is none. An error means that the
    // system refused; where it had no descriptor left, the client has been turned away, so that a
    // level-triggered wait does not return for it for ever.
    Result<UniqueFd> accept();

private:
    Listener(UniqueFd socket, std::string name, OwnedPath path);
    // False if there was nobody to turn away.
    bool turn_away();

    UniqueFd socket_;  // before path_: closed after it, and holds its inode
    std::string name_;
    OwnedPath path_;    // empty if the file is not ours
    UniqueFd reserve_;  // given up for a moment to turn a client away
};

// From here on clients are told of this process at the other end, whoever made the socket.
void listen_anew(int socket);
// The path where a socket from elsewhere, or that others have had, listens; empty if it does not,
// as one that was shut down.
std::string listening_path(int socket);

enum class Connecting : uint8_t {
    kWaits,
    kAtOnce,  // kPending if the daemon's queue is full
};
// A blocking connection to the daemon at `path`. The error says what to do: kUnavailable if no
// daemon listens there (it may be about to), kNoPermission if we may not talk to it, kPending if
// too many wait for it. Neither connecting nor sending waits longer than kPeerTakes.
inline constexpr time_t kPeerTakes = 10;  // seconds
Result<UniqueFd> connect_unix(const std::string& path, Connecting how = Connecting::kWaits);

struct PeerCredentials {
    pid_t pid = 0;
    uid_t uid = 0;
    gid_t gid = 0;
};

// Who connected, as the kernel recorded it at that moment.
Result<PeerCredentials> peer_credentials(int fd);
// Whether the peer was in the group at that moment, be it as its own or as a supplementary one.
// Before Linux 4.13 only its own is known.
bool peer_is_in_group(int fd, const PeerCredentials& peer, gid_t group);

}  // namespace smcroute
