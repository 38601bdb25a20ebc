import { quoteShell, quoteSystemd } from '../provision/quote.ts';
import { SourceError } from '../model/errors.ts';
import { applyScriptLibrary } from './apply-script-library.ts';
import type { CloudConfig, CloudConfigFile, CloudConfigUnit } from './cloud-config.ts';
import { decodeContent } from './decode-content.ts';
import { serviceVariables } from './service-variables.ts';
import type { NodeAddresses } from './substitute-addresses.ts';
import { substituteAddresses } from './substitute-addresses.ts';

export interface ApplyScriptOptions {
  /** Put before every path; for tests. Default: none. */
  root?: string;
  /** For one command on one unit. Default 100: etcd gives up after systemd's 90 s, and its reason is the better one. */
  unitTimeoutSeconds?: number;
}

/** The sections that become a drop-in of a service, and that service. */
const services = [
  ['etcd', 'etcd.service'],
  ['etcd2', 'etcd2.service'],
  ['fleet', 'fleet.service'],
  ['locksmith', 'locksmithd.service'],
] as const;

/**
 * A POSIX sh script that does on a Debian node what coreos-cloudinit would do with this user-data on CoreOS
 * (flatcar/coreos-cloudinit `initialize/config.go` and `system/`), in the same order: host name, ssh keys, files,
 * /etc/environment, unit files, then the commands on units in the order of the file. To be run as root, at every boot
 * too: settings live below /run. A second run changes nothing. A unit is restarted only if its files have changed.
 *
 * Unlike coreos-cloudinit, a command on a unit that fails is no mere line in a log: the others are still tried, then
 * the script exits 1 after naming the unit, with the last 15 lines of its journal on standard error, for a workshop
 * must not go on with an etcd that is dead. `start` waits for the unit: etcd is started when its cluster has formed,
 * which is why all nodes must be applied at the same time. More differences: docs/reference/cloud-config.md.
 *
 * Throws SourceError LAB_CLOUD_CONFIG_INVALID for what cannot be done on such a node (`users`, network units) and for
 * a `$public_ipv4` or the like without an address.
 */
export function renderApplyScript(
  config: CloudConfig,
  addresses: NodeAddresses,
  options: ApplyScriptOptions = {},
): string {
  const { root = '', unitTimeoutSeconds = 100 } = options;
  refuseUnsupported(config);
  const { coreos = {}, ...rest } = substituteAddresses(config, addresses);
  const units = coreos.units ?? [];
  const commands = units.filter(({ command }) => command !== undefined);
  return [
    '#!/bin/sh',
    '# Applies the user-data of this node. Rendered by lab; run as root, at every boot and as often as you like.',
    'set -eu',
    'umask 022',
    `root=${quoteShell(root)}`,
    applyScriptLibrary.trim(),
    '',
    '# What the user-data says.',
    ...(rest.hostname === undefined ? [] : [`set_hostname ${quoteShell(shortHostname(rest.hostname))}`]),
    hereDocument(
      'authorize_keys',
      (rest.ssh_authorized_keys ?? []).map((key) => key.trim()),
    ),
    ...(rest.write_files ?? []).map(writeFile),
    ...otherFiles(coreos),
    ...(rest.manage_etc_hosts === undefined ? [] : ['manage_hosts']),
    ...environmentFile(rest.write_files ?? [], addresses),
    ...services.flatMap(([section, unit]) => serviceDropIn(section, unit, coreos)),
    ...units.flatMap(unitFiles),
    'reload_systemd',
    ...services.flatMap(([section, unit]) => (hasSettings(section, coreos) ? [`check_unit ${unit}`] : [])),
    ...commands.map(
      ({ name, command }) => `run_unit ${quoteShell(name)} ${command ?? ''} ${unitTimeoutSeconds}`,
    ),
    'finish',
    '',
  ].join('\n');
}

function refuseUnsupported(config: CloudConfig): void {
  const messages = [
    ...(config.users === undefined
      ? []
      : ['"users" cannot be applied on a node of the lab: it has the user core.']),
    ...(config.coreos?.units ?? [])
      .filter(({ name }) => /\.(network|netdev|link)$/.test(name))
      .map(({ name }) => `${name} cannot be applied: the network of a node is made by Vagrant.`),
  ];
  if (messages.length === 0) return;
  throw new SourceError(
    'LAB_CLOUD_CONFIG_INVALID',
    messages.join('\n'),
    messages.map((message) => ({ message })),
  );
}

/** As coreos-cloudinit cuts it: at the first dot, then after 63 characters. */
function shortHostname(hostname: string): string {
  return (hostname.split('.')[0] ?? '').slice(0, 63);
}

