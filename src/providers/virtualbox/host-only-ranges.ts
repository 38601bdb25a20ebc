import { overlaps, subnetPrefix } from '../../model/cidr.ts';
import type { Problem } from '../../model/errors.ts';
import type { VirtualBoxHost } from './virtualbox-host.ts';
import { isAtLeast } from './version-matrix.ts';

/**
 * Lists the ranges that host-only networks may have: lines of `*` and CIDR ranges, other lines mean nothing; without the
 * file the defaults hold, with it nothing else than what it lists (VBoxNetAdpCtl.cpp, GlobalNetworkPermissionsConfig;
 * Vagrant reads the same file, plugins/providers/virtualbox/action/network.rb).
 */
export const networksConf = '/etc/vbox/networks.conf';

const defaultRanges = ['192.168.56.0/21', 'fe80::/10'];

/** IPv4 ranges that host-only networks may have here; undefined: any. */
export async function readAllowedRanges(
  host: VirtualBoxHost,
  version: string,
): Promise<readonly string[] | undefined> {
  const restricted =
    (host.platform === 'linux' && isAtLeast(version, '6.1.28')) ||
    (host.platform === 'darwin' && isAtLeast(version, '6.1.28') && !isAtLeast(version, '7.0.0'));
  return restricted ? parseAllowedRanges(await host.readText(networksConf)) : undefined;
}

/** From the text of networks.conf; undefined where there is no such file. */
export function parseAllowedRanges(text: string | undefined): string[] {
  const listed = text === undefined ? defaultRanges : listedRanges(text);
  return listed.filter((range) => !range.includes(':'));
}

function listedRanges(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [star, ...ranges] = line.trim().split(/[ \t]+/);
    return star === '*' ? ranges : [];
  });
}

/** Which /24 networks VirtualBox allows, for the choice of the lab's. */
export interface HostOnlyRule {
  isAllowed(subnet: string): boolean;
  /** Why another is not taken, after its name: `172.17.8.0/24 is ...`. */
  reason: string;
  refusal(subnet: string): Problem;
}

export function hostOnlyRule(ranges: readonly string[]): HostOnlyRule {
  const shown = ranges.length === 0 ? 'none' : ranges.join(', ');
  return {
    isAllowed: (subnet) => ranges.some((range) => isWithin(subnet, range)),
    reason: `outside what VirtualBox allows (${shown})`,
    refusal: (subnet) => ({
      code: 'LAB_RANGE_REFUSED',
      severity: 'error',
      message: `VirtualBox does not allow host-only networks in ${subnet}. Allowed: ${shown}.`,
      fix: `Use a network that is allowed (without --subnet lab takes one), or add this line to ${networksConf} (\`lab doctor --provider virtualbox --fix\` does it after asking): ${allowingLine(subnet, ranges)}`,
    }),
  };
}

/** Both ends of a /24 network lie in the range. */
function isWithin(subnet: string, range: string): boolean {
  const prefix = subnetPrefix(subnet);
  return overlaps(`${prefix}.0`, range) && overlaps(`${prefix}.255`, range);
}

/** The line that allows one more network. A first line must name the defaults too: they hold only where none is listed. */
function allowingLine(subnet: string, ranges: readonly string[]): string {
  const isFirst = ranges.every((range) => defaultRanges.includes(range));
  return ['*', ...(isFirst ? defaultRanges : []), subnet].join(' ');
}

/** What allowing a network in networks.conf changes there. */
export interface AddedRange {
  /** Without its newline. */
  line: string;
  /** The last line of the file had no newline; it gets one. */
  endsLine: boolean;
}

/** What would have to be added; undefined: nothing, the network is allowed. */
export function rangeToAdd(content: Buffer | undefined, subnet: string): AddedRange | undefined {
  const ranges = parseAllowedRanges(content?.toString('latin1'));
  if (hostOnlyRule(ranges).isAllowed(subnet)) return undefined;
  const endsLine = content !== undefined && content.length > 0 && content.at(-1) !== newline;
  return { line: allowingLine(subnet, ranges), endsLine };
}

/** The content of networks.conf with one more line that allows the network. Every byte that is there stays. */
export function allowInNetworksConf(content: Buffer | undefined, subnet: string): Buffer {
  const before = content ?? Buffer.alloc(0);
  const added = rangeToAdd(content, subnet);
  if (added === undefined) return before;
  return Buffer.concat([before, Buffer.from(`${added.endsLine ? '\n' : ''}${added.line}\n`)]);
}

/** The content without a line that was added, the last of its kind; undefined: it is not there. Every other byte stays. */
export function withoutAddedRange(content: Buffer, { line, endsLine }: AddedRange): Buffer | undefined {
  // Every byte is one character and comes back as it was.
  const lines = content.toString('latin1').split('\n');
  const index = lines.lastIndexOf(line);
  if (index === -1) return undefined;
  const after = lines.slice(index + 1);
  const isLast = after.every((text) => text === '') && after.length < 2;
  const rest = [...lines.slice(0, index), ...(isLast ? (endsLine ? [] : ['']) : after)];
  return Buffer.from(rest.join('\n'), 'latin1');
}

const newline = 0x0a;
