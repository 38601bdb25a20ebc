#!/usr/bin/env bash
# Runs a command with a real VirtualBox on a Debian machine that has no VirtualBox and no kernel module of it.
# VirtualBox comes from Debian sid and runs in a folder tree of its own; its machines run in VirtualBox's interpreter:
# slowly, without host-only networks, but all else is real: VBoxManage, import, NAT, port forwarding, snapshots.
# All processes and mounts of a run live in namespaces that end with it. What the machines store is kept in a folder.
set -euo pipefail

usage() {
  cat <<'EOF_USAGE'
Usage: scripts/virtualbox.sh [--keep] COMMAND [ARGUMENT...]
       scripts/virtualbox.sh --enter COMMAND [ARGUMENT...]
       scripts/virtualbox.sh --stop | --setup | --check

  --keep     leave VirtualBox and its machines alive when COMMAND has ended
  --enter    run COMMAND with the VirtualBox that is alive, e.g. from another terminal
  --stop     end what is alive
  --setup    only fetch and unpack what is missing (about 20 s and 600 MB, once)
  --check    only say whether it can be had here

COMMAND finds `lab` and `VBoxManage` on PATH, and has a home folder, LAB_HOME, VAGRANT_HOME and TMPDIR of its own.
VirtualBox sees the files below the folder `work` of LAB_VIRTUALBOX_DIR only: projects must lie there.
The network is this machine's: the machines have NAT, their ports are forwarded from 127.0.0.1.

LAB_VIRTUALBOX_DIR  where all of it is kept (default /var/tmp/chapterlab-virtualbox);
                    each folder has a VirtualBox of its own
LAB_TEST_BOX        the Vagrant box of the tests (default ../shared/testbed/virtualbox/tinylab.box): a Linux that is
                    small enough for the interpreter, with a busybox and the users vagrant and core
Needs root, Linux on x86-64, mmdebstrap, vagrant, the OpenSSH client and util-linux.
Exit: that of COMMAND; 2 wrong usage; 4 it cannot be had here.
EOF_USAGE
}

fail() {
  printf 'virtualbox: %s\n' "$1" >&2
  exit "${2:-4}"
}

keep=no
mode=run
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=yes ;;
    --enter) mode=enter ;;
    --stop) mode=stop ;;
    --setup) mode=setup ;;
    --check) mode=check ;;
    --help | -h) usage && exit 0 ;;
    --) shift && break ;;
    -*) usage >&2 && exit 2 ;;
    *) break ;;
  esac
  shift
done
case $mode in
  run | enter) if [ $# -eq 0 ]; then usage >&2 && exit 2; fi ;;
  *) if [ $# -gt 0 ]; then usage >&2 && exit 2; fi ;;
esac

[ "$(uname -sm)" = 'Linux x86_64' ] || fail 'needs Linux on x86-64: Debian builds VirtualBox for that only'
[ "$(id -u)" -eq 0 ] || fail 'needs root: mounts, chroot'

repository=$(cd "$(dirname "$0")/.." && pwd -P)
parts=$repository/scripts/virtualbox
node=$(command -v node || true)
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
missing=()
for tool in mmdebstrap vagrant ssh unshare nsenter setpriv setsid flock; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -eq 0 ] ||
  fail "needs ${missing[*]}: apt-get install mmdebstrap vagrant openssh-client util-linux"
box=${LAB_TEST_BOX:-$repository/../shared/testbed/virtualbox/tinylab.box}
if [ -r "$box" ]; then
  LAB_TEST_BOX=$(cd "$(dirname "$box")" && pwd -P)/$(basename "$box")
elif [ "$mode" != enter ] && [ "$mode" != stop ]; then
  fail "there is no test box $box: set LAB_TEST_BOX to one"
fi
[ "$mode" != check ] || exit 0

dir=${LAB_VIRTUALBOX_DIR:-/var/tmp/chapterlab-virtualbox}
mkdir -p "$dir"/{bin,run} "$dir"/work/{home,machines,tmp}
dir=$(cd "$dir" && pwd -P)
tree=$dir/debian work=$dir/work run=$dir/run
# Node.js may be somewhere that sudo's PATH does not name; then the place found earlier is used.
if [ -n "$node" ]; then
  # A link that is there would be written through.
  rm -f "$dir/bin/lab"
  printf '#!/bin/sh\nexec "%s" "%s/dist/bin.js" "$@"\n' "$node" "$repository" >"$dir/bin/lab"
  chmod 0755 "$dir/bin/lab"
