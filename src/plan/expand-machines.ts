import { hostAddress, loopback, noSubnet } from '../model/cidr.ts';
import type { Machine } from '../model/machine.ts';
import type { MachineGroup, ParameterValue, Scenario } from '../model/scenario.ts';

/** Renders a short template of a scenario with the given values. */
export type RenderText = (template: string, values: Record<string, unknown>) => string;

/** The machines of a lab: each group as often as its count says, with names and addresses. Optional groups only if in `withRoles`. */
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
      name: render(group.name, values),
      role: group.role,
      project: group.project,
      address: addressOf(subnet, fixed, group.firstAddress + index),
      memoryMb: numberOf(group.memoryMb, parameters),
      cpus: numberOf(group.cpus, parameters),
      aliases: group.aliases.map((alias) => render(alias, values)),
    };
  });
}

function addressOf(subnet: string, fixed: string, host: number): string {
  if (subnet === noSubnet) return loopback;
  return fixed === '' ? hostAddress(subnet, host) : fixed;
}

function numberOf(value: number | string, parameters: Record<string, ParameterValue>): number {
  return typeof value === 'number' ? value : Number(parameters[value]);
}
