#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/lint.sh: the rules of the house that no compiler checks. Each offence is a line
# "FILE:LINE: TEXT"; the exit status is 1 if there was one. Where a tool is missing, a line says
# what was left out.
#
#     tests/lint.sh               the tree that this script stands in
#     tests/lint.sh --self-test   plants one offence of each kind elsewhere, and expects all of them
#
# What took long and was found in order is remembered in $LINT_CACHE (build/lint).

# shellcheck disable=SC2016 # awk programs, and planted scripts

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.." || exit 2
CXX=${CXX:-g++}
cache=${LINT_CACHE:-build/lint}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
: >"$work/offences"

skip() { echo "lint: skipped: $1"; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- What there is to check ----

# Every file that is or may become part of the tree, one a line.
list_files() {
    if [ -e .git ] && have git; then
        git ls-files --cached --others --exclude-standard
    else
        find . -name 'build*' -prune -o -name .git -prune -o -type f -print | sed 's|^\./||'
    fi | sort -u | while read -r file; do
        [ ! -f "$file" ] || echo "$file"
    done
}

# Test data is exempt: it may be wrong on purpose.
sort_files() {
    list_files >"$work/every"
    grep -v -e '^tests/fuzz/corpus/' -e '^tests/conf/' "$work/every" >"$work/all"
    grep -E '\.(cc|h)$' "$work/all" >"$work/cxx"
    grep -E '^src/.*\.(cc|h)$' "$work/cxx" >"$work/src"
    grep -E '\.h$' "$work/src" | while read -r file; do
        [ -f "${file%.h}.cc" ] || echo "$file"
    done >"$work/headers"
    grep -E '\.[0-9]$' "$work/all" | grep '^man/' >"$work/pages"
    while read -r file; do
        case $file in
            *.sh) echo "$file" ;;
            *.*) ;;
            *) ! head -n 1 "$file" | grep -qE '^#!.*[ /](ba|da)?sh( |$)' || echo "$file" ;;
        esac
    done <"$work/all" >"$work/shell"
    for file in .ci/run conf/smcroute.init conf/smcroute.openrc.in conf/smcroute.procd.in conf/APKBUILD; do
        [ ! -f "$file" ] || grep -qxF "$file" "$work/shell" || echo "$file" >>"$work/shell"
    done
}

# ---- Rules about lines: awk programs that print FILE:LINE: TEXT ----

# on LIST PROGRAM: runs the awk program over the files of the list.
on() {
    [ ! -s "$work/$1" ] || tr '\n' '\0' <"$work/$1" | xargs -0 awk "$2" >>"$work/offences"
}

# A file includes its own room and those below it (see src/README.md).
check_layers() {
    on src '
    BEGIN {
        may["base"] = "base"
        may["os"] = "os base"
        may["mcast"] = "mcast base"
        may["config"] = "config mcast base"
        may["kernel"] = "kernel mcast os base"
        may["mrdisc"] = "mrdisc mcast os base"
        may["view"] = "view base"
        may["control"] = "control view config mcast os base"
        may["daemon"] = "daemon control view config mrdisc kernel mcast os base"
        may["why"] = "why daemon control view config kernel mcast os base"
        may["guard"] = "guard daemon control config mrdisc kernel mcast os base"
    }
    FNR == 1 {
        room = FILENAME
        sub(/^src\//, "", room)
        if (!sub(/\/.*/, "", room)) room = ""
        if (room != "" && !(room in may))
            print FILENAME ":1: src/" room " is no room of the house"
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, part, "\"")
        to = part[2]
        if (to !~ /\//) {
            if (room != "" || system("test -f src/" to) != 0)
                print FILENAME ":" FNR ": include \"" to "\" does not name its room"
        } else {
            sub(/\/.*/, "", to)
            if (room != "" && index(" " may[room] " ", " " to " ") == 0)
                print FILENAME ":" FNR ": src/" room " may not include \"" part[2] "\""
        }
    }'
}

