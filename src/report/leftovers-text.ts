import type { Leftover, LeftoverOutcome } from '../model/leftover.ts';
import { printable } from './printable.ts';

/** What `lab leftovers` has found. */
export interface LeftoversReport {
  leftovers: readonly Leftover[];
  /** Parts of this computer that were not looked at, and why. */
  skipped: readonly string[];
  /** What else is to be said, each a sentence. */
  notes: readonly string[];
}

const groups: { heading: string; has: (leftover: Leftover) => boolean }[] = [
  {
    heading: 'Left by labs that are gone (`--clean` removes it):',
    has: ({ standing, advice }) => standing === 'left' && advice === undefined,
  },
  {
    heading: 'Not certain (`--clean` asks for each on a terminal, `--clean --uncertain` removes it):',
    has: ({ standing, advice }) => standing === 'uncertain' && advice === undefined,
  },
  { heading: 'For you to look at:', has: ({ advice }) => advice !== undefined },
  {
    heading: 'Shared by labs and kept (`--clean --shared` removes it):',
    has: ({ standing, advice }) => standing === 'shared' && advice === undefined,
  },
];

/** One line for each. `now`: ms since 1970. */
export function leftoversText({ leftovers, skipped, notes }: LeftoversReport, now: number): string {
  const shown = groups.flatMap(({ heading, has }) => {
    const lines = leftovers.filter(has).map((each) => `  ${line(each, now)}`);
    return lines.length === 0 ? [] : [heading, ...lines];
  });
  return [
    ...shown,
    ...(leftovers.some(({ standing }) => standing !== 'shared') ? [] : ['Nothing is left.']),
    ...skipped.map((reason) => `Not looked at: ${reason.replace(/(?<![.?!])$/, '.')}`),
    ...notes,
  ].join('\n');
}

/** What was removed, and what was not and why. */
export function outcomesText(outcomes: readonly LeftoverOutcome[]): string {
  if (outcomes.length === 0) return 'Nothing was removed.';
  return outcomes
    .map(({ leftover: { what, where }, outcome, reason = '' }) =>
      outcome === 'removed' ? `removed: ${what} (${where})` : `not removed: ${what} (${where}): ${reason}`,
    )
    .map(oneLine)
    .join('\n');
}

function line({ what, where, why, bytes, since, advice }: Leftover, now: number): string {
  const measures = [
    ...(bytes === undefined ? [] : [sizeText(bytes)]),
    ...(since === undefined ? [] : [`${ageText(now - Date.parse(since))} old`]),
  ];
  const place = [where, ...measures].join(', ');
  const text = `${what} (${place}): ${why}${advice === undefined ? '' : `; ${advice}`}`;
  return oneLine(text);
}

function oneLine(text: string): string {
  return printable(text).replaceAll('\n', ' ');
}

/** In units of 1000. */
function sizeText(bytes: number): string {
  if (bytes < 1e3) return `${String(bytes)} bytes`;
  if (bytes < 1e6) return `${String(Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${String(Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function ageText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return `${String(minutes)} min`;
  return minutes < 48 * 60
    ? `${String(Math.round(minutes / 60))} h`
    : `${String(Math.round(minutes / 1440))} days`;
}
