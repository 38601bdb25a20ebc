import { listScenarios, summariseScenario, type ScenarioSummary } from '../../load/list-scenarios.ts';
import { loadScenario } from '../../load/load-scenario.ts';
import type { Parameter } from '../../model/scenario.ts';
import { packageFolders } from '../package-folders.ts';
import { printable } from '../../report/printable.ts';
import { formatColumns, print, printJson } from '../print.ts';

/** `lab list`: the scenarios, or one of them whole. */
export async function list(name: string | undefined, options: { json?: true }): Promise<void> {
  if (name !== undefined) {
    const summary = summariseScenario((await loadScenario(name, packageFolders)).scenario);
    if (options.json) printJson(summary);
    else print(printable(describe(summary)));
    return;
  }
  const summaries = await listScenarios(packageFolders);
  if (options.json) {
    printJson(summaries);
    return;
  }
  const rows = summaries.map(({ name: scenario, chapter, title }) => [scenario, chapter, title]);
  print(formatColumns([['SCENARIO', 'CHAPTER', 'TITLE'], ...rows]));
}

function describe(summary: ScenarioSummary): string {
  const parameters = Object.entries(summary.parameters).map(([name, parameter]) => [
    `  --${name}`,
    describeDefault(parameter),
    parameter.description,
  ]);
  const steps = summary.steps.map(({ id, edition, title }) => [`  ${id}`, edition ?? '', title]);
  const editions = summary.editions.map(({ name, description }) => [`  ${name}`, description]);
  return [
    `${summary.name}: ${summary.title} (chapter ${summary.chapter})`,
    summary.description,
    '',
    `Parameters:\n${formatColumns(parameters)}`,
    ...(editions.length === 0 ? [] : [`\nEditions:\n${formatColumns(editions)}`]),
    ...(summary.optionalRoles.length === 0
      ? []
      : [`\nOptional machines (--with): ${summary.optionalRoles.join(', ')}`]),
    '',
    `Steps:\n${formatColumns(steps)}`,
  ].join('\n');
}

function describeDefault(parameter: Parameter): string {
  const value = parameter.default === '' ? '(empty)' : String(parameter.default);
  if (parameter.type === 'integer') return `${value} (${parameter.min} to ${parameter.max})`;
  return parameter.type === 'string' && parameter.enum !== undefined
    ? `${value} (${parameter.enum.join(', ')})`
    : value;
}
