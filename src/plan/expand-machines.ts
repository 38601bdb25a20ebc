import { hostAddress, loopback, noSubnet } from '../model/cidr.ts';
import { UsageError } from '../model/errors.ts';
import { hostNameRule, isHostName } from '../model/host-name.ts';
import type { Machine } from '../model/machine.ts';
import type { MachineGroup, ParameterValue, Scenario } from '../model/scenario.ts';

/** Renders a short template of a scenario with the given values. */
export type RenderText = (template: string, values: Record<string, unknown>) => string;

/**
 * The machines of a lab: each group as often as its count says, with names and addresses. Optional groups only if in
 * `withRoles`. Throws LAB_PARAMETER_INVALID where a name or an alias comes out as no host name.
 */
export function expandMachines(
  scenario: Scenario,
  parameters: Record<string, ParameterValue>,
  withRoles: readonly string[],
  subnet: string,
  render: RenderText,
): Machine[] {
  return wantedGroups(scenario, withRoles).flatMap((group) => expandGroup(group, parameters, subnet, render));
}

/** The groups that are brought up: all that are not optional, and those that were asked for. */
export function wantedGroups(scenario: Scenario, withRoles: readonly string[]): MachineGroup[] {
  return scenario.machines.filter((group) => !group.optional || withRoles.includes(group.role));
}

function expandGroup(
  group: MachineGroup,
  parameters: Record<string, ParameterValue>,
  subnet: string,
  render: RenderText,
): Machine[] {
  const fixed = group.addressFrom === undefined ? '' : String(parameters[group.addressFrom] ?? '');
  return Array.from({ length: numberOf(group.count, parameters) }, (_, index) => {
    const values = { ...parameters, number: index + 1 };
    return {
      name: hostName(render(group.name, values), group),
      role: group.role,
      project: group.project,
      address: addressOf(subnet, fixed, group.firstAddress + index),
      memoryMb: numberOf(group.memoryMb, parameters),
      cpus: numberOf(group.cpus, parameters),
      aliases: group.aliases.map((alias) => hostName(render(alias, values), group)),
    };
  });
}

/** Names go into the hosts file, ssh's configuration and Vagrant: there anything else could be more than a name. */
function hostName(text: string, { role }: MachineGroup): string {
  if (isHostName(text)) return text;
  throw new UsageError(
    'LAB_PARAMETER_INVALID',
    `${JSON.stringify(text)} cannot be a name of a machine of the role ${role}.`,
    { hint: `A name has ${hostNameRule}. Choose another value of the parameter that it is made of.` },
  );
}

function addressOf(subnet: string, fixed: string, host: number): string {
  if (subnet === noSubnet) return loopback;
  return fixed === '' ? hostAddress(subnet, host) : fixed;
}

function numberOf(value: number | string, parameters: Record<string, ParameterValue>): number {
  return typeof value === 'number' ? value : Number(parameters[value]);
}
