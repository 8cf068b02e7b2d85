// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// A stand-in for systemd, as far as one service of Type=notify with NotifyAccess=main,
// Restart=on-failure and a FileDescriptorStoreMax= can tell the difference:
//
//   manager [OPTION...] COMMAND...
//     --log FILE          appends the events to FILE instead of printing them, one line for each
//     --socket PATH       the NOTIFY_SOCKET; "@NAME" is an abstract one. Else one of its own
//     --store-max N       FileDescriptorStoreMax=, 4096 unless told
//     --watchdog USEC     WatchdogSec=: no sign of life for so long, and the service is aborted
//     --no-restart        Restart=no
//     --kill-mode MODE    KillMode=: control-group (unless told), mixed or process
//     --patience MS       TimeoutStopSec=, 5000 unless told. Restarts do not wait
//
// SIGUSR1 is `systemctl restart`, SIGHUP `systemctl reload`, SIGTERM and SIGINT `systemctl stop`.
// The store is kept over restarts, asked for or not, and is gone with the service. The status is 0
// if the service ended as it should, else 1.
//
// The processes of the "control group" are the descendants: what they leave behind becomes ours.
// What systemd does and the manual pages do not say: a descriptor that is in the store already is
// dropped, and so is one with EPOLLHUP or EPOLLERR, unless FDPOLL=0 came with it; a service that
// ends by HUP, INT, TERM or PIPE has not failed; a reload counts if it began after it was asked
// for.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/kcmp.h>

namespace {

constexpr int kFirstListenFd = 3;
constexpr int kFdsInMessage = 253;  // the kernel's SCM_MAX_FD
constexpr int kFailedStarts = 5;    // in a row, and we give up: StartLimitBurst=
constexpr uint64_t kNever = UINT64_MAX;

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "manager: %s: %s\n", what, std::strerror(errno));
    std::exit(111);
}

int require(int result, const char* what) { return result < 0 ? die(what), result : result; }

uint64_t now_us() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<uint64_t>(now.tv_nsec) / 1000;
}

struct Options {
    const char* log = nullptr;
    std::string socket;
    size_t store_max = 4096;
    uint64_t watchdog_us = 0;
    bool restart = true;
    std::string_view kill_mode = "control-group";
    uint64_t patience_us = 5'000'000;
    char** command = nullptr;
};

// ---- Messages ----

// What one datagram says and brings; the descriptors are the reader's to close.
struct Message {
    pid_t sender = 0;
    std::string text;
    std::vector<int> fds;

    bool has(std::string_view assignment) const {
        return ("\n" + text + "\n").find("\n" + std::string(assignment) + "\n") !=
               std::string::npos;
    }
    std::optional<std::string> value(std::string_view name) const {
        const std::string lines = "\n" + text + "\n";
        const std::string key = "\n" + std::string(name) + "=";
        const size_t at = lines.find(key);
        if (at == std::string::npos) {
            return std::nullopt;
        }
        const size_t begin = at + key.size();
        return lines.substr(begin, lines.find('\n', begin) - begin);
    }
};

void take_control_data(msghdr& header, Message& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET) {
            continue;
        }
        if (c->cmsg_type == SCM_CREDENTIALS) {
            ucred credentials{};
            std::memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
            message.sender = credentials.pid;
        } else if (c->cmsg_type == SCM_RIGHTS) {
            message.fds.resize((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            std::memcpy(message.fds.data(), CMSG_DATA(c), message.fds.size() * sizeof(int));
        }
    }
}

std::optional<Message> receive(int fd) {
    std::array<char, 4096> text;
    alignas(cmsghdr)
        std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(kFdsInMessage * sizeof(int))>
            control;
    iovec part{.iov_base = text.data(), .iov_len = text.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) {
        return std::nullopt;
    }
    Message message;
    message.text.assign(text.data(), static_cast<size_t>(size));
    take_control_data(header, message);
    return message;
}

// A socket whose messages come with the sender's process, at `name`, which any user may write to.
int open_notify_socket(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        die(name.c_str());
    }
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool is_abstract = name.front() == '@';
    if (is_abstract) {
        address.sun_path[0] = '\0';
    } else {
        unlink(name.c_str());
    }
    const int fd = require(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    const size_t size = offsetof(sockaddr_un, sun_path) + name.size();
    require(bind(fd, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)),
            name.c_str());
    if (!is_abstract) {
        require(chmod(name.c_str(), 0777), name.c_str());
    }
    const int yes = 1;
    require(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes), "SO_PASSCRED");
    return fd;
}

