import { expect, it } from 'vitest';
import { leftoversText, outcomesText } from '../../../src/report/leftovers-text.ts';

const now = Date.parse('2026-01-03T12:00:00Z');

it('groups what was found by what --clean does with it, a line each', () => {
  const text = leftoversText(
    {
      leftovers: [
        { standing: 'shared', what: 'image old', where: 'Docker', why: 'it is old', bytes: 577328640 },
        {
          standing: 'left',
          what: 'container c',
          where: 'Docker',
          why: 'gone',
          since: '2026-01-03T02:00:00Z',
        },
        { standing: 'uncertain', what: 'folder f', where: '/f', why: 'cut', advice: '`lab destroy f`' },
        { standing: 'uncertain', what: 'block\u001b[31m b', where: '/etc/hosts\n', why: 'unknown' },
        {
          standing: 'left',
          what: 'part',
          where: '/p',
          why: 'killed',
          bytes: 12,
          since: '2025-12-01T00:00:00Z',
        },
      ],
      skipped: ['Docker: it does not run.'],
      notes: ['Lab a is in use.'],
    },
    now,
  );
  expect(text.split('\n')).toEqual([
    'Left by labs that are gone (`--clean` removes it):',
    '  container c (Docker, 10 h old): gone',
    '  part (/p, 12 bytes, 34 days old): killed',
    'Not certain (`--clean` asks for each on a terminal, `--clean --uncertain` removes it):',
    '  block b (/etc/hosts ): unknown',
    'For you to look at:',
    '  folder f (/f): cut; `lab destroy f`',
    'Shared by labs and kept (`--clean --shared` removes it):',
    '  image old (Docker, 577 MB): it is old',
    'Not looked at: Docker: it does not run.',
    'Lab a is in use.',
  ]);
});

it('says that nothing is left where all that is there is kept on purpose', () => {
  const image = { standing: 'shared', what: 'image', where: 'Docker', why: 'old', bytes: 2.5e9 } as const;
  expect(leftoversText({ leftovers: [image], skipped: [], notes: [] }, now)).toMatch(
    /2\.5 GB\): old\nNothing is left\.$/,
  );
});

it('says what was removed, and why something was not', () => {
  const leftover = { standing: 'left', what: 'network n', where: 'Docker', why: 'gone' } as const;
  expect(
    outcomesText([
      { leftover, outcome: 'removed' },
      { leftover, outcome: 'failed', reason: 'it has active\nendpoints' },
    ]),
  ).toBe('removed: network n (Docker)\nnot removed: network n (Docker): it has active endpoints');
  expect(outcomesText([])).toBe('Nothing was removed.');
});
