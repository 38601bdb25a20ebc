import { expect, it } from 'vitest';
import { adviceAfterStop } from '../../../src/cli/advice-after-stop.ts';

it.each([
  [
    ['up', 'coreos', '--nodes', '3'],
    'coreos',
    'What was made is kept. To go on: `lab up coreos --nodes 3`. To remove it: `lab destroy coreos`.',
  ],
  [
    ['up', "./my labs/it's.yaml", '--greeting=hi $USER'],
    'mine',
    "What was made is kept. To go on: `lab up './my labs/it'\\''s.yaml' '--greeting=hi $USER'`. To remove it: `lab destroy mine`.",
  ],
  [['destroy', '--yes'], 'coreos', 'What was not removed yet is kept. To go on: `lab destroy --yes`.'],
  [['up', 'coreos'], undefined, 'What is there is kept. To begin again: `lab up coreos`.'],
])('%j on %s', (args, lab, advice) => {
  expect(adviceAfterStop(args, lab)).toBe(advice);
});
