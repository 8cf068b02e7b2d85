// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/server.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <functional>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

using Lines = std::vector<std::string>;

// Time as the tests turn it.
EventLoop::Clock::time_point clock_time;
EventLoop::Clock::time_point stopped_clock() { return clock_time; }
void turn_clock(EventLoop::Clock::duration by) { clock_time += by; }

std::string command(const Lines& words) {
    return encode_frame(FrameType::kCommand, encode_words(words).operator*());
}

// Pages that come when a test says so.
class News final : public Pages {
public:
    struct Source {
        std::string waiting;
        std::function<void()> ready;
        bool over = false;
        int asked = 0;

        void print(std::string_view text) {
            waiting += text;
            ready();
        }
    };

    explicit News(Source& source) : source_(source) {}
    ~News() override { source_.ready = nullptr; }

    More next(std::string& out, const Lookout& /*lookout*/) override {
        ++source_.asked;
        out += std::exchange(source_.waiting, {});
        return source_.over ? More::kNo : More::kLater;
    }
    void on_ready(std::function<void()> ready) override { source_.ready = std::move(ready); }

private:
    Source& source_;
};

// A long table of many pages.
class Table final : public Pages {
public:
    static constexpr int kPages = 100;
    static constexpr size_t kPageSize = 8 * 1024;

    explicit Table(std::function<void()>& on_page) : on_page_(on_page) {}

    More next(std::string& out, const Lookout& /*lookout*/) override {
        on_page_();
        out.append(kPageSize, 'x');
        return ++turned_ < kPages ? More::kYes : More::kNo;
    }

private:
    std::function<void()>& on_page_;
    int turned_ = 0;
};

// Answers "say N" with N bytes for stdout, "news" with what its source prints, "table" with pages,
// "fail" with an error, and anything else with nothing. "work N" takes N milliseconds, and what the
// real daemon takes long for kLong.
class Echo final : public CommandHandler {
public:
    Reply execute(std::span<const std::string> words, Access /*access*/) override {
        std::string text;
        for (const std::string& word : words) {
            text += text.empty() ? word : " " + word;
        }
        executed.push_back(text);
        if (words.front() == "work") {
            turn_clock(std::chrono::milliseconds(parse_number<int>(words[1]).value_or(0)));
        }
        if (course_of(words) == Course::kLong) {
            turn_clock(kLong);
        }
        if (words.front() == "say") {
            return {.out = std::string(parse_number<size_t>(words[1]).value_or(0), 'x')};
        }
        if (words.front() == "news") {
            return {.pages = std::make_unique<News>(source)};
        }
        if (words.front() == "table") {
            return {.pages = std::make_unique<Table>(on_page)};
        }
        if (words.front() == "fail") {
            return {.status = ExitStatus::kRefused, .details = "line\n", .reason = "no such thing"};
        }
        if (words.front() == kHandOver) {
            return {.descriptors = {450, {"join", STDERR_FILENO}}};
        }
        return {};
    }

    void before_answers() override {
        if (on_answers) {
            on_answers();
        }
    }

    ptrdiff_t times(std::string_view text) const {
        return std::count(executed.begin(), executed.end(), text);
    }

    static constexpr std::chrono::milliseconds kLong{300};

    Lines executed;
    News::Source source;
    std::function<void()> on_page;
    std::function<void()> on_answers;
};

// A real server on a socket of its own.
struct Bench {
    explicit Bench(const ControlAccess& access = {.owner = geteuid()}) {
        EXPECT(mkdtemp(directory.data()) != nullptr);
        path = directory + "/socket";
        auto listener = Listener::create(path, access.group());
        auto created = Server::create(loop, std::move(*listener), access, echo);
        EXPECT(static_cast<bool>(created));
        server = std::move(*created);
    }
    ~Bench() {
        server.reset();
        EXPECT(rmdir(directory.c_str()) == 0);
    }
    // Turns the loop until there is nothing to do.
    void settle() {
        int turns = 0;
        while (loop.run_once(std::chrono::milliseconds(0)) && turns < 100'000) {
            ++turns;
        }
        EXPECT(turns < 100'000);
    }

    std::string directory = "/tmp/smcroute-test-XXXXXX";
    std::string path;
    EventLoop loop = std::move(*EventLoop::create(&stopped_clock));
    Echo echo;
    std::unique_ptr<Server> server;
};

class Client {
public:
    explicit Client(Bench& bench) : bench_(bench), fd_(std::move(*connect_unix(bench.path))) {
        fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
        bench.settle();
    }
    // In the kernel's queue, before the server has had a turn.
    struct Unnoticed {};
    Client(Bench& bench, Unnoticed /*tag*/)
        : bench_(bench), fd_(std::move(*connect_unix(bench.path))) {
        fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
    }

    void send(std::string_view bytes) const {
        EXPECT(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size()));
    }
    // False if not all of it could be sent without waiting.
    bool try_send(std::string_view bytes) const {
        return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }
    void half_close() const { shutdown(fd_.get(), SHUT_WR); }
    void hang_up() { fd_.reset(); }

