import { noSubnet, overlaps } from '../model/cidr.ts';
import { UsageError } from '../model/errors.ts';
import type { Facts } from '../model/facts.ts';
import type { LabState } from '../model/lab-state.ts';
import type { Scenario } from '../model/scenario.ts';
import { chooseSubnet, type SubnetChoice } from '../plan/choose-subnet.ts';
import { hostOnlyRule } from '../providers/virtualbox/host-only-ranges.ts';

/** The lab's private network, or `noSubnet`. Throws LAB_PARAMETER_INVALID where one was asked for and there is none. */
export function labSubnet(
  scenario: Scenario,
  asked: string | undefined,
  state: LabState | undefined,
  privateNetwork: boolean,
  facts: Facts,
): SubnetChoice {
  if (privateNetwork) {
    const ranges = facts.provider.allowedRanges;
    const rule = ranges === undefined ? undefined : hostOnlyRule(ranges);
    return chooseSubnet(scenario.subnet, asked, ownSubnet(state, facts), facts.usedSubnets, rule);
  }
  if (asked !== undefined) {
    throw new UsageError(
      'LAB_PARAMETER_INVALID',
      `The machines of ${scenario.name} have no private network.`,
      {
        hint: 'Leave --subnet out.',
      },
    );
  }
  return { subnet: noSubnet, reason: 'no private network: the scenario does without', problems: [] };
}

/**
 * The network that the lab has. Not one that it only meant to have: of two labs that began at the same moment one may
 * have found its range taken when it came to making the network, and must not insist on it.
 */
function ownSubnet(state: LabState | undefined, facts: Facts): string | undefined {
  if (state === undefined) return undefined;
  const isMade = facts.networkPresent || facts.machines.some((machine) => machine.state !== 'absent');
  const isTaken = facts.usedSubnets.some(({ subnet }) => overlaps(subnet, state.subnet));
  return isMade || !isTaken ? state.subnet : undefined;
}
