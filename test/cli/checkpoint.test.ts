import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labSandbox, type LabSandbox } from '../support/lab-process.ts';
import { saveLab } from '../support/saved-lab.ts';

let sandbox: LabSandbox;
beforeEach(async () => {
  sandbox = await labSandbox();
});
afterEach(() => sandbox.remove());

describe('lab checkpoint', () => {
  it.each([['save', 'formed'], ['restore', 'formed'], ['delete', 'formed'], ['list']])(
    'says of a lab on docker that there are none: %s',
    async (...words) => {
      await saveLab(sandbox);
      // Also where docker itself is missing: nothing else is looked at.
      const { exitCode, stderr } = await sandbox.run(['checkpoint', ...words], { without: ['docker'] });
      expect([exitCode, stderr]).toEqual([4, expect.stringContaining('LAB_CHECKPOINT_UNSUPPORTED')]);
    },
  );

  it.each([
    { words: ['save'], code: 'LAB_USAGE' },
    { words: ['save', '../state'], code: 'LAB_USAGE' },
    { words: ['restore', 'formed', '--lab', 'corios'], code: 'LAB_NOT_UP' },
  ])('refuses $words before it asks anybody', async ({ words, code }) => {
    await saveLab(sandbox);
    const { exitCode, stderr } = await sandbox.run(['checkpoint', ...words]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(code)]);
  });
});
