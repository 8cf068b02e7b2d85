// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/json.h"

#include <algorithm>
#include <cstdio>
#include <span>
#include <utility>

#include "base/text.h"

namespace smcroute {

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const size_t size = utf8_size(text);
        const auto c = static_cast<unsigned char>(text[0]);
        if (size == 0) {
            out += "\\ufffd";
        } else if (c < ' ') {
            char escape[8];
            snprintf(escape, sizeof escape, "\\u%04x", unsigned{c});
            out += escape;
        } else {
            out += c == '"' || c == '\\' ? "\\" : "";
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<size_t>(size, 1));
    }
    out += '"';
}

namespace {

void append_json_list(std::string& out, std::string_view words) {
    out += '[';
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        append_json_string(out, word);
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        out += words.empty() ? "" : ", ";
    }
    out += ']';
}

void append_json_value(std::string& out, ColumnType type, std::string_view field) {
    if (type == ColumnType::kList || type == ColumnType::kOutbounds) {
        append_json_list(out, field);
    } else if (field.empty()) {
        out += "null";
    } else if (is_number(type)) {
        out += field;
    } else {
        append_json_string(out, field);
    }
}

void append_json_object(std::string& out, const Schema& schema, Fields row) {
    const std::span<const Column> columns = schema.columns;
    for (size_t i = 0; i < columns.size(); ++i) {
        out += i == 0 ? "{\"" : ", \"";
        out += columns[i].key;
        out += "\": ";
        append_json_value(out, columns[i].type, row[i]);
    }
    out += '}';
}

}  // namespace

void JsonText::take(Fields row) {
    if (schema_.form == Schema::Form::kSheet) {
        text_ = json_line(schema_, row);
        return;
    }
    text_ += text_.empty() ? "[\n" : ",\n";
    append_json_object(text_, schema_, row);
}

std::string JsonText::text() {
    if (schema_.form != Schema::Form::kSheet) {
        text_ += text_.empty() ? "[]\n" : "\n]\n";
    } else if (text_.empty()) {
        text_ = "{}\n";
    }
    return std::move(text_);
}

std::string json_line(const Schema& schema, Fields row) {
    std::string text;
    append_json_object(text, schema, row);
    return text + '\n';
}

std::string render_json_error(std::string_view text, int status) {
    std::string out = "{\"error\": ";
    append_json_string(out, text);
    return out + compose(", \"status\": {}}\n", status);
}

std::string render_json_warning(std::string_view text) {
    std::string out = "{\"warning\": ";
    append_json_string(out, text);
    return out + "}\n";
}

}  // namespace smcroute
