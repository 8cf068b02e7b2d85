// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

class Server::Connection final : public Handler {
public:
    Connection(Server& server, UniqueFd socket, Access access)
        : server_(server),
          socket_(std::move(socket)),
          access_(access),
          number_(server.admitted_++),
          moved_at_(server.loop_.now()) {
        server_.readers_ += may_only_read() ? 1 : 0;
    }
    ~Connection() override {
        server_.readers_ -= may_only_read() ? 1 : 0;
        std::erase(server_.to_resume_, this);
        server_.loop_.cancel(patience_);
        server_.loop_.unwatch(socket_.get());
    }

    Status watch() { return server_.loop_.watch(socket_.get(), EPOLLIN, *this); }

    // Says why and closes.
    void refuse(const Error& error) {
        answer(reply_of(error));
        closing_ = true;
        pump();
    }

    void on_event(uint32_t events) override {
        if ((events & EPOLLIN) != 0 && !receive()) {
            closing_ = true;  // all its commands have been executed, but it may still read
        }
        if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) {
            server_.drop(*this);
            return;
        }
        pump();
    }

    // What has arrived unnoticed. May destroy this connection.
    void hear() {
        if (reads_) {
            on_event(EPOLLIN);
        }
    }

    // Goes on with what a turn left over. May destroy this connection.
    void resume() {
        is_to_be_resumed_ = false;
        pump();
    }

    bool may_only_read() const { return access_ == Access::kRead; }
    bool has_commanded() const { return has_commanded_; }
    bool is_to_be_resumed() const { return is_to_be_resumed_; }
    bool connected_before(const Connection& other) const { return number_ < other.number_; }
    bool has_large_answer() const { return unsent_.size() > kLargeAnswer; }
    size_t held() const { return decoder_.buffered() + unframed_.size() + unsent_.size(); }
    // When it connected, began or completed a command, or took some of an answer.
    EventLoop::Clock::time_point moved_at() const { return moved_at_; }
    void set_moved() { moved_at_ = server_.loop_.now(); }

    Connections::iterator place;  // in the server's list

private:
    // False at the end of the stream.
    bool receive() {
        std::array<char, kReadSize> bytes;
        const ssize_t size = recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (size > 0) {
            decoder_.push({bytes.data(), static_cast<size_t>(size)});
            return true;
        }
        return size < 0 && (errno == EAGAIN || errno == EINTR);
    }

    // Executes what has arrived, sends what can be sent, and waits for whatever is missing. The
    // last statement on each path, since it may destroy this connection.
    void pump() {
        bool more = execute_some();
        more = turn_page() || (more && !waiting_);
        if (!send_some() || (closing_ && unsent_.empty() && !pages_)) {
            server_.drop(*this);
            return;
        }
        more = more && unsent_.size() < kMaxUnsent;
        if (more) {
            resume_later();
        }
        keep_time();
        reads_ = !more && may_receive();
        const uint32_t reading = reads_ ? EPOLLIN : 0U;
        const uint32_t writing = unsent_.empty() ? 0U : EPOLLOUT;
        if (!server_.loop_.change(socket_.get(), reading | writing)) {
            server_.drop(*this);
        }
    }

    // At the end of this turn, or in the next.
    void resume_later() {
        if (!is_to_be_resumed_) {
            is_to_be_resumed_ = true;
            server_.resume_later(*this);
        }
    }

    // What comes while an answer waits for things to happen is not piled up; that the client has
    // gone is told all the same.
    bool may_receive() const {
        return !closing_ && unsent_.size() < kMaxUnsent && (!waiting_ || decoder_.buffered() == 0);
    }

    // A timer runs only while the client owes us something. One whose answer waits owes nothing.
    void keep_time() {
        const bool owes = is_half_said_ || !unsent_.empty();
        if (owes && patience_ == TimerId::kNone) {
            server_.touch(*this);
            lose_patience_later();
        } else if (!owes && patience_ != TimerId::kNone) {
            server_.loop_.cancel(patience_);
            patience_ = TimerId::kNone;
        }
    }

    void lose_patience_later() {
        patience_ = server_.loop_.run_at(moved_at_ + kPatience, [this] {
            patience_ = TimerId::kNone;
            if (server_.loop_.now() < moved_at_ + kPatience) {
                lose_patience_later();
                return;
            }
            log_info(cat({"closed a client that for ", count_of(kPatience.count(), "second"),
                          unsent_.empty() ? " left a command half said" : " took no answer"}));
            server_.drop(*this);
        });
    }

    // True if there may be another whole frame.
    bool execute_some() {
        for (int left = server_.commands_in_a_turn(); left > 0; --left) {
            if (pages_ || closing_ || unsent_.size() >= kMaxUnsent) {
                return !closing_;
            }
            const auto frame = decoder_.next();
            if (!frame) {
                fail(frame.error());
                return false;
            }
            is_half_said_ = !*frame && decoder_.buffered() > 0;
            if (!*frame) {
                return false;
            }
            execute(**frame);
        }
        return decoder_.buffered() > 0;
    }

    void execute(const Frame& frame) {
        if (frame.type != FrameType::kCommand) {
            fail(Error{"unexpected frame", ExitStatus::kUsage});
            return;
        }
        const auto words = decode_words(frame.payload);
        if (!words) {
            fail(words.error());
            return;
        }
        has_commanded_ = true;
        server_.touch(*this);
        if (may_only_read() && access_of(*words) != Access::kRead) {
            answer(reply_of(server_.refusal(words->front())));
            return;
        }
        answer(server_.handler_.execute(*words));
    }

    // One page in a turn, and none while the client has enough to read. True if there are more.
    bool turn_page() {
        if (!pages_ || waiting_ || unsent_.size() >= kMaxUnsent) {
            return pages_ && !waiting_;
        }
        const Pages::More more = pages_->next(unframed_, server_.lookout());
        if (more != Pages::More::kYes || unframed_.size() >= kFrameSize) {
            unsent_ += encode_text(FrameType::kOut, unframed_);
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

    void fail(const Error& error) {
        answer(reply_of(error));
        closing_ = true;
    }

    void answer(Reply reply) {
        unsent_ += encode_text(FrameType::kOut, reply.out);
        unsent_ += encode_text(FrameType::kErr, error_text(reply));
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
            server_.limit_large_answers(*this);
        }
    }

    // False if the client has gone.
    bool send_some() {
        while (!unsent_.empty()) {
            const ssize_t size = send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
            if (size < 0 && errno == EINTR) {
                continue;
            }
            if (size < 0) {
                return errno == EAGAIN;
            }
            unsent_.erase(0, static_cast<size_t>(size));
            server_.touch(*this);
        }
        unsent_.shrink_to_fit();
        return true;
    }

    Server& server_;
    UniqueFd socket_;
    const Access access_;
    const uint64_t number_;
    FrameDecoder decoder_;
    std::string unsent_;
    std::string unframed_;          // pages for the next frame
    std::unique_ptr<Pages> pages_;  // of the command that is being answered
    ExitStatus pages_status_ = ExitStatus::kOk;
    bool waiting_ = false;  // the pages have nothing for now
    EventLoop::Clock::time_point moved_at_;
    TimerId patience_ = TimerId::kNone;
    bool is_to_be_resumed_ = false;
    bool reads_ = true;
    bool has_commanded_ = false;
    bool is_half_said_ = false;
    bool closing_ = false;
};

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
    loop_.unwatch(listener_.fd());
}

