import { overlaps, parseAddress, subnetPrefix } from '../model/cidr.ts';
import type { Problem } from '../model/errors.ts';

/** Tried in this order after the scenario's own: VirtualBox's allowed range first, so that one lab file fits all providers. */
const fallbackSubnets = [
  ...Array.from({ length: 8 }, (_, index) => `192.168.${String(56 + index)}.0/24`),
  ...Array.from({ length: 8 }, (_, index) => `10.117.${String(index)}.0/24`),
];

export interface SubnetChoice {
  subnet: string;
  reason: string;
  problems: Problem[];
}

/**
 * The lab's private network: the one it has; else the one asked for, refused when it is taken; else the
 * scenario's, or the first free one in its place.
 */
export function chooseSubnet(
  preferred: string,
  asked: string | undefined,
  existing: string | undefined,
  used: readonly { subnet: string; owner: string }[],
): SubnetChoice {
  if (existing !== undefined && (asked === undefined || asked === existing)) {
    return { subnet: existing, reason: `subnet ${existing}: the lab has it already`, problems: [] };
  }
  const conflict = (subnet: string): string | undefined =>
    used.find((range) => overlaps(range.subnet, subnet))?.owner;
  if (asked !== undefined) {
    const owner = conflict(asked);
    const problem: Problem = {
      code: 'LAB_ADDRESS_TAKEN',
      severity: 'error',
      message: `${asked} is in use by ${owner ?? ''}.`,
      fix: `Choose another --subnet, or leave it out. ${firstFree(used) ?? 'No range that lab knows'} is free.`,
    };
    return {
      subnet: asked,
      reason: `subnet ${asked}: asked for`,
      problems: owner === undefined ? [] : [problem],
    };
  }
  const owner = conflict(preferred);
  if (owner === undefined)
    return { subnet: preferred, reason: `subnet ${preferred}: the book's`, problems: [] };
  const free = firstFree(used);
  if (free !== undefined) {
    return {
      subnet: free,
      reason: `subnet ${free}: the book's ${preferred} is in use by ${owner}`,
      problems: [],
    };
  }
  const problem: Problem = {
    code: 'LAB_ADDRESS_TAKEN',
    severity: 'error',
    message: `${preferred} and all ranges that lab would take in its place are in use.`,
    fix: 'Name a free /24 network with --subnet.',
  };
  return { subnet: preferred, reason: '', problems: [problem] };
}

function firstFree(used: readonly { subnet: string }[]): string | undefined {
  return fallbackSubnets.find((subnet) => !used.some((range) => overlaps(range.subnet, subnet)));
}

/** Whether the text is a /24 network such as `172.17.8.0/24`, outside loopback, multicast and 0/8. */
export function isSubnet(text: string): boolean {
  const number = text.endsWith('.0/24') ? parseAddress(`${subnetPrefix(text)}.0`) : undefined;
  const first = Math.floor((number ?? 0) / 2 ** 24);
  return number !== undefined && first > 0 && first < 224 && first !== 127;
}
