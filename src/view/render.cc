// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/render.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";

std::string_view shown(const std::string& field) {
    return field.empty() ? std::string_view("-") : std::string_view(field);
}

// The columns that a table shows, with their widths.
struct Layout {
    std::vector<size_t> columns;
    std::vector<size_t> widths;
};

Layout lay_out(const Schema& schema, std::span<const Row> rows, bool heading) {
    Layout layout;
    for (size_t i = 0; i < schema.columns.size(); ++i) {
        if (schema.columns[i].heading.empty()) {
            continue;
        }
        size_t width = heading ? schema.columns[i].heading.size() : 0;
        for (const Row& row : rows) {
            width = std::max(width, shown(row[i]).size());
        }
        layout.columns.push_back(i);
        layout.widths.push_back(width);
    }
    return layout;
}

// The field in its column; the last column is not padded.
void append_field(std::string& line, std::string_view field, size_t width, bool right, bool last) {
    const std::string padding(width - field.size(), ' ');
    line += right ? padding : "";
    line += field;
    line += right || last ? "" : padding;
    line += last ? "\n" : "  ";
}

// One word in a table whatever the column: a list is held together by commas.
std::string one_word(const Column& column, std::string_view field) {
    std::string word(field);
    if (column.type == ColumnType::kList) {
        std::replace(word.begin(), word.end(), ' ', ',');
    }
    return word;
}

template <typename Field>
std::string line_of(const Schema& schema, const Layout& layout, Field field) {
    std::string line;
    for (size_t i = 0; i < layout.columns.size(); ++i) {
        const Column& column = schema.columns[layout.columns[i]];
        append_field(line, one_word(column, field(layout.columns[i])), layout.widths[i],
                     column.type == ColumnType::kNumber, i + 1 == layout.columns.size());
    }
    return line;
}

std::string render_sheet(const Schema& schema, const Row& row) {
    size_t width = 0;
    for (const Column& column : schema.columns) {
        width = std::max(width, column.heading.size());
    }
    std::string text;
    for (size_t i = 0; i < schema.columns.size(); ++i) {
        const std::string_view heading = schema.columns[i].heading;
        text +=
            cat({heading, ":", std::string(width + 1 - heading.size(), ' '), shown(row[i]), "\n"});
    }
    return text;
}

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (static_cast<unsigned char>(c) < ' ') {
            char escape[8];
            snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            quoted += escape;
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

std::string json_list(std::string_view words) {
    std::string list = "[";
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        list += cat({list.size() > 1 ? ", " : "", json_string(word)});
        words.remove_prefix(std::min(words.size(), word.size() + 1));
    }
    return list + "]";
}

std::string json_value(const Column& column, const std::string& field) {
    switch (column.type) {
        case ColumnType::kList:
            return json_list(field);
        case ColumnType::kNumber:
            return field.empty() ? "null" : field;
        case ColumnType::kText:
            return field.empty() ? "null" : json_string(field);
    }
    return "null";
}

std::string json_object(const Schema& schema, const Row& row) {
    std::string object = "{";
    for (size_t i = 0; i < schema.columns.size(); ++i) {
        object += cat({i == 0 ? "" : ", ", "\"", schema.columns[i].key,
                       "\": ", json_value(schema.columns[i], row[i])});
    }
    return object + "}";
}

}  // namespace

std::string render_table(const Schema& schema, std::span<const Row> rows, const TableStyle& style) {
    if (schema.form == Schema::Form::kSheet && !rows.empty()) {
        return render_sheet(schema, rows.front());
    }
    std::string text;
    if (schema.form == Schema::Form::kLines) {
        for (const Row& row : rows) {
            text += cat({row[0], "\n"});
        }
        return text;
    }
    if (rows.empty()) {
        return style.heading ? cat({schema.empty, "\n"}) : "";
    }
    const Layout layout = lay_out(schema, rows, style.heading);
    if (style.heading) {
        const std::string heading =
            line_of(schema, layout, [&](size_t i) { return schema.columns[i].heading; });
        text = style.bold ? cat({kBold, std::string_view(heading).substr(0, heading.size() - 1),
                                 kPlain, "\n"})
                          : heading;
    }
    for (const Row& row : rows) {
        text += line_of(schema, layout, [&row](size_t i) { return shown(row[i]); });
    }
    return text;
}

std::string render_json(const Schema& schema, std::span<const Row> rows) {
    if (schema.form == Schema::Form::kSheet) {
        return rows.empty() ? "{}\n" : json_object(schema, rows.front()) + "\n";
    }
    std::string text = "[";
    for (size_t i = 0; i < rows.size(); ++i) {
        text += cat({i == 0 ? "\n" : ",\n", json_object(schema, rows[i])});
    }
    return text + (rows.empty() ? "]\n" : "\n]\n");
}

std::string render_json_lines(const Schema& schema, std::span<const Row> rows) {
    std::string text;
    for (const Row& row : rows) {
        text += json_object(schema, row) + "\n";
    }
    return text;
}

std::string render_json_error(std::string_view text, int status) {
    return cat(
        {"{\"error\": ", json_string(text), ", \"status\": ", std::to_string(status), "}\n"});
}

}  // namespace smcroute
