// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// What the network tests need around the daemon and a shell cannot do: to see how a daemon ended,
// to read its log, to hear what it tells its service manager, and to plague its socket.
//
//   pest keep FILE COMMAND...    runs COMMAND and exits with its status, as if it were not there,
//                                  but stays as the parent of what COMMAND left running (a daemon)
//                                  and notes in FILE how each of them ended: "PID exit N" or
//                                  "PID signal N"
//   pest syslog SOCKET FILE      plays syslogd: appends each message, with its <priority>, to FILE
//   pest settle SOCKET FILE      returns when the file of that player has all that it was sent
//                                  before; for a moment there is a FILE
//   pest notify SOCKET FILE      plays a service manager: appends each message of sd_notify to FILE
//                                  as one line, its assignments after each other, before them the
//                                  monotonic time in microseconds at which it came
//   pest connect SOCKET N MANNER [HEX]
//                                  opens N connections, writes the bytes HEX to each, then:
//                                  hold  prints "ready" and keeps them open until killed
//                                  drop  closes them at once
//                                  eof   waits until the other side has closed every one (10 s)
//                                  text  the same, and prints the printable part of the answers
//                                  and until killed, after printing "ready":
//                                  again opens them anew whenever all have been closed
//                                  drip  writes a byte to each, a hundred times a second, over and
//                                        over, and opens anew what was closed
//                                  flood opens and closes 5,000 more a second, and prints a line
//                                        for each thousand
//   pest service WORD...         plays a service of a manager that stores descriptors: prints what
//   it
//                                  got from the store; if nothing, it stores the read end of a pipe
//                                  for each WORD, which holds the WORD, twice in one message, and
//                                  with FDPOLL=0 unless the WORD begins with "polled". Leaves a
//                                  helper that speaks out of turn. HUP: removes the first WORD;
//                                  TERM ends it
//   pest break PID MANNER        does with the descriptors of a worker what it could do with them,
//   to
//                                  the harm of those who have them as well:
//                                  done  gives up the routing tables
//                                  shut  shuts down the socket on which it listens
//                                  deaf  has routing sockets take nothing in, nobody wait for that
//                                        socket, all of them block, and files only grow
//   pest lacking WHAT COMMAND... runs COMMAND as on a kernel without WHAT: seccomp or landlock
//   pest json                    fails unless standard input is JSON; prints what each object has,
//                                  see json.h

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "json.h"

namespace {

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "pest: %s: %s\n", what, std::strerror(errno));
    std::exit(111);
}

int require(int result, const char* what) { return result < 0 ? die(what), result : result; }

// ---- keep ----

int exit_status(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

void note_end(const char* path, pid_t pid, int wait_status) {
    FILE* file = std::fopen(path, "a");
    if (file == nullptr) {
        die(path);
    }
    const bool exited = WIFEXITED(wait_status);
    std::fprintf(file, "%d %s %d\n", pid, exited ? "exit" : "signal",
                 exited ? WEXITSTATUS(wait_status) : WTERMSIG(wait_status));
    std::fclose(file);
}

// Whoever waits for the end of our output must not wait for the daemon's end.
void let_go_of_output() {
    const int null = require(open("/dev/null", O_RDWR), "/dev/null");
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        dup2(null, fd);
    }
    close(null);
}

[[noreturn]] void watch_over(const char* file, char** command, int report) {
    require(prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper");
    const pid_t first = require(fork(), "fork");
    if (first == 0) {
        execvp(command[0], command);
        die(command[0]);
    }
    int wait_status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &wait_status, 0)) > 0;) {
        note_end(file, pid, wait_status);
        if (pid == first) {
            const int status = exit_status(wait_status);
            let_go_of_output();
            require(static_cast<int>(write(report, &status, sizeof status)), "write");
            close(report);
        }
    }
    std::exit(0);
}

int keep(const char* file, char** command) {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC), "pipe");
    if (require(fork(), "fork") == 0) {
        close(ends[0]);
        watch_over(file, command, ends[1]);
    }
    close(ends[1]);
    int status = 111;
    require(static_cast<int>(read(ends[0], &status, sizeof status)), "read");
    return status;
}

// ---- sockets ----

