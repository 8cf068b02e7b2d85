// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/worker.h"

#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guard/ward.h"
#include "os/descriptors.h"

namespace smcroute {

ExitStatus run_worker(const ServiceSettings& settings, WorkerStart start) {
    // In place of the program's name in `ps`, and 15 bytes, which is all there is.
    prctl(PR_SET_NAME, "smcroute-worker");
    log_close();
    std::vector<int> keep = {start.guard.fd(), start.listener.get()};
    for (const UniqueFd& fd : start.routing.fds) {
        keep.push_back(fd.get());
    }
    close_descriptors_but(std::move(keep));
    open_log(settings, start.foreground, start.log_phase);
    UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    Ward ward(settings, std::move(start), std::move(null));
    return run_service(settings, ward);
}

}  // namespace smcroute
