// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Terminal: the terminal that we were started on, used as a full screen and restored when this
// object goes, whatever the reason.
#pragma once

#include <optional>
#include <string_view>

#include <signal.h>
#include <termios.h>

namespace smcroute {

class Terminal {
public:
    // Whether stdout, or stdin, is a terminal.
    static bool shows();
    static bool types();

    // From now on keys arrive without Enter and without echo, if stdin is a terminal, and the
    // alternate screen is shown. Ctrl-C still is SIGINT; Ctrl-Z does nothing.
    Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    struct Size {
        unsigned rows = 0;
        unsigned columns = 0;
    };
    // Of the terminal that stdout is; nothing if it is not known.
    static std::optional<Size> size();

    // If the terminal is gone nothing is shown; SIGHUP reports that.
    void write(std::string_view bytes) const;

private:
    std::optional<termios> before_;
};

// Saves which signals are blocked, and restores that when this object goes.
class SavedSignals {
public:
    SavedSignals();
    SavedSignals(const SavedSignals&) = delete;
    SavedSignals& operator=(const SavedSignals&) = delete;
    ~SavedSignals();

private:
    sigset_t before_;
};

}  // namespace smcroute
