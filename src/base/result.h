// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Result<T> and Status: the return values of fallible functions, since the program is built without
// exceptions. An Error carries a full clause ("cannot add VIF for eth1: No such device") and the
// exit status it would end a program with, chosen where the cause is known. Leaf code returns
// errors; only the daemon and the client log or print them, once. If code, and not only the user,
// must know what is wrong, the error has a type of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace smcroute {

// The exit statuses of the program (SPEC 7); the numbers are those of <sysexits.h>.
enum class ExitStatus : uint8_t {
    kOk = 0,
    kRefused = 1,       // the daemon refused a command
    kUsage = 64,        // wrong command line
    kUnavailable = 69,  // no daemon, or another router owns the table
    kSystem = 71,       // a system call failed
    kPending = 75,      // still pending after --wait
    kNoMulticast = 76,  // kernel without multicast routing
    kNoPermission = 77,
    kConfig = 78,
};

struct Error {
    std::string text;
    ExitStatus status = ExitStatus::kRefused;
};

// "cannot open /etc/x: No such file or directory" from ("cannot open /etc/x", ENOENT).
Error system_error(std::string what, int errno_value, ExitStatus status = ExitStatus::kSystem);

template <typename T, typename E = Error>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }

    T& operator*() & { return *value_ptr(); }
    const T& operator*() const& { return *const_cast<Result*>(this)->value_ptr(); }
    T&& operator*() && { return std::move(*value_ptr()); }
    T* operator->() { return value_ptr(); }
    const T* operator->() const { return const_cast<Result*>(this)->value_ptr(); }

    E& error() {
        E* error = std::get_if<1>(&state_);
        CHECK(error != nullptr);
        return *error;
    }
    const E& error() const { return const_cast<Result*>(this)->error(); }

private:
    T* value_ptr() {
        T* value = std::get_if<0>(&state_);
        CHECK(value != nullptr);
        return value;
    }

    std::variant<T, E> state_;
};

// Success, or an Error.
class [[nodiscard]] Status {
public:
    Status() = default;
    Status(Error error) : error_(std::move(error)) {}

    explicit operator bool() const { return !error_.has_value(); }

    const Error& error() const {
        CHECK(error_.has_value());
        return *error_;
    }

private:
    std::optional<Error> error_;
};

}  // namespace smcroute
