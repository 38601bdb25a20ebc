#!/usr/bin/env bash
# Sets up all that is missing and runs the main job on real machines: three nodes, the whole chapter, every check.
# The machines live in a sandbox (a network namespace with a Docker engine of its own), so that nothing on this
# machine's network changes. Arguments go to `lab up`, e.g. scripts/quickstart.sh --nodes 5
set -euo pipefail

cd "$(dirname "$0")/.."
source scripts/setup.sh

as_root scripts/sandbox.sh --outside lab prefetch coreos --edition swarm
as_root scripts/sandbox.sh --keep lab up coreos "$@"

cat <<'EOF'

The lab is still up. Look around, then remove it:
  sudo scripts/sandbox.sh --enter lab status
  sudo scripts/sandbox.sh --enter lab ssh core-01
  sudo scripts/sandbox.sh --enter lab destroy --yes
  sudo scripts/sandbox.sh --stop
EOF
