import type { Machine } from '../model/machine.ts';
import type { Plan, Task } from '../model/plan.ts';
import { noSubnet } from '../model/cidr.ts';
import { printable } from './printable.ts';
import { wrap } from './wrap.ts';

const columns = 100;

/** The plan for a person to read before anything is done, at most 100 columns wide where words allow it. Ends in a newline. */
export function formatPlan(plan: Plan): string {
  const lines = [
    ...wrap(`lab ${plan.lab}: ${plan.title}`, '', columns),
    ...section(
      'Why',
      plan.reasons.flatMap((reason) => item(reason)),
    ),
    ...section(`Machines on ${plan.provider}, ${networkText(plan)}`, machineTable(plan.machines)),
    ...section('Parameters', wrap(parameters(plan), '  ', columns)),
    ...section(
      'Warnings',
      plan.warnings.flatMap((warning) => item(warning)),
    ),
    ...taskSection(plan),
  ];
  return `${printable(lines.join('\n'))}\n`;
}

function networkText({ subnet }: Plan): string {
  return subnet === noSubnet ? 'without a private network' : subnet;
}

/** What is said of a plan at the head of its run: what and why; the tasks are reported as they come. */
export function formatPlanHead(plan: Plan): string[] {
  const lines = [
    ...wrap(`lab ${plan.lab}: ${plan.title}`, '', columns),
    ...plan.reasons.flatMap((reason) => item(reason)),
  ];
  return printable(lines.join('\n')).split('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function item(text: string): string[] {
  const [first = '', ...rest] = wrap(text, '    ', columns);
  return [`  - ${first.trimStart()}`, ...rest];
}

function parameters(plan: Plan): string {
  return Object.entries(plan.parameters)
    .map(([name, value]) => `${name}=${value === '' ? '""' : String(value)}`)
    .join(' ');
}

function machineTable(machines: readonly Machine[]): string[] {
  if (machines.length === 0) return [];
  const head = ['NAME', 'ROLE', 'ADDRESS', 'MEMORY', 'CPUS', 'ALSO'];
  const rows = machines.map((machine) => [
    machine.name,
    machine.role,
    machine.address,
    `${machine.memoryMb} MB`,
    String(machine.cpus),
    machine.aliases.join(' '),
  ]);
  const table = rows.some((row) => row[5] !== '')
    ? [head, ...rows]
    : [head, ...rows].map((row) => row.slice(0, 5));
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

function taskSection(plan: Plan): string[] {
  if (plan.tasks.length === 0) return ['', 'Nothing to do.'];
  const width = String(plan.tasks.length).length;
  const margin = ' '.repeat(width + 4);
  const tasks = plan.tasks.flatMap((task, index) => {
    const [first = '', ...rest] = wrap(taskTitle(task), margin, columns);
    const number = `  ${String(index + 1).padStart(width)}. `;
    return [
      number + first.trimStart(),
      ...rest,
      ...details(task).flatMap((text) => wrap(text, margin, columns)),
    ];
  });
  return section('Tasks', tasks);
}

function taskTitle(task: Task): string {
  if (task.kind !== 'step') return task.title;
  const { id, checks } = task.step;
  return `step ${id}: ${task.title} (${checks.length} ${checks.length === 1 ? 'check' : 'checks'})`;
}

/** What a title does not say and a careful person wants to know beforehand. */
function details(task: Task): string[] {
  switch (task.kind) {
    case 'step': {
      const { minNodes, artifacts } = task.step;
      return [
        ...(minNodes === undefined ? [] : [`only with ${minNodes.count} nodes or more: ${minNodes.reason}`]),
        ...(artifacts.length === 0 ? [] : [`needs ${artifacts.join(', ')}`]),
      ];
    }
    case 'write-hosts':
      return task.entries.map(({ address, names }) => `${address} ${names.join(' ')}`);
    case 'fetch-token':
      return task.url === undefined ? [] : [`from ${task.url}`];
    case 'render-files':
      return task.files;
    case 'serve-discovery':
      return [`for ${task.sources.join(', ')} only`];
    case 'add-boxes':
      return task.boxes.map(({ url, version }) => (version === undefined ? url : `${version} from ${url}`));
    case 'prepare-lab':
    case 'fetch-artifacts':
    case 'build-image':
    case 'create-network':
    case 'boot-machines':
    case 'apply-user-data':
    case 'write-ssh-config':
    case 'load-key':
    case 'undo-step':
    case 'check-step':
    case 'halt-machines':
    case 'save-checkpoint':
    case 'restore-checkpoint':
    case 'delete-checkpoint':
    case 'undo-change':
    case 'remove-lab':
      return [];
  }
}
