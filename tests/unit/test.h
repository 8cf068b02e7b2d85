// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The unit tests' frame. A case's name is a claim. A failed expectation prints both values and the
// place, and the case goes on; main() runs all cases, or those whose name contains an
// argument, and none whose name contains what follows the '-' of one.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace smcroute::test {

struct Case {
    const char* name;
    void (*run)();
};

std::vector<Case>& cases();

struct Registration {
    Registration(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

void fail(const char* file, int line, const std::string& text);

inline std::string show(std::string_view value) { return std::string(value); }
inline std::string show(const char* value) { return value; }
inline std::string show(bool value) { return value ? "true" : "false"; }

template <typename T>
std::string show(const T& value) {
    if constexpr (std::is_enum_v<T>) {
        return std::to_string(static_cast<long long>(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
        return std::to_string(value);
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
        return std::string(std::string_view(value));
    } else {
        return to_string(value);
    }
}

inline std::string show(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += "\n    " + line;
    }
    return text;
}

template <typename A, typename B>
void expect_eq(const A& actual, const B& expected, const char* what, const char* file, int line) {
    if (!(actual == expected)) {
        fail(file, line,
             std::string(what) + "\n  is:       " + show(actual) +
                 "\n  expected: " + show(expected));
    }
}

}  // namespace smcroute::test

#define TEST(name)                                                                        \
    static void test_##name();                                                            \
    static const ::smcroute::test::Registration registration_##name{#name, &test_##name}; \
    static void test_##name()

#define EXPECT_EQ(actual, expected) \
    ::smcroute::test::expect_eq((actual), (expected), #actual, __FILE__, __LINE__)
#define EXPECT(condition)                                           \
    do {                                                            \
        if (!(condition)) {                                         \
            ::smcroute::test::fail(__FILE__, __LINE__, #condition); \
        }                                                           \
    } while (false)
// For what the rest of the case cannot do without.
#define REQUIRE(condition)                                          \
    do {                                                            \
        if (!(condition)) {                                         \
            ::smcroute::test::fail(__FILE__, __LINE__, #condition); \
            return;                                                 \
        }                                                           \
    } while (false)