// ---- The descriptor store ----

// Both are the same open file, not merely the same file.
bool same_file(int a, int b) {
    const pid_t self = getpid();
    const long order = syscall(SYS_kcmp, self, self, KCMP_FILE, a, b);
    if (order >= 0) {
        return order == 0;
    }
    struct stat first {};
    struct stat second {};
    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino && fcntl(a, F_GETFL) == fcntl(b, F_GETFL);
}

struct Stored {
    std::string name;
    int fd;
    bool polled;
};

class Store {
public:
    explicit Store(size_t max) : max_(max) {}

    enum class Outcome { kStored, kDuplicate, kFull };
    // Takes the descriptor over.
    Outcome add(const std::string& name, int fd, bool polled) {
        const bool known = std::any_of(all_.begin(), all_.end(), [fd](const Stored& stored) {
            return same_file(stored.fd, fd);
        });
        if (known || all_.size() >= max_) {
            close(fd);
            return known ? Outcome::kDuplicate : Outcome::kFull;
        }
        all_.push_back({name, fd, polled});
        return Outcome::kStored;
    }

    // How many of that name there were.
    size_t remove(std::string_view name) {
        return remove_if([name](const Stored& stored) { return stored.name == name; });
    }
    void remove_fd(int fd) {
        remove_if([fd](const Stored& stored) { return stored.fd == fd; });
    }
    void clear() {
        remove_if([](const Stored&) { return true; });
    }

    const std::vector<Stored>& all() const { return all_; }

private:
    template <typename Predicate>
    size_t remove_if(Predicate predicate) {
        return std::erase_if(
            all_, [&](const Stored& stored) { return predicate(stored) && close(stored.fd) == 0; });
    }

    size_t max_;
    std::vector<Stored> all_;
};

std::string names_of(const Store& store) {
    std::string names;
    for (const Stored& stored : store.all()) {
        names += (names.empty() ? "" : ":") + stored.name;
    }
    return names;
}

bool is_valid_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
        return c >= ' ' && c <= '~' && c != ':';
    });
}

// ---- Processes ----

struct Process {
    pid_t pid;
    pid_t parent;
};

// The fourth word of /proc/PID/stat, behind a name that may hold anything.
std::optional<Process> read_process(const char* pid) {
    FILE* file = std::fopen(("/proc/" + std::string(pid) + "/stat").c_str(), "r");
    if (file == nullptr) {
        return std::nullopt;
    }
    std::array<char, 512> line{};
    const bool read = std::fgets(line.data(), static_cast<int>(line.size()), file) != nullptr;
    std::fclose(file);
    const char* const behind = read ? std::strrchr(line.data(), ')') : nullptr;
    Process process{static_cast<pid_t>(std::strtol(pid, nullptr, 10)), 0};
    if (behind == nullptr || std::sscanf(behind, ") %*c %d", &process.parent) != 1) {
        return std::nullopt;
    }
    return process;
}

std::vector<pid_t> descendants() {
    std::vector<Process> others;
    DIR* const directory = opendir("/proc");
    while (const dirent* entry = directory != nullptr ? readdir(directory) : nullptr) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
            if (const auto process = read_process(entry->d_name)) {
                others.push_back(*process);
            }
        }
    }
    closedir(directory);
    std::vector<pid_t> found{getpid()};
    for (size_t i = 0; i < found.size(); ++i) {
        for (const Process& process : others) {
            if (process.parent == found[i]) {
                found.push_back(process.pid);
            }
        }
    }
    found.erase(found.begin());
    return found;
}

std::string how_it_ended(pid_t pid, int status) {
    return std::to_string(pid) +
           (WIFSIGNALED(status) ? " was killed by signal " + std::to_string(WTERMSIG(status))
                                : " ended with status " + std::to_string(WEXITSTATUS(status)));
}

bool is_success(int status) {
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == 0;
    }
    const int signal = WTERMSIG(status);
    return signal == SIGHUP || signal == SIGINT || signal == SIGTERM || signal == SIGPIPE;
}

// ---- The manager ----

class Manager {
public:
    explicit Manager(const Options& options);
    ~Manager();
    int run();

private:
    enum class Goal { kRun, kRestart, kStop };

