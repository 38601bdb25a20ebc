import { expect, it } from 'vitest';
import { suggestIdentifier } from '../../../src/load/suggest-identifier.ts';

it.each([
  ['My Lab', 'my-lab'],
  ['my_lab', 'my-lab'],
  ['memoryMb', 'memory-mb'],
  ['  3 Größen! ', 'gro-en'],
  ['5-dokku', 'dokku'],
  ['../x', 'x'],
  ['a'.repeat(50), 'a'.repeat(40)],
  ['42', undefined],
  ['', undefined],
])('%j becomes %j', (text, identifier) => {
  expect(suggestIdentifier(text)).toBe(identifier);
});
