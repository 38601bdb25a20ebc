import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../../src/load/did-you-mean.ts';

describe('didYouMean', () => {
  it.each([
    ['expct', ['expect', 'exit'], 'expect'],
    ['coros', ['dokku', 'coreos'], 'coreos'],
    ['nodse', ['nodes', 'notes'], 'nodes'],
    ['memory_mb', ['memoryMb', 'cpus'], 'memoryMb'],
    ['core-3', ['core-01', 'core-03'], 'core-03'],
    ['STABLE', ['stable'], 'stable'],
  ])('takes %s of %j for %s', (word, candidates, expected) => {
    expect(didYouMean(word, candidates)).toBe(expected);
  });

  it.each([
    ['kubernetes', ['coreos', 'dokku']],
    ['x', ['y']],
    ['on', ['to']],
    ['', ['a', 'ab']],
    ['coreos', []],
  ])('has nothing to say about %j of %j', (word, candidates) => {
    expect(didYouMean(word, candidates)).toBeUndefined();
  });
});
