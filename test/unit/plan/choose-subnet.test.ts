import { describe, expect, it } from 'vitest';
import { hostOnlyRule } from '../../../src/providers/virtualbox/host-only-ranges.ts';
import { hostRoutes } from '../../../src/state/host-routes.ts';
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

  it('takes and offers only what the provider allows', () => {
    const rule = hostOnlyRule(['192.168.56.0/21']);
    const chosen = chooseSubnet(book, undefined, undefined, [], rule);
    expect(chosen).toEqual({
      subnet: '192.168.56.0/24',
      reason: `subnet 192.168.56.0/24: the book's ${book} is outside what VirtualBox allows (192.168.56.0/21)`,
      problems: [],
    });
    const lan = [{ subnet: '192.168.0.0/16', owner: 'interface wlan0' }];
    expect(chooseSubnet(book, undefined, undefined, lan, rule).problems).toEqual([
      expect.objectContaining({
        code: 'LAB_ADDRESS_TAKEN',
        message: expect.stringContaining('none is free') as string,
      }),
      expect.objectContaining({ code: 'LAB_RANGE_REFUSED' }),
    ]);
    const asked = chooseSubnet(book, '10.0.0.0/24', undefined, [], rule);
    expect(asked.problems.map(({ code }) => code)).toEqual(['LAB_RANGE_REFUSED']);
    expect(chooseSubnet(book, undefined, undefined, [], hostOnlyRule(['172.17.0.0/16'])).subnet).toBe(book);
  });

  it("keeps clear of docker0's range, which the book's lies in", async () => {
    const line = (name: string, address: string, mask: string): string =>
      [name, address, '00000000', '0001', '0', '0', '0', mask, '0', '0', '0'].join('\t');
    // An idle docker0 is no running interface, but its route is there.
    const routes = await hostRoutes(() =>
      Promise.resolve(['Iface\tDestination', line('docker0', '000011AC', '0000FFFF')].join('\n')),
    );
    expect(
      chooseSubnet(book, undefined, undefined, routes, hostOnlyRule(['172.16.0.0/12', '192.168.56.0/21'])),
    ).toEqual({
      subnet: '192.168.56.0/24',
      reason: `subnet 192.168.56.0/24: the book's ${book} is in use by a route through docker0`,
      problems: [],
    });
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
