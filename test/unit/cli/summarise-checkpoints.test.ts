import { describe, expect, it } from 'vitest';
import { assertWhole } from '../../../src/cli/assert-whole.ts';
import { assertCheckpointName, findWholeCheckpoint } from '../../../src/cli/find-checkpoint.ts';
import { summariseCheckpoints } from '../../../src/cli/summarise-checkpoints.ts';
import type { CheckpointRecord } from '../../../src/state/checkpoint-file.ts';
import { running } from '../plan/plan-fixture.ts';

const names = ['core-01', 'core-02', 'core-03'];
const record = (name: string, savedAt: string): CheckpointRecord => ({
  version: 1,
  name,
  savedAt,
  machines: names.map((machine) => ({ name: machine, id: `id of ${machine}` })),
  steps: { boot: { status: 'passed', at: savedAt } },
  hostKeys: {},
});
const whole = (name: string): { name: string; machines: string[] } => ({ name, machines: names });
const formed = record('formed', '2026-11-21T12:00:00.000Z');

describe('summariseCheckpoints', () => {
  it('has the oldest first, then snapshots that are no checkpoint', () => {
    const summaries = summariseCheckpoints(
      [formed, record('before', '2026-11-21T11:00:00.000Z')],
      [whole('formed'), { name: 'by-hand', machines: ['core-02'] }, whole('before')],
      running(3),
    );
    expect(summaries).toEqual([
      {
        name: 'before',
        savedAt: '2026-11-21T11:00:00.000Z',
        machines: names,
        steps: expect.anything() as unknown,
      },
      { name: 'formed', savedAt: formed.savedAt, machines: names, steps: formed.steps },
      { name: 'by-hand', machines: ['core-02'], problem: 'not saved to its end by `lab checkpoint save`' },
    ]);
  });

  it.each([
    {
      what: 'made again',
      machines: running(3).map((seen) => (seen.name === 'core-02' ? { ...seen, id: 'another' } : seen)),
      listed: whole('formed'),
      problem: 'core-02 was made again since',
    },
    {
      what: 'removed',
      machines: [...running(2), { name: 'core-03', state: 'absent' as const }],
      listed: { name: 'formed', machines: ['core-01', 'core-02'] },
      problem: 'core-03 is not there any more',
    },
    { what: 'added', machines: running(4), listed: whole('formed'), problem: 'core-04 was added since' },
    {
      what: 'robbed of its snapshot',
      machines: running(3),
      listed: { name: 'formed', machines: ['core-01', 'core-03'] },
      problem: 'the snapshot of core-02 is gone',
    },
  ])('says which machine was $what, and such a one cannot be restored', ({ machines, listed, problem }) => {
    const summaries = summariseCheckpoints([formed], [listed], machines);
    expect(summaries).toMatchObject([{ name: 'formed', problem }]);
    expect(() => findWholeCheckpoint('formed', summaries)).toThrow(
      `Checkpoint formed cannot be restored: ${problem}.`,
    );
  });

  it('finds the name that was meant', () => {
    const summaries = summariseCheckpoints([formed], [whole('formed')], running(3));
    expect(findWholeCheckpoint('formed', summaries).savedAt).toBe(formed.savedAt);
    expect(() => findWholeCheckpoint('fromed', summaries)).toThrow(
      expect.objectContaining({ code: 'LAB_CHECKPOINT_UNKNOWN', details: { hint: 'Did you mean formed?' } }),
    );
    expect(() => {
      assertCheckpointName('../state');
    }).toThrow('cannot be the name of a checkpoint');
  });
});

it('assertWhole refuses a lab whose checkpoint was not restored to its end', () => {
  assertWhole({ lab: 'coreos' });
  expect(() => {
    assertWhole({ lab: 'coreos', restoring: 'formed' });
  }).toThrow(expect.objectContaining({ code: 'LAB_CHECKPOINT_INCOMPLETE', exitCode: 5 }));
});
