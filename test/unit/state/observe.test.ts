import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Facts } from '../../../src/model/facts.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { observe, type ObserveRequest } from '../../../src/state/observe.ts';
import { formedState, running } from '../plan/plan-fixture.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-observe-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

const provider: Pick<Provider, 'name' | 'facts' | 'usedSubnets' | 'observe'> = {
  name: 'docker',
  facts: () =>
    Promise.resolve({
      ...{ description: 'docker 20.10.24', architecture: 'amd64' as const, forwardsPorts: false },
      problems: [{ code: 'LAB_DOCKER_UNREACHABLE', severity: 'error', message: 'm', fix: 'f' }],
    }),
  usedSubnets: ({ name }) =>
    Promise.resolve({
      used: [{ subnet: '10.200.0.0/24', owner: 'Docker network bridge' }],
      ownPresent: name === 'chapterlab-coreos',
    }),
  observe: (project, names) =>
    Promise.resolve(running(3).filter(({ name }) => project.endsWith('coreos') && names.includes(name))),
};

function look(changes: Partial<ObserveRequest> = {}): Promise<Facts> {
  return observe({
    provider: provider as Provider,
    providerReason: 'the only one',
    state: formedState(3),
    networkName: 'chapterlab-coreos',
    networkOwner: { lab: 'coreos', home: dir },
    vagrantProblems: Promise.resolve([
      { code: 'LAB_VAGRANT_MISSING', severity: 'error', message: 'm', fix: 'f' },
    ]),
    artifacts: Promise.resolve({ fleet: 'no' }),
    labDir: join(dir, 'not', 'there', 'yet'),
    projectDir: (project) => join(dir, project),
    privateKey: join(dir, 'key'),
    signal: new AbortController().signal,
    ...changes,
  });
}

describe('observe', () => {
  it("tells a network of the lab's name that somebody else made", async () => {
    expect(await look()).not.toHaveProperty('networkIsForeign');
    const usedSubnets = (): ReturnType<Provider['usedSubnets']> =>
      Promise.resolve({ used: [], ownPresent: true, isForeign: true });
    const other: Partial<Provider> = { ...provider, usedSubnets };
    const facts = await look({ provider: other as Provider });
    expect(facts).toMatchObject({ networkPresent: true, networkIsForeign: true });
  });

  it('brings together what everybody found', async () => {
    vi.stubEnv('PATH', dir);
    const facts = await look();
    expect(facts.provider).toMatchObject({ name: 'docker', reason: 'the only one', architecture: 'amd64' });
    expect(facts.problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      ...['LAB_VAGRANT_MISSING m', 'LAB_DOCKER_UNREACHABLE m'],
      ...['ssh', 'ssh-keygen', 'ssh-add', 'ssh-agent'].map(
        (tool) => `LAB_TOOL_MISSING There is no \`${tool}\` on PATH.`,
      ),
    ]);
    expect(facts.usedSubnets[0]).toEqual({ subnet: '10.200.0.0/24', owner: 'Docker network bridge' });
    expect(facts.usedSubnets.map(({ subnet }) => subnet)).not.toContain('127.0.0.1/8');
    expect(facts).toMatchObject({ networkPresent: true, artifacts: { fleet: 'no' }, machines: running(3) });
    expect(facts.freeDiskMb).toBeGreaterThan(0);
    expect(facts.freeMemoryMb).toBeGreaterThan(0);
  });

  it('misses the files of a lab unless all of them are there', async () => {
    expect((await look()).filesPresent).toBe(false);
    await writeFile(join(dir, 'key'), '');
    expect((await look()).filesPresent).toBe(false);
    await mkdir(join(dir, 'coreos'));
    await writeFile(join(dir, 'coreos', 'config.rb'), '');
    expect((await look()).filesPresent).toBe(true);
    expect((await look({ state: undefined })).filesPresent).toBe(false);
  });

  it('looks for no machines where there is no lab yet', async () => {
    expect((await look({ state: undefined })).machines).toEqual([]);
  });
});
