import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { expectCrashesToEndWell } from '../e2e/support/crash-table.ts';
import { VirtualBoxUser } from './support/virtualbox-user.ts';

it.skipIf(process.env['LAB_LONG_TESTS'] === undefined)(
  'after kill -9 at any line of the journal `lab up` goes on and `lab destroy` leaves nothing (long: LAB_LONG_TESTS=1)',
  async () => {
    const user = await VirtualBoxUser.create();
    onTestFinished(() => user.remove());
    const before = await user.trace();
    const lines = await expectCrashesToEndWell({
      lab: (args, env) => user.lab(args, env),
      up: user.upArguments('--nodes', '1', '--no-play'),
      destroy: ['destroy', 'nat', '--yes'],
      journal: join(user.labHome, 'labs', 'nat', 'journal.jsonl'),
      nothingIsLeft: async () => {
        expect(await user.trace()).toEqual(before);
      },
    });
    // Machine, agent, Include: each is begun and done. A machine behind NAT has no network and no name for the hosts file.
    expect(lines.up).toBeGreaterThanOrEqual(6);
    expect(lines.destroy).toBeGreaterThanOrEqual(3);
  },
  1_800_000,
);
