import type { Action, Check, Scenario } from './scenario.ts';

/**
 * The commands that a scenario's steps, checks, undoing and mutations run on this computer, as templates, in order. Where a
 * step runs is written in the scenario itself: no template can turn a machine's name into `host`.
 */
export function hostCommands({ steps }: Pick<Scenario, 'steps'>): string[] {
  return steps.flatMap((step) => [
    ...step.run.flatMap(ofAction),
    ...step.checks.flatMap(ofCheck),
    ...(step.undo ?? []).flatMap(ofAction),
  ]);
}

function ofAction(action: Action): string[] {
  return 'command' in action && isHost(action.on) ? [action.command.trim()] : [];
}

function ofCheck(check: Check): string[] {
  const { mutation } = check;
  return [
    ...('command' in check && isHost(check.on) ? [check.command.trim()] : []),
    ...(mutation !== undefined && isHost(mutation.on) ? [mutation.command.trim(), mutation.undo.trim()] : []),
  ];
}

function isHost(target: string): boolean {
  return target.trim() === 'host';
}
