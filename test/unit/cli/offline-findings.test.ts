import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { offlineFindings } from '../../../src/cli/offline-findings.ts';
import type { OfflineRequest } from '../../../src/cli/offline-findings.ts';
import { scenarioSchema } from '../../../src/model/scenario.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

const scenario = scenarioSchema.parse({
  name: 'tiny',
  title: 'Tiny',
  chapter: '0',
  description: 'One machine.',
  subnet: '192.168.56.0/24',
  parameters: {
    channel: { type: 'string', description: 'x', default: 'stable' },
    nodes: { type: 'integer', description: 'x', default: 1, min: 1, max: 9 },
  },
  providers: { virtualbox: { defaults: { nodes: 2 } } },
  editions: {
    fleet: { description: 'x', install: [{ artifact: 'fleet', to: '/opt/fleet' }] },
    swarm: { description: 'x' },
  },
  install: [{ artifact: 'etcd', to: '/opt/etcd', providers: ['virtualbox'] }],
  machines: [
    {
      ...{
        role: 'node',
        project: 'coreos',
        name: 'core',
        count: 1,
        firstAddress: 101,
        memoryMb: 64,
        cpus: 1,
      },
      box: { name: 'flatcar-{{channel}}', url: 'https://{{channel}}.invalid/current/box.json' },
    },
  ],
  artifacts: Object.fromEntries(
    ['fleet', 'etcd', 'unused'].map((name) => [
      name,
      { url: `https://files.invalid/${name}.tar.gz`, architectures: ['amd64'], obtain: 'Ask.' },
    ]),
  ),
  steps: [{ id: 'see', title: 'x', checks: [{ title: 'x', on: 'all', command: 'true', hint: 'x' }] }],
});

let folder: string;
let request: OfflineRequest;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-offline-'));
  vi.stubEnv('VAGRANT_HOME', join(folder, 'vagrant.d'));
  vi.stubEnv('LAB_MIRROR', join(folder, 'mirror'));
  const refuse = () => Promise.reject(new Error('the network was asked'));
  request = {
    scenario,
    reference: 'tiny',
    provider: 'virtualbox',
    edition: 'fleet',
    parameters: { channel: 'beta', nodes: 2 },
    roles: [],
    tools: {
      cache: join(folder, 'cache'),
      http: { request: refuse, download: refuse },
      clock: virtualClock(0),
    },
    signal: new AbortController().signal,
  };
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, content: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return createHash('sha256').update(content).digest('hex');
}

function mirrorBox(checksum: string): void {
  const file = {
    name: 'virtualbox',
    url: 'https://files.invalid/1.0.0/x.box',
    checksum_type: 'sha256',
    checksum,
  };
  write(
    'mirror/beta.invalid/current/box.json',
    JSON.stringify({ versions: [{ version: '1.0.0', providers: [file] }] }),
  );
}

describe('offlineFindings', () => {
  it('names each thing that is missing, with the command that fetches just this', async () => {
    const { findings, problems } = await offlineFindings(request);
    expect(findings).toEqual([]);
    expect(problems.map(({ code, severity }) => `${code} ${severity}`)).toEqual(
      Array.from({ length: 3 }, () => 'LAB_OFFLINE_INCOMPLETE error'),
    );
    expect(problems.map(({ message }) => /there is no (.*?):/.exec(message)?.[1])).toEqual([
      'box flatcar-beta',
      'fleet',
      'etcd',
    ]);
    expect(problems[0]?.fix).toContain(
      '`lab prefetch tiny --provider virtualbox --edition fleet --set channel=beta`',
    );
  });

  it('finds everything in the mirror, and asks nobody', async () => {
    mirrorBox(write('mirror/files.invalid/1.0.0/x.box', 'box'));
    write('mirror/fleet.tar.gz', 'fleet');
    write('mirror/files.invalid/etcd.tar.gz', 'etcd');
    const { findings, problems } = await offlineFindings(request);
    expect(problems).toEqual([]);
    expect(findings.map((line) => line.replaceAll(folder, 'DIR'))).toEqual([
      'offline: box flatcar-beta 1.0.0: DIR/mirror/files.invalid/1.0.0/x.box, 0.0 MB',
      'offline: fleet: DIR/mirror/fleet.tar.gz, 0.0 MB',
      'offline: etcd: DIR/mirror/files.invalid/etcd.tar.gz, 0.0 MB',
    ]);
  });

  it('reads what is there: a damaged box is none', async () => {
    mirrorBox(write('mirror/files.invalid/1.0.0/x.box', 'box'));
    write('mirror/files.invalid/1.0.0/x.box', 'damaged');
    const { problems } = await offlineFindings(request);
    expect(problems[0]?.message).toContain('x.box is not the expected file');
  });

  it("takes the box in Vagrant's store, and for docker the node image", async () => {
    write('vagrant.d/boxes/flatcar-beta/1.0.0/virtualbox/metadata.json', '{}');
    write('vagrant.d/boxes/flatcar-beta/1.0.0/virtualbox/box.ovf', '<Envelope/>');
    const { findings } = await offlineFindings({ ...request, edition: 'swarm' });
    expect(findings).toEqual([expect.stringContaining("box flatcar-beta 1.0.0: in Vagrant's store")]);
    const docker = { ...request, provider: 'docker', edition: 'swarm' } as const;
    const image = { name: 'chapterlab/node:1', present: true };
    expect(await offlineFindings({ ...docker, image })).toEqual({
      findings: ['offline: image chapterlab/node:1: there'],
      problems: [],
    });
    const { problems } = await offlineFindings(docker);
    expect(problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('Without internet there is no base of the node image: not in the cache'),
    ]);
  });
});
