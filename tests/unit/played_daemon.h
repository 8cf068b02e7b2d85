// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// PlayedDaemon: the daemon's side of the control socket, in a process of its own, for tests of the
// client.
#pragma once

#include <array>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "control/protocol.h"
#include "os/file.h"
#include "os/io.h"
#include "os/memory_file.h"
#include "os/unix_socket.h"
#include "test.h"

namespace smcroute::test {

inline std::string content_of(int fd) {
    (void)lseek(fd, 0, SEEK_SET);
    const auto text = read_rest(fd, "memory", size_t{1} << 20);
    return text ? *text : text.error().text;
}

class PlayedDaemon {
public:
    PlayedDaemon(const std::string& path, int heard, UniqueFd starts)
        : listener_(std::move(*Listener::create(path))),
          heard_(heard),
          starts_(std::move(starts)) {}

    // Serves the next client. There is none before the first call.
    void accept() {
        starts_.reset();
        pollfd entry{.fd = listener_.fd(), .events = POLLIN, .revents = 0};
        poll(&entry, 1, 10'000);
        auto client = listener_.accept();
        client_ = client ? std::move(*client) : UniqueFd();
        fcntl(client_.get(), F_SETFL, 0);
        decoder_ = {};
    }
    // Waits for a command, and notes it. Empty at the end.
    std::string hear() {
        std::array<char, 4096> buffer;
        for (;;) {
            const auto frame = decoder_.next();
            if (frame && *frame) {
                const auto words = decode_words((**frame).payload);
                const std::string text = words ? join(*words) : "rubbish";
                note(text);
                return text;
            }
            const ssize_t size = recv(client_.get(), buffer.data(), buffer.size(), 0);
            if (size <= 0) {
                return {};
            }
            decoder_.push({buffer.data(), static_cast<size_t>(size)});
        }
    }
    void say(std::string_view bytes) const {
        (void)send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    void close() { client_.reset(); }
    void note(const std::string& line) const { (void)write_all(heard_, line + "; "); }

private:
    static std::string join(const std::vector<std::string>& words) {
        std::string text;
        for (const std::string& word : words) {
            text += (text.empty() ? "" : " ") + word;
        }
        return text;
    }

    Listener listener_;
    const int heard_;
    UniqueFd starts_;  // closed when clients may come
    UniqueFd client_;
    FrameDecoder decoder_;
};

// A directory for the files of a daemon, and perhaps the daemon.
class DaemonFixture {
public:
    DaemonFixture() {
        EXPECT(mkdtemp(directory_.data()) != nullptr);
        socket = directory_ + "/socket";
        pid_file = directory_ + "/pid";
    }
    // The files are left behind if this life ends by _exit().
    explicit DaemonFixture(const std::function<void(PlayedDaemon&)>& life) : DaemonFixture() {
        std::array<int, 2> ends{};
        EXPECT(pipe2(ends.data(), O_CLOEXEC) == 0);
        const UniqueFd started(ends[0]);
        UniqueFd starts(ends[1]);
        daemon_ = fork();
        if (daemon_ == 0) {
            {
                PlayedDaemon server(socket, heard_.get(), std::move(starts));
                life(server);
            }
            _exit(0);
        }
        starts.reset();
        char byte = 0;
        EXPECT_EQ(read(started.get(), &byte, 1), ssize_t{0});
    }
    ~DaemonFixture() {
        if (daemon_ > 0) {
            EXPECT(waitpid(daemon_, nullptr, 0) == daemon_);
        }
        for (const char* const name : {"", ".sock"}) {
            unlink((socket + name).c_str());
        }
        unlink(pid_file.c_str());
        EXPECT(rmdir(directory_.c_str()) == 0);
    }
    DaemonFixture(const DaemonFixture&) = delete;
    DaemonFixture& operator=(const DaemonFixture&) = delete;

    // What the daemon has heard so far.
    std::string heard() const { return content_of(heard_.get()); }
    bool has(const std::string& path) const {
        struct stat st {};
        return lstat(path.c_str(), &st) == 0;
    }
    std::string refusal(std::string_view cause) const {
        return compose("smcroute: cannot connect to the daemon at {}: {}\n", socket, cause);
    }

    std::string socket;
    std::string pid_file;

private:
    std::string directory_ = "/tmp/smcroute-test-XXXXXX";
    UniqueFd heard_ = std::move(*create_memory_file("heard"));
    pid_t daemon_ = 0;
};

}  // namespace smcroute::test
