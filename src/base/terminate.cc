// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Replaces the library's throws: prints one line and aborts. The program is built without
// exceptions, so a throw could only end in abort anyway, by way of an unwinder and a demangler that
// would make up a third of the binary. Running out of memory is handled this way on purpose: the
// kernel drops our routes with the socket and a supervisor starts us again. Sanitizer builds leave
// this file out and keep the library's own functions.

#include <cstdio>
#include <cstdlib>
#include <new>

#include <unistd.h>

namespace {

[[noreturn]] void die(const char* why) {
    // Avoids stdio's buffers: there may be no memory left.
    dprintf(STDERR_FILENO, "smcroute: %s\n", why);
    abort();
}

void* allocate(size_t size) {
    void* const memory = malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        die("out of memory");
    }
    return memory;
}

}  // namespace

// The library's functions for the errors that containers and strings can meet.
namespace std {

[[noreturn]] void __throw_bad_alloc();
[[noreturn]] void __throw_bad_array_new_length();
[[noreturn]] void __throw_bad_function_call();
[[noreturn]] void __throw_length_error(const char* what);
[[noreturn]] void __throw_logic_error(const char* what);
[[noreturn]] void __throw_out_of_range_fmt(const char* what, ...);

void __throw_bad_alloc() { die("out of memory"); }
void __throw_bad_array_new_length() { die("internal error: array size"); }
void __throw_bad_function_call() { die("internal error: empty function"); }
void __throw_length_error(const char* what) { die(what); }
void __throw_logic_error(const char* what) { die(what); }
void __throw_out_of_range_fmt(const char* what, ...) { die(what); }

}  // namespace std

void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void* operator new(size_t size, const std::nothrow_t& /*tag*/) noexcept { return malloc(size); }
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { free(memory); }
void operator delete[](void* memory, size_t /*size*/) noexcept { free(memory); }

// Called for a pure virtual call, for instance.
namespace __gnu_cxx {

void __verbose_terminate_handler();

void __verbose_terminate_handler() { die("internal error: terminated"); }

}  // namespace __gnu_cxx