fi
export LAB_TEST_BOX LAB_VIRTUALBOX_DIR=$dir PATH=$dir/bin:$PATH HOME=$work/home TMPDIR=$work/tmp
export LAB_HOME=$work/lab LAB_CACHE=${LAB_CACHE:-$dir/cache} VAGRANT_HOME=$work/vagrant VAGRANT_CHECKPOINT_DISABLE=1
export RUBYLIB=$parts/lib RUBYOPT=-rx25519
unset XDG_STATE_HOME SSH_AUTH_SOCK SSH_AGENT_PID VAGRANT_CWD VAGRANT_DEFAULT_PROVIDER VAGRANT_VAGRANTFILE

# What VirtualBox's packages ask for and nothing here uses: sources of the kernel module with a compiler (400 MB), and
# drivers for 3D graphics with LLVM (230 MB). To apt they are installed. Where sid asks for something else meanwhile,
# the real packages come in, and all that it costs is time and space.
not_needed='Package: chapterlab-not-needed
Status: install ok installed
Version: 1
Architecture: all
Maintainer: chapterlab <chapterlab@localhost>
Provides: virtualbox-modules, libegl-mesa0, libglx-mesa0, libgbm1 (= 99), libsdl2-2.0-0 (= 99)
Description: what VirtualBox does without in scripts/virtualbox.sh
'
packages=base-files,coreutils,dash,virtualbox,virtualbox-qt,xvfb

# Makes the tree that VirtualBox runs in. It appears under its name only when it is whole.
make_tree() {
  local recipe
  recipe=$(printf '%s' "$packages$not_needed" | cksum)
  if [ "$(cat "$tree/recipe" 2>/dev/null)" != "$recipe" ]; then
    printf 'virtualbox: fetching VirtualBox from Debian sid into %s\n' "$tree" >&2
    rm -rf --one-file-system "$tree" "$tree.new"
    # `extract` only unpacks: no maintainer script of sid runs. A mirror may be a snapshot of some weeks ago.
    # Nothing of it outlives this script, however that ends. It is waited for so that the traps run at once.
    # shellcheck disable=SC2016
    not_needed=$not_needed setpriv --pdeathsig KILL \
      unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
      mmdebstrap --verbose --variant=extract --components=main,contrib --include="$packages" \
      --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
      --setup-hook='printf "%s\n" "$not_needed" >>"$1/var/lib/dpkg/status"' \
      sid "$tree.new" </dev/null >"$run/mmdebstrap.log" 2>&1 9>&- &
    if ! wait "$!"; then
      tail -n 15 "$run/mmdebstrap.log" >&2
      rm -rf --one-file-system "$tree.new"
      fail "VirtualBox cannot be fetched from a Debian mirror; the log is $run/mmdebstrap.log"
    fi
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tree.new/etc/passwd"
    printf '%s' "$recipe" >"$tree.new/recipe"
    mv "$tree.new" "$tree"
  fi
  install -m 0755 "$parts/headless.sh" "$tree/usr/lib/virtualbox/VBoxHeadless"
}

# The process that holds the namespaces. Process ids come again; with the time of their start they do not.
holder_pid() {
  local pid started
  read -r pid started 2>/dev/null <"$run/holder" || return 1
  [ "$(started_at "$pid")" = "$started" ] && printf '%s' "$pid"
}

started_at() { cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null || true; }

stop_holder() {
  local pid deadline
  if pid=$(holder_pid); then
    # SIGTERM to the first process in there, the holder's only child: it ends all others.
    pkill -TERM -P "$pid" 2>/dev/null || true
    deadline=$((SECONDS + 25))
    while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
    # Killing the first process of a pid namespace kills all others in it; their mounts go with them.
    pkill -KILL -P "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  fi
  rm -f "$run"/{holder,display,kept,ready}
}

start_holder() {
  rm -f "$run/display"
  setsid unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
    bash "$parts/init.sh" "$tree" "$work" "$run" </dev/null >"$run/init.log" 2>&1 9>&- &
  printf '%s %s\n' "$!" "$(started_at "$!")" >"$run/holder"
  local deadline=$((SECONDS + 30))
  until [ -s "$run/display" ]; do
    if ! holder_pid >/dev/null || [ $SECONDS -ge $deadline ]; then
      tail -n 15 "$run/init.log" >&2
      fail "the X server that VirtualBox needs did not start within 30 s; the log is $run/init.log"
    fi
    sleep 0.1
  done
}

