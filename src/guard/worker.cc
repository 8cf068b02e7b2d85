// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/worker.h"

#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/ward.h"
#include "os/descriptors.h"
#include "os/sandbox.h"

namespace smcroute {

namespace {

Status give_up_privileges(const WorkerStart& start) {
    const auto confinement =
        enter_sandbox({.user = start.user, .user_may_fail = start.user_may_fail});
    if (!confinement) {
        return confinement.error();
    }
    if (confinement->user_kept) {
        log_info(cat({"the worker stays the user it is: ", confinement->user_kept->text}));
    }
    if (log_enabled(LogLevel::kDebug)) {
        log_line(LogLevel::kDebug,
                 cat({"the worker is confined", confinement->seccomp ? "" : ", without seccomp",
                      confinement->landlock ? "" : ", without Landlock"}));
    }
    return {};
}

}  // namespace

ExitStatus run_worker(const ServiceSettings& settings, WorkerStart start) {
    // In place of the program's name in `ps`, and 15 bytes, which is all there is.
    prctl(PR_SET_NAME, "smcroute-worker");
    log_close();
    std::vector<int> keep = {start.guard.fd(), start.listener.get(), start.estate.journal,
                             start.estate.ledger};
    for (const UniqueFd& fd : start.routing.fds) {
        keep.push_back(fd.get());
    }
    close_descriptors_but(std::move(keep));
    open_log(settings, start.foreground, start.log_phase);
    UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (const Status status = give_up_privileges(start); !status) {
        log_err(status.error().text);
        return status.error().status;
    }
    Ward ward(settings, std::move(start), std::move(null));
    return run_service(settings, ward);
}

}  // namespace smcroute
