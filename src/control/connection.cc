// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "base/log.h"
#include "base/text.h"
#include "os/io.h"
#include "os/passing.h"

namespace smcroute {

Connection::Connection(EventLoop& loop, ConnectionOwner& owner, UniqueFd socket, Access access,
                       uint64_t number)
    : loop_(loop),
      owner_(owner),
      socket_(std::move(socket)),
      access_(access),
      number_(number),
      moved_at_(loop.now()) {}

Connection::~Connection() {
    loop_.cancel(patience_);
    loop_.unwatch(socket_.get());
}

Status Connection::watch() { return loop_.watch(socket_.get(), EPOLLIN, *this); }

void Connection::refuse(const Error& error) {
    fail(error);
    pump(0);
}

void Connection::on_event(uint32_t events) { take(events, 0); }

void Connection::take(uint32_t events, int at_least) {
    if ((events & EPOLLIN) != 0 && !receive()) {
        closing_ = true;  // no more commands will arrive, but the client may still read
    }
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) {
        owner_.drop(*this);
        return;
    }
    pump(at_least);
}

void Connection::hear() {
    if (reads_) {
        take(EPOLLIN, 1);
    }
}

void Connection::resume() {
    is_to_be_resumed_ = false;
    if (!long_command_.empty()) {
        answer(owner_.execute(*this, std::exchange(long_command_, {})));
    }
    pump(1);
}

// False at the end of the stream.
bool Connection::receive() {
    std::array<char, kReadSize> bytes;
    const ssize_t size = retry([&] { return recv(socket_.get(), bytes.data(), bytes.size(), 0); });
    if (size > 0) {
        decoder_.push({bytes.data(), static_cast<size_t>(size)});
        return true;
    }
    return size < 0 && errno == EAGAIN;
}

// Executes what has arrived, sends what can be sent, and waits for whatever is missing. Must be the
// last statement on each path, since it may destroy this connection.
void Connection::pump(int at_least) {
    bool more = execute_some(at_least);
    more = turn_page() || (more && !waiting_);
    owner_.before_answers();
    if (!send_some() || (closing_ && unsent_.empty() && !pages_)) {
        owner_.drop(*this);
        return;
    }
    more = more && unsent_.size() < kMaxUnsent && long_command_.empty();
    if (more) {
        resume_later();
    }
    keep_time();
    reads_ = !more && may_receive();
    const uint32_t reading = reads_ ? EPOLLIN : 0U;
    const uint32_t writing = unsent_.empty() ? 0U : EPOLLOUT;
    if (!loop_.change(socket_.get(), reading | writing)) {
        owner_.drop(*this);
    }
}

// At the end of this turn, or in the next one.
void Connection::resume_later() {
    if (!is_to_be_resumed_) {
        is_to_be_resumed_ = true;
        owner_.resume_later(*this);
    }
}

// While an answer waits for events, arriving bytes are not collected; but a client that has gone is
// still noticed.
bool Connection::may_receive() const {
    return !closing_ && unsent_.size() < kMaxUnsent && long_command_.empty() &&
           (!waiting_ || decoder_.buffered() == 0);
}

// A timer runs only while the client owes us something. A client whose answer waits for events owes
// nothing.
void Connection::keep_time() {
    const bool owes = is_half_said_ || !unsent_.empty();
    if (owes && patience_ == TimerId::kNone) {
        owner_.touch(*this);
        lose_patience_later();
    } else if (!owes && patience_ != TimerId::kNone) {
        loop_.cancel(patience_);
        patience_ = TimerId::kNone;
    }
}

void Connection::lose_patience_later() {
    patience_ = loop_.run_at(moved_at_ + kPatience, [this] {
        patience_ = TimerId::kNone;
        if (loop_.now() < moved_at_ + kPatience) {
            lose_patience_later();
            return;
        }
        log_info(compose(
            "closed a client that for {}{}", count_of(kPatience.count(), "second"),
            unsent_.empty() ? " sent only a part of a command" : " did not read its answer"));
        owner_.drop(*this);
    });
}