sockaddr_un unix_address(std::string_view path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

std::string syslog_line(std::string_view message) {
    return std::string(
        message.substr(0, message.find_last_not_of(std::string_view("\0\n", 2)) + 1));
}

std::string notify_line(std::string_view message) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    std::string line = std::to_string(now.tv_sec * 1'000'000LL + now.tv_nsec / 1000);
    line.append(" ").append(message);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
}

constexpr std::string_view kSettle = "settle ";

int settle(const char* path, const char* file) {
    const int fd = require(socket(AF_UNIX, SOCK_DGRAM, 0), "socket");
    const sockaddr_un address = unix_address(path);
    const std::string message = std::string(kSettle) + file;
    if (sendto(fd, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&address),
               sizeof address) < 0) {
        return 0;  // nobody reads
    }
    for (int i = 0; i < 10'000 && access(file, F_OK) != 0; ++i) {
        usleep(1000);
    }
    unlink(file);
    return 0;
}

// Appends to `file` a line for each datagram that comes to the socket `path`.
int record(const char* path, const char* file, std::string (*line_of)(std::string_view)) {
    const int fd = require(socket(AF_UNIX, SOCK_DGRAM, 0), "socket");
    const sockaddr_un address = unix_address(path);
    unlink(path);
    require(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), path);
    const int out = require(open(file, O_WRONLY | O_CREAT | O_APPEND, 0600), file);
    std::array<char, 65536> message;
    for (;;) {
        const int length =
            require(static_cast<int>(recv(fd, message.data(), message.size(), 0)), "recv");
        const std::string_view text(message.data(), static_cast<size_t>(length));
        if (text.starts_with(kSettle)) {
            close(open(std::string(text.substr(kSettle.size())).c_str(), O_WRONLY | O_CREAT, 0600));
            continue;
        }
        const std::string line = line_of(text).append("\n");
        require(static_cast<int>(write(out, line.data(), line.size())), file);
    }
}

std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(std::strtoul(hex.substr(i, 2).c_str(), nullptr, 16));
    }
    return bytes;
}

int connect_and_write(const char* path, const std::string& bytes) {
    const int fd = require(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    const sockaddr_un address = unix_address(path);
    require(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), path);
    // The daemon may well have closed a hostile connection before all is written.
    for (size_t sent = 0; sent < bytes.size();) {
        const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n < 0) {
            break;
        }
        sent += static_cast<size_t>(n);
    }
    return fd;
}

