// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Runs a fuzzer over every file of the given directories, without a fuzzing engine. Besides each
// file as it is, every beginning of it is run, since cut-off input is the commonest bad one. With
// --random=COUNT[:FIRST] as many inputs of random bytes are run, the same each time; of one that is
// a finding the number is told, and FIRST is where to begin.

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// So that what a sanitizer finds is told of as well.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "abort_on_error=1"; }
extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1"; }

namespace {

using Input = std::vector<uint8_t>;

struct Close {
    void operator()(DIR* directory) const { closedir(directory); }
    void operator()(FILE* file) const { fclose(file); }
};

bool read_input(const std::string& path, Input& input) {
    const std::unique_ptr<FILE, Close> file(fopen(path.c_str(), "rb"));
    std::array<uint8_t, 4096> buffer;
    while (file != nullptr && feof(file.get()) == 0 && ferror(file.get()) == 0) {
        const size_t size = fread(buffer.data(), 1, buffer.size(), file.get());
        input.insert(input.end(), buffer.begin(), buffer.begin() + size);
    }
    return file != nullptr && ferror(file.get()) == 0;
}

// An exact copy, so that a sanitizer sees a read past the end.
void run(const Input& input, size_t size) {
    const Input copy(input.begin(), input.begin() + static_cast<ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

// At most this many beginnings, so that a long file takes no longer.
constexpr size_t kBeginnings = 256;

bool run_file(const std::string& path) {
    Input input;
    if (!read_input(path, input)) {
        printf("cannot read %s\n", path.c_str());
        return false;
    }
    const size_t step = std::max<size_t>(1, input.size() / kBeginnings);
    for (size_t size = 0; size < input.size(); size += step) {
        run(input, size);
    }
    run(input, input.size());
    return true;
}

// How many inputs the directory has, or -1.
int run_directory(const std::string& path) {
    const std::unique_ptr<DIR, Close> directory(opendir(path.c_str()));
    if (directory == nullptr) {
        printf("cannot open %s\n", path.c_str());
        return -1;
    }
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory.get())) {
        if (entry->d_name[0] != '.') {
            names.emplace_back(entry->d_name);
        }
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        if (!run_file(path + "/" + name)) {
            return -1;
        }
    }
    return static_cast<int>(names.size());
}

unsigned random_number = 0;

void tell_number(int /*signal*/) {
    fprintf(stderr, "that was --random=1:%u\n", random_number);
    _exit(1);
}

int run_random(const char* words) {
    char* end = nullptr;
    const auto count = static_cast<unsigned>(strtoul(words, &end, 10));
    const auto first = *end == ':' ? static_cast<unsigned>(strtoul(end + 1, nullptr, 10)) : 0;
    signal(SIGABRT, &tell_number);
    for (unsigned i = 0; i < count; ++i) {
        random_number = first + i;
        std::mt19937 random(random_number);
        Input input(random() % 400);
        std::generate(input.begin(), input.end(), [&] { return static_cast<uint8_t>(random()); });
        run(input, input.size());
    }
    return static_cast<int>(count);
}

}  // namespace

int main(int argc, char** argv) {
    constexpr std::string_view kRandom = "--random=";
    int inputs = 0;
    for (int i = 1; i < argc; ++i) {
        const int count = std::string_view(argv[i]).starts_with(kRandom)
                              ? run_random(argv[i] + kRandom.size())
                              : run_directory(argv[i]);
        if (count < 0) {
            return 1;
        }
        inputs += count;
    }
    printf("%d inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