    // "out N bytes", "err TEXT", "done STATUS" for each frame so far; at the end of the stream
    // "end".
    Lines answers() {
        bench_.settle();
        while (receive()) {
            bench_.settle();
        }
        return answers_so_far();
    }
    Lines answers_so_far() {
        Lines lines;
        for (auto frame = decoder_.next(); frame && *frame; frame = decoder_.next()) {
            lines.push_back(show(**frame));
        }
        if (at_end_) {
            lines.emplace_back("end");
        }
        return lines;
    }
    // Without giving the server a turn.
    bool has_received() {
        receive();
        return decoder_.buffered() > 0;
    }
    bool has_received_more() { return receive(); }
    // At least that much, and not all.
    bool receive_some(size_t bytes) {
        const size_t before = decoder_.buffered();
        while (decoder_.buffered() < before + bytes && receive()) {
            bench_.settle();
        }
        return decoder_.buffered() >= before + bytes;
    }

private:
    static std::string show(const Frame& frame) {
        switch (frame.type) {
            case FrameType::kOut:
                return compose("out {}", count_of(frame.payload.size(), "byte"));
            case FrameType::kErr:
                return compose("err {}", frame.payload);
            case FrameType::kDone:
                return compose("done {}", static_cast<uint8_t>(frame.payload[0]));
            case FrameType::kCommand:
                break;
        }
        return "command";
    }
    bool receive() {
        std::array<char, 32 * 1024> bytes;
        const ssize_t size = recv(fd_.get(), bytes.data(), bytes.size(), 0);
        if (size > 0) {
            decoder_.push({bytes.data(), static_cast<size_t>(size)});
        }
        at_end_ = size == 0;
        return size > 0;
    }

    Bench& bench_;
    UniqueFd fd_;
    FrameDecoder decoder_;
    bool at_end_ = false;
};

// How many turns of a millisecond each until the client has its answer.
int turns_until_answered(Bench& bench, Client& client) {
    for (int turns = 1; turns < 10'000; ++turns) {
        bench.loop.run_once(std::chrono::milliseconds(0));
        if (client.has_received()) {
            return turns;
        }
        turn_clock(std::chrono::milliseconds(1));
    }
    return 10'000;
}

const Lines kOneSuccess = {"done 0"};

constexpr id_t kNobody = 65534;

// While it lives we are neither root nor the owner of a server whose owner is kNobody + 1.
class AsNobody {
public:
    AsNobody() : was_root_(geteuid() == 0) {
        managed_ = !was_root_ || (setegid(kNobody) == 0 && seteuid(kNobody) == 0);
    }
    ~AsNobody() {
        if (was_root_) {
            EXPECT(seteuid(0) == 0 && setegid(0) == 0);
        }
    }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;

    // False in a user namespace that knows only root.
    bool managed() const { return managed_; }

private:
    bool was_root_;
    bool managed_ = false;
};

// Open to the group that AsNobody is in.
ControlAccess open_to_nobody() {
    const gid_t gid = geteuid() == 0 ? kNobody : getegid();
    return {.owner = kNobody + 1, .readers = GroupIdentity{"watchers", gid}};
}

}  // namespace

TEST(server_answers_with_output_errors_and_status) {
    Bench bench;
    Client client(bench);
    client.send(command({"say", "3"}));
    EXPECT_EQ(client.answers(), (Lines{"out 3 bytes", "done 0"}));
    client.send(command({"fail", "now"}));
    EXPECT_EQ(client.answers(), (Lines{"err line\nsmcroute: no such thing\n", "done 1"}));
    EXPECT_EQ(bench.echo.executed, (Lines{"say 3", "fail now"}));
}

TEST(server_passes_descriptors_to_whoever_started_the_daemon) {
    Bench bench({.owner = kNobody, .starter = geteuid()});
    Client client(bench);
    client.send(command({std::string(kHandOver)}));
    // 200, 200 and 50 lines of five bytes.
    EXPECT_EQ(client.answers(),
              (Lines{"out 1000 bytes", "out 1000 bytes", "out 250 bytes", "done 0"}));
}

TEST(server_hands_nothing_over_to_those_who_may_command_or_read) {
    const AsNobody nobody;
    if (!nobody.managed()) {
        return;
    }
    ControlAccess may_command{.owner = geteuid(), .starter = kNobody + 1};
    ControlAccess may_read = open_to_nobody();
    may_read.starter = kNobody + 1;
    for (const auto& [access, reason] :
         {std::pair(may_command, "only root may take over from this daemon"),
          std::pair(may_read, "only root may change what runs (group watchers may only read)")}) {
        Bench bench(access);
        Client client(bench);
        client.send(command({std::string(kHandOver)}));
        EXPECT_EQ(client.answers(),
                  (Lines{compose("err smcroute: hand-over: {}\n", reason), "done 77"}));
        EXPECT(bench.echo.executed.empty());
    }
}

