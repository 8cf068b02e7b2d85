#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# tests/sum.sh COMMAND...: runs COMMAND, passes on what it prints, and closes with one line that adds
# up the lines "N passed, N failed[, N skipped]" in it. The exit status is 0 when COMMAND ended with
# 0, something passed and nothing failed. A COMMAND that fails with no failed test counts as one.
# What failed is said once more before that line, for whom a log shows only its end.

output=$(mktemp)
trap 'rm -f "$output" "$output.status"' EXIT

{
    status=0
    "$@" 2>&1 || status=$?
    echo $status >"$output.status"
} | tee "$output"

# shellcheck disable=SC2046 # three numbers
set -- $(grep -E '^[0-9]+ passed, [0-9]+ failed' "$output" | tr -d ',' |
    awk '{ p += $1; f += $3; s += $5 } END { print p + 0, f + 0, s + 0 }') "$(cat "$output.status")"
passed=$1 failed=$2 skipped=$3
[ "$4" = 0 ] || [ "$failed" -gt 0 ] || failed=1
if [ "$failed" -gt 0 ]; then
    printf '\nwhat failed:\n'
    awk '/^not ok |^failed: |^FAILED/ { left = seen[$0]++ ? 0 : 5 } /^(F|what f)ailed:$/ { left = 0 } left-- > 0' "$output" |
        cut -c 1-160 | head -n 60
fi
echo
echo "total: $passed passed, $failed failed, $skipped skipped"
[ "$4" = 0 ] && [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
