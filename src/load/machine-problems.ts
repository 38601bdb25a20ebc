import { parseAddress } from '../model/cidr.ts';
import { hostNameRule, isHostName } from '../model/host-name.ts';
import type { MachineGroup, Scenario } from '../model/scenario.ts';
import { referenceProblem } from './reference-problem.ts';
import type { KnownFiles } from './known-files.ts';
import type { DataPath, PathProblem } from './yaml-source.ts';

/** Machine groups that refer to nothing, or that would share addresses or names. */
export function machineProblems(scenario: Scenario, known: KnownFiles): PathProblem[] {
  return [
    ...scenario.machines.flatMap((group, index) =>
      groupProblems(group, ['machines', index], scenario, known),
    ),
    ...addressProblems(scenario),
    ...duplicateRoles(scenario),
    ...discoveryProblems(scenario),
    ...subnetProblems(scenario),
  ];
}

function groupProblems(
  group: MachineGroup,
  path: DataPath,
  scenario: Scenario,
  known: KnownFiles,
): PathProblem[] {
  const { userData, project, addressFrom } = group;
  return [
    ...(['count', 'memoryMb', 'cpus'] as const).flatMap((key) =>
      numberProblems(group[key], [...path, key], scenario, key === 'memoryMb' ? 64 : 1),
    ),
    ...referenceProblem('a folder under vagrant/', project, known.projects, [...path, 'project']),
    ...userDataProblems(userData, [...path, 'userData'], known),
    ...(addressFrom === undefined ? [] : addressFromProblems(addressFrom, group, path, scenario)),
    ...sameNames(group, path, scenario),
    ...badNames(group, path),
  ];
}

/** One template for all providers, or one for each. */
function userDataProblems(
  userData: MachineGroup['userData'],
  path: DataPath,
  known: KnownFiles,
): PathProblem[] {
  const templates =
    typeof userData === 'object'
      ? Object.entries(userData).map(([provider, name]) => ({ name, place: [...path, provider] }))
      : [{ name: userData, place: path }];
  return templates.flatMap(({ name, place }) =>
    referenceProblem('a file under cloud-config/', name, known.cloudConfigs, place),
  );
}

function numberProblems(
  value: number | string,
  path: DataPath,
  scenario: Scenario,
  least: number,
): PathProblem[] {
  if (typeof value === 'number') return [];
  const parameter = scenario.parameters[value];
  if (parameter === undefined) {
    return referenceProblem('a parameter', value, new Set(Object.keys(scenario.parameters)), path);
  }
  if (parameter.type !== 'integer') {
    return [{ path, at: 'value', message: `parameter '${value}' is a ${parameter.type}, not an integer` }];
  }
  if (parameter.min >= least) return [];
  const message = `parameter '${value}' may be as low as ${parameter.min}; here it must be at least ${least}`;
  return [{ path, at: 'value', message, hint: `Raise its 'min' to ${least}.` }];
}

function addressFromProblems(
  name: string,
  group: MachineGroup,
  path: DataPath,
  scenario: Scenario,
): PathProblem[] {
  const place: DataPath = [...path, 'addressFrom'];
  const parameter = scenario.parameters[name];
  if (parameter === undefined) {
    return referenceProblem('a parameter', name, new Set(Object.keys(scenario.parameters)), place);
  }
  const problems: PathProblem[] = [];
  if (parameter.type !== 'string') {
    const message = `parameter '${name}' is of type ${parameter.type}; an address is a string`;
    problems.push({ path: place, at: 'value', message });
  }
  if (group.count !== 1) {
    const message = "'addressFrom' gives one address, so 'count' must be 1";
    problems.push({ path: place, at: 'key', message });
  }
  return problems;
}

/** Without `{{number}}` in it, the name is the same for all machines of the group. */
function sameNames(group: MachineGroup, path: DataPath, scenario: Scenario): PathProblem[] {
  if (mostMachines(group, scenario) <= 1 || /\{\{[^}]*\bnumber\b/.test(group.name)) return [];
  const message = `up to ${mostMachines(group, scenario)} machines would all be called '${group.name}'`;
  return [{ path: [...path, 'name'], at: 'value', message, hint: 'Put {{number}} into the name.' }];
}

/** Those that hold a template are judged when its values are known. */
function badNames({ name, aliases }: MachineGroup, path: DataPath): PathProblem[] {
  const names: [string, DataPath][] = [
    [name, [...path, 'name']],
    ...aliases.map((alias, index): [string, DataPath] => [alias, [...path, 'aliases', index]]),
  ];
  return names
    .filter(([text]) => !text.includes('{{') && !isHostName(text))
    .map(([text, place]) => ({
      path: place,
      at: 'value',
      message: `${JSON.stringify(text)} cannot be the name of a machine`,
      hint: `A name has ${hostNameRule}.`,
    }));
}

function mostMachines({ count }: MachineGroup, { parameters }: Scenario): number {
  if (typeof count === 'number') return count;
  const parameter = parameters[count];
  return parameter?.type === 'integer' ? parameter.max : 1;
}

function addressProblems(scenario: Scenario): PathProblem[] {
  const ranges = scenario.machines.map((group) => ({
    role: group.role,
    first: group.firstAddress,
    last: group.firstAddress + mostMachines(group, scenario) - 1,
  }));
  return ranges.flatMap((range, index): PathProblem[] => {
    const path: DataPath = ['machines', index, 'firstAddress'];
    const other = ranges.slice(0, index).find((one) => one.first <= range.last && range.first <= one.last);
    const problems: PathProblem[] = [];
    if (range.last > 254) {
      const message = `the last of up to ${range.last - range.first + 1} machines would have host number ${range.last}; 254 is the last there is`;
      problems.push({ path, at: 'value', message });
    }
    if (other !== undefined) {
      const message = `addresses ${range.first} to ${range.last} overlap those of '${other.role}', ${other.first} to ${other.last}`;
      problems.push({ path, at: 'value', message });
    }
    return problems;
  });
}

function duplicateRoles({ machines }: Scenario): PathProblem[] {
  return machines.flatMap(({ role }, index): PathProblem[] =>
    machines.findIndex((group) => group.role === role) === index
      ? []
      : [{ path: ['machines', index, 'role'], at: 'value', message: `role '${role}' is there twice` }],
  );
}

function discoveryProblems({ discovery, machines }: Scenario): PathProblem[] {
  const roles = new Set(machines.map((group) => group.role));
  return referenceProblem("the 'role' of a machine group", discovery?.role, roles, ['discovery', 'role']);
}

function subnetProblems({ subnet }: Scenario): PathProblem[] {
  if (parseAddress(subnet.replace('/24', '')) !== undefined) return [];
  return [{ path: ['subnet'], at: 'value', message: `'${subnet}' is no IPv4 network` }];
}
