// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/terminal.h"

#include <cerrno>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "os/io.h"

namespace smcroute {

namespace {

// The alternate screen, erased, with the cursor hidden.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[2J";
constexpr std::string_view kLeave = "\033[?25h\033[?1049l";

}  // namespace

bool Terminal::shows() { return isatty(STDOUT_FILENO) == 1; }
bool Terminal::types() { return isatty(STDIN_FILENO) == 1; }

Terminal::Terminal() {
    termios settings{};
    if (tcgetattr(STDIN_FILENO, &settings) == 0) {
        before_ = settings;
        settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        settings.c_cc[VMIN] = 1;
        settings.c_cc[VTIME] = 0;
        settings.c_cc[VSUSP] = _POSIX_VDISABLE;
        tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    }
    write(kEnter);
}

Terminal::~Terminal() {
    write(kLeave);
    if (before_) {
        tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
    }
}

std::optional<Terminal::Size> Terminal::size() {
    winsize window{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_row == 0 ||
        window.ws_col == 0) {
        return std::nullopt;
    }
    return Size{.rows = window.ws_row, .columns = window.ws_col};
}

void Terminal::write(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t size =
            retry([&] { return ::write(STDOUT_FILENO, bytes.data(), bytes.size()); });
        if (size < 0 && errno == EAGAIN) {
            pollfd entry{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
            poll(&entry, 1, -1);
        } else if (size < 0) {
            return;
        }
        bytes.remove_prefix(size > 0 ? static_cast<size_t>(size) : 0);
    }
}

SavedSignals::SavedSignals() : before_{} { sigprocmask(SIG_BLOCK, nullptr, &before_); }

SavedSignals::~SavedSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace smcroute
