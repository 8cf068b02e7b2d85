// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/server.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

Result<std::unique_ptr<Server>> Server::create(EventLoop& loop, Listener listener,
                                               const ControlAccess& access,
                                               CommandHandler& handler) {
    std::unique_ptr<Server> server(new Server(loop, std::move(listener), access, handler));
    if (const Status status = loop.watch(server->listener_.fd(), EPOLLIN, *server); !status) {
        return status.error();
    }
    return server;
}

Server::Server(EventLoop& loop, Listener listener, ControlAccess access, CommandHandler& handler)
    : loop_(loop), listener_(std::move(listener)), access_(std::move(access)), handler_(handler) {}

Server::~Server() {
    loop_.cancel(accept_timer_);
    loop_.cancel(resume_timer_);
    loop_.cancel(execute_timer_);
    loop_.unwatch(listener_.fd());
}

size_t Server::held() const {
    size_t bytes = 0;
    for (const auto& connection : connections_) {
        bytes += connection->held();
    }
    return bytes;
}

// A client waits to be accepted. A connection is closed only for the first: there may be no other.
void Server::on_event(uint32_t /*events*/) {
    if (!make_room()) {
        pause_accepting();
        return;
    }
    for (int i = 0; i < kAcceptsPerTurn && connections_.size() < kMaxConnections; ++i) {
        if (!accept_one()) {
            return;
        }
    }
}

// False if nobody waits, or accepting failed.
bool Server::accept_one() {
    auto socket = listener_.accept();
    if (!socket) {
        log_warning(socket.error().text);
        return false;
    }
    if (!*socket) {
        return false;
    }
    admit(std::move(*socket));
    return true;
}

void Server::admit(UniqueFd socket) {
    const Result<Access> allowed = admission(socket.get());
    ConnectionOwner& owner = *this;
    connections_.push_back(std::make_unique<Connection>(
        loop_, owner, std::move(socket), allowed ? *allowed : Access::kRead, admitted_++));
    Connection& connection = *connections_.back();
    connection.place = std::prev(connections_.end());
    readers_ += connection.may_only_read() ? 1 : 0;
    if (const Status status = connection.watch(); !status) {
        log_warning(status.error().text);
        drop(connection);
        return;
    }
    if (!allowed) {
        connection.refuse(allowed.error());
    }
}

// File modes are not the only protection.
Result<Access> Server::admission(int fd) const {
    const auto peer = peer_credentials(fd);
    if (!peer) {
        return peer.error();
    }
    if (peer->uid == 0 || peer->uid == access_.starter) {
        return Access::kTakeOver;
    }
    if (peer->uid == access_.owner) {
        return Access::kChange;
    }
    if (access_.readers && peer_is_in_group(fd, *peer, access_.readers->gid)) {
        return Access::kRead;
    }
    return Error{compose("user {} may not control this daemon", peer->uid),
                 ExitStatus::kNoPermission};
}

Reply Server::execute(const Connection& connection, std::span<const std::string> words) {
    if (connection.may_only_read() && access_of(words) != Access::kRead) {
        return reply_of(Error{compose("{}: only root may change what runs (group {} may only read)",
                                      words.front(), access_.readers->name),
                              ExitStatus::kNoPermission});
    }
    if (access_of(words) == Access::kTakeOver && !connection.may_take_over()) {
        return reply_of(
            Error{compose("{}: only root may take over from this daemon", words.front()),
                  ExitStatus::kNoPermission});
    }
    return handler_.execute(words, connection.access());
}

void Server::drop(Connection& connection) {
    readers_ -= connection.may_only_read() ? 1 : 0;
    std::erase(to_resume_, &connection);
    std::erase(to_execute_, &connection);
    connections_.erase(connection.place);
    go_on_accepting();
}

void Server::touch(Connection& connection) {
    connection.set_moved();
    connections_.splice(connections_.end(), connections_, connection.place);
}

// Closes a connection if there are too many. Commands it has sent by now count, even if we read
// them late. False if none can go yet.
bool Server::make_room() {
    while (connections_.size() >= kMaxConnections) {
        Connection* const candidate = dispensable();
        if (candidate == nullptr) {
            return false;
        }
        const size_t count = connections_.size();
        candidate->hear();
        if (connections_.size() == count && candidate == dispensable()) {
            drop(*candidate);
        }
    }
    return true;
}