    void say(const std::string& text) const;
    void start();
    [[noreturn]] void become_service();
    void set_environment();
    void wait_for_event();
    int until_next_deadline() const;
    void on_deadlines();
    void read_messages();
    void on_message(Message& message);
    void on_ready(const Message& message);
    void on_store_message(Message& message);
    void drop_dead_descriptors(const std::vector<pollfd>& polled);
    void on_signal(int signal);
    void end_service(Goal goal);
    void reap();
    void on_end(int status);
    void kill_rest();
    void kill_all(const std::vector<pid_t>& processes, int signal) const;

    const Options& options_;
    FILE* log_ = stdout;
    std::string directory_;  // of our own, if the socket is there
    std::string socket_name_;
    sigset_t signals_{};
    rlimit files_{};  // what the service gets
    int socket_ = -1;
    int signal_fd_ = -1;
    Store store_;
    pid_t main_ = 0;
    Goal goal_ = Goal::kRun;
    bool ready_ = false;
    int failed_starts_ = 0;
    uint64_t reload_asked_ = kNever;
    bool reloading_ = false;
    uint64_t watchdog_at_ = kNever;
    uint64_t kill_at_ = kNever;
    std::optional<int> exit_status_;
};

Manager::Manager(const Options& options) : options_(options), store_(options.store_max) {
    if (options.log != nullptr && (log_ = std::fopen(options.log, "a")) == nullptr) {
        die(options.log);
    }
    socket_name_ = options.socket;
    if (socket_name_.empty()) {
        const char* const base = std::getenv("TMPDIR");
        directory_ = std::string(base != nullptr ? base : "/tmp") + "/manager.XXXXXX";
        if (mkdtemp(directory_.data()) == nullptr || chmod(directory_.c_str(), 0755) != 0) {
            die(directory_.c_str());
        }
        socket_name_ = directory_ + "/notify";
    }
    socket_ = open_notify_socket(socket_name_);
    require(prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper");
    sigemptyset(&signals_);
    for (const int signal : {SIGCHLD, SIGUSR1, SIGHUP, SIGTERM, SIGINT}) {
        sigaddset(&signals_, signal);
    }
    require(sigprocmask(SIG_BLOCK, &signals_, nullptr), "sigprocmask");
    signal_fd_ = require(signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
    require(getrlimit(RLIMIT_NOFILE, &files_), "RLIMIT_NOFILE");
    const rlimit most{files_.rlim_max, files_.rlim_max};
    require(setrlimit(RLIMIT_NOFILE, &most), "RLIMIT_NOFILE");
}

Manager::~Manager() {
    if (socket_name_.front() != '@') {
        unlink(socket_name_.c_str());
    }
    if (!directory_.empty()) {
        rmdir(directory_.c_str());
    }
}

void Manager::say(const std::string& text) const {
    std::fprintf(log_, "%s\n", text.c_str());
    std::fflush(log_);
}

int Manager::run() {
    start();
    while (!exit_status_) {
        wait_for_event();
    }
    return *exit_status_;
}

void Manager::start() {
    goal_ = Goal::kRun;
    ready_ = reloading_ = false;
    reload_asked_ = watchdog_at_ = kill_at_ = kNever;
    main_ = require(fork(), "fork");
    if (main_ == 0) {
        become_service();
    }
    say("started " + std::to_string(main_));
    if (!store_.all().empty()) {
        say("handed over " + names_of(store_));
    }
}

void Manager::become_service() {
    // As early as some versions do it: with a soft limit of 1024, more than 500 stored descriptors
    // keep the service from starting.
    require(setrlimit(RLIMIT_NOFILE, &files_), "RLIMIT_NOFILE");
    // First out of each other's way: what is stored may have the numbers that others shall get.
    const int count = static_cast<int>(store_.all().size());
    std::vector<int> fds;
    for (const Stored& stored : store_.all()) {
        fds.push_back(require(fcntl(stored.fd, F_DUPFD_CLOEXEC, kFirstListenFd + count), "dup"));
    }
    for (int i = 0; i < count; ++i) {
        require(dup2(fds[static_cast<size_t>(i)], kFirstListenFd + i), "dup2");
    }
    set_environment();
    require(sigprocmask(SIG_UNBLOCK, &signals_, nullptr), "sigprocmask");
    execvp(options_.command[0], options_.command);
    die(options_.command[0]);
}

void Manager::set_environment() {
    const std::string self = std::to_string(getpid());
    const bool watched = options_.watchdog_us > 0;
    const bool stored = !store_.all().empty();
    const std::array<std::pair<const char*, std::string>, 6> variables = {{
        {"NOTIFY_SOCKET", socket_name_},
        {"WATCHDOG_USEC", watched ? std::to_string(options_.watchdog_us) : ""},
        {"WATCHDOG_PID", watched ? self : ""},
        {"LISTEN_FDS", stored ? std::to_string(store_.all().size()) : ""},
        {"LISTEN_PID", stored ? self : ""},
        {"LISTEN_FDNAMES", names_of(store_)},
    }};
    for (const auto& [name, value] : variables) {
        value.empty() ? unsetenv(name) : setenv(name, value.c_str(), 1);
    }
}

void Manager::wait_for_event() {
    std::vector<pollfd> polled = {{signal_fd_, POLLIN, 0}, {socket_, POLLIN, 0}};
    for (const Stored& stored : store_.all()) {
        if (stored.polled) {
            polled.push_back({stored.fd, 0, 0});
        }
    }
    require(poll(polled.data(), polled.size(), until_next_deadline()), "poll");
    // Messages first: their sender may have ended since.
    read_messages();
    drop_dead_descriptors(polled);
    signalfd_siginfo info{};
    while (!exit_status_ && read(signal_fd_, &info, sizeof info) == sizeof info) {
        on_signal(static_cast<int>(info.ssi_signo));
    }
    on_deadlines();
}

int Manager::until_next_deadline() const {
    const uint64_t next = std::min(watchdog_at_, kill_at_);
    const uint64_t now = now_us();
    return next == kNever ? -1 : next <= now ? 0 : static_cast<int>((next - now) / 1000 + 1);
}

void Manager::on_deadlines() {
    if (watchdog_at_ <= now_us()) {
        watchdog_at_ = kNever;
        say("no sign of life of " + std::to_string(main_));
        kill(main_, SIGABRT);
        kill_at_ = now_us() + options_.patience_us;
    }
    if (kill_at_ <= now_us()) {
        kill_at_ = kNever;
        say("killing " + std::to_string(main_));
        kill(main_, SIGKILL);
    }
}

void Manager::read_messages() {
    while (auto message = receive(socket_)) {
        if (message->sender == main_) {
            on_message(*message);
        } else {
            say("ignored message of process " + std::to_string(message->sender));
        }
        for (const int fd : message->fds) {
            close(fd);
        }
    }
}

void Manager::on_message(Message& message) {
    on_store_message(message);
    if (message.has("RELOADING=1")) {
        const std::string began = message.value("MONOTONIC_USEC").value_or("0");
        reloading_ = reload_asked_ <= std::strtoull(began.c_str(), nullptr, 10);
        say("reloading");
    }
    if (message.has("READY=1")) {
        on_ready(message);
    } else if (const auto status = message.value("STATUS")) {
        say("status " + *status);
    }
    if (message.has("STOPPING=1")) {
        say("stopping");
    }
    if (options_.watchdog_us > 0 && ready_ && goal_ == Goal::kRun) {
        const bool alive = message.has("WATCHDOG=1") || message.has("READY=1");
        watchdog_at_ = alive ? now_us() + options_.watchdog_us : watchdog_at_;
    }
}

void Manager::on_ready(const Message& message) {
    ready_ = true;
    failed_starts_ = 0;
    say("ready " + message.value("STATUS").value_or(""));
    if (reloading_) {
        reloading_ = false;
        reload_asked_ = kNever;
        say("reloaded");
    }
}

void Manager::on_store_message(Message& message) {
    const std::string given = message.value("FDNAME").value_or("");
    const std::string name = is_valid_name(given) ? given : "stored";
    const auto size = [this] {
        return " (" + std::to_string(store_.all().size()) + " in the store)";
    };
    if (message.has("FDSTOREREMOVE=1")) {
        for (size_t count = store_.remove(given); count > 0; --count) {
            say("removed " + given + size());
        }
    } else if (message.has("FDSTORE=1")) {
        for (const int fd : std::exchange(message.fds, {})) {
            const Store::Outcome outcome = store_.add(name, fd, !message.has("FDPOLL=0"));
            say((outcome == Store::Outcome::kStored      ? "stored "
                 : outcome == Store::Outcome::kDuplicate ? "duplicate of "
                                                         : "no room for ") +
                name + size());
        }
    }
}

void Manager::drop_dead_descriptors(const std::vector<pollfd>& polled) {
    for (const pollfd& entry : polled) {
        const auto stored = std::find_if(store_.all().begin(), store_.all().end(),
                                         [&](const Stored& s) { return s.fd == entry.fd; });
        if (stored != store_.all().end() && (entry.revents & (POLLHUP | POLLERR)) != 0) {
            say("dropped " + stored->name + ", which is dead");
            store_.remove_fd(entry.fd);
        }
    }
}

void Manager::on_signal(int signal) {
    if (signal == SIGCHLD) {
        reap();
    } else if (signal == SIGHUP) {
        reload_asked_ = now_us();
        kill(main_, SIGHUP);
    } else {
        end_service(signal == SIGUSR1 ? Goal::kRestart : Goal::kStop);
    }
}

void Manager::end_service(Goal goal) {
    goal_ = goal;
    watchdog_at_ = kNever;
    kill_at_ = now_us() + options_.patience_us;
    kill_all(options_.kill_mode == "control-group" ? descendants() : std::vector{main_}, SIGTERM);
}

void Manager::kill_all(const std::vector<pid_t>& processes, int signal) const {
    for (const pid_t process : processes) {
        kill(process, signal);
    }
}

void Manager::reap() {
    std::optional<int> end;
    int status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == main_) {
            end = status;
        }
    }
    if (end) {
        // Its last words; after this nobody speaks for the service.
        read_messages();
        on_end(*end);
    }
}

