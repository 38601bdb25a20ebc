import type { Machine } from '../model/machine.ts';
import type { Scenario } from '../model/scenario.ts';

/** Values of the kind that templates will be given, to find out which names are there; their content means nothing. */
export type TemplateValues = Readonly<Record<string, unknown>>;

/** Names that templates of steps may use beside the parameters. */
export const stepNames = ['machine', 'machines', 'first', 'last', 'others', 'edition', 'lab', 'subnet'];
/** Names that templates of a machine group may use beside the parameters. */
export const groupNames = ['number'];

const machine: Machine = {
  name: 'machine',
  role: 'role',
  project: 'project',
  address: '192.0.2.1',
  memoryMb: 64,
  cpus: 1,
  aliases: ['alias'],
};

/** What all templates of a scenario know. */
export function parameterValues({ parameters }: Scenario): TemplateValues {
  return Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, parameter.default]));
}

/** What name and aliases of a machine know: the parameters and `number`. */
export function groupValues(scenario: Scenario): TemplateValues {
  return { ...parameterValues(scenario), number: 1 };
}

/** What steps know wherever they run: there is a `machine` only where something runs on one. */
export function stepValues(scenario: Scenario): TemplateValues {
  const hasEditions = Object.keys(scenario.editions).length > 0;
  return {
    ...parameterValues(scenario),
    machines: [machine],
    first: machine,
    last: machine,
    others: [machine],
    lab: 'lab',
    subnet: '192.0.2.0/24',
    ...(hasEditions ? { edition: 'edition' } : {}),
  };
}

/** What is known to something that runs on this target. */
export function valuesOn(target: string, scenario: Scenario): TemplateValues {
  return target === 'host' ? stepValues(scenario) : { ...stepValues(scenario), machine };
}