bool read_to_end(int fd, std::string& text) {
    std::array<char, 4096> bytes;
    for (;;) {
        pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
        if (poll(&ready, 1, 10'000) != 1) {
            return false;
        }
        const ssize_t n = read(fd, bytes.data(), bytes.size());
        if (n <= 0) {
            return true;
        }
        for (const char c : std::string_view(bytes.data(), static_cast<size_t>(n))) {
            text += c == '\n' || (c >= ' ' && c <= '~') ? std::string(1, c) : std::string();
        }
    }
}

void say(const char* text) {
    std::puts(text);
    std::fflush(stdout);
}

void rest() {
    const timespec hundredth{.tv_sec = 0, .tv_nsec = 10'000'000};
    nanosleep(&hundredth, nullptr);
}

[[noreturn]] void hold() {
    say("ready");
    for (;;) {
        pause();
    }
}

[[noreturn]] void pester_again(const char* path, int count, const std::string& bytes) {
    for (bool first = true;; first = false) {
        std::vector<int> connections;
        for (int i = 0; i < count; ++i) {
            connections.push_back(connect_and_write(path, bytes));
        }
        if (first) {
            say("ready");
        }
        std::string text;
        for (const int fd : connections) {
            read_to_end(fd, text);
            close(fd);
        }
    }
}

[[noreturn]] void drip(const char* path, int count, const std::string& bytes) {
    std::vector<int> connections(static_cast<size_t>(count), -1);
    for (size_t sent = 0;; ++sent) {
        for (int& fd : connections) {
            const bool is_new = fd < 0;
            fd = is_new ? connect_and_write(path, "") : fd;
            const char byte = bytes[is_new ? 0 : sent % bytes.size()];
            if (send(fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) {
                close(fd);
                fd = -1;
            }
        }
        if (sent == 0) {
            say("ready");
        }
        rest();
    }
}

[[noreturn]] void flood(const char* path) {
    say("ready");
    for (int opened = 1;; ++opened) {
        close(connect_and_write(path, ""));
        if (opened % 50 == 0) {
            rest();
        }
        if (opened % 1000 == 0) {
            say("a thousand");
        }
    }
}

int pester(const char* path, int count, std::string_view manner, const std::string& bytes) {
    if (manner == "again") {
        pester_again(path, count, bytes);
    }
    if (manner == "drip") {
        drip(path, count, bytes);
    }
    if (manner == "flood") {
        flood(path);
    }
    std::vector<int> connections;
    for (int i = 0; i < count; ++i) {
        connections.push_back(connect_and_write(path, bytes));
    }
    if (manner == "hold") {
        hold();
    }
    std::string text;
    for (const int fd : connections) {
        if (manner != "drop" && !read_to_end(fd, text)) {
            std::fputs("pest: the connection was not closed\n", stderr);
            return 1;
        }
    }
    if (manner == "text") {
        std::puts(text.c_str());
    }
    return 0;
}

// ---- lacking ----

int run_lacking(std::string_view what, char** command) {
    constexpr unsigned kLandlockCreateRuleset = 444;
    const unsigned number = what == "seccomp" ? SYS_seccomp : kLandlockCreateRuleset;
    sock_filter program[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                             {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number},
                             {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
                             {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog filter{std::size(program), program};
    // Without no_new_privs, which would keep what COMMAND does from changing users.
    require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), "seccomp");
    execvp(command[0], command);
    die(command[0]);
}

// ---- service ----

void tell_manager(const std::string& text, const std::vector<int>& fds = {}) {
    const int fd = require(socket(AF_UNIX, SOCK_DGRAM, 0), "socket");
    sockaddr_un address = unix_address(std::getenv("NOTIFY_SOCKET"));
    const size_t size = offsetof(sockaddr_un, sun_path) + std::strlen(address.sun_path);
    if (address.sun_path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = static_cast<socklen_t>(size);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fds.size() == 2) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(2 * sizeof(int));
        std::memcpy(CMSG_DATA(header), fds.data(), 2 * sizeof(int));
    }
    require(static_cast<int>(sendmsg(fd, &message, 0)), "sendmsg");
    close(fd);
}

void store_pipe(const std::string& word) {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC), "pipe");
    require(static_cast<int>(write(ends[1], word.data(), word.size())), "write");
    const char* const poll = word.rfind("polled", 0) == 0 ? "" : "\nFDPOLL=0";
    tell_manager("FDSTORE=1\nFDNAME=" + word + poll, {ends[0], ends[0]});
    close(ends[0]);  // the other end stays open for as long as we live
}

// What the store gave back, or nothing if that is not for this process.
int take_from_store() {
    const char* const pid = std::getenv("LISTEN_PID");
    if (pid == nullptr || std::strtol(pid, nullptr, 10) != getpid()) {
        return 0;
    }
    const int count = static_cast<int>(std::strtol(std::getenv("LISTEN_FDS"), nullptr, 10));
    std::printf("names %s\n", std::getenv("LISTEN_FDNAMES"));
    for (int fd = 3; fd < 3 + count; ++fd) {
        std::array<char, 64> word{};
        require(static_cast<int>(read(fd, word.data(), word.size() - 1)), "read");
        std::printf("%d holds %s\n", fd, word.data());
    }
    std::fflush(stdout);
    return count;
}

void speak_out_of_turn() {
    if (require(fork(), "fork") == 0) {
        tell_manager("READY=1\nSTATUS=out of turn");
        for (;;) {
            pause();
        }
    }
}

int serve(char** words) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    speak_out_of_turn();
    require(sigprocmask(SIG_BLOCK, &signals, nullptr), "sigprocmask");
    if (take_from_store() == 0) {
        for (char** word = words; *word != nullptr; ++word) {
            store_pipe(*word);
        }
    }
    tell_manager("READY=1\nSTATUS=at your service");
    for (int signal = 0; sigwait(&signals, &signal) == 0 && signal == SIGHUP;) {
        const std::string now = notify_line("");
        tell_manager("RELOADING=1\nMONOTONIC_USEC=" + now.substr(0, now.find(' ')));
        tell_manager(std::string("FDSTOREREMOVE=1\nFDNAME=") + *words);
        tell_manager("READY=1\nSTATUS=once more");
    }
    return 0;
}

