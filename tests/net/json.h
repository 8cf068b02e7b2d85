// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors

// JsonReader: says whether a text is JSON (RFC 8259, strings in UTF-8, no key twice), and what is
// in its objects. For tests: the program writes JSON and never reads any.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

class JsonReader {
public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    // True if the text is one value or several after each other.
    bool read() {
        do {
            if (value().empty() || (at_ < text_.size() && !is_space(text_[at_]))) {
                return false;
            }
            skip_space();
        } while (at_ < text_.size());
        return true;
    }

    // A line for each object, the inner before the outer: "KEY=TYPE KEY=TYPE", TYPE being string,
    // integer, number, true, false, null, list (of strings), array or object.
    const std::string& objects() const { return objects_; }
    // Up to where the text was understood.
    size_t position() const { return at_; }

private:
    static bool is_space(char c) {
        return std::string_view(" \t\r\n").find(c) != std::string_view::npos;
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(std::string_view word) {
        const bool there = text_.substr(at_, word.size()) == word;
        at_ += there ? word.size() : 0;
        return there;
    }
    void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    // The type, or nothing if there is no value.
    std::string value() {
        skip_space();
        for (const char* const word : {"true", "false", "null"}) {
            if (take(word)) {
                return word;
            }
        }
        switch (peek()) {
            case '{':
                return object() ? "object" : "";
            case '[':
                return array();
            case '"':
                return string() ? "string" : "";
            default:
                return number();
        }
    }

    std::string number() {
        take("-");
        if (!take("0") && !digits()) {
            return "";
        }
        if (peek() != '.' && peek() != 'e' && peek() != 'E') {
            return "integer";
        }
        if (take(".") && !digits()) {
            return "";
        }
        if (!take("e") && !take("E")) {
            return "number";
        }
        if (!take("+")) {
            take("-");
        }
        return digits() ? "number" : "";
    }

    bool digits() {
        const size_t begin = at_;
        while (peek() >= '0' && peek() <= '9') {
            ++at_;
        }
        return at_ > begin;
    }

    bool string(std::string* content = nullptr) {
        if (!take("\"")) {
            return false;
        }
        const size_t begin = at_;
        while (peek() != '"') {
            if (!character()) {
                return false;
            }
        }
        if (content != nullptr) {
            *content = text_.substr(begin, at_ - begin);
        }
        return take("\"");
    }

    bool character() {
        const auto byte = static_cast<unsigned char>(peek());
        if (byte == '\\') {
            return escape();
        }
        const size_t more = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        if (byte < ' ' || (byte >= 0x80 && byte < 0xc2) || byte > 0xf4) {
            return false;
        }
        ++at_;
        for (size_t i = 0; i < more; ++i, ++at_) {
            if ((static_cast<unsigned char>(peek()) & 0xc0U) != 0x80U) {
                return false;
            }
        }
        return true;
    }

    bool escape() {
        ++at_;
        if (!take("u")) {
            const bool known = std::string_view("\"\\/bfnrt").find(peek()) != text_.npos;
            at_ += known ? 1 : 0;
            return known;
        }
        const std::string_view hex = text_.substr(at_, 4);
        at_ += hex.size();
        return hex.size() == 4 && hex.find_first_not_of("0123456789abcdefABCDEF") == hex.npos;
    }

    std::string array() {
        take("[");
        skip_space();
        bool strings = true;
        for (bool first = true; !take("]"); first = false) {
            if (!first && !take(",")) {
                return "";
            }
            const std::string type = value();
            if (type.empty()) {
                return "";
            }
            strings = strings && type == "string";
            skip_space();
        }
        return strings ? "list" : "array";
    }

    bool object() {
        take("{");
        skip_space();
        std::string line;
        std::vector<std::string> keys;
        while (!take("}")) {
            skip_space();
            if (!keys.empty() && !take(",")) {
                return false;
            }
            skip_space();
            std::string key;
            if (!string(&key) || std::find(keys.begin(), keys.end(), key) != keys.end()) {
                return false;
            }
            skip_space();
            const std::string type = take(":") ? value() : "";
            if (type.empty()) {
                return false;
            }
            line.append(keys.empty() ? "" : " ").append(key).append("=").append(type);
            keys.push_back(key);
            skip_space();
        }
        objects_ += line + "\n";
        return true;
    }

    std::string_view text_;
    size_t at_ = 0;
    std::string objects_;
};