// True if there may be another whole frame.
bool Connection::execute_some(int at_least) {
    const int most = owner_.commands_in_a_turn();
    for (int i = 0; i < at_least || (i < most && loop_.spent() < kLongTurn); ++i) {
        if (pages_ || closing_ || !long_command_.empty() || unsent_.size() >= kMaxUnsent) {
            return !closing_;
        }
        const auto frame = decoder_.next();
        if (!frame) {
            fail(frame.error());
            return false;
        }
        is_half_said_ = !*frame && decoder_.buffered() > 0;
        if (!*frame) {
            decoder_.shrink();  // perhaps no other frame will ever come
            return false;
        }
        execute(**frame);
    }
    return decoder_.buffered() > 0;
}

void Connection::execute(const Frame& frame) {
    if (frame.type != FrameType::kCommand) {
        fail(Error{"unexpected frame", ExitStatus::kUsage});
        return;
    }
    auto words = decode_words(frame.payload);
    if (!words) {
        fail(words.error());
        return;
    }
    has_commanded_ = true;
    owner_.touch(*this);
    if (course_of(*words) == Course::kLong) {
        long_command_ = std::move(*words);
        is_to_be_resumed_ = true;
        owner_.execute_later(*this);
        return;
    }
    answer(owner_.execute(*this, *words));
}

// One page in a turn, and none while the client has enough to read. True if there are more pages.
bool Connection::turn_page() {
    if (!pages_ || waiting_ || unsent_.size() >= kMaxUnsent) {
        return pages_ && !waiting_;
    }
    const Pages::More more = pages_->next(unframed_, owner_.lookout());
    if (more != Pages::More::kYes || unframed_.size() >= kFrameSize) {
        append_text(unsent_, FrameType::kOut, unframed_);
        unframed_.clear();
    }
    if (more != Pages::More::kYes) {
        unframed_.shrink_to_fit();
    }
    waiting_ = more == Pages::More::kLater;
    if (more == Pages::More::kNo) {
        pages_.reset();
        unsent_ += encode_done(pages_status_);
    }
    return more == Pages::More::kYes;
}

void Connection::fail(const Error& error) {
    answer(reply_of(error));
    closing_ = true;
}

// The client does not get what does not fit into its socket now: a successor has nothing else to
// read, and the daemon must not wait for it.
void Connection::pass(std::span<const NamedDescriptor> descriptors) {
    while (!descriptors.empty() && unsent_.empty()) {
        std::string names;
        std::vector<int> fds;
        for (const NamedDescriptor& each :
             descriptors.first(std::min(descriptors.size(), kMostPassed))) {
            names += compose("{}\n", each.name);
            fds.push_back(each.fd);
        }
        descriptors = descriptors.subspan(fds.size());
        const std::string frame = encode_frame(FrameType::kOut, names);
        const ssize_t size = send_passing(socket_.get(), std::as_bytes(std::span(frame)), fds, 0);
        if (size < 0) {
            return;
        }
        unsent_ = frame.substr(static_cast<size_t>(size));
    }
}

void Connection::answer(Reply reply) {
    pass(reply.descriptors);
    append_text(unsent_, FrameType::kOut, reply.out);
    append_text(unsent_, FrameType::kErr, error_text(reply));
    if (reply.pages) {
        pages_ = std::move(reply.pages);
        pages_status_ = reply.status;
        pages_->on_ready([this] {
            waiting_ = false;
            resume_later();
        });
    } else {
        unsent_ += encode_done(reply.status);
    }
    if (has_large_answer()) {
        owner_.limit_large_answers(*this);
    }
}

// False if the client has gone.
bool Connection::send_some() {
    while (!unsent_.empty()) {
        const ssize_t size = retry(
            [&] { return send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL); });
        if (size < 0) {
            return errno == EAGAIN;
        }
        unsent_.erase(0, static_cast<size_t>(size));
        owner_.touch(*this);
    }
    unsent_.shrink_to_fit();
    return true;
}

}  // namespace smcroute
