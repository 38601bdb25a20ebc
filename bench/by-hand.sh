#!/usr/bin/env bash
# The chapter of scenarios/coreos.yaml (edition swarm), played by hand: what one would type without `lab`, as a script.
# The same machines, the same steps, the same checks; every command on a machine goes through `vagrant ssh -c`.
# bench/run.ts measures `lab up` against it.
#
# Usage: by-hand.sh FOLDER NODES SUBNET_PREFIX NETWORK
#   FOLDER  has Vagrantfile, config.rb and the key that config.rb names: bench/run.ts makes them before it starts the clock.
#
# Written to be quick: what one node needs at one time is one command, nodes that do not depend on each other are
# given their commands at the same time, and waiting is done on the node, not with one `vagrant ssh` a try.
# Exit: 0 when every check has passed.
set -euo pipefail

folder=$1 nodes=$2 prefix=$3 network=$4
hosts_file=${HOSTS_FILE:-/etc/hosts}
files=$(cd "$(dirname "$0")/../scenarios/files/coreos" && pwd)
gateway=$prefix.1
registry=http://$gateway:4401/v2/keys/_etcd/registry

cd "$folder"
export VAGRANT_DEFAULT_PROVIDER=docker VAGRANT_CHECKPOINT_DISABLE=1

names=() addresses=()
for ((number = 1; number <= nodes; number++)); do
  names+=("$(printf 'core-%02d' "$number")")
  addresses+=("$prefix.$((100 + number))")
done
first=${names[0]}
last=${names[-1]}

step() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }
fail() {
  printf 'FAILED: %s\n' "$1" >&2
  exit 1
}
on() { vagrant ssh "$1" --no-tty -c "$2" </dev/null; }

# Runs a command on these machines at the same time; the command finds the machine's address in $address.
on_each() {
  local command=$1 jobs=() number status=0
  shift
  for number in "$@"; do
    on "${names[number]}" "address=${addresses[number]}; $command" &
    jobs+=($!)
  done
  for number in "${jobs[@]}"; do wait "$number" || status=1; done
  return $status
}

# Repeats a command on a machine each half second until it succeeds, for at most some seconds.
until_on() {
  on "$1" "end=\$((SECONDS + $2)); until $3; do [ \$SECONDS -lt \$end ] || exit 1; sleep 0.5; done"
}

answers() {
  local deadline=$((SECONDS + 90))
  until curl --silent --fail --connect-timeout 2 --max-time 5 "http://$2/" | grep -qx "code.it on $1"; do
    [ $SECONDS -lt $deadline ] || fail "$2 does not answer as $1"
    sleep 0.5
  done
}

# Refused, or nobody there: an address that is there takes a connection in milliseconds.
is_silent() {
  local deadline=$((SECONDS + 30))
  while curl --silent --output /dev/null --connect-timeout 2 --max-time 5 "http://$1/"; do
    [ $SECONDS -lt $deadline ] || fail "$1 still answers"
    sleep 0.5
  done
}

all=("${!names[@]}")

step 'network'
docker network create --driver bridge --subnet "$prefix.0/24" --gateway "$gateway" "$network" >/dev/null

step 'a discovery token'
etcd --enable-v2 --name registry --data-dir "$folder/registry" --listen-client-urls "http://$gateway:4401" \
  --advertise-client-urls "http://$gateway:4401" --listen-peer-urls http://127.0.0.1:4402 \
  --initial-advertise-peer-urls http://127.0.0.1:4402 --initial-cluster registry=http://127.0.0.1:4402 \
  >"$folder/registry.log" 2>&1 &
registry_process=$!
trap 'kill $registry_process 2>/dev/null; wait $registry_process || true' EXIT
token=$(tr -d - </proc/sys/kernel/random/uuid)
until curl --silent --fail --output /dev/null "http://$gateway:4401/health"; do
  kill -0 $registry_process 2>/dev/null || fail "etcd has ended; its log is $folder/registry.log"
  sleep 0.2
done
curl --silent --fail --output /dev/null --request PUT "$registry/$token/_config/size" --data "value=$nodes"

step 'machines'
vagrant up

