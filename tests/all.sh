#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Builds smcroute and runs every test, as root or as an ordinary user; installs first what is
# missing for that where it may. The exit status is 0 when nothing failed.

set -e
cd "$(dirname "$0")/.."
tests/setup.sh
make -j2 tools build/unit-tests
exec tests/sum.sh make check
