import { describe, expect, it } from 'vitest';
import { scenarioFlags } from '../../../src/cli/scenario-flags.ts';
import { UsageError } from '../../../src/model/errors.ts';

describe('scenarioFlags', () => {
  it.each<[words: string[], set: string[], values: Record<string, string>]>([
    [[], [], {}],
    [['--nodes', '3', '--dokku-box=a/b'], [], { nodes: '3', 'dokku-box': 'a/b' }],
    [['--nodes', '-1'], [], { nodes: '-1' }],
    [['--nodes=', '--domain', ''], [], { nodes: '', domain: '' }],
    [['--domain=a=b\nc'], [], { domain: 'a=b\nc' }],
    [['--nodes', '3', '--nodes', '5'], [], { nodes: '5' }],
    [['--nodes', '3'], ['nodes=5', 'domain=a=b'], { nodes: '3', domain: 'a=b' }],
  ])('reads %j and --set %j', (words, set, values) => {
    expect(scenarioFlags(words, set)).toEqual(values);
  });

  it.each([[['--nodes']], [['3']], [['-n', '3']], [['--']], [['--Nodes', '3']], [['--nodes', '3', 'more']]])(
    'refuses %j',
    (words) => {
      expect(() => scenarioFlags(words)).toThrow(UsageError);
    },
  );

  it.each(['nodes', ''])('refuses --set %j', (pair) => {
    expect(() => scenarioFlags([], [pair])).toThrow('--set');
  });
});
