#!/usr/bin/env bash
# Sets up all that is missing and passes the tests, the end-to-end run on real machines included.
set -euo pipefail

cd "$(dirname "$0")/.."
export LAB_SETUP=test
source scripts/setup.sh
as_root npm test
