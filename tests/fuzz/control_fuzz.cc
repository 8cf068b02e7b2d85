// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What a client may send to the control socket of a real server, whose clock is turned by hand. The
// first byte says how the rest is meant: its lowest bit, as lines of words that become one command
// each, or as the bytes of frames; the others, in pieces of how many bytes they arrive.
//
// Every command must be answered once and in order, whatever the pieces; a connection must end when
// something does not parse, and leave nothing behind when it is closed.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"
#include "control/command.h"
#include "control/protocol.h"
#include "control/server.h"
#include "os/event_loop.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using namespace smcroute;
using Words = std::vector<std::string>;

EventLoop::Clock::time_point clock_time;
EventLoop::Clock::time_point turned_clock() { return clock_time; }

bool changes_something(const Command& command) {
    return std::holds_alternative<AddRoute>(command) ||
           std::holds_alternative<RemoveRoute>(command) ||
           std::holds_alternative<AddJoin>(command) ||
           std::holds_alternative<RemoveJoin>(command) || std::holds_alternative<Reload>(command) ||
           std::holds_alternative<Flush>(command) || std::holds_alternative<Upgrade>(command) ||
           std::holds_alternative<Kill>(command);
}

class TwoPages final : public Pages {
public:
    More next(std::string& out, const Lookout& /*lookout*/) override {
        out += "page\n";
        return ++told_ < 2 ? More::kYes : More::kNo;
    }

private:
    int told_ = 0;
};

// What the words say, without a daemon.
class Parrot final : public CommandHandler {
public:
    Reply execute(std::span<const std::string> words, Access /*access*/) override {
        CHECK(!words.empty());
        const auto again = decode_words(*encode_words(words));
        CHECK(again && std::equal(words.begin(), words.end(), again->begin(), again->end()));
        ++executed;
        const auto command = parse_command(words);
        if (!command) {
            CHECK(command.error().status == ExitStatus::kUsage && !command.error().text.empty());
            return reply_of(command.error());
        }
        CHECK(changes_something(*command) == (access_of(words) == Access::kChange));
        Reply reply{.out = compose("{}\n", words.front())};
        if (std::holds_alternative<Show>(*command)) {
            reply.pages = std::make_unique<TwoPages>();
        }
        return reply;
    }

    size_t executed = 0;
};

// How many answers a stream of frames deserves, and whether it ends the connection.
struct Deserved {
    size_t commands = 0;
    bool is_malformed = false;
};

Deserved deserved_by(std::string_view stream) {
    FrameDecoder decoder;
    decoder.push(stream);
    Deserved deserved;
    for (;;) {
        const auto frame = decoder.next();
        if (frame && !*frame) {
            return deserved;
        }
        if (!frame || (*frame)->type != FrameType::kCommand || !decode_words((*frame)->payload)) {
            deserved.is_malformed = true;
            return deserved;
        }
        ++deserved.commands;
    }
}

// A server that lives as long as the process.
class Stage {
public:
    Stage() {
        CHECK(mkdtemp(directory_.data()) != nullptr);
        path_ = directory_ + "/socket";
        auto created = Server::create(loop_, std::move(*Listener::create(path_)),
                                      {.owner = geteuid()}, parrot);
        CHECK(static_cast<bool>(created));
        server_ = std::move(*created);
    }
    ~Stage() {
        server_.reset();
        rmdir(directory_.c_str());
    }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    UniqueFd connect() {
        auto client = connect_unix(path_);
        CHECK(client && fcntl(client->get(), F_SETFL, O_NONBLOCK) == 0);
        settle();
        return std::move(*client);
    }
    void settle() {
        while (loop_.run_once(std::chrono::milliseconds(0))) {
        }
    }
    size_t held() const { return server_->held(); }

    Parrot parrot;

private:
    std::string directory_ = "/tmp/smcroute-fuzz-XXXXXX";
    std::string path_;
    EventLoop loop_ = std::move(*EventLoop::create(&turned_clock));
    std::unique_ptr<Server> server_;
};

// Takes what is there. False at the end of the stream.
bool receive(int fd, FrameDecoder& answers) {
    std::array<char, 16 * 1024> bytes;
    for (;;) {
        const ssize_t size = recv(fd, bytes.data(), bytes.size(), 0);
        if (size <= 0) {
            return size < 0 && errno == EAGAIN;
        }
        answers.push({bytes.data(), static_cast<size_t>(size)});
    }
}

// Sends the stream in pieces, and takes the answers. False if the server closed the connection.
bool converse(Stage& stage, int fd, std::string_view stream, size_t piece, FrameDecoder& answers) {
    while (!stream.empty()) {
        const ssize_t size = send(fd, stream.data(), std::min(piece, stream.size()), MSG_NOSIGNAL);
        stage.settle();
        if (!receive(fd, answers)) {
            return false;
        }
        stream.remove_prefix(size > 0 ? static_cast<size_t>(size) : 0);
    }
    stage.settle();
    return receive(fd, answers);
}

size_t count_done(FrameDecoder& answers) {
    size_t count = 0;
    for (auto frame = answers.next();; frame = answers.next()) {
        CHECK(static_cast<bool>(frame));
        if (!*frame) {
            CHECK(answers.buffered() == 0);
            return count;
        }
        CHECK((*frame)->type != FrameType::kCommand);
        if ((*frame)->type == FrameType::kDone) {
            CHECK((*frame)->payload.size() == 1);
            ++count;
        }
    }
}

// Each line as a command, its words as they stand between blanks.
std::string frames_of(std::string_view lines) {
    std::string stream;
    while (!lines.empty()) {
        std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        Words words;
        while (!line.empty()) {
            const std::string_view word = line.substr(0, line.find(' '));
            line.remove_prefix(std::min(line.size(), word.size() + 1));
            words.emplace_back(word);
        }
        if (const auto payload = encode_words(words)) {
            stream += encode_frame(FrameType::kCommand, *payload);
        }
    }
    return stream;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Stage stage;
    if (size == 0) {
        return 0;
    }
    const std::string rest(data + 1, data + size);
    const std::string stream = (data[0] & 1) != 0 ? frames_of(rest) : rest;
    const size_t piece = data[0] >> 1 == 0 ? std::string::npos : data[0] >> 1;
    const Deserved deserved = deserved_by(stream);
    const size_t executed_before = stage.parrot.executed;
    FrameDecoder answers;
    UniqueFd client = stage.connect();
    bool open = converse(stage, client.get(), stream, piece, answers);
    CHECK(stage.parrot.executed - executed_before == deserved.commands);
    CHECK(count_done(answers) == deserved.commands + (deserved.is_malformed ? 1 : 0));
    CHECK(open == !deserved.is_malformed);
    if (open) {
        const bool is_half_said = stage.held() > 0;
        clock_time += Connection::kPatience;
        stage.settle();
        CHECK(receive(client.get(), answers) == !is_half_said);
    }
    client.reset();
    stage.settle();
    CHECK(stage.held() == 0);
    return 0;
}
