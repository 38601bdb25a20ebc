import { ratio } from './comparison.ts';
import type { Comparison } from './comparison.ts';
import type { Growth } from './growth.ts';
import { median } from './statistics.ts';

export interface Results {
  /** Sentences about the machine and the versions. */
  circumstances: string[];
  comparisons: Comparison[];
  growth: Growth[];
}

/** Largest resident set that `lab` may have with nine nodes. */
export const memoryLimitMegabytes = 150;

/** The results as Markdown, for bench/results.md. */
export function formatResults({ circumstances, comparisons, growth }: Results): string {
  return [
    '# Results of `npm run bench`',
    '',
    'Written by bench/run.ts; docs/reference/performance.md says what is measured and how to repeat it.',
    '',
    ...circumstances.map((line) => `- ${line}`),
    '',
    ...formatComparisons(comparisons),
    ...growth.filter(({ nodes }) => nodes === 9).map(memoryRow),
    '',
    '## How `lab up` grows',
    '',
    'Seconds. *Boot* is `vagrant up`; *apply* ends when etcd has formed; *steps* is the chapter, and of it *power* is the two steps',
    'that stop one node and start it again through Vagrant; *rest* is everything else. Memory is the peak of the `lab` process.',
    '',
    '| nodes | total | boot | apply | steps | of these power | rest | memory | repeats |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...growth.map(growthRow),
    '',
    ...growth.filter(({ nodes }) => nodes === 3).flatMap(taskTable),
  ].join('\n');
}

/** The comparisons alone, under their heading. */
export function formatComparisons(comparisons: readonly Comparison[]): string[] {
  return [
    '## `lab` against doing it by hand',
    '',
    'Medians, in brackets the quickest and the slowest. The two sides took turns.',
    '',
    ...comparisonTable(comparisons),
  ];
}

function comparisonTable(comparisons: readonly Comparison[]): string[] {
  return [
    '| what | by hand | lab | ratio | limit | verdict | repeats |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...comparisons.map(comparisonRow),
  ];
}

function comparisonRow(comparison: Comparison): string {
  const { what, other, lab, limit } = comparison;
  const actual = ratio(comparison);
  const cells = [what, times(other), times(lab), actual.toFixed(actual < 0.1 ? 4 : 2)];
  return row([...cells, ...verdict(actual, limit), String(lab.length)]);
}

function memoryRow({ peakMegabytes, rounds }: Growth): string {
  const cells = ['peak memory of `lab up --nodes 9`', '', `${peakMegabytes.toFixed(0)} MB`, ''];
  return row([
    ...cells,
    `< ${memoryLimitMegabytes} MB`,
    peakMegabytes < memoryLimitMegabytes ? 'within' : '**exceeded**',
    String(rounds),
  ]);
}

function growthRow({ nodes, rounds, total, boot, apply, steps, power, rest, peakMegabytes }: Growth): string {
  const seconds = [total, boot, apply, steps, power, rest].map((value) => value.toFixed(1));
  return row([String(nodes), ...seconds, `${peakMegabytes.toFixed(0)} MB`, String(rounds)]);
}

function taskTable({ total, tasks }: Growth): string[] {
  return [
    '## Where the time of `lab up --nodes 3` goes',
    '',
    '| task | seconds | share |',
    '| --- | --- | --- |',
    ...tasks.map(({ title, seconds }) =>
      row([title, seconds.toFixed(1), `${((100 * seconds) / total).toFixed(0)} %`]),
    ),
    '',
  ];
}

function verdict(actual: number, limit: number | undefined): [limit: string, verdict: string] {
  if (limit === undefined) return ['', ''];
  return [`< ${limit}`, actual < limit ? 'within' : '**exceeded**'];
}

function times(values: readonly number[]): string {
  const longest = Math.max(...values);
  const format = (seconds: number): string =>
    longest < 1 ? (seconds * 1000).toFixed(longest < 0.1 ? 1 : 0) : seconds.toFixed(longest < 10 ? 2 : 1);
  const range = `(${format(Math.min(...values))} to ${format(longest)})`;
  return `${format(median(values))} ${longest < 1 ? 'ms' : 's'} ${range}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
