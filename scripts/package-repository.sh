#!/usr/bin/env bash
# Makes what a lab needs of Debian where there is no internet: a small package repository, and a root file system to
# build images on. Both are for the release that the machines run, and fit on a USB stick.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: scripts/package-repository.sh DIR PACKAGE...

Makes, unless DIR holds them for these packages already:
  DIR/packages              a repository of the packages and of all that they depend on. Serve it over http:
                            deb [trusted=yes] http://HOST:PORT bookworm main
  DIR/mirror/rootfs.tar.gz  a small Debian to build images on; LAB_MIRROR=DIR/mirror lets `lab` find it

Needs apt with a Debian mirror, apt-utils, gpg, gpg-agent and mmdebstrap. Nothing of this machine's own apt is changed.
Exit: 2 wrong usage; 4 something is missing here; else that of apt or mmdebstrap.
USAGE
}

case ${1:-} in
  --help | -h) usage && exit 0 ;;
  -* | '') usage >&2 && exit 2 ;;
esac
[ $# -gt 1 ] || { usage >&2 && exit 2; }
for tool in apt-get apt-ftparchive gpg gpg-agent mmdebstrap; do
  command -v "$tool" >/dev/null ||
    { echo "package-repository: needs $tool: apt-get install apt-utils gpg gpg-agent mmdebstrap" >&2 && exit 4; }
done

suite=bookworm
architecture=$(dpkg --print-architecture)
mkdir -p "$1"
dir=$(cd "$1" && pwd -P)
shift
mapfile -t packages < <(printf '%s\n' "$@" | sort -u)

# What was asked for, and this script: with another list, or other commands below, all is made anew.
wanted=$(printf '%s\n' "$architecture" "${packages[@]}" | cat - "$0" | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$dir/made-for" 2>/dev/null)" != "$wanted" ] || exit 0

rm -rf "$dir/made-for" "$dir/work" "$dir/packages" "$dir/mirror"
clean_up() {
  rm -rf "$dir/work"
  [ -z "${GNUPGHOME:-}" ] || { gpgconf --kill gpg-agent && rm -rf "$GNUPGHOME"; }
}
unset GNUPGHOME
trap clean_up EXIT
mkdir -p "$dir/work/lists/partial" "$dir/work/archives/partial" "$dir/mirror"

# Nothing counts as installed, so that all dependencies come along, whatever a machine has and in which version.
: >"$dir/work/status"
cat >"$dir/work/apt.conf" <<CONF
Dir::State "$dir/work";
Dir::State::lists "lists";
Dir::State::status "$dir/work/status";
Dir::Cache "$dir/work";
Dir::Cache::archives "archives";
Dir::Etc::sourcelist "$dir/work/sources.list";
Dir::Etc::sourceparts "-";
APT::Architecture "$architecture";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
# Without these, a container's own settings would remove the packages after the download.
#clear DPkg::Post-Invoke;
#clear APT::Update::Post-Invoke;
Binary::apt-get::APT::Keep-Downloaded-Packages "true";
CONF
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
cat >"$dir/work/sources.list" <<LIST
deb [signed-by=$keyring] http://deb.debian.org/debian $suite main
deb [signed-by=$keyring] http://deb.debian.org/debian $suite-updates main
deb [signed-by=$keyring] http://deb.debian.org/debian-security $suite-security main
LIST
export APT_CONFIG=$dir/work/apt.conf
apt-get -qq update
apt-get -qq --yes --download-only install "${packages[@]}"
unset APT_CONFIG

pool=$dir/packages/pool
index=$dir/packages/dists/$suite/main/binary-$architecture
mkdir -p "$pool" "$index"
mv "$dir"/work/archives/*.deb "$pool/"
cd "$dir/packages"
apt-ftparchive packages pool >"$index/Packages"
gzip --keep --no-name "$index/Packages"
apt-ftparchive \
  -o "APT::FTPArchive::Release::Suite=$suite" -o "APT::FTPArchive::Release::Codename=$suite" \
  -o "APT::FTPArchive::Release::Components=main" -o "APT::FTPArchive::Release::Architectures=$architecture" \
  release "dists/$suite" >"$dir/work/Release"
mv "$dir/work/Release" "dists/$suite/Release"
# With a key that is thrown away, so nobody can check it: [trusted=yes]. But apt first asks for InRelease, and a cache that
# is cut off from the repository cannot say that there is none.
GNUPGHOME=$(mktemp -d) # The path of the agent's socket must be short.
export GNUPGHOME
gpg --quiet --batch --passphrase '' --quick-generate-key 'package repository' ed25519 sign never 2>/dev/null
gpg --quiet --batch --clearsign --output "dists/$suite/InRelease" "dists/$suite/Release"

# As Debian's own slim image: without what nobody reads in a container.
hooks=/usr/share/mmdebstrap/hooks/maybe-merged-usr
mmdebstrap --variant=minbase --format=tar \
  $([ ! -d "$hooks" ] || printf -- '--hook-dir=%s' "$hooks") \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  "$suite" "$dir/work/rootfs.tar" >"$dir/work/log" 2>&1 || { status=$? && tail -n 15 "$dir/work/log" >&2 && exit "$status"; }
gzip --no-name "$dir/work/rootfs.tar"
mv "$dir/work/rootfs.tar.gz" "$dir/mirror/rootfs.tar.gz"
printf '%s\n' "$wanted" >"$dir/made-for"
