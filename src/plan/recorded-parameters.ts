import type { LabState } from '../model/lab-state.ts';
import type { MachineGroup, ParameterValue, Scenario } from '../model/scenario.ts';

/**
 * The parameters that a lab was made with and that bind it. Those that only machines read which the lab does not have
 * (`--with dokku` comes later) bind nothing: they can still be chosen.
 */
export function recordedParameters(
  scenario: Scenario,
  state: LabState | undefined,
): Record<string, ParameterValue> {
  if (state === undefined) return {};
  const roles = new Set(state.machines.map((machine) => machine.role));
  const absent = scenario.machines.filter((group) => !roles.has(group.role));
  const present = scenario.machines.filter((group) => roles.has(group.role));
  const binds = (name: string): boolean =>
    !absent.some((group) => reads(group, name)) || present.some((group) => reads(group, name));
  const entries = Object.entries(state.parameters);
  return Object.fromEntries(entries.filter(([name]) => name in scenario.parameters && binds(name)));
}

/** Whether a group takes a number or its address from the parameter, or names it in a template. */
function reads(group: MachineGroup, name: string): boolean {
  if ([group.count, group.memoryMb, group.cpus, group.addressFrom].includes(name)) return true;
  const templates = [group.name, ...group.aliases, ...Object.values(group.settings)];
  const mention = new RegExp(`\\{\\{[^}]*(?<![\\w-])${name}(?![\\w-])`);
  return templates.some((template) => mention.test(template));
}