# VBoxManage for this machine's programs: the real one, in its tree. Not Debian's wrapper around it, whose warning about
# the missing kernel module is taken for a broken installation by Vagrant.
write_vboxmanage() {
  rm -f "$dir/bin/VBoxManage"
  cat >"$dir/bin/VBoxManage" <<EOF_WRAPPER
#!/bin/sh
# Vagrant 2.3.4 knows VirtualBox up to 7.0 and refuses others. VBOX_TRUE_VERSION=1 tells the version that it is.
case \$1 in
  --version | -v) [ -n "\$VBOX_TRUE_VERSION" ] || { echo 7.0.26r168464 && exit 0; } ;;
esac
case \$PWD/ in
  $work/*) folder=\$PWD ;;
  *) folder=$work ;;
esac
exec /usr/sbin/chroot $tree /usr/bin/env -i -C "\$folder" PATH=/usr/sbin:/usr/bin LANG=C.UTF-8 USER=root LOGNAME=root \\
  HOME=$work/home VBOX_USER_HOME=$work/virtualbox DISPLAY=:$(cat "$run/display") /usr/lib/virtualbox/VBoxManage "\$@"
EOF_WRAPPER
  chmod 0755 "$dir/bin/VBoxManage"
}

first_process() {
  local pid
  { pid=$(holder_pid) && pgrep -P "$pid"; } || fail "VirtualBox has ended; the log is $run/init.log"
}

# Runs a command in the namespaces, in the present folder.
inside() {
  local first
  first=$(first_process)
  nsenter --target "$first" --mount --pid env --chdir="$PWD" "$@" 9>&-
}

set_up_virtualbox() {
  local setting
  # Keys that hold for every machine: run it in the interpreter, without the kernel module; ask no questions.
  for setting in VBoxInternal/HM/FallbackToIEM=1 VBoxInternal/EM/IemExecutesAll=1 GUI/SuppressMessages=all GUI/UpdateDate=never; do
    inside VBoxManage setextradata global "${setting%=*}" "${setting#*=}" ||
      fail 'VirtualBox does not answer; its words are above'
  done
  inside VBoxManage setproperty machinefolder "$work/machines"
}

clean_up() {
  local status=$?
  trap '' INT TERM HUP
  if [ "$keep" = yes ] && [ -e "$run/ready" ] && holder_pid >/dev/null; then
    : >"$run/kept"
    printf 'virtualbox: left alive; scripts/virtualbox.sh --enter COMMAND uses it, --stop ends it\n' >&2
  else
    stop_holder
  fi
  rm -f "$run/ready"
  exit "$status"
}

# Runs COMMAND to its end whatever signal comes: Ctrl-C reaches it through the terminal, others are passed on.
run_command() {
  local first child status
  first=$(first_process)
  # A background job, so that the traps run at once; hence its input and its signals are set back to normal.
  nsenter --target "$first" --mount --pid env --chdir="$PWD" --default-signal=INT,QUIT "$@" <&0 9>&- &
  child=$!
  trap : INT
  # COMMAND is the only child of nsenter, which waits for it.
  # shellcheck disable=SC2064
  trap "pkill -TERM -P $child" TERM HUP
  while :; do
    status=0
    wait "$child" || status=$?
    kill -0 "$child" 2>/dev/null || return "$status"
  done
}

case $mode in
  enter)
    holder_pid >/dev/null || fail "no VirtualBox is alive in $dir"
    inside "$@"
    exit
    ;;
  stop)
    stop_holder
    exit 0
    ;;
esac

exec 9>"$dir/lock"
flock --nonblock 9 || fail "a VirtualBox is alive in $dir: --enter uses it, or set LAB_VIRTUALBOX_DIR to another folder"
if [ -e "$run/kept" ] && holder_pid >/dev/null; then
  [ "$mode" != setup ] || exit 0
  fail "a VirtualBox is kept alive in $dir: --enter uses it, --stop ends it"
fi

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What a run that was killed may have left.
stop_holder
make_tree
[ "$mode" != setup ] || exit 0
start_holder
write_vboxmanage
set_up_virtualbox
: >"$run/ready"
run_command "$@"