# "Where things are" in src/README.md names every option, command, directive and table, and no file
# that is not there.
check_places() {
    sed -n '/^## Where things are/,/^## How/p' src/README.md >"$work/places"
    {
        sed -n "s/.*OptionWord{[^,]*, \"\([a-z0-9-]*\)\".*/\`--\1\`/p" src/option_table.cc
        sed -n "s/^    {['a-z0]*, \"\([a-z]*\)\".*/\`--\1\`/p" src/control/command.cc
        sed -n 's/^    {"\([a-z]*\)", &Parser::.*/`\1`/p' src/config/parser.cc
        sed -n 's/.*Schema.*{"\([a-z]*\)", k[A-Za-z]*, .*/`\1`/p' src/view/schema.cc
    } >"$work/names"
    [ "$(wc -l <"$work/names")" -gt 50 ] ||
        echo "src/README.md:1: lint finds too few options, commands, directives and tables" >>"$work/offences"
    while read -r name; do
        grep -qF "$name" "$work/places" ||
            echo "src/README.md:1: 'Where things are' lacks $name" >>"$work/offences"
    done <"$work/names"
    grep -oE '[a-z_/]+\.(cc|h)' "$work/places" | sort -u | while read -r file; do
        [ -f "src/$file" ] ||
            echo "src/README.md:1: 'Where things are' names $file, which is not there" >>"$work/offences"
    done
}

# Kernel headers stay in the kernel room; mcast and config see neither system, clock nor log.
check_system_includes() {
    on cxx '
    /^[ \t]*#[ \t]*include[ \t]*<linux\// &&
    FILENAME !~ /^src\/kernel\/.*\.cc$/ && FILENAME !~ /^src\/kernel\/.*_codec\.h$/ &&
    FILENAME != "src/os/syscall_filter.cc" &&
    FILENAME !~ /^tests\/(net|bench|fuzz)\// && FILENAME !~ /^tests\/unit\/.*codec_test\.cc$/ {
        print FILENAME ":" FNR ": <linux/...> belongs in src/kernel/*.cc and the codecs"
    }
    FILENAME ~ /^src\/(mcast|config)\// &&
    /^[ \t]*#[ \t]*include[ \t]*["<](sys\/|unistd\.h|fcntl\.h|time\.h|ctime|fstream|base\/log\.h)/ {
        print FILENAME ":" FNR ": src/mcast and src/config make no system call, read no clock, log nothing"
    }'
}

