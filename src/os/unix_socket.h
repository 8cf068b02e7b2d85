// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The control socket's descriptors: a Listener for the daemon, a connection for the client, and the
// peer's credentials. Nothing here knows the protocol.
//
// Accepted connections do not block; the client's connection does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.h"
#include "os/owned_path.h"
#include "os/unique_fd.h"

namespace smcroute {

// The name of the socket in releases 2.4 to 2.6, under which it may be found as well.
inline std::string second_name_of(const std::string& socket) { return socket + ".sock"; }

// Listens on a path and removes the socket file when it goes, if the file is still its own.
class Listener {
public:
    // The socket file has mode 0600 from its first moment; with a group it belongs to the group and
    // has mode 0660. A socket file that nobody listens on is replaced; one in use is an error
    // (kUnavailable), and so is anything that is no stream socket.
    static Result<Listener> create(const std::string& path,
                                   std::optional<gid_t> group = std::nullopt);

    // Takes a socket made by another process of ours, which will remove the socket file.
    static Listener adopt(UniqueFd socket, const std::string& name);
    // Takes a socket made by the previous program in this process, or by a process before this one:
    // the socket file is ours now, and clients see us at the other end.
    static Listener inherit(UniqueFd socket, const std::string& path);

    // To watch for reading.
    int fd() const { return socket_.get(); }

    // The next waiting client, or an empty descriptor if there is none. An error means that the
    // system refused; if it had no descriptor left, the client was turned away, so that a
    // level-triggered wait does not return for it for ever.
    Result<UniqueFd> accept();

private:
    Listener(UniqueFd socket, std::string name, OwnedPath path);
    // False if no client was waiting.
    bool turn_away();

    UniqueFd socket_;  // before path_: closed after it, and holds its inode
    std::string name_;
    OwnedPath path_;    // empty if the file is not ours
    UniqueFd reserve_;  // given up for a moment to turn a client away
};

// From now on clients see this process at the other end, whoever made the socket.
void listen_anew(int socket);
// The path where a socket listens that others have made or used; empty if it does not listen, for
// example after a shutdown.
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

// The process that connected, as the kernel recorded it at that moment.
Result<PeerCredentials> peer_credentials(int fd);
// Whether the peer was in the group at that moment, by its own group or a supplementary one. Before
// Linux 4.13 only its own group is known.
bool peer_is_in_group(int fd, const PeerCredentials& peer, gid_t group);

}  // namespace smcroute