TEST(server_executes_pipelined_commands_in_order) {
    Bench bench;
    Client client(bench);
    std::string stream;
    Lines words;
    for (int i = 0; i < 3 * Server::kCommandsPerTurn + 1; ++i) {
        words.push_back(std::to_string(i));
        stream += command({words.back()});
    }
    client.send(stream);
    EXPECT_EQ(client.answers(), Lines(words.size(), "done 0"));
    EXPECT_EQ(bench.echo.executed, words);
}

// Once for all that came together, so that they are on record when the first answer is out.
TEST(server_says_that_it_will_answer_before_it_does) {
    Bench bench;
    Client client(bench);
    size_t told = 0;
    int times = 0;
    bench.echo.on_answers = [&] {
        if (told < bench.echo.executed.size()) {
            EXPECT(!client.has_received());
            told = bench.echo.executed.size();
            ++times;
        }
    };
    client.send(command({"1"}) + command({"2"}) + command({"3"}));
    EXPECT_EQ(client.answers(), Lines(3, "done 0"));
    EXPECT_EQ(told, 3U);
    EXPECT_EQ(times, 1);
}

TEST(server_puts_commands_together_from_pieces) {
    Bench bench;
    Client client(bench);
    const std::string stream = command({"a", "b"}) + command({"c"});
    for (const char byte : stream) {
        client.send({&byte, 1});
        bench.settle();
    }
    EXPECT_EQ(client.answers(), (Lines{"done 0", "done 0"}));
    EXPECT_EQ(bench.echo.executed, (Lines{"a b", "c"}));
}

TEST(server_ends_a_connection_that_sends_garbage) {
    Bench bench;
    Client client(bench);
    client.send(command({"a"}) + "GET / HTTP/1.1\r\n\r\n" + command({"b"}));
    EXPECT_EQ(client.answers(),
              (Lines{"done 0", "err smcroute: malformed frame\n", "done 64", "end"}));
    EXPECT_EQ(bench.echo.executed, Lines{"a"});
}

TEST(server_ends_a_connection_that_sends_another_frame_than_commands) {
    Bench bench;
    Client client(bench);
    client.send(encode_frame(FrameType::kOut, "x"));
    EXPECT_EQ(client.answers(), (Lines{"err smcroute: unexpected frame\n", "done 64", "end"}));
}

TEST(server_ends_a_connection_whose_words_make_no_sense) {
    Bench bench;
    Client client(bench);
    client.send(encode_frame(FrameType::kCommand, "no nul byte"));
    EXPECT_EQ(client.answers(), (Lines{"err smcroute: malformed command\n", "done 64", "end"}));
}

TEST(server_refuses_a_frame_that_is_too_long_at_its_header) {
    Bench bench;
    Client client(bench);
    client.send(std::string_view("\x7f\xff\xff\xff\x01", 5));
    EXPECT_EQ(client.answers(), (Lines{"err smcroute: malformed frame\n", "done 64", "end"}));
}

TEST(server_goes_on_with_other_clients_after_garbage) {
    Bench bench;
    Client bad(bench);
    Client good(bench);
    bad.send("garbage");
    bench.settle();
    good.send(command({"a"}));
    EXPECT_EQ(good.answers(), kOneSuccess);
}

TEST(server_is_not_held_up_by_clients_that_say_nothing_or_half_of_it) {
    Bench bench;
    const Client silent(bench);
    const Client half(bench);
    half.send(command({"a"}).substr(0, 6));
    Client client(bench);
    client.send(command({"b"}));
    EXPECT_EQ(client.answers(), kOneSuccess);
    EXPECT_EQ(bench.echo.executed, Lines{"b"});
}

TEST(server_serves_each_client_in_a_turn_however_much_another_has_sent) {
    Bench bench;
    const Client busy(bench);
    const Client other(bench);
    std::string stream;
    for (int i = 0; i < 10 * Server::kCommandsPerTurn; ++i) {
        stream += command({"busy"});
    }
    busy.send(stream);
    other.send(command({"other"}));
    bench.loop.run_once(std::chrono::milliseconds(0));
    EXPECT(std::count(bench.echo.executed.begin(), bench.echo.executed.end(), "busy") <=
           2 * Server::kCommandsPerTurn);
    EXPECT_EQ(bench.echo.times("other"), ptrdiff_t{1});
}

TEST(server_ends_a_turn_that_has_become_long_and_goes_on_in_the_next_ones) {
    Bench bench;
    std::deque<Client> busy;
    std::string stream;
    for (int i = 0; i < 20; ++i) {
        busy.emplace_back(bench);
        stream += command({"work", "2"});
    }
    Client client(bench);
    for (const Client& each : busy) {
        each.send(stream);
    }
    for (int turn = 1; turn <= 10; ++turn) {
        bench.loop.run_once(std::chrono::milliseconds(0));
        // Three make a turn long, and one more is of the one whose turn it is by then.
        EXPECT(bench.echo.times("work 2") <= turn * 4);
    }
    client.send(command({"other"}));
    EXPECT(turns_until_answered(bench, client) <= 40);
    bench.settle();
    EXPECT_EQ(bench.echo.times("work 2"), ptrdiff_t{20 * 20});
}

