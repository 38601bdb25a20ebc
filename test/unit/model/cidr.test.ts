import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostAddress, overlaps, parseAddress, subnetPrefix } from '../../../src/model/cidr.ts';

describe('parseAddress', () => {
  it('reads every address that it can write', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, byte, (a, b, c, d) => {
        expect(parseAddress(`${a}.${b}.${c}.${d}`)).toBe(((a * 256 + b) * 256 + c) * 256 + d);
      }),
    );
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.-4',
    '1.2.3.4 ',
    '1.2.3.4e0',
    '0x1.2.3.4',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

it.each([
  ['172.17.0.0/16', '172.17.8.0/24', true],
  ['172.17.8.77/24', '172.17.8.0/24', true],
  ['172.17.9.0/24', '172.17.8.0/24', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['128.0.0.0/1', '127.255.255.255/32', false],
  ['10.0.0.1', '10.0.0.1/32', true],
  ['fd00::/8', '10.0.0.0/8', false],
  ['10.0.0.0/33', '10.0.0.0/8', false],
])('overlaps(%s, %s) is %s, either way', (one, other, expected) => {
  expect([overlaps(one, other), overlaps(other, one)]).toEqual([expected, expected]);
});

it('counts hosts in a /24', () => {
  expect([hostAddress('172.17.8.0/24', 101), subnetPrefix('172.17.8.0/24')]).toEqual([
    '172.17.8.101',
    '172.17.8',
  ]);
});
