/**
 * The functions that the script for a Flatcar node calls; POSIX sh, with GNU coreutils, cmp, flock, journalctl and
 * systemctl, all of which Flatcar has. `$root` comes before every path (empty on a node; a folder in tests).
 *
 * Sources: the unit user-cloudinit@.service (flatcar/coreos-cloudinit `units/`: oneshot, RemainAfterExit, 10 minutes,
 * `EnvironmentFile=-/etc/environment`), the path unit that starts it and the name of the file (flatcar/scripts
 * `coreos-base/oem-vagrant/files/cloud-config.yml`).
 */
export const flatcarScriptLibrary = String.raw`
unit='user-cloudinit@var-lib-flatcar\x2dvagrant-vagrantfile\x2duser\x2ddata.service'
own=$root/var/lib/chapterlab
given=$own/user-data
placed=$root/var/lib/flatcar-vagrant/vagrantfile-user-data
environment=$root/etc/environment
gate=$own/generation-$generation
mkdir -p "$own" "$(dirname "$placed")" "$root/etc"

# Seconds since boot: the clock itself may be set meanwhile.
now() { read -r up rest </proc/uptime; echo "${'$'}{up%%.*}"; }
deadline=$(($(now) + seconds))
remaining() { left=$((deadline - $(now))); [ "$left" -ge 1 ] || left=1; echo "$left"; }

# Once at a time: the run of a lab that was killed goes on here for a while.
exec 9>"$own/lock"
flock -w "$seconds" 9 || { echo 'Another run has been applying this user-data all the time.' >&2; exit 1; }

# failed UNIT REASON: says so with the unit's last words.
failed() {
  printf '%s: %s. Its last lines:\n' "$1" "$2" >&2
  journalctl --no-pager --quiet --output=short-iso --lines=20 --unit="$1" >&2 || :
  exit 1
}

# replace FILE MODE: standard input becomes the file, in one step.
replace() {
  cat >"$1.new"
  chmod "$2" "$1.new"
  mv -f "$1.new" "$1"
}

# coreos-cloudinit takes the address from here. Vagrant writes it while the machine boots; on a slow computer
# flatcar-setup-environment gives up after a minute and writes 127.0.0.1 instead.
set_address() {
  ! grep -qxF "COREOS_PRIVATE_IPV4=$address" "$environment" 2>/dev/null || return 0
  { grep -v '^COREOS_PRIVATE_IPV4=' "$environment" 2>/dev/null || :; echo "COREOS_PRIVATE_IPV4=$address"; } |
    replace "$environment" 0644
  echo "COREOS_PRIVATE_IPV4=$address"
}

# stop_unit UNIT: what still belongs to an earlier generation of the cluster.
stop_unit() {
  [ "$(systemctl show --property=LoadState --value "$1")" != not-found ] || return 0
  timeout 60 systemctl stop "$1" || failed "$1" 'it cannot be stopped'
}

place_user_data() {
  ! cmp -s "$given" "$placed" || return 0
  replace "$placed" 0644 <"$given"
  echo 'placed the user-data'
}

# The units of a generation have the condition that this file is there: what the image starts by itself at the first
# boot must not begin before all is there that it needs. An etcd that was begun and is ended before its cluster has
# formed cannot register a second time with the same token.
open_gate() {
  [ ! -e "$gate" ] || return 0
  rm -f "$own"/generation-*
  : >"$gate"
}

run_cloudinit() {
  status=0
  timeout "$(remaining)" systemctl restart "$unit" || status=$?
  [ "$status" -ne 124 ] || failed "$unit" 'coreos-cloudinit did not end in time'
  [ "$status" -eq 0 ] || failed "$unit" 'coreos-cloudinit failed'
  echo 'coreos-cloudinit has applied the user-data'
}

# check_address FILE: coreos-cloudinit has put this machine's address there, and not 127.0.0.1.
check_address() {
  ! grep -qwF -- "$address" "$root$1" 2>/dev/null || return 0
  echo "$1 does not hold this machine's address, $address. /etc/environment says:" >&2
  cat "$environment" >&2
  exit 1
}

restarts() { count=$(systemctl show --property=NRestarts --value "$1") || count=; echo "${'$'}{count:-0}"; }

# wait_active UNIT: a command on a unit that fails is a mere line in the log for coreos-cloudinit.
wait_active() {
  before=$(restarts "$1")
  until state=$(systemctl is-active "$1"); do
    case $state in
      failed) failed "$1" 'it failed' ;;
      inactive) [ "$(systemctl show --property=Type --value "$1")" != oneshot ] || return 0 ;;
    esac
    [ $(($(restarts "$1") - before)) -lt 4 ] || failed "$1" 'it ends again and again'
    [ "$(now)" -lt "$deadline" ] || failed "$1" "it is still $state"
    sleep 1
  done
}

# is_applied UNIT...: this very user-data with this address, and what it starts runs.
is_applied() {
  cmp -s "$given" "$placed" || return 1
  [ "$(cat "$own/applied" 2>/dev/null)" = "$stamp" ] || return 1
  [ -e "$gate" ] || return 1
  for name in "$@"; do systemctl is-active --quiet "$name" || return 1; done
}
`;
