/**
 * The functions that the body of the apply script calls; POSIX sh, with GNU coreutils, cmp, flock and systemctl.
 * `$root` comes before every path (empty on a node; a folder in tests).
 *
 * What was written and has not been taken up by systemd yet is remembered below /run, so that a run which was killed
 * between writing a file and restarting its unit is made good by the next.
 */
export const applyScriptLibrary = String.raw`
pending=$root/run/chapterlab/user-data
failures=
temporary=
decode=cat
trap 'rm -f "$temporary"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$pending"
# Once at a time: at boot and over ssh may coincide.
exec 9>"$pending/lock"
flock -w 300 9 || { echo 'Another run has been applying this user-data for five minutes.' >&2; exit 1; }

# install_file PATH MODE OWNER [UNIT]: standard input becomes the file, in one step, unless it is that already.
install_file() {
  path=$root$1
  mkdir -p "$(dirname "$path")"
  temporary=$(mktemp "$path.XXXXXX")
  $decode >"$temporary"
  chmod "$2" "$temporary"
  [ -z "$3" ] || chown "$3" "$temporary"
  if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s "$temporary" "$path"; then
    chmod "$2" "$path"
    [ -z "$3" ] || chown "$3" "$path"
    rm -f "$temporary"
  else
    [ -z "\${4:-}" ] || touch "$pending/reload" "$pending/$4"
    # A file that is a mount of its own, as /etc/hosts is in a container, can only be written into.
    mv -fT "$temporary" "$path" 2>/dev/null || { cat "$temporary" >"$path"; rm -f "$temporary"; }
    echo "wrote $1"
  fi
  temporary=
}

# install_base64 PATH MODE OWNER [UNIT]: the same with standard input in base64.
install_base64() {
  decode='base64 -d'
  install_file "$@"
  decode=cat
}

# set_variables FILE NAME=VALUE...: sets these lines and keeps all others.
set_variables() {
  file=$1
  shift
  lines=$(cat "$root$file" 2>/dev/null || :)
  for assignment in "$@"; do
    lines=$(printf '%s\n' "$lines" | grep -v "^\${assignment%%=*}=" || :)
  done
  { [ -z "$lines" ] || printf '%s\n' "$lines"; printf '%s\n' "$@"; } | install_file "$file" 0644 ''
}

set_hostname() {
  printf '%s\n' "$1" | install_file /etc/hostname 0644 ''
  [ "$(hostname)" = "$1" ] || { hostname "$1" && echo "host name $1"; }
}

# The line of ours in /etc/hosts; all others are kept.
manage_hosts() {
  mark='# chapterlab: manage_etc_hosts'
  {
    grep -vF "$mark" "$root/etc/hosts" 2>/dev/null || :
    printf '127.0.0.1 %s %s\n' "$(hostname)" "$mark"
  } | install_file /etc/hosts 0644 ''
}

# Standard input: one public key a line. Those become keys of the user core; keys that came this way before and are
# no longer there go; keys of other origin are never touched.
authorize_keys() {
  wanted=$(cat)
  home=$(getent passwd core | cut -d: -f6)
  if [ -z "$home" ]; then
    [ -n "$wanted" ] || return 0
    echo 'There is no user core to give the ssh keys to.' >&2
    return 1
  fi
  ssh=$home/.ssh
  present=$(cat "$root$ssh/authorized_keys" 2>/dev/null || :)
  owned=$(cat "$root$ssh/authorized_keys.d/chapterlab" 2>/dev/null || :)
  [ -n "$wanted$owned" ] || return 0
  others=$present
  [ -z "$owned" ] || others=$(printf '%s\n' "$present" | grep -vxF -e "$owned" || :)
  ours=$wanted
  [ -z "$others" ] || ours=$(printf '%s\n' "$wanted" | grep -vxF -e "$others" || :)
  mkdir -p "$root$ssh/authorized_keys.d"
  chmod 0700 "$root$ssh" "$root$ssh/authorized_keys.d"
  chown core: "$root$ssh" "$root$ssh/authorized_keys.d"
  printf '%s\n' "$others" "$ours" | sed '/^$/d' | install_file "$ssh/authorized_keys" 0600 core:
  printf '%s\n' "$ours" | sed '/^$/d' | install_file "$ssh/authorized_keys.d/chapterlab" 0600 core:
}

# mask_unit PATH: whatever is there gives way to a link to /dev/null.
mask_unit() {
  [ "$(readlink "$root$1" || :)" != /dev/null ] || return 0
  touch "$pending/reload"
  mkdir -p "$(dirname "$root$1")"
  ln -sfT /dev/null "$root$1"
  echo "masked $1"
}

# unmask_unit PATH: removes a link to /dev/null or an empty file, nothing else.
unmask_unit() {
  if [ "$(readlink "$root$1" || :)" = /dev/null ] || { [ -f "$root$1" ] && [ ! -s "$root$1" ]; }; then
    touch "$pending/reload"
    rm -f "$root$1"
    echo "unmasked $1"
  fi
}

# enable_unit UNIT [--runtime]
enable_unit() {
  unit=$1
  shift
  ! systemctl is-enabled --quiet "$unit" 2>/dev/null || return 0
  systemctl enable --force "$@" "$unit" || failed "$unit" enable $?
}

reload_systemd() {
  [ -e "$pending/reload" ] || return 0
  systemctl daemon-reload
  rm -f "$pending/reload"
}

# check_unit UNIT: settings of a unit that does not exist would have no effect, and nobody would be told.
check_unit() {
  [ "$(systemctl show --property=LoadState --value "$1")" = not-found ] || return 0
  echo "$1: the user-data has settings for this unit, and this node has no such unit." >&2
  failures="$failures $1"
}

# run_unit UNIT COMMAND SECONDS
run_unit() {
  action=$2
  # Files of etcd2.service are files of etcd.service where one is an alias of the other.
  names=$(systemctl show --property=Names --value "$1" 2>/dev/null) || names=
  for name in $1 $names; do
    # A unit whose files have changed must take them up; one that does not run is started by restart as well.
    if [ "$2" = start ] && [ -e "$pending/$name" ]; then action=restart; fi
  done
  # Failures before this one would count against the limit of starts in a row.
  ! systemctl is-failed --quiet "$1" || systemctl reset-failed "$1"
  status=0
  timeout "$3" systemctl "$action" "$1" || status=$?
  if [ "$status" -eq 0 ]; then
    for name in $1 $names; do rm -f "$pending/$name"; done
  else
    failed "$1" "$action" "$status"
  fi
}

# failed UNIT ACTION STATUS: says so with the unit's last words, and goes on with the other units.
failed() {
  reason="exit status $3"
  [ "$3" -ne 124 ] || reason='not done in time'
  echo "$1: $2 failed ($reason). Its last lines:" >&2
  # The journal knows a unit by its own name only, not by an alias.
  name=$(systemctl show --property=Id --value "$1" 2>/dev/null) || name=$1
  journalctl --no-pager --quiet --output=short-iso --lines=15 --unit="\${name:-$1}" >&2 || :
  failures="$failures $1"
}

finish() {
  [ -z "$failures" ] || { echo "The user-data has been applied, but these units failed:$failures" >&2; exit 1; }
}
`.replaceAll('\\$', '$');
