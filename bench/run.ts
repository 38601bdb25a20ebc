import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BenchLab, bin } from './bench-lab.ts';
import { playByHand } from './by-hand.ts';
import { describeCircumstances } from './circumstances.ts';
import { compare } from './comparison.ts';
import type { Comparison } from './comparison.ts';
import { measureGrowth } from './growth.ts';
import { measureMachineCommand } from './machine-command.ts';
import { formatResults } from './results.ts';
import { runTimed } from './timed-process.ts';

/** How often each thing is done. `--quick` tells whether the bench works, not how quick `lab` is. */
const full = { version: 40, up: 3, noOp: 10, command: 10, sizes: [1, 3, 5, 9], growth: 2 };
const quick: typeof full = { version: 20, up: 1, noOp: 3, command: 3, sizes: [1, 3], growth: 1 };
const resultsFile = fileURLToPath(new URL('results.md', import.meta.url));

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function compareStart(lab: BenchLab, rounds: number): Promise<Comparison> {
  return compare(
    { what: '`lab --version`: `node -e 0`', limit: 2 },
    rounds,
    async () => (await runTimed(process.execPath, ['-e', '0'], { env: lab.env })).seconds,
    async () => (await lab.run(['--version'])).seconds,
  );
}

/** Needs no round to warm up: the image and Vagrant are in the page cache by then. */
async function compareUp(lab: BenchLab, rounds: number): Promise<Comparison> {
  const other: number[] = [];
  const ours: number[] = [];
  const turns = [
    async (): Promise<void> => {
      other.push(await playByHand(lab, 3));
      say(`by hand: ${(other.at(-1) ?? 0).toFixed(1)} s`);
    },
    async (): Promise<void> => {
      ours.push((await lab.up(3)).seconds);
      say(`lab up: ${(ours.at(-1) ?? 0).toFixed(1)} s`);
      await lab.destroy();
    },
  ];
  for (let round = 0; round < rounds; round++) {
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  return { what: '`lab up coreos --nodes 3`: bench/by-hand.sh', other, lab: ours, limit: 0.7 };
}

async function compareSecondUp(lab: BenchLab, rounds: number): Promise<Comparison> {
  return compare(
    { what: 'second `lab up`: `vagrant up`, nothing to do', limit: 1 },
    rounds,
    async () => (await runTimed('vagrant', ['up'], { env: lab.env, cwd: lab.projectDir })).seconds,
    async () => (await lab.up(3)).seconds,
  );
}

async function bench(lab: BenchLab, rounds: typeof full): Promise<string> {
  const circumstances = describeCircumstances((await lab.run(['--version'])).stdout);
  say(circumstances.join('\n'));
  const start = await compareStart(lab, rounds.version);
  say('making the node image, where it is missing');
  await lab.upWithoutChapter();
  await lab.destroy();
  const up = await compareUp(lab, rounds.up);
  say('a lab that stays up for the next comparisons');
  await lab.up(3);
  const secondUp = await compareSecondUp(lab, rounds.noOp);
  const commands = await measureMachineCommand(lab, rounds.command);
  await lab.destroy();
  const growth = await measureGrowth(lab, rounds.sizes, rounds.growth, say);
  return formatResults({ circumstances, comparisons: [up, secondUp, start, ...commands], growth });
}

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
if (!existsSync(bin)) throw new Error('dist/ is missing. Run: npm run build');
const lab = await BenchLab.create();
try {
  const results = await bench(lab, values.quick ? quick : full);
  process.stdout.write(results);
  // A quick run has too few repeats to be kept.
  if (!values.quick) await writeFile(resultsFile, results);
} finally {
  await lab.remove();
}
