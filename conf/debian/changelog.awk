# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# awk -v who="NAME <ADDRESS>" -f changelog.awk ChangeLog: conf/ChangeLog as Debian wants it.

function end_entry() {
    if (date != "") printf "\n -- %s  %s\n", who, date
}

/^smcroute / {
    end_entry()
    ("LC_ALL=C date -u -R -d " $3) | getline date
    sub(/,$/, "", $2)
    print (NR > 1 ? "\n" : "") "smcroute (1:" $2 ") unstable; urgency=medium"
    gap = ""
    next
}
/^$/ { gap = gap "\n" }
NF { print gap $0; gap = "" }
END { end_entry() }
