import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { hostRoutes } from '../../../src/state/host-routes.ts';

const header = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';
const read = (text: string) => hostRoutes(() => Promise.resolve(text));

describe.runIf(process.platform === 'linux')('hostRoutes', () => {
  it('reads the routes of a host with Docker networks, without its default route', async () => {
    const recorded = new URL('../../fixtures/proc/net-route.txt', import.meta.url);
    const asked: string[] = [];
    const routes = await hostRoutes((path) => {
      asked.push(path);
      return readFile(recorded, 'utf8');
    });
    expect(asked).toEqual(['/proc/net/route']);
    expect(routes).toEqual([
      { subnet: '192.0.2.0/24', owner: 'a route through eth0' },
      { subnet: '10.200.0.0/24', owner: 'a route through docker0' },
      { subnet: '172.17.8.0/24', owner: 'a route through br-77bf9902ee9c' },
      { subnet: '192.168.56.0/24', owner: 'a route through br-a75171123eb0' },
    ]);
  });

  it('reads hosts and wide ranges (a VPN)', async () => {
    const line = (destination: string, mask: string) =>
      `tun0\t${destination}\t0\t1\t0\t0\t0\t${mask}\t0\t0\t0\n`;
    expect(await read(header + line('0000000A', '000000FF') + line('0100080A', 'FFFFFFFF'))).toMatchObject([
      { subnet: '10.0.0.0/8' },
      { subnet: '10.8.0.1/32' },
    ]);
    expect(await read(header)).toEqual([]);
  });
});
