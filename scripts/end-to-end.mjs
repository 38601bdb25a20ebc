// The end-to-end tests: their files side by side, each in the next sandbox that is free. Machines wait for each other more
// than they compute, so that two sandboxes take little more than half the time of one.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** Begun first, so that none of them is what the others wait for in the end. */
const slow = [
  'crash-at-journal',
  'prove',
  'interruption',
  'dokku',
  'apt-cacher',
  'main-job',
  'puppet',
  'loadbalancer',
  'bad-environment',
];

/** Results of vitest, one for each file, and whether all went well. `folder`: where they are put meanwhile. */
export async function endToEnd(folder) {
  const files = readdirSync('test/e2e')
    .filter((name) => name.endsWith('.test.ts'))
    .sort((one, other) => rank(one) - rank(other));
  const base = process.env.LAB_SANDBOX_DIR || '/var/tmp/chapterlab-sandbox';
  const cache = process.env.LAB_CACHE || join(base, 'cache');
  const reports = [];
  let stopped = false;
  // The terminal tells the tests, too; the sandboxes are ended below.
  const stop = () => {
    stopped = true;
  };
  process.on('SIGINT', stop);
  const lane = async (dir) => {
    const env = { ...process.env, LAB_SANDBOX_DIR: dir, LAB_CACHE: cache };
    const sandbox = (...args) => finished('scripts/sandbox.sh', args, env);
    try {
      const started = await sandbox('--keep', 'true');
      if (started.status !== 0) throw new Error(`no sandbox in ${dir}:\n${started.text}`);
      for (let file = files.shift(); file !== undefined && !stopped; file = files.shift()) {
        const output = join(folder, `${file}.json`);
        const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
        const vitest = ['npx', 'vitest', 'run', '--project', 'e2e', join('test/e2e', file), ...reporters];
        const { status, text } = await sandbox('--enter', ...vitest);
        console.log(text.trimEnd());
        const report = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined;
        reports.push({ ok: status === 0, report });
      }
    } finally {
      await sandbox('--stop');
    }
  };
  const dirs = Array.from({ length: Math.min(2, availableParallelism()) }, (_, index) =>
    index === 0 ? base : `${base}-${index + 1}`,
  );
  const lanes = await Promise.allSettled(dirs.map(lane));
  process.off('SIGINT', stop);
  for (const { reason } of lanes) if (reason !== undefined) console.error(reason.message);
  return {
    reports,
    ok: !stopped && files.length === 0 && lanes.every(({ status }) => status === 'fulfilled'),
  };
}

function rank(file) {
  const place = slow.indexOf(file.replace('.test.ts', ''));
  return place < 0 ? slow.length : place;
}

/** What the command said on both streams, and how it ended. */
function finished(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const collect = (data) => {
      text += data;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ status: 1, text: error.message }));
    child.on('close', (status) => resolve({ status, text }));
  });
}