void Manager::on_end(int status) {
    const bool failed = !is_success(status);
    failed_starts_ += failed && !ready_ ? 1 : 0;
    const bool again =
        goal_ == Goal::kRestart ||
        (goal_ == Goal::kRun && failed && options_.restart && failed_starts_ < kFailedStarts);
    say(how_it_ended(main_, status) + (again ? ", restarting" : ""));
    main_ = 0;
    if (options_.kill_mode != "process") {
        kill_rest();
    }
    if (again) {
        start();
        return;
    }
    store_.clear();
    exit_status_ = failed ? 1 : 0;
    say(failed ? "failed" : "stopped");
}

// Asks what the main process left behind to end, and waits for it.
void Manager::kill_rest() {
    std::vector<pid_t> rest = descendants();
    for (const pid_t process : rest) {
        say("left behind: " + std::to_string(process));
    }
    const bool ask = options_.kill_mode == "control-group";
    kill_all(rest, ask ? SIGTERM : SIGKILL);
    const uint64_t end = now_us() + options_.patience_us;
    while (!(rest = descendants()).empty()) {
        if (now_us() >= end) {
            kill_all(rest, SIGKILL);
        }
        poll(nullptr, 0, 5);
        while (waitpid(-1, nullptr, WNOHANG) > 0) {
        }
    }
}

