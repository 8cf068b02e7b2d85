// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/protocol.h"

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

using Lines = std::vector<std::string>;

// "1 payload" for each frame that has arrived, then the error if there is one.
void append_frames(FrameDecoder& decoder, Lines& lines) {
    for (;;) {
        const auto frame = decoder.next();
        if (!frame) {
            lines.push_back(frame.error().text);
            return;
        }
        if (!*frame) {
            return;
        }
        lines.push_back(compose("{} {}", static_cast<int>((*frame)->type), (*frame)->payload));
    }
}

Lines decode(std::string_view bytes) {
    FrameDecoder decoder;
    Lines lines;
    decoder.push(bytes);
    append_frames(decoder, lines);
    return lines;
}

std::string bytes(std::initializer_list<unsigned> values) {
    std::string text;
    for (const unsigned value : values) {
        text += static_cast<char>(value);
    }
    return text;
}

}  // namespace

TEST(frame_is_length_type_and_payload) {
    EXPECT_EQ(encode_frame(FrameType::kOut, "ab"), bytes({0, 0, 0, 2, 2, 'a', 'b'}));
    EXPECT_EQ(encode_frame(FrameType::kCommand, ""), bytes({0, 0, 0, 0, 1}));
    EXPECT_EQ(encode_frame(FrameType::kErr, std::string(258, 'x')).substr(0, 5),
              bytes({0, 0, 1, 2, 3}));
}

TEST(done_frame_carries_the_exit_status) {
    EXPECT_EQ(encode_done(ExitStatus::kOk), bytes({0, 0, 0, 1, 4, 0}));
    EXPECT_EQ(encode_done(ExitStatus::kConfig), bytes({0, 0, 0, 1, 4, 78}));
}

TEST(text_is_split_into_as_many_frames_as_it_needs) {
    std::string frames = "before";
    append_text(frames, FrameType::kOut, "");
    EXPECT_EQ(frames, "before");
    const std::string full(kMaxPayload, 'x');
    append_text(frames, FrameType::kOut, full);
    EXPECT(frames == "before" + encode_frame(FrameType::kOut, full));
    frames.clear();
    append_text(frames, FrameType::kErr, full + "y");
    EXPECT(frames == encode_frame(FrameType::kErr, full) + encode_frame(FrameType::kErr, "y"));
}

TEST(decoder_gives_frames_one_after_another) {
    EXPECT_EQ(decode(encode_frame(FrameType::kCommand, "a") + encode_frame(FrameType::kOut, "") +
                     encode_frame(FrameType::kErr, "bc")),
              (Lines{"1 a", "2 ", "3 bc"}));
}

TEST(decoder_does_not_care_where_the_stream_was_cut) {
    const std::string stream = encode_frame(FrameType::kCommand, std::string("-k\0", 3)) +
                               encode_frame(FrameType::kOut, "") +
                               encode_frame(FrameType::kErr, "some text");
    const Lines whole = decode(stream);
    EXPECT_EQ(whole.size(), size_t{3});
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
        FrameDecoder decoder;
        Lines lines;
        decoder.push(std::string_view(stream).substr(0, cut));
        append_frames(decoder, lines);
        decoder.push(std::string_view(stream).substr(cut));
        append_frames(decoder, lines);
        EXPECT_EQ(lines, whole);
        EXPECT_EQ(decoder.buffered(), size_t{0});
    }
}

TEST(decoder_puts_a_stream_together_from_single_bytes) {
    const std::string stream =
        encode_frame(FrameType::kCommand, "abc") + encode_frame(FrameType::kDone, "d");
    FrameDecoder decoder;
    Lines lines;
    for (const char byte : stream) {
        decoder.push({&byte, 1});
        append_frames(decoder, lines);
    }
    EXPECT_EQ(lines, (Lines{"1 abc", "4 d"}));
}

TEST(decoder_waits_for_the_rest_of_a_frame) {
    FrameDecoder decoder;
    Lines lines;
    decoder.push(bytes({0, 0, 0, 3, 1, 'a', 'b'}));
    append_frames(decoder, lines);
    EXPECT_EQ(lines, Lines{});
    EXPECT_EQ(decoder.buffered(), size_t{7});
}

TEST(decoder_takes_the_longest_payload_and_refuses_a_longer_one_at_its_header) {
    EXPECT(decode(encode_frame(FrameType::kOut, std::string(kMaxPayload, 'x'))) ==
           Lines{"2 " + std::string(kMaxPayload, 'x')});
    EXPECT_EQ(decode(bytes({0, 1, 0, 1, 1})), Lines{"malformed frame"});
    EXPECT_EQ(decode(bytes({0xff, 0xff, 0xff, 0xff, 1})), Lines{"malformed frame"});
}

TEST(decoder_refuses_a_type_that_there_is_not) {
    for (const unsigned type : {0U, 5U, 128U, 255U}) {
        EXPECT_EQ(decode(bytes({0, 0, 0, 0, type})), Lines{"malformed frame"});
    }
}

TEST(decoder_gives_what_stands_before_the_garbage) {
    EXPECT_EQ(decode(encode_frame(FrameType::kCommand, "a") + "GET / HTTP/1.1\r\n"),
              (Lines{"1 a", "malformed frame"}));
}

TEST(decoder_error_is_final) {
    FrameDecoder decoder;
    Lines lines;
    decoder.push(bytes({0, 0, 0, 0, 9}));
    append_frames(decoder, lines);
    decoder.push(encode_frame(FrameType::kCommand, "a"));
    append_frames(decoder, lines);
    EXPECT_EQ(lines, (Lines{"malformed frame", "malformed frame"}));
}

TEST(words_end_in_a_nul_byte_each) {
    const auto payload = encode_words(Lines{"-a", "", "eth0"});
    REQUIRE(payload);
    EXPECT_EQ(*payload, std::string("-a\0\0eth0\0", 9));
}

TEST(words_come_back_from_their_payload) {
    for (const Lines& words : {Lines{"-k"}, Lines{""}, Lines{"", "", "a b\n\xff", ""}}) {
        const auto payload = encode_words(words);
        REQUIRE(payload);
        const auto decoded = decode_words(*payload);
        REQUIRE(decoded);
        EXPECT_EQ(*decoded, words);
    }
}

TEST(words_with_a_nul_byte_cannot_be_sent) {
    const auto payload = encode_words(Lines{"-a", std::string("et\0h", 4)});
    REQUIRE(!payload);
    EXPECT_EQ(payload.error().text, "'et?h' contains a NUL byte");
    EXPECT_EQ(payload.error().status, ExitStatus::kUsage);
}

TEST(words_must_fit_into_one_payload) {
    EXPECT(encode_words(Lines{"-a", std::string(kMaxPayload - 4, 'x')}));
    const auto payload = encode_words(Lines{"-a", std::string(kMaxPayload - 3, 'x')});
    REQUIRE(!payload);
    EXPECT_EQ(payload.error().text, "-a: the command is longer than 65536 bytes");
    EXPECT_EQ(payload.error().status, ExitStatus::kUsage);
}

TEST(payload_that_is_no_list_of_words_is_refused) {
    for (const std::string_view payload : {"", "a", "-a\0eth0"}) {
        const auto words = decode_words(payload);
        REQUIRE(!words);
        EXPECT_EQ(words.error().text, "malformed command");
        EXPECT_EQ(words.error().status, ExitStatus::kUsage);
    }
    EXPECT(!decode_words(std::string_view("-a\0eth0", 7)));
}

}  // namespace smcroute
