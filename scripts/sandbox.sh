#!/usr/bin/env bash
# Runs a command in a sandbox: a network namespace with a Docker engine and a hosts file of its own.
# The lab's addresses exist in there only; this machine's network, engine and hosts file stay as they are.
# What the engine stores (images, machines) is kept in a folder and is there again in the next run.
set -euo pipefail

usage() {
  cat <<'EOF'
Usage: scripts/sandbox.sh [--keep] COMMAND [ARGUMENT...]
       scripts/sandbox.sh --enter COMMAND [ARGUMENT...]
       scripts/sandbox.sh --outside COMMAND [ARGUMENT...]
       scripts/sandbox.sh --stop

  --keep     leave the sandbox alive when COMMAND has ended
  --enter    run COMMAND in the sandbox that is alive, e.g. from another terminal
  --outside  run COMMAND with the sandbox's files but on this machine's network, to fetch things
  --stop     end the sandbox that is alive

COMMAND finds `lab` on PATH, has a home folder of its own, and keeps what it fetches in LAB_CACHE.

LAB_SANDBOX_DIR  where the engine keeps its data (default /var/tmp/chapterlab-sandbox);
                 each folder is a sandbox of its own
Needs root, dockerd, iproute2, iptables and util-linux.
Exit: that of COMMAND; 2 wrong usage; 4 the sandbox cannot be had.
EOF
}

fail() {
  printf 'sandbox: %s\n' "$1" >&2
  exit "${2:-4}"
}

keep=no
mode=run
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=yes ;;
    --enter) mode=enter ;;
    --outside) mode=outside ;;
    --stop) mode=stop ;;
    --help | -h) usage && exit 0 ;;
    --) shift && break ;;
    -*) usage >&2 && exit 2 ;;
    *) break ;;
  esac
  shift
