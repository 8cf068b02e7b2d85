// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers
//
// hostile: smcroute with a worker that somebody else has got hold of. Each worker takes an attack
// from the file that the environment's HOSTILE_DO names, "NAME [SEED]", and removes the file; where
// there is none it is the real one. What an attack has got that it should not is in
// HOSTILE_DO.loot. The worker attacks as root and without a sandbox, so that what holds is the
// guard alone.
#define run_worker run_real_worker
#include "guard/worker.cc"
#undef run_worker

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include "guard/protocol.h"
#include "os/file.h"
#include "os/passing.h"

namespace smcroute {

namespace {

// More than any limit on descriptors here, and than any queue is long.
constexpr uint32_t kFlood = 100'000;
constexpr uint32_t kMoreThanFit = 5'000;

class Attack {
public:
    Attack(WorkerStart& start, std::string loot) : guard_(start.guard), loot_(std::move(loot)) {}

    // False where there is no such attack.
    bool run(const std::string& name, unsigned seed);

private:
    // Until the guard has had enough of us.
    void say(const GuardMessage& message, std::span<const int> descriptors = {}) {
        say_bytes(encode_message(message), descriptors);
    }
    void say_bytes(std::span<const std::byte> bytes, std::span<const int> descriptors = {}) {
        if (!guard_.send(MessageSocket::kForever, bytes, descriptors)) {
            pause();
        }
    }

    // What came along with the answer.
    UniqueFd ask(const GuardMessage& question) {
        say(question);
        auto answer = guard_.receive(MessageSocket::kForever);
        const bool has = answer && *answer && !(**answer).descriptors.empty();
        return has ? std::move((**answer).descriptors.front()) : UniqueFd();
    }