// ---- break ----

int option_of(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

void make_deaf(int fd, bool listens) {
    sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog filter{.len = 1, .filter = &nothing};
    if (option_of(fd, SO_TYPE) == SOCK_RAW && option_of(fd, SO_DOMAIN) != AF_NETLINK) {
        require(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter), "filter");
    }
    if (listens) {
        require(listen(fd, 0), "listen");
    }
    if (option_of(fd, SO_TYPE) >= 0) {
        require(fcntl(fd, F_SETFL, 0), "F_SETFL");
    } else if (fcntl(fd, F_GET_SEALS) >= 0) {
        require(fcntl(fd, F_SETFL, O_APPEND), "F_SETFL");
    }
}

void break_descriptor(int fd, std::string_view manner) {
    const bool listens = option_of(fd, SO_ACCEPTCONN) == 1;
    if (manner == "deaf") {
        make_deaf(fd, listens);
    } else if (manner == "shut" && listens) {
        require(shutdown(fd, SHUT_RDWR), "shutdown");
    } else if (manner == "done" && option_of(fd, SO_TYPE) == SOCK_RAW) {
        constexpr int kDone = 201;  // MRT_DONE and MRT6_DONE
        const int none = 0;
        (void)setsockopt(fd, IPPROTO_IP, kDone, &none, sizeof none);
        (void)setsockopt(fd, IPPROTO_IPV6, kDone, &none, sizeof none);
    }
}

int break_all(const char* pid, std::string_view manner) {
    constexpr int kMost = 256;
    const long number_of_process = std::strtol(pid, nullptr, 10);
    const int process =
        require(static_cast<int>(syscall(SYS_pidfd_open, number_of_process, 0)), "pidfd_open");
    for (int number = 3; number < kMost; ++number) {
        const int fd = static_cast<int>(syscall(SYS_pidfd_getfd, process, number, 0));
        if (fd >= 0) {
            break_descriptor(fd, manner);
            close(fd);
        }
    }
    return 0;
}

// ---- json ----

int check_json() {
    std::string text;
    std::array<char, 65536> bytes;
    while (const size_t size = std::fread(bytes.data(), 1, bytes.size(), stdin)) {
        text.append(bytes.data(), size);
    }
    JsonReader reader(text);
    if (!reader.read()) {
        std::fprintf(stderr, "pest: no JSON from byte %zu on\n", reader.position());
        return 1;
    }
    std::fputs(reader.objects().c_str(), stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "json") {
        return check_json();
    }
    const std::string_view mode = argc > 3 ? argv[1] : "";
    if (mode == "keep") {
        return keep(argv[2], argv + 3);
    }
    if (mode == "break") {
        return break_all(argv[2], argv[3]);
    }
    if (mode == "syslog") {
        return record(argv[2], argv[3], syslog_line);
    }
    if (mode == "settle") {
        return settle(argv[2], argv[3]);
    }
    if (mode == "lacking") {
        return run_lacking(argv[2], argv + 3);
    }
    if (mode == "notify") {
        return record(argv[2], argv[3], notify_line);
    }
    if (argc > 2 && std::string_view(argv[1]) == "service") {
        return serve(argv + 2);
    }
    if (mode == "connect" && argc > 4) {
        return pester(argv[2], static_cast<int>(std::strtol(argv[3], nullptr, 10)), argv[4],
                      from_hex(argc > 5 ? argv[5] : ""));
    }
    std::fputs(
        "usage: pest keep FILE COMMAND... | syslog SOCKET FILE | settle SOCKET FILE | "
        "notify SOCKET FILE | "
        "connect SOCKET N hold|drop|eof|text|again|drip|flood [HEX] | service WORD... | "
        "break PID MANNER | lacking seccomp|landlock COMMAND... | json\n",
        stderr);
    return 2;
}
