/** A process that tries for a lock whenever it is told to; see process-lock.test.ts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/io/clock.ts';
import { acquireLock, LockHeldError, withLock } from '../../../src/state/process-lock.ts';

const [path = '', counter = ''] = process.argv.slice(2);
const request = { path, command: 'test', clock: systemClock };

async function tryOnce(): Promise<string> {
  try {
    await acquireLock(request);
    return 'won';
  } catch (error) {
    if (error instanceof LockHeldError) return `held ${String(error.owner.pid)}`;
    throw error;
  }
}

async function count(): Promise<string> {
  for (let turn = 0; turn < 5; turn += 1) {
    await withLock({ ...request, timeoutMs: 20_000 }, async () => {
      const before = Number(readFileSync(counter, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(counter, String(before + 1));
    });
  }
  return 'counted';
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${line === 'try' ? await tryOnce() : await count()}\n`);
}
