import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../../../src/model/plan.ts';
import type { Scenario } from '../../../../src/model/scenario.ts';
import { renderTemplate } from '../../../../src/provision/render.ts';
import type { RunContext } from '../../../../src/run/run-context.ts';
import { applyUserData } from '../../../../src/run/handlers/apply-user-data.ts';
import { coreosScenario } from '../../../support/coreos-scenario.ts';
import { fakeRun, type FakeLab, type FakeRun } from '../../../support/fake-run-context.ts';
import { formedState, nodes } from '../../plan/plan-fixture.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'apply-user-data-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const task: Extract<Task, { kind: 'apply-user-data' }> = {
  kind: 'apply-user-data',
  id: 'apply-user-data',
  title: 'Apply',
  machines: ['core-01', 'core-02'],
};

/** A lab whose user-data is rendered and has not been applied anywhere. */
function lab(provider: 'docker' | 'virtualbox', run?: FakeLab['run']): FakeRun {
  const template = { docker: 'user-data', virtualbox: 'user-data-flatcar' }[provider];
  const file = `cloud-config/coreos/${template}.hbs`;
  const source = readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');
  const values = {
    edition: 'fleet',
    generation: 1,
    discoveryUrl: 'http://d/1',
    authorizedKey: 'ssh-ed25519 A',
  };
  writeFileSync(join(folder, 'user-data'), renderTemplate({ file, source, values }));
  const state = formedState(2);
  const overrides: Partial<RunContext> = {
    provider: {
      name: provider,
      usesBoxes: provider === 'virtualbox',
      observe: (_dir: string, [name = '']: string[]) =>
        Promise.resolve([{ name, state: 'running', id: `id of ${name}` }]),
    } as unknown as RunContext['provider'],
    paths: { lab: folder, project: () => folder, privateKey: '', discoveryRegistry: '', work: '' },
    artifactContent: ({ artifact, member }) => Promise.resolve(Buffer.from(`${artifact} ${member ?? ''}`)),
  };
  return fakeRun({
    machines: nodes(2),
    scenario,
    state: {
      ...state,
      edition: 'fleet',
      provider,
      generation: { number: 1, members: ['core-01', 'core-02'], discoveryUrl: 'http://d/1', applied: {} },
    },
    ...(run === undefined ? {} : { run }),
    overrides,
  });
}

describe('apply-user-data', () => {
  it('puts on Flatcar what the edition and etcd need, then has coreos-cloudinit apply the user-data', async () => {
    const { context, report, calls, uploads } = lab('virtualbox');
    expect(await applyUserData(task, context, report)).toMatchObject({ status: 'changed' });
    expect(calls.filter((call) => call.startsWith('core-02'))).toEqual([
      'core-02< /opt/chapterlab/etcd/etcd (0755)',
      'core-02< /home/core/code.it/busybox (0755)',
      'core-02< /opt/bin/fleetd (0755)',
      'core-02< /opt/bin/fleetctl (0755)',
      'core-02< /var/lib/chapterlab/user-data (0600)',
      'core-02< /var/lib/chapterlab/apply (0700)',
      'core-02$ sudo /var/lib/chapterlab/apply',
    ]);
    expect(uploads['core-02:/opt/chapterlab/etcd/etcd']).toBe('etcd etcd-v3.5.16-linux-amd64/etcd');
    const script = uploads['core-02:/var/lib/chapterlab/apply'];
    expect(script).toContain("address='172.17.8.102'\ngeneration=1\nseconds=270\n");
    expect(script).toContain('wait_active');
    expect(context.state().generation?.applied).toEqual({
      'core-01': { id: 'id of core-01', done: true },
      'core-02': { id: 'id of core-02', done: true },
    });
  });

  it('does all by itself on the node image', async () => {
    const { context, report, calls, uploads } = lab('docker');
    await applyUserData(task, context, report);
    expect(calls.filter((call) => call.startsWith('core-01<'))).toEqual([
      'core-01< /opt/bin/fleetd (0755)',
      'core-01< /usr/local/bin/fleetctl (0755)',
      'core-01< /var/lib/chapterlab/user-data (0600)',
      'core-01< /var/lib/chapterlab/apply (0700)',
    ]);
    expect(uploads['core-01:/var/lib/chapterlab/apply']).toContain("run_unit 'etcd.service' start 100");
  });

  it("names the machine that could not, with its script's last words, and remembers that it was touched", async () => {
    const reason =
      'etcd-member.service: it ends again and again. Its last lines:\ndiscovery: found duplicate id\n';
    const { context, report } = lab('virtualbox', (machine, command) =>
      machine === 'core-02' && command.includes('apply') ? { exitCode: 1, stderr: reason } : {},
    );
    await expect(applyUserData(task, context, report)).rejects.toMatchObject({
      code: 'LAB_CLOUD_CONFIG_FAILED',
      details: { machine: 'core-02', output: reason.trim() },
    });
    expect(context.state().generation?.applied['core-02']).toEqual({ id: 'id of core-02', done: false });
  });
});