// A connection that has had kGrace and never sent a command; or else the one that has been silent
// longest, for at least kGrace; or else, of those that had an answer, the one that connected first.
Connection* Server::dispensable() const {
    Connection* silent = nullptr;
    Connection* first = nullptr;
    for (const auto& each : connections_) {
        if (!may_go_for_others(*each)) {
            continue;
        }
        const bool had_grace = loop_.now() >= each->moved_at() + kGrace;
        if (had_grace && !each->has_commanded()) {
            return each.get();
        }
        if (had_grace && !each->is_to_be_resumed() && silent == nullptr) {
            silent = each.get();
        }
        if (each->has_commanded() && (first == nullptr || each->connected_before(*first))) {
            first = each.get();
        }
    }
    return silent != nullptr ? silent : first;
}

// Clients who may only read cannot push out those who may do everything.
bool Server::may_go_for_others(const Connection& connection) const {
    return readers_ == 0 || connection.may_only_read();
}

// The next clients wait in the kernel's queue until the first connection may go.
void Server::pause_accepting() {
    const auto first =
        std::find_if(connections_.begin(), connections_.end(),
                     [this](const auto& connection) { return may_go_for_others(*connection); });
    CHECK(first != connections_.end() && accept_timer_ == TimerId::kNone);
    if (!loop_.change(listener_.fd(), 0)) {
        return;  // we are called again
    }
    accept_timer_ = loop_.run_at((*first)->moved_at() + kGrace, [this] { go_on_accepting(); });
}

void Server::go_on_accepting() {
    if (accept_timer_ != TimerId::kNone && loop_.change(listener_.fd(), EPOLLIN)) {
        loop_.cancel(accept_timer_);
        accept_timer_ = TimerId::kNone;
    }
}

int Server::commands_in_a_turn() const {
    return std::max(1, kCommandsPerTurn / std::max(1, static_cast<int>(to_resume_.size())));
}

void Server::resume_later(Connection& connection) {
    to_resume_.push_back(&connection);
    resume_next_later();
}

void Server::resume_next_later() {
    if ((!to_resume_.empty() || lookout_) && resume_timer_ == TimerId::kNone) {
        resume_timer_ = loop_.run_at(loop_.now(), [this] { resume_next(); });
    }
}

// Only one in a turn, so that urgent work waits for one page, not for one of each client.
void Server::resume_next() {
    resume_timer_ = TimerId::kNone;
    if (!to_resume_.empty()) {
        Connection& connection = *to_resume_.front();
        to_resume_.pop_front();
        connection.resume();
    }
    if (to_resume_.empty()) {
        lookout_.reset();
    }
    resume_next_later();
}

void Server::execute_later(Connection& connection) {
    const auto place = connection.may_only_read()
                           ? to_execute_.end()
                           : std::find_if(to_execute_.begin(), to_execute_.end(),
                                          [](const auto* each) { return each->may_only_read(); });
    to_execute_.insert(place, &connection);
    execute_next_later();
}

void Server::execute_next_later() {
    if (!to_execute_.empty() && execute_timer_ == TimerId::kNone) {
        execute_timer_ = loop_.run_at(execute_at_, [this] { execute_next(); });
    }
}

void Server::execute_next() {
    if (!to_execute_.empty()) {  // else its client has gone
        Connection& connection = *to_execute_.front();
        to_execute_.pop_front();
        connection.resume();
        execute_at_ = loop_.now() + 2 * loop_.spent();
    }
    execute_timer_ = TimerId::kNone;
    execute_next_later();
}

const Lookout& Server::lookout() {
    if (!lookout_) {
        lookout_.emplace(loop_);
        resume_next_later();
    }
    return *lookout_;
}

void Server::limit_large_answers(const Connection& newest) {
    const auto is_large = [](const auto& connection) { return connection->has_large_answer(); };
    const auto large = std::count_if(connections_.begin(), connections_.end(), is_large);
    if (static_cast<size_t>(large) <= kLargeAnswers) {
        return;
    }
    for (const auto& connection : connections_) {
        if (connection->has_large_answer() && connection.get() != &newest) {
            log_info("closed a client that did not read its long answer: there were too many");
            drop(*connection);
            return;
        }
    }
}

}  // namespace smcroute