TEST(server_executes_of_commands_that_take_long_one_at_a_time_and_then_rests_as_long) {
    Bench bench;
    std::deque<Client> busy;
    for (int i = 0; i < 30; ++i) {
        busy.emplace_back(bench);
    }
    Client client(bench);
    for (const Client& each : busy) {
        std::string stream;
        for (int k = 0; k < 20; ++k) {
            stream += command({"--diff"});
        }
        each.send(stream);
    }
    for (ptrdiff_t round = 1; round <= 10; ++round) {
        bench.settle();
        EXPECT_EQ(bench.echo.times("--diff"), round);
        client.send(command({"other"}));
        EXPECT(turns_until_answered(bench, client) <= 2);
        EXPECT_EQ(client.answers_so_far(), kOneSuccess);
        turn_clock(Echo::kLong - std::chrono::milliseconds(3));
        bench.settle();
        EXPECT_EQ(bench.echo.times("--diff"), round);
        turn_clock(std::chrono::milliseconds(3));
    }
    // One after the other, and what follows it waits.
    EXPECT_EQ(busy.front().answers(), kOneSuccess);
    busy.front().send(command({"behind"}));
    bench.settle();
    EXPECT_EQ(bench.echo.times("behind"), ptrdiff_t{0});
    for (int i = 0; i < 30 * 20; ++i) {
        turn_clock(Echo::kLong);
        bench.settle();
    }
    EXPECT_EQ(bench.echo.times("--diff"), ptrdiff_t{30 * 20});
    EXPECT_EQ(bench.echo.times("behind"), ptrdiff_t{1});
    EXPECT_EQ(busy.front().answers(), Lines(20, "done 0"));
}

TEST(server_forgets_the_long_commands_of_a_client_that_has_hung_up) {
    Bench bench;
    Client first(bench);
    Client second(bench);
    Client third(bench);
    first.send(command({"--diff"}));
    second.send(command({"--flush"}));
    third.send(command({"--reload"}));
    bench.loop.run_once(std::chrono::milliseconds(0));
    second.hang_up();
    third.hang_up();
    bench.settle();
    turn_clock(Echo::kLong);
    bench.settle();
    EXPECT_EQ(bench.echo.executed, Lines{"--diff"});
}

TEST(server_lets_the_commands_of_a_client_wait_that_does_not_read) {
    constexpr size_t kCommands = 1000;
    Bench bench;
    Client client(bench);
    std::string stream;
    for (size_t i = 0; i < kCommands; ++i) {
        stream += command({"say", std::to_string(kMaxPayload)});
    }
    client.send(stream);
    bench.settle();
    const size_t executed = bench.echo.executed.size();
    int in_flight = 0;
    socklen_t size = sizeof(in_flight);
    const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT(getsockopt(probe.get(), SOL_SOCKET, SO_SNDBUF, &in_flight, &size) == 0);
    EXPECT(executed * kMaxPayload <=
           Connection::kMaxUnsent + 2 * kMaxPayload + 2 * static_cast<size_t>(in_flight));

    Client other(bench);
    other.send(command({"a"}));
    EXPECT_EQ(other.answers(), kOneSuccess);

    const Lines answers = client.answers();
    EXPECT_EQ(answers.size(), 2 * kCommands);
    EXPECT_EQ(bench.echo.executed.size(), kCommands + 1);
}

TEST(server_answers_a_client_that_has_nothing_more_to_say) {
    Bench bench;
    Client client(bench);
    std::string stream;
    for (int i = 0; i < 20; ++i) {
        stream += command({"say", std::to_string(kMaxPayload)});
    }
    client.send(stream);
    client.half_close();
    bench.settle();
    const Lines answers = client.answers();
    EXPECT_EQ(answers.size(), size_t{41});
    EXPECT_EQ(answers.back(), "end");
}

TEST(server_survives_clients_that_hang_up_at_any_point) {
    Bench bench;
    const std::string stream = command({"say", "100000"}) + command({"say", "100000"});
    for (size_t sent = 0; sent <= stream.size(); ++sent) {
        Client client(bench);
        client.send(std::string_view(stream).substr(0, sent));
        client.hang_up();
        bench.settle();
    }
    Client client(bench);
    client.send(command({"a"}));
    EXPECT_EQ(client.answers(), kOneSuccess);
}

TEST(server_closes_the_connection_that_was_silent_longest_when_there_are_too_many) {
    Bench bench;
    std::deque<Client> clients;
    while (clients.size() < Server::kMaxConnections) {
        clients.emplace_back(bench);
        clients.back().send(command({"a"}));
        EXPECT_EQ(clients.back().answers(), kOneSuccess);
    }
    clients.front().send(command({"a"}));
    EXPECT_EQ(clients.front().answers(), kOneSuccess);
    turn_clock(Server::kGrace);
    Client newest(bench);
    EXPECT_EQ(clients[0].answers(), Lines{});
    EXPECT_EQ(clients[1].answers(), Lines{"end"});
    EXPECT_EQ(clients[2].answers(), Lines{});
    newest.send(command({"b"}));
    EXPECT_EQ(newest.answers(), kOneSuccess);
}

