import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serveBadDiscovery } from '../support/bad-discovery.ts';
import type { LabEnd, LabRun } from './support/lab-run.ts';
import { LabUser } from './support/lab-user.ts';

let user: LabUser;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  user = await LabUser.create();
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await user.remove();
});

const errorIn = ({ stderr }: LabEnd, { events }: LabRun): string =>
  `${stderr}${JSON.stringify(events.at(-1) ?? '')}`;

/** `lab up` with another's discovery service, in a LAB_HOME of its own. */
function up(name: string, ...args: string[]): LabRun {
  const words = user.upArguments('--nodes', '1', '--no-play', ...args);
  return user.start(words, { LAB_HOME: join(user.labHome, name) });
}

it("another's discovery service or the name server stalls: lab up ends in time, with no machine and no network", async () => {
  const asked = await silentNameServer();
  const whenAsked = await serveBadDiscovery({ greets: true });
  const atOnce = await serveBadDiscovery({ greets: false });
  closers.push(whenAsked.close, atOnce.close);
  const unreachable = 'LAB_DISCOVERY_UNREACHABLE';
  const nameServer = 'timed out after 5 s while the name was looked up: the name server does not answer';
  const cases: [string, string, string][] = [
    [atOnce.url('silent'), unreachable, 'timed out after 5 s'],
    [whenAsked.url('a-byte-a-second'), unreachable, 'timed out after 10 s'],
    [atOnce.url('a-hundred-megabytes'), 'LAB_DISCOVERY_ANSWER', 'longer than 1048576 bytes'],
    [whenAsked.url('another-host'), unreachable, '127.0.0.9:9'],
    ['http://waits.example/', unreachable, nameServer],
  ];
  // They wait side by side, each in a LAB_HOME of its own.
  const ends = cases.map(async ([url, code, words], number) => {
    const run = up(String(number), '--discovery-url', url);
    const begun = performance.now();
    const end = await run.ended;
    expect((performance.now() - begun) / 1000, url).toBeLessThan(40);
    expect(end.exitCode, run.describe()).toBe(4);
    const said = errorIn(end, run);
    for (const text of [code, words, url, 'Leave --discovery-url out']) expect(said).toContain(text);
  });
  const stopped = up('stopped', '--discovery-url', 'http://stopped.example/');
  await expect.poll(() => asked.join(), { timeout: 30_000 }).toContain('stopped');
  const begun = performance.now();
  const interrupted = await stopped.interrupt('SIGINT');
  expect(interrupted.exitCode, stopped.describe()).toBe(130);
  expect((performance.now() - begun) / 1000).toBeLessThan(4);
  await Promise.all(ends);

  const { labFiles: made, ...left } = await user.trace();
  const { labFiles: none, ...before } = user.before;
  expect(left).toEqual(before);
  // Where the service was asked for a token there is a lab, without machines, that can be removed.
  const labs = cases.map((_case, number) => ({ LAB_HOME: join(user.labHome, String(number)) }));
  for (const home of labs.filter(({ LAB_HOME }) => made.some((file) => file.startsWith(LAB_HOME))))
    await user.mustLab(['destroy', 'coreos', '--yes'], home);
  expect((await user.trace()).labFiles).toEqual(none);
});

/** A name server that never answers. Gives the questions as they come: a name's parts are in them as plain text. */
async function silentNameServer(): Promise<string[]> {
  const asked: string[] = [];
  const server = createSocket('udp4', (question) => asked.push(question.toString('latin1')));
  closers.push(() => server.close());
  server.bind(53, '127.0.0.53');
  await once(server, 'listening');
  const file = join(user.dir, 'resolv.conf');
  await writeFile(file, 'nameserver 127.0.0.53\n');
  // The sandbox gives each command that it runs mounts of its own.
  execFileSync('mount', ['--bind', file, '/etc/resolv.conf']);
  closers.push(() => execFileSync('umount', ['/etc/resolv.conf']));
  return asked;
}
