import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectCrashesToEndWell } from './support/crash-table.ts';
import { LabUser } from './support/lab-user.ts';

let user: LabUser;
beforeAll(async () => {
  user = await LabUser.create();
});
afterAll(() => user.remove());

it('after kill -9 at any line of the journal `lab up` goes on and `lab destroy` leaves nothing', async () => {
  const lines = await expectCrashesToEndWell({
    lab: (args, env) => user.lab(args, env),
    up: user.upArguments('--nodes', '1', '--no-play'),
    destroy: ['destroy', 'coreos', '--yes'],
    journal: user.labFile('journal.jsonl'),
    nothingIsLeft: async () => {
      expect(await user.trace()).toEqual(user.before);
    },
  });
  // Network, machines, hosts block, agent, Include: each is begun and done.
  expect(lines.up).toBeGreaterThanOrEqual(10);
  expect(lines.destroy).toBeGreaterThanOrEqual(5);
}, 900_000);