TEST(server_sends_what_an_answer_waited_for_and_costs_no_turn_until_then) {
    Bench bench;
    Client client(bench);
    client.send(command({"news"}) + command({"a"}));
    EXPECT_EQ(client.answers(), Lines{});
    EXPECT_EQ(bench.echo.source.asked, 1);
    EXPECT(!bench.loop.run_once(std::chrono::milliseconds(0)));
    bench.echo.source.print("12345");
    bench.echo.source.print("67");
    EXPECT_EQ(client.answers(), Lines{"out 7 bytes"});
    EXPECT_EQ(bench.echo.source.asked, 2);
    bench.echo.source.print("1");
    EXPECT_EQ(client.answers(), Lines{"out 1 byte"});
    EXPECT_EQ(bench.echo.executed, Lines{"news"});
    bench.echo.source.over = true;
    bench.echo.source.print("");
    EXPECT_EQ(client.answers(), (Lines{"done 0", "done 0"}));
    EXPECT_EQ(bench.echo.executed, (Lines{"news", "a"}));
}

TEST(server_lets_go_of_an_answer_that_waits_when_its_client_hangs_up) {
    Bench bench;
    for (const bool with_more : {false, true}) {
        Client client(bench);
        client.send(command({"news"}) + (with_more ? command({"a"}) : ""));
        bench.settle();
        EXPECT(static_cast<bool>(bench.echo.source.ready));
        client.hang_up();
        bench.settle();
        EXPECT(!bench.echo.source.ready);
    }
    {
        Client client(bench);
        client.send(command({"news"}));
        bench.settle();
        bench.echo.source.print("1");
        client.hang_up();
        bench.settle();
        EXPECT(!bench.echo.source.ready);
    }
    const Client client(bench);
    client.send(command({"news"}));
    bench.settle();
    bench.server.reset();
    EXPECT(!bench.echo.source.ready);
}

TEST(server_goes_on_with_an_answer_that_waits_for_a_client_that_has_nothing_more_to_say) {
    Bench bench;
    Client client(bench);
    client.send(command({"news"}));
    client.half_close();
    EXPECT_EQ(client.answers(), Lines{});
    EXPECT(!bench.loop.run_once(std::chrono::milliseconds(0)));
    bench.echo.source.print("1");
    EXPECT_EQ(client.answers(), Lines{"out 1 byte"});
    bench.echo.source.over = true;
    bench.echo.source.print("");
    EXPECT_EQ(client.answers(), (Lines{"done 0", "end"}));
}

TEST(server_does_not_pile_up_what_is_sent_while_an_answer_waits) {
    Bench bench;
    const Client client(bench);
    client.send(command({"news"}));
    bench.settle();
    const std::string stream(kMaxPayload, 'x');
    size_t taken = 0;
    for (int i = 0; i < 100 && client.try_send(stream); ++i) {
        bench.settle();
        ++taken;
    }
    EXPECT(taken < 100);
    EXPECT(static_cast<bool>(bench.echo.source.ready));
}

TEST(server_asks_for_no_more_of_a_waiting_answer_than_its_client_reads) {
    Bench bench;
    Client client(bench);
    client.send(command({"news"}));
    bench.settle();
    int prints = 0;
    for (; prints < 100 && bench.echo.source.waiting.empty(); ++prints) {
        bench.echo.source.print(std::string(kMaxPayload, 'x'));
        bench.settle();
    }
    EXPECT(prints < 100);
    Client other(bench);
    other.send(command({"a"}));
    EXPECT_EQ(other.answers(), kOneSuccess);
    EXPECT_EQ(client.answers().size(), static_cast<size_t>(prints));
    EXPECT(bench.echo.source.waiting.empty());
}

TEST(server_has_no_timer_for_an_answer_that_waits_and_one_for_what_is_not_taken_of_it) {
    Bench bench;
    Client client(bench);
    client.send(command({"news"}) + command({"a"}).substr(0, 6));
    bench.settle();
    turn_clock(std::chrono::hours(24));
    EXPECT(!bench.loop.run_once(std::chrono::milliseconds(0)));
    bench.echo.source.print("1");
    EXPECT_EQ(client.answers(), Lines{"out 1 byte"});
    while (bench.echo.source.waiting.empty()) {
        bench.echo.source.print(std::string(kMaxPayload, 'x'));
        bench.settle();
    }
    turn_clock(Connection::kPatience - std::chrono::milliseconds(1));
    bench.settle();
    EXPECT(static_cast<bool>(bench.echo.source.ready));
    turn_clock(std::chrono::milliseconds(1));
    bench.settle();
    EXPECT(!bench.echo.source.ready);
}

