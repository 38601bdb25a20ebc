/**
 * A process that makes changes which labs share; see shared-journal.test.ts. A change is made by writing a file of its name.
 * Told `NAME`, it makes that change; `NAME crash-before` and `NAME crash-after`: it is killed just before or after that.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SharedJournal } from '../../../src/host/shared-journal.ts';
import { systemClock } from '../../../src/io/clock.ts';

const [home = '', things = ''] = process.argv.slice(2);
const journal = new SharedJournal(home, systemClock);

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [name = '', crash] = line.split(' ');
  if (!existsSync(join(things, name))) {
    await journal.record({ kind: 'image', provider: 'docker', engine: 'E', name }, () => {
      if (crash === 'crash-before') process.kill(process.pid, 'SIGKILL');
      writeFileSync(join(things, name), '');
      if (crash === 'crash-after') process.kill(process.pid, 'SIGKILL');
      return Promise.resolve();
    });
  }
  process.stdout.write(`${name}\n`);
}