done
if [ "$mode" != stop ] && [ $# -eq 0 ]; then usage >&2 && exit 2; fi

[ "$(id -u)" -eq 0 ] || fail 'needs root: network namespaces and dockerd'

node=$(command -v node || true)
# Debian's own programs first: another docker client in /usr/local/bin may not know this engine's plugins.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
for tool in dockerd docker ip iptables nsenter unshare setsid flock; do
  command -v "$tool" >/dev/null || fail "needs $tool: apt-get install docker.io iproute2 iptables util-linux"
done

dir=${LAB_SANDBOX_DIR:-/var/tmp/chapterlab-sandbox}
mkdir -p "$dir/data" "$dir/run" "$dir/home" "$dir/bin"
dir=$(cd "$dir" && pwd -P)
# Node.js may be somewhere that sudo's PATH does not name; then the place found earlier is used.
if [ -n "$node" ]; then
  # A link that is there would be written through.
  rm -f "$dir/bin/lab"
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$node" "$(cd "$(dirname "$0")/.." && pwd -P)/dist/bin.js" >"$dir/bin/lab"
  chmod 0755 "$dir/bin/lab"
fi
export HOME=$dir/home LAB_CACHE=${LAB_CACHE:-$dir/cache} PATH=$dir/bin:$PATH
unset XDG_STATE_HOME SSH_AUTH_SOCK SSH_AGENT_PID
run=$dir/run
# One namespace for each folder; the name says whose it is and must fit into a file name.
namespace=clab-$(printf '%s' "$dir" | cksum | cut -d' ' -f1)
hosts=/etc/netns/$namespace/hosts
export DOCKER_HOST=unix://$run/docker.sock
unset DOCKER_CONTEXT
# Also where this machine has VirtualBox: its machines would not be in here.
export VAGRANT_DEFAULT_PROVIDER=docker

# The process that holds the engine's pid namespace: when it ends, everything in there ends with it.
engine_pid() {
  local pid
  pid=$(cat "$run/engine.pid" 2>/dev/null) || return 1
  [ "$(readlink "/proc/$pid/ns/net" 2>/dev/null)" = "$(cat "$run/engine.netns" 2>/dev/null)" ] && printf '%s' "$pid"
}

inside() { ip netns exec "$namespace" "$@"; }

stop_engine() {
  local pid deadline
  if pid=$(engine_pid); then
    # SIGTERM to dockerd itself (the only child): it stops its containers and writes its state.
    pkill -TERM -P "$pid" 2>/dev/null || true
    deadline=$((SECONDS + 25))
    while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
    # Killing the first process of a pid namespace kills all others in it: no container survives.
    pkill -KILL -P "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  fi
  rm -f "$run"/engine.* "$run"/docker.sock "$run"/docker.pid "$run/kept"
}

remove_namespace() {
  ip netns list | cut -d' ' -f1 | grep -qx "$namespace" && ip netns delete "$namespace"
  rm -rf "/etc/netns/$namespace"
  rmdir /etc/netns 2>/dev/null || true
}

clean_up() {
  local status=$?
  trap '' INT TERM HUP
  if [ "$keep" = yes ] && engine_pid >/dev/null && [ -e "$run/ready" ]; then
    : >"$run/kept"
    printf 'sandbox: left alive; scripts/sandbox.sh --enter COMMAND uses it, --stop ends it\n' >&2
  else
    stop_engine
    remove_namespace || true
  fi
  rm -f "$run/ready"
  exit "$status"
}

start_engine() {
  # Mounts and processes of the engine live in namespaces of their own and vanish with it, whatever happens.
  # An engine of this machine may run: its containerd must not be taken for ours, hence the empty /run/containerd.
  # cgroupfs, because this machine's systemd knows nothing of process ids in our pid namespace.
  setsid nsenter --net="/run/netns/$namespace" \
    unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
    sh -c 'mkdir -p /run/containerd && mount -t tmpfs tmpfs /run/containerd && exec "$@"' sh \
    dockerd --bip 10.200.0.1/24 --exec-opt native.cgroupdriver=cgroupfs --data-root "$dir/data" --exec-root "$run/exec" \
    --host "$DOCKER_HOST" --pidfile "$run/docker.pid" \
    </dev/null >"$run/dockerd.log" 2>&1 9>&- &
  printf '%s' "$!" >"$run/engine.pid"
  stat -L -c 'net:[%i]' "/run/netns/$namespace" >"$run/engine.netns"
}

wait_for_engine() {
  local deadline=$((SECONDS + 60))
  until docker version >/dev/null 2>&1; do
    if ! kill -0 "$(cat "$run/engine.pid")" 2>/dev/null; then
      tail -n 15 "$run/dockerd.log" >&2
      fail "dockerd has ended; its log is $run/dockerd.log"
    fi
    if [ $SECONDS -ge $deadline ]; then
      tail -n 15 "$run/dockerd.log" >&2
      fail "dockerd did not answer within 60 s; its log is $run/dockerd.log"
    fi
    sleep 0.1
  done
}

# Runs COMMAND to its end whatever signal comes: Ctrl-C reaches it through the terminal, others are passed on.
run_command() {
  local child status
  # A background job, so that the traps run at once; hence its input and its signals are set back to normal.
  env --default-signal=INT,QUIT ip netns exec "$namespace" "$@" <&0 9>&- &
  child=$!
  trap : INT
  # shellcheck disable=SC2064
  trap "kill -TERM $child 2>/dev/null" TERM HUP
  while :; do
    status=0
    wait "$child" || status=$?
    kill -0 "$child" 2>/dev/null || return "$status"
  done
}

case $mode in
  outside) exec "$@" ;;
  enter)
    engine_pid >/dev/null || fail "no sandbox is alive in $dir"
    inside "$@"
    exit
    ;;
  stop)
    stop_engine
    remove_namespace || true
    exit 0
    ;;
esac

exec 9>"$dir/lock"
flock --nonblock 9 || fail "a sandbox is alive in $dir: --enter uses it, or set LAB_SANDBOX_DIR to another folder"
if [ -e "$run/kept" ] && engine_pid >/dev/null; then
  fail "a sandbox is kept alive in $dir: --enter uses it, --stop ends it"
fi

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What a run that was killed may have left.
stop_engine
remove_namespace || true

mkdir -p "/etc/netns/$namespace"
printf '127.0.0.1\tlocalhost %s\n::1\tlocalhost\n' "$(hostname)" >"$hosts"
ip netns add "$namespace"
ip -n "$namespace" link set lo up
start_engine
wait_for_engine
: >"$run/ready"
run_command "$@"