    void steal(const GuardMessage& question) {
        if (const UniqueFd got = ask(question)) {
            const UniqueFd file(open(loot_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
            const auto text = read_rest(got.get(), "loot", 1 << 20);
            (void)!write(file.get(), text ? text->data() : "?", text ? text->size() : 1);
        }
    }

    void hold_what_is_no_socket_for_joins(unsigned which);
    void hold_flood();
    void read_what_nobody_has_named();
    void have_scripts_run(unsigned which);
    void say_at_random(unsigned seed);
    std::string any_text();

    MessageSocket& guard_;
    std::string loot_;
    std::mt19937 random_;
};

bool Attack::run(const std::string& name, unsigned seed) {
    random_.seed(seed);
    const auto flood = [this](const auto& each) {
        for (uint32_t i = 0; i < kFlood; ++i) {
            say(each(i));
        }
    };
    if (name == "hold") {
        hold_what_is_no_socket_for_joins(seed);
    } else if (name == "hold-flood") {
        hold_flood();
    } else if (name == "release-flood") {
        flood([](uint32_t i) { return Release{i * 2654435761U}; });
    } else if (name == "notify-flood") {
        flood([](uint32_t i) {
            return Notify{static_cast<Notice>(i % 5), std::string(i % 4096, '\n') + "MAINPID=1"};
        });
    } else if (name == "deaf") {
        for (uint32_t i = 0; i < kMoreThanFit; ++i) {
            say(TouchPidFile{});
        }
    } else if (name == "read") {
        read_what_nobody_has_named();
    } else if (name == "script") {
        have_scripts_run(seed);
    } else if (name == "mrdisc") {
        for (const char* const interface : {"", "eth0/../x", "eth0", "none0", "lo"}) {
            say(OpenMrdisc{Family::kIpv4, seed, interface});
            say(OpenMrdisc{Family::kIpv6, UINT32_MAX, interface});
        }
    } else if (name == "ready-twice") {
        say(Ready{});
        say(Ready{});
    } else if (name == "order") {
        const std::array<GuardMessage, 4> orders = {Answer{}, ReloadOrder{}, StopOrder{"x"},
                                                    ScriptEnded{0}};
        say(orders[seed % orders.size()]);
    } else if (name == "too-large") {
        const std::vector<std::byte> bytes(MessageSocket::kMaxMessage + 1);
        for (uint32_t i = 0; i < kMoreThanFit; ++i) {
            (void)::send(guard_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }
    } else if (name == "too-many-descriptors") {
        const std::vector<int> descriptors(kMostPassed, guard_.fd());
        (void)send_passing(guard_.fd(), encode_message(Hold{1}), descriptors, MSG_NOSIGNAL);
    } else if (name == "empty") {
        (void)::send(guard_.fd(), "", 0, MSG_NOSIGNAL);
    } else if (name == "no-more-words") {
        shutdown(guard_.fd(), SHUT_WR);
    } else if (name == "upgrade-flood") {
        for (uint32_t i = 0; i < 100; ++i) {
            say(UpgradeRequest{});
        }
    } else if (name == "finish") {
        say(Finish{});
    } else if (name == "random") {
        say_at_random(seed);
    } else {
        return false;
    }
    return true;
}

void Attack::hold_what_is_no_socket_for_joins(unsigned which) {
    int ends[2] = {};
    (void)!pipe(ends);
    const std::array descriptors = {-1,
                                    ends[0],
                                    guard_.fd(),
                                    open("/dev/null", O_RDONLY),
                                    open("/", O_PATH),
                                    socket(AF_INET, SOCK_STREAM, 0),
                                    socket(AF_INET, SOCK_RAW, IPPROTO_IGMP),
                                    socket(AF_UNIX, SOCK_DGRAM, 0),
                                    socket(AF_NETLINK, SOCK_DGRAM, 0),
                                    socket(AF_PACKET, SOCK_DGRAM, 0)};
    const int descriptor = descriptors[which % descriptors.size()];
    say(Hold{1}, std::span(&descriptor, descriptor < 0 ? 0 : 1));
}

// Two sockets are enough, for the guard gets a descriptor with each message.
void Attack::hold_flood() {
    const UniqueFd v4(socket(AF_INET, SOCK_DGRAM, 0));
    const UniqueFd v6(socket(AF_INET6, SOCK_DGRAM, 0));
    for (uint32_t i = 0; i < kFlood; ++i) {
        say(Hold{i}, std::array{i % 2 == 0 ? v4.get() : v6.get()});
    }
}

void Attack::read_what_nobody_has_named() {
    for (const char* const path :
         {"/etc/shadow", "", "/", "/proc/self/environ", "/dev/stdin", "../etc/shadow",
          "/etc/smcroute.conf/../shadow", "/etc/smcroute.conf\n", "/etc/smcroute.con?"}) {
        steal(ReadFile{path});
        steal(FindFiles{path});
    }
    for (const char* const pattern : {"/etc/*", "/*/*/*/*", "~root/*", "*"}) {
        steal(FindFiles{pattern});
    }
}

void Attack::have_scripts_run(unsigned which) {
    const std::array calls = {RunScript{"install", "$(touch x)", "225.1.2.3"},
                              RunScript{"install", "10.0.0.2", "225.1.2.3\nPATH=/tmp"},
                              RunScript{"--file=/etc/shadow;$(id)", "", ""},
                              RunScript{"reload", "10.0.0.2", "225.1.2.3"},
                              RunScript{"install", "10.0.0.2", "10.0.0.3"},
                              RunScript{"", "", ""}};
    say(calls[which % calls.size()]);
}

std::string Attack::any_text() {
    std::string text(random_() % 64, '\0');
    for (char& c : text) {
        c = static_cast<char>(random_());
    }
    return random_() % 8 == 0 ? "/etc/smcroute.conf" : text;
}

// What makes sense each by itself, with a little that does not.
void Attack::say_at_random(unsigned seed) {
    const UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
    for (int i = 0; i < 2000; ++i) {
        const uint32_t number = random_() % 16;
        switch (random_() % 8) {
            case 0:
                ask(FindFiles{any_text()});
                break;
            case 1:
                say(Hold{number}, std::array{udp.get()});
                break;
            case 2:
                say(Release{number});
                break;
            case 3:
                say(Notify{static_cast<Notice>(number % 5), any_text()});
                break;
            case 4:
                ask(TouchPidFile{});
                break;
            case 5:
                ask(OpenMrdisc{Family::kIpv4, number, "eth1"});
                break;
            case 6:
                ask(ReadFile{any_text()});
                break;
            default:
                if (random_() % 1000 == 0) {
                    const std::string noise = any_text() + static_cast<char>(seed);
                    say_bytes(std::as_bytes(std::span(noise)));
                }
        }
    }
}

}  // namespace

ExitStatus run_worker(const ServiceSettings& settings, WorkerStart start) {
    const char* const path = getenv("HOSTILE_DO");
    std::array<char, 32> name = {};
    unsigned seed = 0;
    FILE* const file = path != nullptr ? fopen(path, "r") : nullptr;
    const bool attacks = file != nullptr && fscanf(file, "%31s %u", name.data(), &seed) >= 1;
    if (!attacks) {
        return run_real_worker(settings, std::move(start));
    }
    unlink(path);
    prctl(PR_SET_NAME, kWorkerName);
    signal(SIGPIPE, SIG_IGN);
    log_notice(compose("attack {} begins", name.data()));
    const bool known = Attack(start, compose("{}.loot", path)).run(name.data(), seed);
    log_notice(compose("attack {}{}", name.data(), known ? " is over" : " is none"));
    // What is left to the guard is to end us, or, where all that was said is allowed, to wait.
    pause();
    return ExitStatus::kOk;
}

}  // namespace smcroute
