// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The complete wire protocol between a client and the daemon. Both run on one machine; numbers are
// big-endian so that a dump reads like a network protocol.
//
// A connection carries frames:
//
//     4 bytes   length of the payload, at most kMaxPayload
//     1 byte    type
//     n bytes   payload
//
// The client sends kCommand: the words of one command, as they stood on the command line, each
// ended by a NUL byte ("-a\0eth0\0225.1.2.3\0eth1\0"). It may send the next command before the
// answer to the last. The daemon answers each command, in order, with any number of kOut and kErr
// frames (text for the client's stdout and stderr) and then one kDone, whose payload is one byte,
// the exit status.
//
// A starting daemon asks the owner of the socket with the one word "hand-over", which no command
// line has and which only root, or the user who started the daemon, may send. A worker whose guard
// has died answers with its descriptors (SCM_RIGHTS): each kOut frame is one message; its payload
// has the names of the descriptors that came with it, as in guard/handover.h, each ended by a
// newline; then kDone 0. Anybody else answers with kErr, saying who runs, and kDone 69. Descriptors
// that a client sends are closed unread.
//
// A frame that does not parse is answered with kErr and kDone and costs its connection.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace smcroute {

inline constexpr size_t kMaxPayload = 64 * 1024;
inline constexpr size_t kFrameHeaderSize = 5;

enum class FrameType : uint8_t { kCommand = 1, kOut = 2, kErr = 3, kDone = 4 };

// The payload is a view into the decoder, valid until its next call.
struct Frame {
    FrameType type = FrameType::kDone;
    std::string_view payload;
};

// A payload longer than kMaxPayload is our own bug; see append_text() for text of any length.
std::string encode_frame(FrameType type, std::string_view payload);
// As many frames as the text needs; none for an empty text.
void append_text(std::string& frames, FrameType type, std::string_view text);
std::string encode_done(ExitStatus status);

// The payload of a kCommand frame. No word may contain a NUL byte, and all must fit in one payload.
Result<std::string> encode_words(std::span<const std::string> words);
// At least one word.
Result<std::vector<std::string>> decode_words(std::string_view payload);

// Cuts a byte stream into frames. Holds at most one frame and the bytes pushed behind it.
class FrameDecoder {
public:
    void push(std::string_view bytes) { buffer_ += bytes; }
    // The next whole frame; nothing if it has not arrived. An error is final.
    Result<std::optional<Frame>> next();
    size_t buffered() const { return buffer_.size() - consumed_; }
    // Gives back the memory of a long frame, if nothing is buffered.
    void shrink();

private:
    void drop_consumed();

    std::string buffer_;
    size_t consumed_ = 0;
};

}  // namespace smcroute