size_t Server::held() const {
    size_t bytes = 0;
    for (const auto& connection : connections_) {
        bytes += connection->held();
    }
    return bytes;
}

// Somebody waits to be accepted. Only for the first one a connection is closed: nobody else may be
// there.
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

// False if there is nobody, or no way to accept.
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
    auto owned =
        std::make_unique<Connection>(*this, std::move(socket), allowed ? *allowed : Access::kRead);
    Connection& connection = *owned;
    connection.place = connections_.insert(connections_.end(), std::move(owned));
    if (const Status status = connection.watch(); !status) {
        log_warning(status.error().text);
        drop(connection);
        return;
    }
    if (!allowed) {
        connection.refuse(allowed.error());
    }
}

// File modes are not the only guard.
Result<Access> Server::admission(int fd) const {
    const auto peer = peer_credentials(fd);
    if (!peer) {
        return peer.error();
    }
    if (peer->uid == 0 || peer->uid == access_.owner) {
        return Access::kChange;
    }
    if (access_.readers && peer_is_in_group(fd, *peer, access_.readers->gid)) {
        return Access::kRead;
    }
    return Error{cat({"user ", std::to_string(peer->uid), " may not control this daemon"}),
                 ExitStatus::kNoPermission};
}

Error Server::refusal(std::string_view word) const {
    return {cat({word, ": only root may change what runs (group ", access_.readers->name,
                 " may only read)"}),
            ExitStatus::kNoPermission};
}

void Server::drop(Connection& connection) {
    connections_.erase(connection.place);
    go_on_accepting();
}

void Server::touch(Connection& connection) {
    connection.set_moved();
    connections_.splice(connections_.end(), connections_, connection.place);
}

// Closes a connection if there are too many. What it has said by now counts, however late we are to
// hear it. False if none can go yet.
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

// One that has had kGrace and never said a command; or else the one that has been silent longest,
// for as much; or else, of those that had an answer, the one that connected first.
Server::Connection* Server::dispensable() const {
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

// Those who may only read cannot push out those who may do everything.
bool Server::may_go_for_others(const Connection& connection) const {
    return readers_ == 0 || connection.may_only_read();
}

// The next clients wait in the kernel's queue until the first connection can go.
void Server::pause_accepting() {
    const auto first =
        std::find_if(connections_.begin(), connections_.end(),
                     [this](const auto& connection) { return may_go_for_others(*connection); });
    CHECK(first != connections_.end() && accept_timer_ == TimerId::kNone);
    if (!loop_.change(listener_.fd(), 0)) {
        return;  // and we are asked again
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

// Only one in a turn, so that whatever is urgent waits for one page, not for one of each client.
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

const Lookout& Server::lookout() {
    if (!lookout_) {
        lookout_.emplace(loop_);
        resume_next_later();
    }
    return *lookout_;
}

// Beside the newest, which its connection is about to send.
void Server::limit_large_answers(const Connection& newest) {
    const auto is_large = [](const auto& connection) { return connection->has_large_answer(); };
    const auto large = std::count_if(connections_.begin(), connections_.end(), is_large);
    if (static_cast<size_t>(large) <= kLargeAnswers) {
        return;
    }
    for (const auto& connection : connections_) {
        if (connection->has_large_answer() && connection.get() != &newest) {
            log_info("closed a client that took no long answer, for there were too many");
            drop(*connection);
            return;
        }
    }
}

}  // namespace smcroute
