#!/usr/bin/env bash
# First process of the namespaces that scripts/virtualbox.sh makes: puts VirtualBox's tree together, runs the X server
# that VirtualBox's windows need (nobody sees them), and ends everything in here on SIGTERM.
# Usage: unshare --mount --pid --fork --mount-proc --propagation private init.sh TREE WORK RUN
set -euo pipefail
tree=$1 work=$2 run=$3

# Nothing of this is seen outside, and it is gone with the last process in here.
mount --rbind /dev "$tree/dev"
mount --rbind /sys "$tree/sys"
mount -t proc proc "$tree/proc"
mount -t tmpfs -o mode=1777 tmpfs "$tree/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$tree/run"
mkdir -p "$tree$work"
mount --bind "$work" "$tree$work"
# `lab` may write names of machines: not into this machine's file.
printf '127.0.0.1\tlocalhost %s\n::1\tlocalhost\n' "$(hostname)" >"$run/hosts"
mount --bind "$run/hosts" /etc/hosts

others_are_alive() {
  local processes=(/proc/[0-9]*)
  [ ${#processes[@]} -gt 1 ]
}

end_all() {
  trap '' TERM
  # Every process in here but this one. VBoxSVC writes its settings before it ends.
  kill -TERM -1 2>/dev/null || true
  local deadline=$((SECONDS + 10))
  while others_are_alive && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
  # The kernel kills what is left when this process ends.
  exit 0
}
trap end_all TERM

# The server takes the first number that is free on this machine and says which when it is ready.
chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin Xvfb -screen 0 1024x768x24 -displayfd 3 3>"$run/display" &
wait "$!" || true
printf 'The X server has ended.\n' >&2
