#!/usr/bin/env bash
# Installs what a Debian or Ubuntu machine lacks to run the labs, and builds `lab`. Sourced by quickstart.sh and test.sh.
# With LAB_SETUP=test also what only the tests use.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo env "PATH=$PATH" "$@"; fi
}

# What is built here belongs to the person who called sudo.
as_user() {
  if [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_USER:-}" ]; then sudo -u "$SUDO_USER" env "PATH=$PATH" "$@"; else "$@"; fi
}

packages=(vagrant docker.io iptables iproute2 mmdebstrap openssh-client util-linux)
# etcd and sshd: real peers for the discovery service and the ssh transport. apt-utils and gpg: for package-repository.sh.
[ "${LAB_SETUP:-}" != test ] || packages+=(apt-utils curl etcd-client etcd-server gpg gpg-agent openssh-server)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  printf 'setup: installing %s\n' "${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null || {
  echo 'setup: needs Node.js 20.19 or later: https://nodejs.org/en/download' >&2
  exit 4
}

lock_digest=$(sha256sum package-lock.json | cut -d ' ' -f 1)
if [ "$(cat node_modules/.chapterlab-lock 2>/dev/null)" != "$lock_digest" ]; then
  as_user npm ci --no-audit --no-fund --loglevel=error
  printf '%s' "$lock_digest" | as_user tee node_modules/.chapterlab-lock >/dev/null
fi
as_user npm run --silent build
