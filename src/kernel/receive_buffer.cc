// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors

#include "kernel/receive_buffer.h"

#include <sys/socket.h>

namespace smcroute {

void enlarge_receive_buffer(int fd, int bytes) {
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }
}

}  // namespace smcroute