step 'etcd settings'
# shellcheck disable=SC2016
on_each 'set -e
sudo mkdir -p /etc/systemd/system/etcd.service.d
sudo tee /etc/systemd/system/etcd.service.d/discovery.conf >/dev/null <<END
[Service]
Environment=ETCD_DISCOVERY='"$registry/$token"'
Environment=ETCD_DISCOVERY_FALLBACK=exit
Environment=ETCD_ADVERTISE_CLIENT_URLS=http://$address:2379
Environment=ETCD_LISTEN_CLIENT_URLS=http://0.0.0.0:2379,http://0.0.0.0:4001
Environment=ETCD_INITIAL_ADVERTISE_PEER_URLS=http://$address:2380
Environment=ETCD_LISTEN_PEER_URLS=http://$address:2380
END
sudo systemctl daemon-reload
sudo systemctl enable --quiet --now --no-block etcd docker' "${all[@]}"

step 'every member is healthy, as many as nodes'
until_on "$first" 60 "ETCDCTL_API=3 etcdctl endpoint health --cluster && \
  [ \$(ETCDCTL_API=3 etcdctl member list | wc -l) -eq $nodes ]"

step 'hosts file'
for number in "${all[@]}"; do printf '%s\t%s\n' "${addresses[number]}" "${names[number]}"; done >>"$hosts_file"

step 'swarm'
join=$(on "$first" "set -e
docker swarm init --advertise-addr ${addresses[0]} >/dev/null
docker swarm join-token -q manager")
# One after the other: managers that join at the same moment disturb each other's elections.
for number in "${all[@]:1}"; do
  on "${names[number]}" "docker swarm join --advertise-addr ${addresses[number]} --token $join ${addresses[0]}:2377 &&
    docker info --format '{{.Swarm.LocalNodeState}}' | grep -qx active"
done

step 'list machines'
until_on "$first" 30 "docker node ls && [ \$(docker node ls --format '{{.Status}}' | grep -cx Ready) -eq $nodes ]"

step 'sample image'
on_each "set -e
mkdir -p code.it
cd code.it
cp /bin/busybox busybox
cat >Dockerfile <<'END'
$(cat "$files/Dockerfile")
END
cat >serve <<'END'
$(cat "$files/serve")
END
docker build -q -t localhost:5000/code.it .
docker image inspect --format '{{index .RepoTags 0}}' localhost:5000/code.it" "${all[@]}"

step 'submit'
on "$first" "set -e
cat >code.it.yaml <<'END'
$(sed 's/\\{{/{{/' "$files/code.it.yaml.hbs")
END
docker stack deploy --resolve-image never --compose-file code.it.yaml code
docker service ls --format '{{.Name}} {{.Replicas}}' | grep '^code_it 0/0'"

step 'start'
until_on "$first" 90 "docker service scale --detach code_it=$nodes >/dev/null && \
  [ \$(docker service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' code_it | \
    grep ' Running ' | cut -d' ' -f1 | sort -u | wc -l) -eq $nodes ]"

step 'open'
for number in "${all[@]}"; do answers "${names[number]}" "${addresses[number]}"; done

if [ "$nodes" -ge 3 ]; then
  step 'one node goes away'
  vagrant halt "$last"
  on "$first" "export ETCDCTL_API=3; etcdctl put /chapterlab/without $last &&
    etcdctl get --print-value-only /chapterlab/without | grep -qx $last"
  for number in "${all[@]::nodes-1}"; do answers "${names[number]}" "${addresses[number]}"; done
  is_silent "${addresses[-1]}"

  step 'it comes back, and the service with it'
  vagrant up "$last"
  until_on "$first" 60 'ETCDCTL_API=3 etcdctl endpoint health --cluster'
  for number in "${all[@]}"; do answers "${names[number]}" "${addresses[number]}"; done
fi

step 'stop'
on "$first" 'docker service scale --detach code_it=0'
on_each 'for try in $(seq 120); do [ -n "$(docker ps --quiet)" ] || exit 0; sleep 0.5; done; exit 1' "${all[@]}"
for number in "${all[@]}"; do is_silent "${addresses[number]}"; done

step 'every check has passed'
