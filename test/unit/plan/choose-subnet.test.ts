import { describe, expect, it } from 'vitest';
import { chooseSubnet, isSubnet } from '../../../src/plan/choose-subnet.ts';

const book = '172.17.8.0/24';
const docker = { subnet: '172.17.0.0/16', owner: 'Docker network bridge' };

describe('chooseSubnet', () => {
  it("takes the book's range where it is free", () => {
    const other = [{ subnet: '10.0.0.0/8', owner: 'a route through tun0' }];
    expect(chooseSubnet(book, undefined, undefined, other)).toEqual({
      ...{ subnet: book, reason: `subnet ${book}: the book's`, problems: [] },
    });
  });

  it("takes the first free range inside VirtualBox's in its place, and says why", () => {
    const used = [docker, { subnet: '192.168.56.1/24', owner: 'interface vboxnet0' }];
    expect(chooseSubnet(book, undefined, undefined, used)).toEqual({
      subnet: '192.168.57.0/24',
      reason: `subnet 192.168.57.0/24: the book's ${book} is in use by Docker network bridge`,
      problems: [],
    });
    const office = [...used, { subnet: '192.168.0.0/16', owner: 'a route through wlan0' }];
    expect(chooseSubnet(book, undefined, undefined, office).subnet).toBe('10.117.0.0/24');
  });

  it('keeps the range that the lab has, whatever else is there', () => {
    expect(chooseSubnet(book, undefined, '192.168.60.0/24', [docker]).subnet).toBe('192.168.60.0/24');
    expect(chooseSubnet(book, book, book, [docker]).problems).toEqual([]);
  });

  it('refuses a range that was asked for and is taken, and names one that is free', () => {
    const { subnet, problems } = chooseSubnet(book, '172.17.9.0/24', undefined, [docker]);
    expect(subnet).toBe('172.17.9.0/24');
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'LAB_ADDRESS_TAKEN',
        fix: expect.stringContaining('192.168.56.0/24') as string,
      }),
    ]);
  });

  it('gives up where everything is taken', () => {
    const { problems } = chooseSubnet(book, undefined, undefined, [{ subnet: '0.0.0.0/0', owner: 'a VPN' }]);
    expect(problems[0]?.fix).toContain('--subnet');
  });
});

it.each([
  ['172.17.8.0/24', true],
  ['10.0.0.0/24', true],
  ['172.17.8.1/24', false],
  ['172.17.8.0/16', false],
  ['172.17.8.0', false],
  ['127.0.0.0/24', false],
  ['224.0.0.0/24', false],
  ['0.0.0.0/24', false],
  ['256.1.1.0/24', false],
  ['010.1.1.0/24', false],
  ['', false],
])('isSubnet(%j) is %s', (text, expected) => {
  expect(isSubnet(text)).toBe(expected);
});
