// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Terminal: the terminal that we were started on, taken for a full screen and given back as it was
// when this goes, whatever the reason.
#pragma once

#include <optional>
#include <string_view>

#include <signal.h>
#include <termios.h>

namespace smcroute {

class Terminal {
public:
    // Whether stdout is one, and stdin.
    static bool shows();
    static bool types();

    // From now on keys come without an Enter and unseen, where stdin is a terminal, and the screen
    // is another one. Ctrl-C still is SIGINT; Ctrl-Z is nothing.
    Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    struct Size {
        unsigned rows = 0;
        unsigned columns = 0;
    };
    // Nothing where it is not known.
    std::optional<Size> size() const;

    // A terminal that is gone shows nothing; SIGHUP tells of that.
    void write(std::string_view bytes) const;

private:
    std::optional<termios> before_;
};

// Which signals were blocked, to be so again when this goes.
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
