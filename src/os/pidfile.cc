// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/pidfile.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "os/environment.h"
#include "os/exit_status.h"
#include "os/io.h"

namespace smcroute {

namespace {

std::string content() { return compose("{}\n", getpid()); }

Error write_error(const std::string& path, int errno_value) {
    Error error = system_error(compose("cannot write pid file {}", path), errno_value,
                               exit_status_of(errno_value));
    error.text += read_only_remedy(errno_value);
    return error;
}

// Returns 0 or an errno.
int write_content(int fd) { return write_all_at(fd, 0, content()) ? 0 : errno; }

// Fills a new file, sets the usual mode whatever the umask is, and renames it to its final name.
int fill_and_rename(int fd, const std::string& temporary, const std::string& path) {
    if (const int error = write_content(fd); error != 0) {
        return error;
    }
    return fchmod(fd, 0644) == 0 && rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Result<PidFile> PidFile::create(const std::string& path) {
    const std::string temporary = compose("{}.{}", path, getpid());
    // A daemon with our pid that was killed at the wrong moment may have left one; process 1 has
    // the same pid each time.
    unlink(temporary.c_str());
    UniqueFd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) {
        return write_error(path, errno);
    }
    if (const int error = fill_and_rename(file.get(), temporary, path); error != 0) {
        unlink(temporary.c_str());
        return write_error(path, error);
    }
    return PidFile(std::move(file), OwnedPath(path));
}

PidFile::PidFile(UniqueFd file, OwnedPath path) : file_(std::move(file)), path_(std::move(path)) {}

// Writes the same bytes again: unlike utimensat() this needs no right that we had to give up.
Status PidFile::touch() {
    if (!path_.is_still_ours()) {
        return Error{compose("cannot touch pid file {}: it is no longer ours", path()),
                     ExitStatus::kSystem};
    }
    if (const int error = write_content(file_.get()); error != 0) {
        return system_error(compose("cannot touch pid file {}", path()), error);
    }
    return {};
}

}  // namespace smcroute