// ---- The command line ----

[[noreturn]] void usage() {
    std::fputs(
        "usage: manager [--log FILE] [--socket PATH|@NAME] [--store-max N] [--watchdog USEC] "
        "[--no-restart] [--kill-mode control-group|mixed|process] [--patience MS] COMMAND...\n",
        stderr);
    std::exit(2);
}

void set_option(Options& options, std::string_view name, char* value) {
    if (name == "--log") {
        options.log = value;
    } else if (name == "--socket") {
        options.socket = value;
    } else if (name == "--store-max") {
        options.store_max = std::strtoul(value, nullptr, 10);
    } else if (name == "--watchdog") {
        options.watchdog_us = std::strtoull(value, nullptr, 10);
    } else if (name == "--kill-mode") {
        options.kill_mode = value;
    } else if (name == "--patience") {
        options.patience_us = std::strtoull(value, nullptr, 10) * 1000;
    } else {
        usage();
    }
}

Options parse_options(char** word) {
    Options options;
    for (; *word != nullptr && std::strncmp(*word, "--", 2) == 0; ++word) {
        if (std::strcmp(*word, "--no-restart") == 0) {
            options.restart = false;
        } else if (word[1] == nullptr) {
            usage();
        } else {
            set_option(options, word[0], word[1]);
            ++word;
        }
    }
    if (*word == nullptr) {
        usage();
    }
    options.command = word;
    return options;
}

}  // namespace

int main(int /*argc*/, char** argv) {
    const Options options = parse_options(argv + 1);
    Manager manager(options);
    return manager.run();
}
