import { rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import type { FoundLeftover, Leftover, LeftoverOutcome, LeftoverStanding } from '../../model/leftover.ts';
import { leftoversText, outcomesText } from '../../report/leftovers-text.ts';
import { printable } from '../../report/printable.ts';
import { labPaths } from '../../state/lab-home.ts';
import { isGone } from '../../state/lab-life.ts';
import type { CommandInput } from '../command-input.ts';
import { confirm } from '../confirm.ts';
import { findLeftovers, type LeftoversFound } from '../find-leftovers.ts';
import { print, printJson } from '../print.ts';
import { removeLeftovers } from '../remove-leftovers.ts';
import { forgetGone } from '../shared-entries.ts';
import { createTools, type Tools } from '../tools.ts';

export interface LeftoversOptions {
  clean?: true;
  shared?: true;
  uncertain?: true;
  hostsFile?: string;
  yes?: boolean;
  json?: true;
}

/** `lab leftovers`: what no living lab owns; with --clean, removes it. Exits 1 where something is left. */
export async function leftovers(options: LeftoversOptions, input: CommandInput): Promise<void> {
  assertSense(options);
  const { signal, setExitCode } = input;
  const tools = createTools();
  const yes = options.yes === true;
  const search = await findLeftovers({
    hostsFile: options.hostsFile === undefined ? undefined : resolve(options.hostsFile),
    confirm: (question) => confirm(question, yes, signal),
    tools,
    signal,
  });
  const list = leftoversText(
    { ...search, leftovers: search.found.map(({ leftover }) => leftover) },
    tools.clock.now(),
  );
  // With --json the list is talk that goes before a question.
  if (options.json !== true) print(list);
  else if (options.clean && !yes) process.stderr.write(`${list}\n`);
  const outcomes = options.clean ? await clean(search.found, options, tools, signal) : [];
  if (options.json) printJson(json(search, outcomes));
  else if (options.clean) print(outcomesText(outcomes));
  if (options.clean) await forgetGone(search.gone, tools, signal);
  const removed = leftoversThat('removed', outcomes);
  const isLeft = search.found.some(
    ({ leftover }) => leftover.standing !== 'shared' && !removed.has(leftover),
  );
  if (isLeft || leftoversThat('failed', outcomes).size > 0) setExitCode(1);
}

function assertSense({ clean, shared, uncertain }: LeftoversOptions): void {
  if (clean || !(shared || uncertain)) return;
  const option = shared ? '--shared' : '--uncertain';
  throw new UsageError('LAB_USAGE', `${option} says what --clean removes, and --clean was not given.`, {
    hint: `Run \`lab leftovers --clean ${option}\`.`,
  });
}

/** Asks once for all that is certain or was asked for, then, on a terminal, for each of the others. */
async function clean(
  found: readonly FoundLeftover[],
  { shared, uncertain, yes = false }: LeftoversOptions,
  tools: Tools,
  signal: AbortSignal,
): Promise<LeftoverOutcome[]> {
  const of = (standing: LeftoverStanding): FoundLeftover[] =>
    found.filter(({ remove, leftover }) => remove !== undefined && leftover.standing === standing);
  const sure = new Set([
    ...of('left'),
    ...(uncertain ? of('uncertain') : []),
    ...(shared ? of('shared') : []),
  ]);
  if (sure.size > 0 && !(await confirm(questionFor(sure), yes, signal))) return [];
  const asksForEach = !uncertain && !yes && process.stdin.isTTY;
  for (const each of asksForEach ? of('uncertain') : []) {
    const { what, where, why } = each.leftover;
    const question = `Not certain: ${what} (${where}): ${why}. Remove it?`;
    if (await confirm(printable(question), false, signal)) sure.add(each);
  }
  const hadHome = !(await isGone(tools.home));
  const outcomes = await removeLeftovers(
    found.filter((each) => sure.has(each)),
    tools,
    signal,
  );
  if (!hadHome) await removeEmptyHome(tools.home);
  return outcomes;
}

function questionFor(chosen: ReadonlySet<FoundLeftover>): string {
  const parts = (['left', 'uncertain', 'shared'] as const).flatMap((standing) => {
    const number = [...chosen].filter(({ leftover }) => leftover.standing === standing).length;
    return number === 0 ? [] : [`${String(number)} ${words[standing]}`];
  });
  return `Remove what is listed above: ${parts.join(', ')}?`;
}

const words: Record<LeftoverStanding, string> = {
  left: 'left by labs that are gone',
  uncertain: 'not certain',
  shared: 'shared by labs',
};

function leftoversThat(outcome: string, outcomes: readonly LeftoverOutcome[]): Set<Leftover> {
  return new Set(outcomes.filter((each) => each.outcome === outcome).map(({ leftover }) => leftover));
}

function json({ found, skipped, notes }: LeftoversFound, outcomes: readonly LeftoverOutcome[]): object {
  const of = new Map(outcomes.map((each) => [each.leftover, each]));
  return {
    leftovers: found.map(({ leftover }) => {
      const { outcome, reason } = of.get(leftover) ?? {};
      return {
        ...leftover,
        removed: outcome === 'removed',
        ...(reason === undefined ? {} : { problem: reason }),
      };
    }),
    skipped,
    notes,
  };
}

/** Where there was no LAB_HOME, there is none afterwards: only locks were in it. */
async function removeEmptyHome(home: string): Promise<void> {
  for (const folder of [dirname(labPaths(home, 'any').lock), home])
    await rmdir(folder).catch(() => undefined);
}