TEST(server_closes_one_that_never_spoke_before_one_that_did) {
    Bench bench;
    std::deque<Client> clients;
    clients.emplace_back(bench);
    clients.front().send(command({"a"}));
    EXPECT_EQ(clients.front().answers(), kOneSuccess);
    turn_clock(std::chrono::hours(1));
    while (clients.size() < Server::kMaxConnections) {
        clients.emplace_back(bench);
    }
    clients[1].send(command({"a"}).substr(0, 6));
    turn_clock(Server::kGrace);
    const Client newest(bench);
    EXPECT_EQ(clients[0].answers(), Lines{});
    EXPECT_EQ(clients[1].answers(), Lines{});
    EXPECT_EQ(clients[2].answers(), Lines{"end"});
}

TEST(server_gives_each_new_client_time_to_speak_and_lets_the_next_wait) {
    Bench bench;
    std::deque<Client> clients;
    while (clients.size() < Server::kMaxConnections) {
        clients.emplace_back(bench);
    }
    turn_clock(Server::kGrace - std::chrono::milliseconds(1));
    Client newest(bench);
    newest.send(command({"new"}));
    EXPECT_EQ(newest.answers(), Lines{});
    EXPECT_EQ(clients[0].answers(), Lines{});
    EXPECT(!bench.loop.run_once(std::chrono::milliseconds(0)));
    clients[0].send(command({"first"}));
    turn_clock(std::chrono::milliseconds(1));
    EXPECT_EQ(newest.answers(), kOneSuccess);
    EXPECT_EQ(clients[0].answers(), kOneSuccess);
    EXPECT_EQ(clients[1].answers(), Lines{"end"});
    EXPECT_EQ(clients[2].answers(), Lines{});
}

TEST(server_hears_what_a_client_has_said_before_it_closes_it) {
    Bench bench;
    std::deque<Client> clients;
    while (clients.size() < Server::kMaxConnections) {
        clients.emplace_back(bench);
    }
    turn_clock(std::chrono::seconds(1));
    Client newest(bench, Client::Unnoticed{});
    for (const Client& client : clients) {
        client.send(command({"late"}));
    }
    newest.send(command({"new"}));
    bench.settle();
    size_t served = 0;
    for (Client& client : clients) {
        const Lines answers = client.answers();
        served += !answers.empty() && answers[0] == "done 0" ? 1 : 0;
    }
    EXPECT_EQ(served, clients.size());
    EXPECT_EQ(newest.answers(), kOneSuccess);
}

TEST(server_accepts_another_at_once_when_a_client_goes) {
    Bench bench;
    std::deque<Client> clients;
    while (clients.size() < Server::kMaxConnections) {
        clients.emplace_back(bench);
    }
    Client newest(bench);
    newest.send(command({"new"}));
    EXPECT_EQ(newest.answers(), Lines{});
    clients[7].hang_up();
    EXPECT_EQ(newest.answers(), kOneSuccess);
}

TEST(server_is_not_kept_from_new_clients_by_clients_that_are_always_busy) {
    Bench bench;
    std::deque<Client> clients;
    while (clients.size() < Server::kMaxConnections) {
        clients.emplace_back(bench);
    }
    for (Client& client : clients) {
        client.send(command({"busy"}));
        EXPECT_EQ(client.answers(), kOneSuccess);
    }
    Client newest(bench);
    newest.send(command({"new"}));
    EXPECT_EQ(newest.answers(), kOneSuccess);
    EXPECT_EQ(clients[0].answers(), Lines{"end"});
    EXPECT_EQ(clients[1].answers(), Lines{});
}

TEST(server_answers_in_a_few_turns_beside_clients_that_all_have_more_to_do) {
    Bench bench;
    std::string stream;
    for (int i = 0; i < 10 * Server::kCommandsPerTurn; ++i) {
        stream += command({"busy"});
    }
    std::deque<Client> busy;
    while (busy.size() < 200) {
        busy.emplace_back(bench);
    }
    Client client(bench);
    for (const Client& each : busy) {
        each.send(stream);
    }
    for (int k = 0; k < 10; ++k) {
        client.send(command({"other"}));
        const size_t before = bench.echo.executed.size();
        const int turns = turns_until_answered(bench, client);
        EXPECT(turns <= 5);
        EXPECT(bench.echo.executed.size() - before <=
               static_cast<size_t>(turns) * 8 * Server::kCommandsPerTurn);
        EXPECT_EQ(client.answers_so_far(), kOneSuccess);
    }
}

