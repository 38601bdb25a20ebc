import type { BoxRequest } from '../model/plan.ts';
import type { MachineGroup, ParameterValue } from '../model/scenario.ts';

type RenderTemplate = (file: string, source: string, values: Readonly<Record<string, unknown>>) => string;

/** The box of a machine group with the values of the lab's parameters; undefined where the group has none. */
export function renderBox(
  { box }: MachineGroup,
  parameters: Readonly<Record<string, ParameterValue>>,
  render: RenderTemplate,
): BoxRequest | undefined {
  if (box === undefined) return undefined;
  const version = box.version === undefined ? '' : render('scenario', box.version, parameters);
  return {
    name: render('scenario', box.name, parameters),
    url: render('scenario', box.url, parameters),
    ...(version === '' ? {} : { version }),
  };
}

/** The boxes of these machine groups, each once. */
export function boxesOf(
  groups: readonly MachineGroup[],
  parameters: Readonly<Record<string, ParameterValue>>,
  render: RenderTemplate,
): BoxRequest[] {
  const boxes = groups.flatMap((group) => renderBox(group, parameters, render) ?? []);
  return [...new Map(boxes.map((box) => [`${box.name} ${box.version ?? ''}`, box])).values()];
}
