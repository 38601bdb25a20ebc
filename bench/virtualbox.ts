import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeVirtualBox } from './circumstances.ts';
import { compare } from './comparison.ts';
import type { Comparison } from './comparison.ts';
import { formatComparisons } from './results.ts';
import { runTimed } from './timed-process.ts';
import { bootTimeline, formatTimeline } from './timeline.ts';
import { bin, VirtualBoxBench } from './virtualbox-bench.ts';

const resultsFile = fileURLToPath(new URL('virtualbox.md', import.meta.url));
const rounds = { machines: 2, status: 5, command: 5 };

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Both sides boot the same three machines from the same Vagrantfile, save them, put them back and remove them. */
async function measureMachines(
  bench: VirtualBoxBench,
): Promise<{ comparisons: Comparison[]; timeline: string[] }> {
  const up: Comparison = { what: '`lab up --no-play` of 3: `vagrant up`', other: [], lab: [], limit: 0.9 };
  const save: Comparison = {
    what: '`lab checkpoint save`: `vagrant snapshot save`',
    ...{ other: [], lab: [], limit: 0.5 },
  };
  const restore: Comparison = {
    what: '`lab checkpoint restore`: `vagrant snapshot restore`',
    ...{ other: [], lab: [], limit: 0.4 },
  };
  let timeline: string[] = [];
  for (let round = 0; round < rounds.machines; round += 1) {
    const project = await bench.projectByHand();
    const byHand = async (...args: string[]): Promise<number> =>
      (await runTimed('vagrant', args, { env: bench.env, cwd: project })).seconds;
    up.other.push(await byHand('up', '--provider', 'virtualbox'));
    save.other.push(await byHand('snapshot', 'save', 'bench'));
    restore.other.push(await byHand('snapshot', 'restore', 'bench'));
    await byHand('destroy', '--force');
    say(`by hand: up ${seconds(up.other)}, save ${seconds(save.other)}, restore ${seconds(restore.other)}`);

    const run = await bench.lab(['up', bench.scenario, '--no-play', '--json']);
    up.lab.push(run.seconds);
    timeline = formatTimeline(bootTimeline(run.stdout));
    save.lab.push((await bench.lab(['checkpoint', 'save', 'bench'])).seconds);
    restore.lab.push((await bench.lab(['checkpoint', 'restore', 'bench'])).seconds);
    say(`lab: up ${seconds(up.lab)}, save ${seconds(save.lab)}, restore ${seconds(restore.lab)}`);
    say(timeline.join('\n'));
    // The last one stays for what is measured next.
    if (round + 1 < rounds.machines) await bench.lab(['destroy', 'nat', '--yes']);
  }
  return { comparisons: [up, save, restore], timeline };
}

async function measureQuestions(bench: VirtualBoxBench): Promise<Comparison[]> {
  const vagrant = async (...args: string[]): Promise<number> =>
    (await runTimed('vagrant', args, { env: bench.env, cwd: bench.projectDir })).seconds;
  const status = await compare(
    { what: '`lab status`: `vagrant status`', limit: 0.1 },
    rounds.status,
    () => vagrant('status'),
    async () => (await bench.lab(['status', 'nat'])).seconds,
  );
  const connection = await bench.connect('core-01');
  try {
    const command = await compare(
      { what: 'a command on a machine, as steps run it: `vagrant ssh core-01 -c true`', limit: 0.05 },
      rounds.command,
      () => vagrant('ssh', 'core-01', '-c', 'true'),
      () => bench.timedCommand(connection),
    );
    return [status, command];
  } finally {
    connection.close();
  }
}

function seconds(values: readonly number[]): string {
  return `${(values.at(-1) ?? 0).toFixed(1)} s`;
}

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
if (!existsSync(bin)) throw new Error('dist/ is missing. Run: npm run build');
if (values.quick) rounds.machines = 1;
const bench = await VirtualBoxBench.create();
try {
  const circumstances = describeVirtualBox();
  say(circumstances.join('\n'));
  const { comparisons, timeline } = await measureMachines(bench);
  const questions = await measureQuestions(bench);
  const text = [
    '# Results of `npm run bench:virtualbox`',
    '',
    'Written by bench/virtualbox.ts; docs/reference/performance.md says what is measured and how to repeat it.',
    '',
    ...circumstances.map((line) => `- ${line}`),
    "- The machines run in VirtualBox's interpreter: they, and not Vagrant or `lab`, use the processors most of the time.",
    '',
    ...formatComparisons([...comparisons, ...questions]),
    '',
    '## How the boots overlap',
    '',
    'One run of `lab up`, seconds from its beginning. `i` import and set-up, `b` booting, `s` set-up over ssh.',
    '',
    '```',
    ...timeline,
    '```',
    '',
  ].join('\n');
  process.stdout.write(text);
  if (!values.quick) await writeFile(resultsFile, text);
} finally {
  await bench.remove();
}
