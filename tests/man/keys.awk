# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# awk -f keys.awk smcroute.8: what the manual says that --show and --monitor print, in its order, as lines
# "WHAT KEY (HEADING, TYPE)".

/^\.Sh / { inside = ($0 == ".Sh OUTPUT") }
inside && /^\.Ss / { what = $2 }
inside && what != "" && /^\.It Cm / {
    text = $0
    gsub(/^[^"]*"|"$/, "", text)
    print what, $3, "(" text ")"
}
