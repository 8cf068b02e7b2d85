// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Descriptors by number: those that a process was given, which it puts in order once, at its very
// start; and more of them for what is open already.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

// Opens /dev/null, or what cannot be written to either, in place of each of stdin, stdout and
// stderr that is closed, so that no socket gets such a number and is written to as a log; and marks
// every descriptor above close-on-exec, so that no script inherits what we were started with.
void prepare_descriptors();

// Closes every descriptor but stdin, stdout, stderr and these; a negative number among them means
// nothing. For a process just started or forked.
void close_descriptors_but(std::vector<int> keep);

// Another descriptor of the same open file, closed by exec(). Empty where `fd` is not open, or
// there is no room for one more.
UniqueFd duplicate(int fd);
// Whether it stays open for the next program. Harmless for one that is not open.
void set_inheritable(int fd, bool inheritable);

// What getsockopt() says of an integer option of level SOL_SOCKET; -1 where it is no socket.
int socket_option(int fd, int option);

// Raises the soft limit on open descriptors to the hard one, since joins need many sockets, and
// says how many there may be. The error is that there are too few for anything.
Result<size_t> raise_fd_limit();

}  // namespace smcroute
