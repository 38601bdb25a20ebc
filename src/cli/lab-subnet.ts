import { noSubnet } from '../model/cidr.ts';
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
    return chooseSubnet(scenario.subnet, asked, state?.subnet, facts.usedSubnets, rule);
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