# What its own .cc file includes before all else, the compiler has seen alone; of the other headers
# see header_alone().
check_own_header_first() {
    on src '
    FNR == 1 { own = FILENAME; sub(/^src\//, "", own); sub(/\.cc$/, ".h", own); seen = FILENAME ~ /\.h$/ }
    !seen && /^#include/ {
        seen = 1
        if ($0 != "#include \"" own "\"" && system("test -f src/" own) == 0)
            print FILENAME ":" FNR ": a file includes its own header first"
    }'
}

# Words that the language subset leaves out, looked for outside comments and literals.
check_banned() {
    on cxx '
    function found(text) { print FILENAME ":" FNR ": " text }
    function has(word) { return (" " code " ") ~ ("[^A-Za-z0-9_]" word "[^A-Za-z0-9_]") }
    # The line without comments and with literals emptied. `inside` is what the last line left open.
    function strip(line,    out, at) {
        out = ""
        while (line != "") {
            if (inside != "") {
                at = index(line, inside)
                if (at == 0) return out
                line = substr(line, at + length(inside))
                inside = ""
                continue
            }
            if (!match(line, /\/\/|\/\*|R"[^(]*\(|"|\047/)) return out line
            at = substr(line, RSTART, RLENGTH)
            if (at == "\047" && RSTART > 1 && substr(line, RSTART - 1, 1) ~ /[0-9A-Fa-f]/) {
                out = out substr(line, 1, RSTART)     # a digit separator
                line = substr(line, RSTART + 1)
                continue
            }
            out = out substr(line, 1, RSTART - 1) " "
            line = substr(line, RSTART + RLENGTH)
            if (at == "//") return out
            if (at == "/*") inside = "*/"
            else if (at ~ /^R/) inside = ")" substr(at, 3, length(at) - 3) "\""
            else line = after_literal(line, at)
        }
        return out
    }
    function after_literal(line, quote,    i, c) {
        for (i = 1; i <= length(line); ++i) {
            c = substr(line, i, 1)
            if (c == "\\") ++i
            else if (c == quote) return substr(line, i + 1)
        }
        return ""
    }
    FNR == 1 { inside = ""; of_src = FILENAME ~ /^src\//; tool = FILENAME ~ /^tests\/net\// }
    /^[ \t]*#[ \t]*include[ \t]*</ {
        if (!tool && /<(iostream|sstream|fstream|iomanip|locale|regex|filesystem|thread|mutex|future|coroutine)>/)
            found("this part of the library is not used here: " $0)
        next
    }
    { code = strip($0) }
    has("throw") || has("try[ \t]*{") || has("catch") { found("no exceptions") }
    has("(strcpy|strncpy|stpcpy|strcat|strncat|sprintf|vsprintf|strtok|atoi|atol)") {
        found("no unbounded or unchecked C function")
    }
    code ~ /std::sto(i|l|ll|ul|ull|f|d|ld)[^a-z]/ { found("parse_number() instead of std::sto...") }
    # Rules has an at() of its own.
    code ~ /\.at\(/ && code !~ /rules_?\.at\(/ { found("no .at(): an index that may be out of range is checked") }
    has("(dynamic_cast|typeid)") { found("no run-time type information") }
    /^using namespace/ && FILENAME ~ /\.h$/ { found("no using namespace in a header") }
    of_src && FILENAME != "src/base/terminate.cc" {
        if (has("delete") && code !~ /= delete;/) found("no delete: something owns it")
        # A private constructor is out of reach for make_unique.
        if (has("new") && code !~ /unique_ptr<[^>]*>( [a-z_]+)?\(new /)
            found("no new, but for std::unique_ptr<T>(new T...) in T::create()")
    }
    FILENAME ~ /^src\/(mcast|kernel)\// && code ~ /std::function</ { found("no std::function here") }'
}

check_layout() {
    on cxx '
    /\t/ { print FILENAME ":" FNR ": tab" }
    FNR == 501 && FILENAME ~ /^src\// { print FILENAME ":501: over 500 lines: split it" }
    FNR == 1 && FILENAME ~ /^src\/.*_test\.cc$/ { print FILENAME ":1: tests belong in tests/unit" }'
    tr '\n' '\0' <"$work/all" | xargs -0 grep -nIE '[[:blank:]]$' |
        sed 's/^\([^:]*:[0-9]*\):.*/\1: white space at the end/' >>"$work/offences"
}

# No file names a directory of the machine that somebody wrote it on.
check_machine_paths() {
    tr '\n' '\0' <"$work/every" |
        xargs -0 grep -nIE '(^|[^[:alnum:]_.}$*-])/([w]ork|[h]ome/[a-z]+|[U]sers)/' |
        sed 's/^\([^:]*:[0-9]*\):.*/\1: a path of one machine/' >>"$work/offences"
}

check_licence() {
    cat "$work/cxx" "$work/shell" >"$work/ours"
    on ours '
    function judge() { if (file != "" && !(licence && owner)) print file ":1: the two lines of the licence tag are missing" }
    FNR == 1 { judge(); file = FILENAME; licence = owner = 0 }
    FNR <= 16 && /SPDX-License-Identifier: ISC/ { licence = 1 }
    FNR <= 16 && /Copyright \(c\)/ { owner = 1 }
    FNR > 16 { nextfile }
    END { judge() }'
}

# ---- Rules that a tool checks; what it found good is not looked at again until it changes ----

# in_parallel LIST COMMAND: runs "lint.sh COMMAND FILE" for each file of the list.
in_parallel() {
    mkdir -p "$cache"
    [ ! -s "$work/$1" ] ||
        tr '\n' '\0' <"$work/$1" | xargs -0 -n 1 -P 2 sh tests/lint.sh "$2" >>"$work/offences"
}

# stamp_of KIND FILE
stamp_of() { echo "$cache/$1-$(echo "$2" | tr / -)"; }

# unchanged STAMP FILE...: the stamp is there and newer than all of the files.
unchanged() {
    [ -f "$1" ] || return 1
    newer=$(find "$@" -newer "$1" 2>&1) && [ -z "$newer" ]
}

# Its deps are the words of the stamp itself.
header_alone() {
    stamp=$(stamp_of alone "$1")
    # shellcheck disable=SC2046 # a list of names
    ! unchanged "$stamp" tests/lint.sh $(cat "$stamp" 2>/dev/null) || return 0
    if echo "#include \"${1#src/}\"" | $CXX -std=c++20 -fno-exceptions -fno-rtti -Wall -Wextra \
        -Isrc -fsyntax-only -x c++ -MMD -MF "$work/deps" -MT x - >"$work/out" 2>&1; then
        sed -e 's/^x: *-*//' -e 's/\\$//' "$work/deps" >"$stamp"
    else
        rm -f "$stamp"
    fi
    if [ -s "$work/out" ]; then
        echo "$1:1: does not compile alone: $(grep -m 1 -E 'error|warning' "$work/out")"
    fi
}

shell_script() {
    stamp=$(stamp_of shell "$1")
    ! unchanged "$stamp" "$1" tests/lint.sh || return 0
    if shellcheck -f gcc "$1" >"$work/out" 2>&1; then touch "$stamp"; else rm -f "$stamp"; fi
    sed 's/^\([^:]*:[0-9]*\):[0-9]*: /\1: /' "$work/out"
}

check_headers() {
    if have "$CXX"; then in_parallel headers --header; else skip "headers alone: no $CXX"; fi
}

# All at once: a process for each would take longer than its work.
check_format() {
    have clang-format || { skip "no clang-format"; return; }
    mkdir -p "$cache"
    stamp=$cache/format
    unchanged "$stamp" .clang-format tests/lint.sh || rm -f "$stamp"
    tr '\n' '\0' <"$work/cxx" | if [ -f "$stamp" ]; then
        xargs -0 sh -c 'stamp=$1; shift; find "$@" -newer "$stamp" -print0' find "$stamp"
    else
        cat
    fi >"$work/changed"
    : >"$work/now"
    xargs -0 -r -n 40 -P 2 clang-format --dry-run -Werror <"$work/changed" >"$work/out" 2>&1
    grep -q 'error: ' "$work/out" || mv "$work/now" "$stamp"
    sed -n 's|^\([^:]*:[0-9]*\):[0-9]*: error: .*|\1: clang-format would write this differently|p' \
        "$work/out" >>"$work/offences"
}

check_shell() {
    if have shellcheck; then in_parallel shell --shell; else skip "no shellcheck"; fi
}

check_pages() {
    have mandoc || { skip "manual pages: no mandoc"; return; }
    while read -r page; do
        mandoc -T lint -W warning "$page"
    done <"$work/pages" | sed -e 's/^mandoc: \([^:]*:[0-9]*\):[0-9]*: /\1: /' \
        -e 's/^mandoc: \([^:]*\): \([A-Z]\)/\1:1: \2/' >>"$work/offences"
}

lint() {
    sort_files
    check_layers
    check_places
    check_system_includes
    check_own_header_first
    check_banned
    check_layout
    check_machine_paths
    check_licence
    check_headers
    check_format
    check_shell
    check_pages
    sort -t: -k1,1 -k2,2n -u "$work/offences"
    [ ! -s "$work/offences" ] || { echo "lint: $(sort -u "$work/offences" | wc -l) offences"; exit 1; }
}

# ---- The self-test ----

# plant FILE: standard input becomes a file of the planted tree, behind a licence tag in lines 1, 2.
plant() {
    mkdir -p "$tree/$(dirname "$1")"
    case $1 in *.sh) tag='#' ;; *) tag='//' ;; esac
    { printf '%s SPDX-License-Identifier: ISC\n%s Copyright (c) x\n' $tag $tag && cat; } >"$tree/$1"
}

# expect FILE:LINE WORDS: a part of an offence that must be found.
expect() { echo "$1: $2" >>"$work/expected"; }

plant_offences() {
    plant src/base/good.h <<'END'
#pragma once
// throw, new and delete in comments; strcpy( too.
/* try { iostream } */
inline const char* text() { return "throw new \" delete .at( /*"; }
inline const char* raw() { return R"(" new throw )"; }
inline char quote() { return '"'; }
inline int number() { return 1'000; }
struct Fixed {
    Fixed(const Fixed&) = delete;
};
END
    plant src/mcast/layer.cc <<'END'
#include "kernel/kernel.h"
#include <unistd.h>
#include "base/log.h"
#include "alone.h"
END
    expect src/mcast/layer.cc:3 'src/mcast may not include "kernel/kernel.h"'
    expect src/mcast/layer.cc:4 'make no system call'
    expect src/mcast/layer.cc:5 'make no system call'
    expect src/mcast/layer.cc:6 'does not name its room'
    for room in base:os os:mcast mcast:config config:kernel kernel:config control:kernel \
        control:daemon view:config; do
        echo "#include \"${room#*:}/x.h\"" | plant "src/${room%:*}/to_${room#*:}.cc"
        expect "src/${room%:*}/to_${room#*:}.cc:3" "src/${room%:*} may not include"
    done
    echo | plant src/attic/x.cc
    expect src/attic/x.cc:1 'is no room'
    echo '#pragma once' | plant src/base/second.h
    printf '#include <string>\n#include "base/second.h"\n' | plant src/base/second.cc
    expect src/base/second.cc:3 'own header first'
    echo '#include <linux/mroute.h>' | plant src/daemon/linux.cc
    expect src/daemon/linux.cc:3 'belongs in src/kernel'
    echo '#include <linux/mroute.h>' | plant src/kernel/linux.cc
    plant src/base/banned.cc <<'END'
#include <iostream>
void f(char* to, const char* from) {
    throw 1;
    try {
    } catch (...) {
    }
    strcpy(to, from);
    sprintf(to, from);
    int* a = new int;
    delete a;
    std::stoi(from);
    v.at(1);
}
END
    expect src/base/banned.cc:3 'not used here'
    expect src/base/banned.cc:5 'no exceptions'
    expect src/base/banned.cc:6 'no exceptions'
    expect src/base/banned.cc:7 'no exceptions'
    expect src/base/banned.cc:9 'unbounded'
    expect src/base/banned.cc:10 'unbounded'
    expect src/base/banned.cc:11 'no new'
    expect src/base/banned.cc:12 'no delete'
    expect src/base/banned.cc:13 'parse_number'
    expect src/base/banned.cc:14 'no .at()'
    printf 'int a;  \n\tint b;\n// /%s/main/x\n' work | plant src/os/layout.cc
    expect src/os/layout.cc:3 'white space at the end'
    expect src/os/layout.cc:4 'tab'
    expect src/os/layout.cc:5 'a path of one machine'
    yes '//' | head -n 500 | plant src/os/long.cc
    expect src/os/long.cc:501 'over 500 lines'
    echo 'int a;' >"$tree/src/os/bare.cc"
    expect src/os/bare.cc:1 'licence tag'
    ! have "$CXX" || expect src/os/alone.h:1 'does not compile alone'
    printf '#pragma once\nstd::string f();\n' | plant src/os/alone.h
    ! have clang-format || expect src/os/format.cc:3 'clang-format'
    echo 'int   f( ) ;' | plant src/os/format.cc
    ! have shellcheck || expect tests/bad.sh:3 'SC2086'
    echo 'cd $1 || exit' | plant tests/bad.sh
    ! have mandoc || expect man/bad.8:1 'WARNING'
    mkdir -p "$tree/man"
    echo 'no page at all' >"$tree/man/bad.8"
}

self_test() {
    tree=$work/tree
    mkdir -p "$tree/tests"
    cp tests/lint.sh "$tree/tests/"
    cp .clang-format "$tree/"
    plant_offences
    (cd "$tree" && unset LINT_CACHE && sh tests/lint.sh) >"$work/found" 2>&1
    status=$?
    failed=0
    while read -r line; do
        grep -qF -- "${line#*: }" <<END || { echo "lint: self-test: not found: $line"; failed=1; }
$(grep -F -- "${line%%: *}: " "$work/found")
END
    done <"$work/expected"
    if grep -E '^src/(base/good\.h|kernel/linux\.cc):' "$work/found" | grep -v clang-format; then
        echo "lint: self-test: the lines above are no offences"
        failed=1
    fi
    [ $status = 1 ] || { echo "lint: self-test: exit status $status, not 1"; failed=1; }
    [ $failed != 0 ] || echo "lint: self-test: $(wc -l <"$work/expected") planted offences found"
    return $failed
}

case ${1:-} in
    "") lint ;;
    --self-test) self_test ;;
    --header) header_alone "$2" ;;
    --shell) shell_script "$2" ;;
    *) echo "usage: tests/lint.sh [--self-test]" >&2; exit 2 ;;
esac
