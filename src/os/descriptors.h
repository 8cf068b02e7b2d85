// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Descriptors by number: puts the inherited ones in order once, at the very start of a process; and
// duplicates and inspects open ones.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

// Opens /dev/null, or else something that cannot be written to either, in place of each of stdin,
// stdout and stderr that is closed, so that no socket gets such a number and is written to as a
// log. Marks every higher descriptor close-on-exec, so that no script inherits what we were started
// with.
void prepare_descriptors();

// Closes every descriptor except stdin, stdout, stderr and these; negative numbers are ignored. For
// a process just started or forked.
void close_descriptors_but(std::vector<int> keep);

// Another descriptor of the same open file, closed by exec(). Empty if `fd` is not open, or no
// descriptor is free.
UniqueFd duplicate(int fd);
// Sets whether it stays open for the next program. Harmless for one that is not open.
void set_inheritable(int fd, bool inheritable);

// Points stdin, stdout and stderr to this descriptor of /dev/null: whoever reads what the daemon
// says at its start sees the end. Works in the sandbox.
void leave_terminal(int null);

// The value that getsockopt() returns for an integer option of level SOL_SOCKET; -1 if `fd` is no
// socket.
int socket_option(int fd, int option);

// Raises the soft limit on open descriptors to the hard one, since joins need many sockets, and
// returns how many there may be. It is an error if there are too few for anything.
Result<size_t> raise_fd_limit();

}  // namespace smcroute
