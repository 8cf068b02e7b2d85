// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/spelling.h"

#include <array>
#include <span>
#include <string_view>

#include "base/text.h"
#include "control/command.h"
#include "view/schema.h"

namespace smcroute {

namespace {

using Names = std::vector<std::string_view>;

Names former_commands() {
    return {"add",   "del",    "flush",  "help",    "join", "kill",
            "leave", "reload", "remove", "restart", "show", "version"};
}

std::string_view meaning_of(std::string_view command) {
    return command == "del" ? "remove" : command == "restart" ? "reload" : command;
}

Names commands() {
    Names names;
    for (const CommandWord& command : command_words()) {
        names.push_back(command.name);
    }
    return names;
}

Names tables() {
    Names names;
    for (const Schema& schema : schemas()) {
        names.push_back(schema.what);
    }
    return names;
}

// The name that the word is, or that alone begins with it; empty if there is none.
Result<std::string_view> complete(std::string_view word, const Names& names) {
    std::string_view found;
    std::string others;
    for (const std::string_view name : names) {
        if (name == word) {
            return name;
        }
        if (name.starts_with(word)) {
            others += found.empty() ? "" : compose(" or {}", name);
            found = found.empty() ? name : found;
        }
    }
    if (!others.empty()) {
        return Error{compose("'{}' may mean {}{}", printable(word), found, others),
                     ExitStatus::kUsage};
    }
    return found;
}

// The same of the first list that has any.
Result<std::string_view> complete(std::string_view word, std::initializer_list<Names> lists) {
    for (const Names& names : lists) {
        const auto name = complete(word, names);
        if (!name || !name->empty()) {
            return name;
        }
    }
    return std::string_view();
}

}  // namespace

Result<std::vector<std::string>> spell_out(std::vector<std::string> words) {
    if (words.empty() || words[0].empty() || words[0].front() == '-') {
        return words;
    }
    const auto command = complete(words[0], {former_commands(), commands(), tables()});
    if (!command) {
        return command.error();
    }
    if (find_schema(*command) != nullptr) {
        words.insert(words.begin(), "show");
    } else if (!command->empty()) {
        words[0] = meaning_of(*command);
    }
    if (words[0] != "show" || words.size() < 2) {
        return words;
    }
    const auto table =
        complete(words[1], {{"routes", "groups", "interfaces", "pending"}, tables()});
    if (!table) {
        return table.error();
    }
    words[1] = table->empty() ? words[1] : std::string(*table);
    return words;
}

}  // namespace smcroute
