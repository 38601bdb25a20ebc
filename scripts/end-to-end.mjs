// The end-to-end tests: their files side by side, each in the next sandbox that is free. Machines wait for each other more
// than they compute, so that there is one sandbox more than processors.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runCaptured } from './run-captured.mjs';

const maxSandboxes = 3;

/** A run that was stopped may have left machines and networks in a sandbox. */
const tidy =
  'docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes && docker network prune --force';

/** Begun first, so that none of them is what the others wait for in the end. */
const slow = [
  'crash-at-journal',
  'soak',
  'prove',
  'interruption',
  'dokku',
  'apt-cacher',
  'main-job',
  'puppet',
  'loadbalancer',
  'chapter-5',
  'bad-environment',
];

/**
 * Results of vitest, one for each file, and whether all went well. `folder`: where they are put meanwhile. The test that
 * runs when `isInterrupted` becomes true is the last of its sandbox.
 */
export async function endToEnd(folder, isInterrupted) {
  const files = readdirSync('test/e2e')
    .filter((name) => name.endsWith('.test.ts'))
    .sort((one, other) => rank(one) - rank(other));
  const base = process.env.LAB_SANDBOX_DIR || '/var/tmp/chapterlab-sandbox';
  const cache = process.env.LAB_CACHE || join(base, 'cache');
  const reports = [];
  const lane = async (dir) => {
    const env = { ...process.env, LAB_SANDBOX_DIR: dir, LAB_CACHE: cache };
    const sandbox = (...args) => runCaptured('scripts/sandbox.sh', args, env);
    try {
      const started = await sandbox('--keep', 'sh', '-c', tidy);
      if (started.status !== 0) throw new Error(`no sandbox in ${dir}:\n${started.text}`);
      for (let file = files.shift(); file !== undefined && !isInterrupted(); file = files.shift()) {
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
  const count = Math.min(maxSandboxes, availableParallelism() + 1);
  const dirs = Array.from({ length: count }, (_, index) => (index === 0 ? base : `${base}-${index + 1}`));
  const lanes = await Promise.allSettled(dirs.map(lane));
  for (const { reason } of lanes) if (reason !== undefined) console.error(reason.message);
  return { reports, ok: files.length === 0 && lanes.every(({ status }) => status === 'fulfilled') };
}

function rank(file) {
  const place = slow.indexOf(file.replace('.test.ts', ''));
  return place < 0 ? slow.length : place;
}