// Counts the pages between the arrival of an event and its handling.
struct Upcalls : Handler {
    explicit Upcalls(EventLoop& loop) : loop_(loop) {
        std::array<int, 2> ends{-1, -1};
        EXPECT(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        near_.reset(ends[0]);
        far_.reset(ends[1]);
        EXPECT(static_cast<bool>(loop_.watch_urgent(near_.get(), *this)));
    }
    ~Upcalls() override { loop_.unwatch(near_.get()); }

    // One arrives in the middle of each page, as long as the last has been handled.
    void turn_page() {
        ++pages;
        if (waiting_since_ == 0) {
            waiting_since_ = pages;
            EXPECT(write(far_.get(), "x", 1) == 1);
        }
    }
    void on_event(uint32_t /*events*/) override {
        char byte = 0;
        EXPECT(read(near_.get(), &byte, 1) == 1);
        most_pages_waited = std::max(most_pages_waited, pages - waiting_since_ + 1);
        waiting_since_ = 0;
    }

    int pages = 0;
    int most_pages_waited = 0;

private:
    EventLoop& loop_;
    UniqueFd near_;
    UniqueFd far_;
    int waiting_since_ = 0;  // the page; 0: none waits
};

// Some take what they are sent at once, the others when the server has long been waiting for them.
TEST(server_lets_an_upcall_wait_for_one_page_while_ten_clients_read_long_tables) {
    Bench bench;
    Upcalls upcalls(bench.loop);
    bench.echo.on_page = [&upcalls] { upcalls.turn_page(); };
    std::deque<Client> clients;
    while (clients.size() < 10) {
        clients.emplace_back(bench);
    }
    for (const Client& client : clients) {
        client.send(command({"table"}));
    }
    for (bool busy = true; busy;) {
        busy = bench.loop.run_once(std::chrono::milliseconds(0));
        for (size_t i = 0; i < clients.size(); ++i) {
            while ((i < 5 || !busy) && clients[i].has_received_more()) {
                busy = true;
            }
        }
    }
    EXPECT_EQ(upcalls.pages, 10 * Table::kPages);
    EXPECT_EQ(upcalls.most_pages_waited, 1);
}

TEST(server_answers_a_client_that_connects_amid_a_flood_of_silent_ones) {
    Bench bench;
    std::deque<Client> flood;
    for (size_t i = 0; i < 3 * Server::kMaxConnections; ++i) {
        flood.emplace_back(bench, Client::Unnoticed{});
    }
    Client client(bench, Client::Unnoticed{});
    client.send(command({"a"}));
    for (size_t i = 0; i < Server::kMaxConnections; ++i) {
        flood.emplace_back(bench, Client::Unnoticed{});
    }
    // Those before it take the places of those before them, kGrace later, one in each turn.
    const auto most = 3 * (static_cast<int>(Server::kMaxConnections) + Server::kGrace.count());
    EXPECT(turns_until_answered(bench, client) <= most);
    EXPECT_EQ(client.answers_so_far(), kOneSuccess);
}

TEST(server_closes_a_connection_that_leaves_a_command_half_said) {
    Bench bench;
    Client client(bench);
    client.send(command({"a"}));
    EXPECT_EQ(client.answers(), kOneSuccess);
    turn_clock(std::chrono::hours(1));
    const std::string stream = command({"b"});
    client.send(stream.substr(0, 3));
    bench.settle();
    turn_clock(Connection::kPatience / 2);
    client.send(stream.substr(3, 3));
    bench.settle();
    turn_clock(Connection::kPatience / 2 - std::chrono::milliseconds(1));
    EXPECT_EQ(client.answers(), Lines{});
    turn_clock(std::chrono::milliseconds(1));
    EXPECT_EQ(client.answers(), Lines{"end"});
    EXPECT_EQ(bench.echo.executed, Lines{"a"});
}

TEST(server_waits_for_a_command_that_is_completed_in_time_and_has_no_timer_then) {
    Bench bench;
    Client client(bench);
    const std::string stream = command({"a"});
    client.send(stream.substr(0, 3));
    bench.settle();
    turn_clock(Connection::kPatience - std::chrono::milliseconds(1));
    client.send(stream.substr(3));
    EXPECT_EQ(client.answers(), kOneSuccess);
    turn_clock(std::chrono::hours(24));
    EXPECT(!bench.loop.run_once(std::chrono::milliseconds(0)));
    client.send(stream);
    EXPECT_EQ(client.answers(), kOneSuccess);
}

TEST(server_closes_a_connection_that_does_not_take_its_answer) {
    Bench bench;
    Client client(bench);
    Client other(bench);
    client.send(command({"say", "10000000"}));
    bench.settle();
    for (int k = 0; k < 5; ++k) {
        turn_clock(Connection::kPatience - std::chrono::milliseconds(1));
        EXPECT(client.receive_some(512 * 1024));
        bench.settle();
    }
    turn_clock(Connection::kPatience - std::chrono::milliseconds(1));
    bench.settle();
    EXPECT(bench.server->held() > 0);
    turn_clock(std::chrono::milliseconds(1));
    bench.settle();
    EXPECT_EQ(bench.server->held(), size_t{0});
    other.send(command({"a"}));
    EXPECT_EQ(other.answers(), kOneSuccess);
}

TEST(server_closes_of_many_with_large_answers_the_one_that_reads_least) {
    Bench bench;
    constexpr size_t kLarge = 4'000'000;
    std::deque<Client> clients;
    for (size_t i = 0; i < Server::kLargeAnswers; ++i) {
        clients.emplace_back(bench);
        clients.back().send(command({"say", std::to_string(kLarge)}));
        bench.settle();
    }
    EXPECT(clients[0].receive_some(512 * 1024));
    bench.settle();
    Client newest(bench);
    newest.send(command({"say", std::to_string(kLarge)}));
    EXPECT_EQ(newest.answers().back(), "done 0");
    EXPECT_EQ(clients[0].answers().back(), "done 0");
    EXPECT_EQ(clients[1].answers().back(), "end");
    EXPECT_EQ(clients[2].answers().back(), "done 0");
}

TEST(server_holds_no_more_than_it_says_whatever_its_clients_do) {
    Bench bench;
    constexpr size_t kLarge = 1'000'000;
    const std::string half =
        encode_frame(FrameType::kCommand, std::string(kMaxPayload, 'x')).substr(0, kMaxPayload);
    std::string stream;
    for (int i = 0; i < 20; ++i) {
        stream += command({"say", std::to_string(kMaxPayload)});
    }
    std::deque<Client> clients;
    size_t most = 0;
    while (clients.size() < Server::kMaxConnections) {
        clients.emplace_back(bench);
        clients.back().send(clients.size() % 2 == 0 ? command({"say", std::to_string(kLarge)})
                                                    : stream);
        bench.settle();
        clients.back().send(half);
        bench.settle();
        most = std::max(most, bench.server->held());
    }
    EXPECT(most > 100 * Connection::kMaxUnsent);
    EXPECT(most <= Server::kMaxHeld + Server::kLargeAnswers * kLarge);
    EXPECT_EQ(Server::kMaxHeld, size_t{256} * (5 + 65536 + 16384 + 131072));
}

TEST(server_keeps_who_may_do_everything_while_there_are_readers_to_close) {
    if (geteuid() != 0 || !AsNobody().managed()) {
        return;
    }
    Bench bench(open_to_nobody());
    chmod(bench.directory.c_str(), 0711);
    Client root(bench);
    std::deque<Client> clients;
    {
        const AsNobody nobody;
        turn_clock(std::chrono::hours(1));
        while (clients.size() < Server::kMaxConnections) {
            clients.emplace_back(bench);
            clients.back().send(command({"--show"}));
            clients.back().answers();
        }
    }
    EXPECT_EQ(clients[0].answers(), Lines{"end"});
    root.send(command({"kill"}));
    EXPECT_EQ(root.answers(), kOneSuccess);
}

TEST(server_lets_the_group_read_and_change_nothing) {
    {
        const AsNobody nobody;
        if (!nobody.managed()) {
            return;
        }
    }
    Bench bench(open_to_nobody());
    chmod(bench.directory.c_str(), 0711);
    const AsNobody nobody;
    Client client(bench);
    client.send(command({"--show", "routes"}) + command({"-a", "eth0", "225.1.2.3", "eth1"}) +
                command({"kill"}) + command({"nothing"}));
    EXPECT_EQ(client.answers(),
              (Lines{"done 0",
                     "err smcroute: -a: only root may change what runs (group watchers may only "
                     "read)\n",
                     "done 77",
                     "err smcroute: kill: only root may change what runs (group watchers may only "
                     "read)\n",
                     "done 77", "done 0"}));
    EXPECT_EQ(bench.echo.executed, (Lines{"--show routes", "nothing"}));
}

TEST(server_executes_what_takes_long_for_readers_after_what_does_for_others) {
    if (geteuid() != 0 || !AsNobody().managed()) {
        return;
    }
    Bench bench(open_to_nobody());
    chmod(bench.directory.c_str(), 0711);
    std::deque<Client> readers;
    {
        const AsNobody nobody;
        while (readers.size() < 10) {
            readers.emplace_back(bench);
        }
    }
    Client root(bench);
    for (const Client& reader : readers) {
        reader.send(command({"--diff"}));
    }
    bench.settle();
    root.send(command({"--reload"}) + command({"--flush"}));
    turn_clock(Echo::kLong);
    bench.settle();
    turn_clock(Echo::kLong);
    bench.settle();
    EXPECT_EQ(bench.echo.executed, (Lines{"--diff", "--reload", "--flush"}));
}

TEST(server_refuses_whoever_is_neither_owner_nor_in_the_group) {
    {
        const AsNobody nobody;
        if (!nobody.managed()) {
            return;
        }
    }
    Bench bench({.owner = kNobody + 1});
    chmod(bench.directory.c_str(), 0711);
    chmod(bench.path.c_str(), 0666);
    const AsNobody nobody;
    Client client(bench);
    EXPECT_EQ(client.answers(),
              (Lines{compose("err smcroute: user {} may not control this daemon\n", geteuid()),
                     "done 77", "end"}));
}

TEST(server_lets_its_owner_do_everything_beside_a_group) {
    Bench bench({.owner = geteuid(), .readers = GroupIdentity{"watchers", getegid()}});
    Client client(bench);
    client.send(command({"kill"}));
    EXPECT_EQ(client.answers(), kOneSuccess);
}

TEST(server_closes_its_connections_and_takes_its_socket_away) {
    Bench bench;
    Client client(bench);
    struct stat st {};
    EXPECT(lstat(bench.path.c_str(), &st) == 0);
    bench.server.reset();
    EXPECT(lstat(bench.path.c_str(), &st) != 0);
    EXPECT_EQ(client.answers(), Lines{"end"});
}

}  // namespace smcroute
