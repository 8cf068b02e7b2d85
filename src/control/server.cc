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

namespace {

constexpr size_t kReadSize = 16 * 1024;

}  // namespace

class Server::Connection final : public Handler {
public:
    Connection(Server& server, UniqueFd socket, Access access)
        : server_(server), socket_(std::move(socket)), access_(access) {}
    ~Connection() override {
        server_.loop_.cancel(resume_);
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

    Connections::iterator place;  // in the server's list

private:
    // False at the end of the stream.
    bool receive() {
        std::array<char, kReadSize> bytes;
        const ssize_t size = recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (size > 0) {
            server_.touch(*this);
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
            resume();
        }
        const uint32_t reading = more || !may_receive() ? 0U : EPOLLIN;
        const uint32_t writing = unsent_.empty() ? 0U : EPOLLOUT;
        if (!server_.loop_.change(socket_.get(), reading | writing)) {
            server_.drop(*this);
        }
    }

    // Goes on at the end of this turn, or in the next.
    void resume() {
        if (resume_ == TimerId::kNone) {
            resume_ = server_.loop_.run_at(server_.loop_.now(), [this] {
                resume_ = TimerId::kNone;
                pump();
            });
        }
    }

    // What comes while an answer waits for things to happen is not piled up; that the client has
    // gone is told all the same.
    bool may_receive() const {
        return !closing_ && unsent_.size() < kMaxUnsent && (!waiting_ || decoder_.buffered() == 0);
    }

    // True if there may be another whole frame.
    bool execute_some() {
        for (int i = 0; i < kCommandsPerTurn; ++i) {
            if (pages_ || closing_ || unsent_.size() >= kMaxUnsent) {
                return !closing_;
            }
            const auto frame = decoder_.next();
            if (!frame) {
                fail(frame.error());
                return false;
            }
            if (!*frame) {
                return false;
            }
            execute(**frame);
        }
        return true;
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
        if (access_ == Access::kRead && access_of(*words) != Access::kRead) {
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
        std::string page;
        const Pages::More more = pages_->next(page);
        unsent_ += encode_text(FrameType::kOut, page);
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
                resume();
            });
        } else {
            unsent_ += encode_done(reply.status);
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
        }
        return true;
    }

    Server& server_;
    UniqueFd socket_;
    const Access access_;
    FrameDecoder decoder_;
    std::string unsent_;
    std::unique_ptr<Pages> pages_;  // of the command that is being answered
    ExitStatus pages_status_ = ExitStatus::kOk;
    bool waiting_ = false;  // the pages have nothing for now
    TimerId resume_ = TimerId::kNone;
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

Server::~Server() { loop_.unwatch(listener_.fd()); }

void Server::on_event(uint32_t /*events*/) {
    auto socket = listener_.accept();
    if (!socket) {
        log_warning(socket.error().text);
        return;
    }
    if (*socket) {
        admit(std::move(*socket));
    }
}

void Server::admit(UniqueFd socket) {
    const Result<Access> allowed = admission(socket.get());
    if (allowed && connections_.size() >= kMaxConnections) {
        drop(*connections_.front());
    }
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

void Server::drop(Connection& connection) { connections_.erase(connection.place); }

void Server::touch(Connection& connection) {
    connections_.splice(connections_.end(), connections_, connection.place);
}

}  // namespace smcroute