function writeFile({
  path,
  content = '',
  encoding,
  permissions = '0644',
  owner = '',
}: CloudConfigFile): string {
  return installFile(path, decodeContent(content, encoding), { mode: permissions, owner });
}

function otherFiles(coreos: NonNullable<CloudConfig['coreos']>): string[] {
  const { oem, update = {}, flannel = {} } = coreos;
  const variables = (
    [
      ['GROUP', update.group],
      ['REBOOT_STRATEGY', update.reboot_strategy],
      ['SERVER', update.server],
    ] as const
  ).flatMap(([name, value]) => (value === undefined ? [] : [quoteShell(`${name}=${value}`)]));
  const flannelLines = serviceVariables('flannel', flannel).map(([name, value]) => `${name}=${value}\n`);
  return [
    ...(oem?.id === undefined ? [] : [installFile('/etc/oem-release', oemRelease(oem))]),
    ...(variables.length === 0 ? [] : [`set_variables /etc/coreos/update.conf ${variables.join(' ')}`]),
    ...(flannelLines.length === 0 ? [] : [installFile('/run/flannel/options.env', flannelLines.join(''))]),
  ];
}

function oemRelease({
  id = '',
  version_id = '',
  name = '',
  home_url = '',
  bug_report_url = '',
}: OemSettings): string {
  const quoted = [name, home_url, bug_report_url].map((value) => JSON.stringify(value));
  const [nameLiteral = '', homeLiteral = '', bugLiteral = ''] = quoted;
  return `ID=${id}\nVERSION_ID=${version_id}\nNAME=${nameLiteral}\nHOME_URL=${homeLiteral}\nBUG_REPORT_URL=${bugLiteral}\n`;
}

type OemSettings = NonNullable<NonNullable<CloudConfig['coreos']>['oem']>;

/** Left alone where the user-data writes the whole file, as coreos-cloudinit does. */
function environmentFile(files: readonly CloudConfigFile[], addresses: NodeAddresses): string[] {
  if (files.some(({ path }) => path === '/etc/environment')) return [];
  const variables = (
    [
      ['COREOS_PRIVATE_IPV4', addresses.privateIpv4],
      ['COREOS_PRIVATE_IPV6', addresses.privateIpv6],
      ['COREOS_PUBLIC_IPV4', addresses.publicIpv4],
      ['COREOS_PUBLIC_IPV6', addresses.publicIpv6],
    ] as const
  ).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [quoteShell(`${name}=${value}`)]));
  return variables.length === 0 ? [] : [`set_variables /etc/environment ${variables.join(' ')}`];
}

function serviceDropIn(
  section: (typeof services)[number][0],
  unit: string,
  coreos: NonNullable<CloudConfig['coreos']>,
): string[] {
  if (!hasSettings(section, coreos)) return [];
  const variables = serviceVariables(section, coreos[section] ?? {});
  const lines = variables.map(([name, value]) => `Environment="${name}=${quoteSystemd(value)}"\n`);
  const path = `/run/systemd/system/${unit}.d/20-cloudinit.conf`;
  return [installFile(path, `[Service]\n${lines.join('')}`, { unit })];
}

function hasSettings(
  section: (typeof services)[number][0],
  coreos: NonNullable<CloudConfig['coreos']>,
): boolean {
  return serviceVariables(section, coreos[section] ?? {}).length > 0;
}

function unitFiles(unit: CloudConfigUnit): string[] {
  const { name, content = '', drop_ins = [], mask = false, enable = false, runtime = false } = unit;
  const path = `${runtime ? '/run' : '/etc'}/systemd/system/${name}`;
  return [
    // What is masked has no file of its own: writing it first would undo the mask on every run.
    ...(content === '' || mask ? [] : [installFile(path, content, { unit: name })]),
    ...drop_ins.map((dropIn) => installFile(`${path}.d/${dropIn.name}`, dropIn.content, { unit: name })),
    ...(mask ? [`mask_unit ${quoteShell(path)}`] : runtime ? [`unmask_unit ${quoteShell(path)}`] : []),
    ...(enable ? [`enable_unit ${quoteShell(name)}${runtime ? ' --runtime' : ''}`] : []),
  ];
}

function installFile(
  path: string,
  content: string | Buffer,
  { mode = '0644', owner = '', unit = '' }: { mode?: string; owner?: string; unit?: string } = {},
): string {
  const words = [path, mode, owner, ...(unit === '' ? [] : [unit])].map(quoteShell).join(' ');
  const base64 = Buffer.from(content).toString('base64');
  return hereDocument(`install_base64 ${words}`, base64.match(/.{1,76}/g) ?? []);
}

/** No line can end it early: base64 comes in groups of four letters, and a public key is longer. */
function hereDocument(command: string, lines: readonly string[]): string {
  return [`${command} <<'END'`, ...lines, 'END'].join('\n');
}
