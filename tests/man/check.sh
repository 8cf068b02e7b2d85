#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# The manual pages and example files, against themselves and against the program.
#
#     tests/man/check.sh [PROGRAM]
#
# Without PROGRAM only what needs none is checked.  Prints a line for each check
# ("ok", "skip" or "FAIL"); exits 1 if one failed.

set -u
LC_ALL=C
export LC_ALL

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
page8=$top/man/smcroute.8
page5=$top/man/smcroute.conf.5
page_of_others=$top/man/smcrouted.8
program=${1:-}
failed=0

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

ok() { echo "ok    man: $1"; }
skip() { echo "skip  man: $1"; }
# fail NAME [FILE with the details]
fail() {
    echo "FAIL  man: $1"
    [ $# -lt 2 ] || sed 's/^/      /' "$2"
    failed=1
}

# The lines of one section of a page.
section() {
    awk -v title="$2" '/^\.Sh / { inside = (substr($0, 5) == title); next } inside' "$1"
}

check_format() {
    name="${1##*/} has no warnings"
    if command -v mandoc >/dev/null 2>&1; then
        mandoc -Tlint -W warning "$1" >"$work/lint" 2>/dev/null
    elif man --warnings -E UTF-8 -l /dev/null >/dev/null 2>&1; then
        man --warnings -E UTF-8 -l "$1" 2>&1 >/dev/null | grep -v '^man: ' >"$work/lint"
    else
        skip "$name: neither mandoc nor man-db here"
        return
    fi
    if [ -s "$work/lint" ]; then fail "$name" "$work/lint"; else ok "$name"; fi
}

# The options that the page documents: those of the item lines in two sections.
manual_options() {
    { section "$page8" OPTIONS; section "$page8" COMMANDS; } |
        awk '/^\.It Fl / { for (i = 2; i < NF; i++) if ($i == "Fl") print "-" $(i + 1) }' | sort -u
}

# The options in a help text: a dash or two, at the start of a word.
help_options() {
    tr -s '\t ,|[]()=' '\n' <"$1" | grep -E '^(-[A-Za-z0-9]|--[a-z][a-z0-9-]+)$' | sort -u
}

check_options() {
    name='options of smcroute.8 and of -h are the same'
    if ! "$program" -h >"$work/help" 2>"$work/err"; then
        fail '-h exits 0' "$work/err"
        return
    fi
    manual_options >"$work/manual"
    help_options "$work/help" >"$work/options"
    {
        comm -23 "$work/options" "$work/manual" | sed 's/$/ is in -h and not in the manual/'
        comm -13 "$work/options" "$work/manual" | sed 's/$/ is in the manual and not in -h/'
    } >"$work/differ"
    if [ -s "$work/options" ] && [ ! -s "$work/differ" ]; then ok "$name"; else fail "$name" "$work/differ"; fi
}

# Likewise under the second names, whose options are letters, each an item of its section.
check_second_names() {
    for second in smcrouted smcroutectl; do
        name="options of $second in smcrouted.8 and of its -h are the same"
        ln -s "$(cd "$(dirname "$program")" && pwd)/${program##*/}" "$work/$second"
        "$work/$second" -h >"$work/usage" 2>&1
        sed '/^$/,$d' "$work/usage" | grep -oE -- '-[A-Za-z]+' | sed 's/^-//' | grep -o . |
            sort -u | sed 's/^/-/' >"$work/options"
        section "$page_of_others" "$(echo $second | tr '[:lower:]' '[:upper:]')" |
            sed -n 's/^\.It Fl \([A-Za-z]\) .*/-\1/p' | sort >"$work/manual"
        if [ -s "$work/options" ] && diff "$work/options" "$work/manual" >"$work/differ"; then
            ok "$name"
        else
            fail "$name" "$work/differ"
        fi
    done
}

# What --show and --monitor print, as src/view/schema.cc has it: lines "WHAT KEY (HEADING, TYPE)".
schema_keys() {
    awk '
    /^constexpr std::array k[A-Za-z]+ = \{$/ { table = $3 }
    {
        text = $0
        while (match(text, /Column\{[^}]*\}/)) {
            split(substr(text, RSTART, RLENGTH), part, "\"")
            type = part[5] ~ /kNumber|kAge/ ? "integer" : part[5] ~ /kDecimal/ ? "number" : part[5] ~ /kList|kOutbounds/ ? "list of strings" : "string"
            heading = part[4] == "" ? "in JSON only" : part[4]
            rows[table] = rows[table] part[2] " (" heading ", " type ")\n"
            text = substr(text, RSTART + RLENGTH)
        }
    }
    /^    Schema\{/ || /^constexpr Schema .* = \{/ {
        split($0, part, "\"")
        table = part[3]
        gsub(/[^A-Za-z]/, "", table)
        count = split(rows[table], row, "\n") - 1
        for (i = 1; i <= count; ++i) {
            if (/Form::k(Lines|Stream)/) sub(/\(.*, /, "(no heading, ", row[i])
            print part[2], row[i]
        }
    }' "$top/src/view/schema.cc"
}

# Tables, keys, headings, types and their order.
check_schema() {
    name='smcroute.8 documents what --show and --monitor print, key by key'
    schema_keys >"$work/schema"
    awk -f "$top/tests/man/keys.awk" "$page8" >"$work/documented"
    diff -U 0 "$work/schema" "$work/documented" | grep '^[-+][a-z]' |
        sed -e 's/^-\(.*\)/\1 is missing/' -e 's/^+\(.*\)/\1 is not so in src\/view\/schema.cc/' >"$work/differ"
    if [ -s "$work/schema" ] && [ ! -s "$work/differ" ]; then ok "$name"; else fail "$name" "$work/differ"; fi
}

# The verdicts of --why, with their meanings, in the order of src/why/verdict_words.cc.
check_verdicts() {
    name='smcroute.8 lists every verdict of --why, with its meaning'
    tr '\n' ' ' <"$top/src/why/verdict_words.cc" | grep -oE 'VerdictWord\{"[^"]*", *"[^"]*"\}' |
        sed 's/VerdictWord{"\([^"]*\)", *"\([^"]*\)"}/\1: \2/' >"$work/verdicts"
    section "$page8" DIAGNOSTICS | awk '
        /^\.It Cm / { code = $3; next }
        code != "" { sub(/\.$/, ""); print code ": " tolower(substr($0, 1, 1)) substr($0, 2); code = "" }' \
        >"$work/documented"
    diff -U 0 "$work/verdicts" "$work/documented" | grep '^[-+][a-z]' |
        sed -e 's/^-\(.*\)/\1 is missing/' -e 's/^+\(.*\)/\1 is not so in src\/why\/verdict_words.cc/' >"$work/differ"
    if [ -s "$work/verdicts" ] && [ ! -s "$work/differ" ]; then ok "$name"; else fail "$name" "$work/differ"; fi
}

# 75 belongs to --wait: it is listed exactly when that is documented.
check_statuses() {
    name='smcroute.8 lists every exit status'
    statuses='0 1 64 69 71 76 77 78'
    if manual_options | grep -qx -e --wait; then statuses='0 1 64 69 71 75 76 77 78'; fi
    listed=$(section "$page8" 'EXIT STATUS' | awk '/^\.It / { print $2 }' | xargs)
    echo "listed $listed, expected $statuses" >"$work/statuses"
    if [ "$listed" = "$statuses" ]; then ok "$name"; else fail "$name" "$work/statuses"; fi
}

# The literal blocks of EXAMPLES, one file each: $work/example.1.conf ...
extract_examples() {
    section "$page5" EXAMPLES | awk -v stem="$work/example." '
        /^\.Bd -literal/ { file = stem (++count) ".conf"; next }
        /^\.Ed/ { file = ""; next }
        file != "" { gsub(/\\&/, ""); gsub(/\\e/, "\\"); print > file }'
}

# Accepted without an error and without a warning.
check_accepted() {
    if "$program" -F "$2" >"$work/said" 2>&1 && [ ! -s "$work/said" ]; then
        ok "$1"
    else
        cat "$2" >>"$work/said"
        fail "$1" "$work/said"
    fi
}

check_examples() {
    if ! help_options "$work/help" | grep -qx -e --check; then
        skip 'examples are accepted by -F: this program has no -F'
        return
    fi
    extract_examples
    for file in "$work"/example.*.conf; do
        number=${file#"$work"/example.}
        check_accepted "example ${number%.conf} of smcroute.conf.5 is accepted" "$file"
    done
    check_accepted 'conf/smcroute.conf is accepted' "$top/conf/smcroute.conf"
    sed 's/^#\([a-z]\)/\1/' "$top/conf/smcroute.conf" >"$work/uncommented.conf"
    check_accepted 'conf/smcroute.conf is accepted with its examples active' "$work/uncommented.conf"
}

check_scripts() {
    name='init script, its defaults and the completion of bash pass shellcheck'
    if ! command -v shellcheck >/dev/null 2>&1; then
        skip "$name: no shellcheck here"
        return
    fi
    if shellcheck "$top/conf/smcroute.init" "$top/conf/smcroute.default" "$top/conf/smcroute.bash" "$0" >"$work/shellcheck"; then
        ok "$name"
    else
        fail "$name" "$work/shellcheck"
    fi
}

# What the shells complete; in bash, whose completion it tries.
check_completions() {
    if ! command -v bash >/dev/null 2>&1; then
        skip 'completions: no bash here'
        return
    fi
    bash "$top/tests/completions.sh" "$program" || failed=1
}

check_format "$page8"
check_format "$page5"
check_format "$page_of_others"
check_statuses
check_schema
check_verdicts
check_scripts
if [ -n "$program" ]; then
    check_options
    check_second_names
    check_examples
    check_completions
else
    skip 'options and examples: no program given'
fi
exit "$failed"
