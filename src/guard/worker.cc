// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/worker.h"

#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/text.h"
#include "control/predecessor.h"
#include "guard/guarded_host.h"
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
    // Each new worker would repeat it.
    const LogLevel level =
        start.log_phase == LogPhase::kStarting ? LogLevel::kNotice : LogLevel::kInfo;
    if (confinement->user_kept) {
        log_line(level,
                 compose("the worker stays the user it is: {}", confinement->user_kept->text));
    }
    if (!confinement->left_out && !(confinement->seccomp && confinement->landlock)) {
        log_line(level, compose("this kernel has no {}{}{} to confine the worker: it runs without",
                                confinement->seccomp ? "" : "seccomp",
                                confinement->seccomp || confinement->landlock ? "" : " and no ",
                                confinement->landlock ? "" : "Landlock"));
    }
    return {};
}

}  // namespace

ExitStatus run_worker(const ServiceSettings& settings, WorkerStart start) {
    // Shown by `ps` in place of the program's name; at most 15 bytes.
    prctl(PR_SET_NAME, kWorkerName);
    log_close();
    const SavedStateFiles& files = start.facts.saved_state;
    std::vector<int> keep = {start.guard.fd(), start.listener.get(), files.journal, files.ledger,
                             files.memberships};
    for (const UniqueFd& fd : start.routing.fds) {
        keep.push_back(fd.get());
    }
    for (const auto& [id, fd] : start.joins) {
        keep.push_back(fd);
    }
    close_descriptors_but(std::move(keep));
    open_log(settings, start.foreground, start.log_phase);
    UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    GroupLists group_lists;
    if (const Status status = give_up_privileges(start); !status) {
        log_err(status.error().text);
        return status.error().status;
    }
    GuardedHost ward(settings, std::move(start), std::move(null), std::move(group_lists));
    return run_service(settings, ward);
}

}  // namespace smcroute
