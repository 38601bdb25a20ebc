import { isDeepStrictEqual } from 'node:util';
import { quoteShell } from '../provision/quote.ts';
import type { CloudConfig, CloudConfigUnit } from './cloud-config.ts';
import { flatcarScriptLibrary } from './flatcar-script-library.ts';
import { substituteAddresses } from './substitute-addresses.ts';

/** What differs from one Flatcar node, and from one bootstrap of its cluster, to the next. */
export interface FlatcarNode {
  /** The machine's address on the lab's private network. */
  address: string;
  /** Number of the cluster's bootstrap; units of an earlier one are stopped. */
  generation: number;
}

export interface FlatcarScriptOptions {
  /** Put before every path; for tests. Default: none. */
  root?: string;
  /** For all of it. */
  timeoutSeconds: number;
}

/**
 * A POSIX sh script that makes sure that a Flatcar node's own coreos-cloudinit has applied exactly the user-data in
 * `/var/lib/chapterlab/user-data`, and that every unit that it starts is active. To be run as root, as often as you
 * like: what is applied is not applied again, and a run that was killed is taken up by the next.
 *
 * The image applies the file that Vagrant left by itself, but after `vagrant up` has returned and without anybody
 * being told how it went. It does so at every boot.
 *
 * Throws SourceError LAB_CLOUD_CONFIG_INVALID for `$public_ipv4`, which is 127.0.0.1 on newer boxes (Vagrant's
 * plugins/guests/coreos/cap/configure_networks.rb: only an address of a public network counts).
 */
export function renderFlatcarScript(
  config: CloudConfig,
  { address, generation }: FlatcarNode,
  { root = '', timeoutSeconds }: FlatcarScriptOptions,
): string {
  const units = config.coreos?.units ?? [];
  const started = units.filter(({ command }) => command === 'start' || command === 'restart');
  const names = started.map(({ name }) => quoteShell(name));
  // What the user-data only starts, as it does with Docker, is not the cluster's and goes on.
  const ownUnits = started.filter(({ content, drop_ins }) => content !== undefined || drop_ins !== undefined);
  return [
    '#!/bin/sh',
    '# Has the user-data of this Flatcar node applied, and waits for it. Rendered by lab; run as root, as often as you like.',
    'set -eu',
    'umask 022',
    `root=${quoteShell(root)}`,
    `address=${quoteShell(address)}`,
    `generation=${generation}`,
    `seconds=${timeoutSeconds}`,
    flatcarScriptLibrary.trim(),
    '',
    '# What the user-data says.',
    'stamp="$(sha256sum <"$given" | cut -d" " -f1) $address"',
    `if is_applied ${names.join(' ')}; then exit 0; fi`,
    'set_address',
    'if [ ! -e "$gate" ]; then',
    ...ownUnits.toReversed().map(({ name }) => `  stop_unit ${quoteShell(name)}`),
    '  :',
    'fi',
    'place_user_data',
    'open_gate',
    'run_cloudinit',
    ...filesWithAddress(units, address).map((path) => `check_address ${quoteShell(path)}`),
    ...names.map((name) => `wait_active ${name}`),
    `printf '%s\\n' "$stamp" | replace "$own/applied" 0644`,
    '',
  ].join('\n');
}

/** The unit files and drop-ins in which coreos-cloudinit puts the node's address. */
function filesWithAddress(units: readonly CloudConfigUnit[], address: string): string[] {
  const addresses = { privateIpv4: address };
  return units.flatMap(({ name, runtime = false, content, drop_ins = [] }) => {
    const path = `${runtime ? '/run' : '/etc'}/systemd/system/${name}`;
    const files = [
      { path, content },
      ...drop_ins.map((dropIn) => ({ path: `${path}.d/${dropIn.name}`, content: dropIn.content })),
    ];
    return files
      .filter((file) => !isDeepStrictEqual(substituteAddresses(file.content, addresses), file.content))
      .map((file) => file.path);
  });
}
