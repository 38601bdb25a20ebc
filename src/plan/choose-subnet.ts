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

/** What the provider allows of networks. */
export interface SubnetRule {
  isAllowed(subnet: string): boolean;
  /** Why another one is not taken, to be read after its name: `outside what VirtualBox allows`. */
  reason: string;
  /** For one that was asked for. */
  refusal(subnet: string): Problem;
}

type Used = readonly { subnet: string; owner: string }[];

/**
 * The lab's private network: the one it has; else the one asked for, refused when it is taken or not allowed; else the
 * scenario's, or the first that is free and allowed in its place. Without a rule all are allowed.
 */
export function chooseSubnet(
  preferred: string,
  asked: string | undefined,
  existing: string | undefined,
  used: Used,
  rule?: SubnetRule,
): SubnetChoice {
  if (existing !== undefined && (asked === undefined || asked === existing)) {
    return { subnet: existing, reason: `subnet ${existing}: the lab has it already`, problems: [] };
  }
  if (asked !== undefined) {
    const reason = `subnet ${asked}: asked for`;
    return { subnet: asked, reason, problems: problemsOf(asked, used, rule) };
  }
  const obstacle = obstacleOf(preferred, used, rule);
  if (obstacle === undefined) {
    return { subnet: preferred, reason: `subnet ${preferred}: the book's`, problems: [] };
  }
  const free = firstFree(used, rule);
  if (free !== undefined) {
    return { subnet: free, reason: `subnet ${free}: the book's ${preferred} is ${obstacle}`, problems: [] };
  }
  const taken: Problem = {
    code: 'LAB_ADDRESS_TAKEN',
    severity: 'error',
    message: `${preferred} is ${obstacle}, and of the ranges that lab would take in its place none is free.`,
    fix: 'Name a free /24 network with --subnet.',
  };
  const refused = rule?.isAllowed(preferred) === false ? [rule.refusal(preferred)] : [];
  return { subnet: preferred, reason: '', problems: [taken, ...refused] };
}

function problemsOf(asked: string, used: Used, rule: SubnetRule | undefined): Problem[] {
  const owner = ownerOf(asked, used);
  const taken: Problem = {
    code: 'LAB_ADDRESS_TAKEN',
    severity: 'error',
    message: `${asked} is in use by ${owner ?? ''}.`,
    fix: `Choose another --subnet, or leave it out. ${firstFree(used, rule) ?? 'No range that lab knows'} is free.`,
  };
  return [
    ...(owner === undefined ? [] : [taken]),
    ...(rule === undefined || rule.isAllowed(asked) ? [] : [rule.refusal(asked)]),
  ];
}

/** Why the network cannot be taken, to be read after `is`. */
function obstacleOf(subnet: string, used: Used, rule: SubnetRule | undefined): string | undefined {
  if (rule?.isAllowed(subnet) === false) return rule.reason;
  const owner = ownerOf(subnet, used);
  return owner === undefined ? undefined : `in use by ${owner}`;
}

function ownerOf(subnet: string, used: Used): string | undefined {
  return used.find((range) => overlaps(range.subnet, subnet))?.owner;
}

function firstFree(used: Used, rule: SubnetRule | undefined): string | undefined {
  return fallbackSubnets.find((subnet) => obstacleOf(subnet, used, rule) === undefined);
}

/** Whether the text is a /24 network such as `172.17.8.0/24`, outside loopback, multicast and 0/8. */
export function isSubnet(text: string): boolean {
  const number = text.endsWith('.0/24') ? parseAddress(`${subnetPrefix(text)}.0`) : undefined;
  const first = Math.floor((number ?? 0) / 2 ** 24);
  return number !== undefined && first > 0 && first < 224 && first !== 127;
}
