// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <glob.h>

#include "base/text.h"
#include "os/exit_status.h"
#include "os/io.h"
#include "os/unique_fd.h"

namespace smcroute {

namespace {

// The size of a regular file; 0 for others, and for files of /proc.
size_t size_of(int fd) {
    struct stat st {};
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? static_cast<size_t>(st.st_size) : 0;
}

// Reads up to `limit` + 1 bytes; the last of them shows that there are too many. Returns 0 or an
// errno.
int read_all(int fd, size_t limit, std::string& text) {
    constexpr size_t kLeast = 4096;
    CHECK(limit < SIZE_MAX);
    // One byte more, to see the end without growing.
    size_t room = std::max(kLeast, size_of(fd) + 1);
    size_t used = 0;
    while (used <= limit) {
        room = used == room ? 2 * used : room;
        text.resize(std::min(room, limit + 1));
        const ssize_t size =
            retry([&] { return read(fd, text.data() + used, text.size() - used); });
        if (size < 0) {
            return errno;
        }
        if (size == 0) {
            break;
        }
        used += static_cast<size_t>(size);
    }
    text.resize(used);
    return 0;
}

int open_for_reading(const std::string& path, bool may_wait) {
    return retry([&] {
        return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (may_wait ? 0 : O_NONBLOCK));
    });
}

Error cannot_read(std::string_view name, int errno_value) {
    return system_error(compose("cannot read {}", name), errno_value, exit_status_of(errno_value));
}

bool is_regular(int fd) {
    struct stat st {};
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

}  // namespace

Result<std::string> read_rest(int fd, std::string_view name, size_t limit) {
    std::string text;
    if (const int error = read_all(fd, limit, text); error != 0) {
        return cannot_read(name, error);
    }
    if (text.size() > limit) {
        return Error{compose("cannot read {}: it has more than {}", name, count_of(limit, "byte")),
                     ExitStatus::kSystem};
    }
    return text;
}

Result<std::optional<std::string>> read_file(const std::string& path, size_t limit, bool may_wait) {
    const UniqueFd fd(open_for_reading(path, may_wait));
    if (!fd) {
        if (errno == ENOENT) {
            return std::optional<std::string>();
        }
        return cannot_read(path, errno);
    }
    if (!may_wait && !is_regular(fd.get())) {
        return Error{compose("cannot read {} again: it is not a regular file", path),
                     ExitStatus::kSystem};
    }
    auto text = read_rest(fd.get(), path, limit);
    if (!text) {
        return text.error();
    }
    return std::optional(std::move(*text));
}

std::optional<uid_t> file_owner(const std::string& path, bool of_link) {
    struct stat st {};
    const int result = of_link ? lstat(path.c_str(), &st) : stat(path.c_str(), &st);
    const bool is_such = result == 0 && (of_link ? S_ISLNK(st.st_mode) : S_ISREG(st.st_mode));
    return is_such ? std::optional(st.st_uid) : std::nullopt;
}

std::vector<std::string> glob_files(const std::string& pattern) {
    glob_t found{};
    std::vector<std::string> names;
    if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
        names.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    globfree(&found);
    return names;
}

std::string current_directory() {
    std::array<char, PATH_MAX> directory;
    return getcwd(directory.data(), directory.size()) == nullptr ? "" : directory.data();
}

std::string absolute_path(const std::string& path) {
    const std::string directory = path.empty() || path.front() == '/' ? "" : current_directory();
    return directory.empty() ? path : compose("{}/{}", directory, path);
}

}  // namespace smcroute
