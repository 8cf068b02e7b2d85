// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include <cstdio>
#include <cstring>

#include "test.h"

namespace smcroute::test {

namespace {
bool case_failed = false;
}

std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}

void fail(const char* file, int line, const std::string& text) {
    case_failed = true;
    printf("%s:%d: %s\n", file, line, text.c_str());
}

// By a part of its name: any of the arguments, and none of those that follow a '-'.
static bool selected(const Case& test, int argc, char** argv) {
    bool any_wanted = false;
    bool wanted = false;
    for (int i = 1; i < argc; ++i) {
        const bool unwanted = argv[i][0] == '-';
        const bool matches = strstr(test.name, argv[i] + (unwanted ? 1 : 0)) != nullptr;
        if (unwanted && matches) {
            return false;
        }
        any_wanted = any_wanted || !unwanted;
        wanted = wanted || (!unwanted && matches);
    }
    return wanted || !any_wanted;
}

static int run(int argc, char** argv) {
    int passed = 0;
    int failed = 0;
    for (const Case& test : cases()) {
        if (!selected(test, argc, argv)) {
            continue;
        }
        case_failed = false;
        test.run();
        ++(case_failed ? failed : passed);
        if (case_failed) {
            printf("not ok %s\n", test.name);
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace smcroute::test

int main(int argc, char** argv) { return smcroute::test::run(argc, argv); }
