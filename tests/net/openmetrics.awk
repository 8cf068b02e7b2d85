# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# A checker of OpenMetrics text, as far as it has gauges, counters and infos without time stamps and
# exemplars. Prints "LINE: what is wrong" for each offence; the exit status is 1 if there was one.
#
#     awk -f openmetrics.awk FILE

function wrong(text) {
    print NR ": " text
    ++offences
}

# "# TYPE name counter", "# UNIT name unit", "# HELP name text": before the samples of the family,
# each once, and all that belongs to a family in one place.
function descriptor(    kind, name) {
    kind = $2
    name = $3
    if ($1 != "#" || kind !~ /^(TYPE|UNIT|HELP)$/ || $0 !~ /^# [A-Z]+ [^ ]+ [^ ]/) {
        wrong("no descriptor: " $0)
        return
    }
    if (name !~ /^[a-zA-Z_:][a-zA-Z0-9_:]*$/) wrong("bad metric name " name)
    if ((kind, name) in described) wrong("second " kind " of " name)
    described[kind, name] = 1
    enter(name)
    if (sampled[name]) wrong(kind " of " name " after its samples")
    if (kind == "TYPE") {
        if (NF != 4 || $4 !~ /^(gauge|counter|info|unknown)$/) wrong("bad type of " name)
        if ($4 == "counter" && name ~ /_total$/) wrong("counter family " name " ends in _total")
        type[name] = $4
    }
    if (kind == "UNIT" && (NF != 4 || name !~ ("_" $4 "$"))) wrong(name " does not end in its unit")
    if (kind == "HELP" && $0 ~ /\\([^n\\"]|$)/) wrong("bad escape in the help of " name)
}

# Families do not interleave.
function enter(name) {
    if (name == family) return
    if (name in seen) wrong("family " name " again")
    seen[name] = 1
    family = name
}

# "name{label="value",...} number"
function sample(    rest, name, labels) {
    rest = $0
    if (!match(rest, /^[a-zA-Z_:][a-zA-Z0-9_:]*/)) {
        wrong("no sample: " $0)
        return
    }
    name = substr(rest, 1, RLENGTH)
    rest = substr(rest, RLENGTH + 1)
    belongs(name)
    if (rest ~ /^\{/) {
        rest = label_set(substr(rest, 2), name)
        if (rest == "bad") return
    }
    labels = substr($0, 1, length($0) - length(rest))
    if (labels in series) wrong("series " labels " again")
    series[labels] = 1
    if (rest !~ /^ -?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$/) wrong("bad value in " $0)
    if (type[family] == "counter" && rest ~ /^ -/) wrong("negative counter " name)
}

# The sample is of the family that was described last, and has the suffix of its type.
function belongs(name,    expected) {
    expected = family
    if (type[family] == "counter") expected = family "_total"
    if (type[family] == "info") expected = family "_info"
    if (family == "" || name != expected) wrong("sample " name " in family " family)
    if (!(("TYPE", family) in described)) wrong(name " has no type")
    sampled[family] = 1
}

# What follows the "}", or "bad". Empty sets, as in name{}, are allowed.
function label_set(rest, name,    label, once) {
    split("", once)
    while (rest !~ /^\}/) {
        if (!match(rest, /^[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*"/)) {
            wrong("bad label of " name ": " rest)
            return "bad"
        }
        label = substr(rest, 1, index(rest, "=") - 1)
        rest = substr(rest, RLENGTH + 1)
        if (label in once) wrong("label " label " twice in " $0)
        once[label] = 1
        if (rest !~ /^(,[a-zA-Z_]|\})/) {
            wrong("bad labels of " name ": " rest)
            return "bad"
        }
        sub(/^,/, "", rest)
    }
    return substr(rest, 2)
}

ended { wrong("something after # EOF"); next }
$0 == "# EOF" { ended = 1; next }
/^#/ { descriptor(); next }
{ sample() }
END {
    if (!ended) wrong("no # EOF at the end")
    exit offences > 0
}
