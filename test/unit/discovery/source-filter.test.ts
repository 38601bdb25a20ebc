import { expect, it } from 'vitest';
import { createSourceFilter } from '../../../src/discovery/source-filter.ts';

it.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['172.30.0.7', true],
  ['::ffff:172.30.0.7', true],
  ['fd00:1::5', true],
  ['fe80::1%eth0', true],
  ['172.31.0.7', false],
  ['::ffff:172.31.0.7', false],
  ['fd00:2::5', false],
  ['not an address', false],
  [undefined, false],
])('%s: %s', (address, expected) => {
  const isAllowed = createSourceFilter(['172.30.0.0/24', 'fd00:1::/32', 'fe80::1']);
  expect(isAllowed(address)).toBe(expected);
});

it.each(['172.30.0.0/33', '172.30.0/24', 'host', '', '1.2.3.4/', '1.2.3.4/8/8', '::/129'])(
  'refuses "%s"',
  (source) => {
    expect(() => createSourceFilter([source])).toThrow(
      expect.objectContaining({ code: 'LAB_PARAMETER_INVALID' }),
    );
  },
);
