// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/random_access_file.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "os/exit_status.h"
#include "os/io.h"

namespace smcroute {

Error RandomAccessFile::failure(std::string_view verb) const {
    const int error = errno;
    return system_error(compose("cannot {} {}", verb, name_), error, exit_status_of(error));
}

Result<uint64_t> RandomAccessFile::size() const {
    // Not fstat(): some C libraries implement it as a call by path, which a sandbox refuses.
    const off_t size = lseek(fd_, 0, SEEK_END);
    if (size < 0) {
        return failure("read");
    }
    return static_cast<uint64_t>(size);
}

Result<std::string> RandomAccessFile::read(uint64_t offset, size_t size) const {
    std::string bytes(size, '\0');
    size_t used = 0;
    while (used < size) {
        const ssize_t got = retry([&] {
            return pread(fd_, bytes.data() + used, size - used, static_cast<off_t>(offset + used));
        });
        if (got < 0) {
            return failure("read");
        }
        if (got == 0) {
            break;
        }
        used += static_cast<size_t>(got);
    }
    bytes.resize(used);
    return bytes;
}

Status RandomAccessFile::write(uint64_t offset, std::string_view bytes) {
    return write_all_at(fd_, static_cast<off_t>(offset), bytes) ? Status() : failure("write");
}

Status RandomAccessFile::truncate(uint64_t size) {
    return retry([&] { return ftruncate(fd_, static_cast<off_t>(size)); }) == 0
               ? Status()
               : failure("shorten");
}

void RandomAccessFile::punch(uint64_t begin, uint64_t end) {
    if (begin < end) {
        // Some file systems cannot; then only space is lost.
        (void)fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
                        static_cast<off_t>(end - begin));
    }
}

}  // namespace smcroute
