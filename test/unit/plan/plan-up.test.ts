import { beforeAll, describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { Plan, Task } from '../../../src/model/plan.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { planUp, type UpRequest } from '../../../src/plan/plan-up.ts';
import { selectSteps } from '../../../src/plan/select-steps.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';
import { emptyHost, formedState, nodes, running, wholeHost } from './plan-fixture.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await coreosScenario();
});

const bare: HostFacts = { hosts: 'absent', sshConfig: 'absent', agentAlive: false, hostsNeedSudo: false };
const current: HostFacts = { hosts: 'current', sshConfig: 'current', agentAlive: true, hostsNeedSudo: false };

function request(count: number, changes: Partial<UpRequest> = {}): UpRequest {
  return {
    scenario,
    lab: 'coreos',
    parameters: { nodes: count },
    machines: nodes(count),
    edition: 'swarm',
    subnet: '172.17.8.0/24',
    networkName: 'chapterlab-coreos',
    stateChanges: false,
    privateNetwork: true,
    boxes: [],
    parallel: undefined,
    steps: selectSteps(scenario, 'swarm'),
    discoveryUrl: undefined,
    discoveryPort: 0,
    hostsFile: '/etc/hosts',
    sshConfigFile: '/home/u/.ssh/config',
    loadKey: true,
    hostAccess: { address: '172.17.8.1', bind: '172.17.8.1', sources: ['172.17.8.0/24'] },
    reasons: ["subnet 172.17.8.0/24: the book's"],
    warnings: [],
    ...changes,
  };
}

const allSteps = (): string[] => selectSteps(scenario, 'swarm').map(({ id }) => id);
const setUp = ({ tasks }: Plan): string[] => tasks.filter(({ kind }) => kind !== 'step').map(({ id }) => id);
const steps = ({ tasks }: Plan): string[] =>
  tasks.flatMap((task) => (task.kind === 'step' ? [task.step.id] : []));
const task = <Kind extends Task['kind']>({ tasks }: Plan, kind: Kind): Extract<Task, { kind: Kind }> =>
  tasks.find((candidate): candidate is Extract<Task, { kind: Kind }> => candidate.kind === kind) ??
  expect.fail(`no ${kind}`);

describe('planUp', () => {
  it('makes everything on a bare host, in the order in which it is needed', () => {
    const plan = planUp(request(3, { stateChanges: true }), emptyHost(), bare);
    expect(setUp(plan)).toEqual([
      ...['prepare-lab', 'build-image', 'create-network', 'serve-discovery', 'fetch-token', 'render-files'],
      ...['boot-coreos', 'apply-user-data', 'write-hosts', 'load-key', 'write-ssh-config'],
    ]);
    expect(steps(plan)).toEqual(allSteps());
    expect(task(plan, 'create-network')).toMatchObject({
      network: 'chapterlab-coreos',
      gateway: '172.17.8.1',
    });
    expect(task(plan, 'fetch-token')).toMatchObject({ size: 3, generation: 1 });
    expect(task(plan, 'write-hosts').entries[2]).toEqual({ address: '172.17.8.103', names: ['core-03'] });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it('has no task for a lab that is whole', () => {
    const facts = wholeHost(3, formedState(3, allSteps()));
    expect(planUp(request(3), facts, current).tasks).toEqual([]);
  });

  it('makes a new cluster of all members where one machine was made away with', () => {
    const facts = wholeHost(3, formedState(3, allSteps()), { machines: running(2) });
    const plan = planUp(request(3), facts, current);
    expect(setUp(plan)).toEqual([
      ...['serve-discovery', 'fetch-token', 'render-files', 'boot-coreos', 'apply-user-data'],
      // It has a new host key.
      'write-ssh-config',
    ]);
    expect(task(plan, 'fetch-token')).toMatchObject({ size: 3, generation: 2 });
    expect(task(plan, 'boot-machines').machines).toEqual(['core-03']);
    expect(task(plan, 'apply-user-data').machines).toEqual(['core-01', 'core-02', 'core-03']);
    expect(steps(plan)).toEqual(allSteps());
    expect(plan.reasons.at(-1)).toContain('generation 2): the disk of core-03 is gone');
  });

  it('takes a machine of that name with another id, or half made, for one that was made away with', () => {
    for (const last of [
      { name: 'core-03', state: 'running', id: 'another' },
      { name: 'core-03', state: 'unknown', id: 'id of core-03' },
    ] as const) {
      const facts = wholeHost(3, formedState(3), { machines: [...running(2), last] });
      expect(task(planUp(request(3), facts, current), 'fetch-token').generation).toBe(2);
    }
  });

  it('makes a new cluster where nodes are added, and boots only those', () => {
    const plan = planUp(request(5), wholeHost(3, formedState(3, allSteps())), current);
    expect(task(plan, 'fetch-token')).toMatchObject({ size: 5, generation: 2 });
    expect(task(plan, 'boot-machines').machines).toEqual(['core-04', 'core-05']);
    expect(task(plan, 'apply-user-data').machines).toHaveLength(5);
    expect(plan.reasons.at(-1)).toContain('the number of members changes to 5');
  });

  it('goes on with the token of a run that was killed before it was used', () => {
    const state = formedState(3);
    const { generation } = state;
    const killed = { ...state, discoveryPort: 40_001, generation: { ...generation, applied: {} } as never };
    const plan = planUp(request(3), wholeHost(3, killed, { machines: [] }), bare);
    expect(plan.tasks.map(({ kind }) => kind)).not.toContain('fetch-token');
    // The members' URL names this port.
    expect(task(plan, 'serve-discovery').port).toBe(40_001);
    expect(task(plan, 'boot-machines').machines).toHaveLength(3);
    expect(task(plan, 'apply-user-data').machines).toHaveLength(3);
  });

  it('applies user-data only where a killed run had not done with it', () => {
    const state = formedState(3);
    const applied = { ...state.generation?.applied, 'core-02': { id: 'id of core-02', done: false } };
    const killed = { ...state, generation: { ...state.generation, applied } as never };
    const plan = planUp(request(3), wholeHost(3, killed), current);
    expect(setUp(plan)).toEqual(['serve-discovery', 'render-files', 'apply-user-data']);
    expect(task(plan, 'apply-user-data').machines).toEqual(['core-02']);
  });

  it('only boots machines that are stopped', () => {
    const stopped = running(3).map((machine) => ({ ...machine, state: 'stopped' as const }));
    const plan = planUp(request(3), wholeHost(3, formedState(3, allSteps()), { machines: stopped }), current);
    expect(plan.tasks.map(({ id }) => id)).toEqual(['render-files', 'boot-coreos']);
  });

  it('goes on with the chapter after the last step that passed', () => {
    const facts = wholeHost(3, formedState(3, ['etcd-members', 'form-swarm', 'list-machines']));
    const plan = planUp(request(3), facts, current);
    expect(steps(plan)).toEqual(allSteps().slice(3));
    expect(setUp(plan)).toEqual([]);
    expect(planUp(request(3, { steps: [] }), facts, current).tasks).toEqual([]);
  });

  it('plays a failed step again, and all that come after it', () => {
    const state = formedState(3, allSteps());
    state.steps['open'] = { status: 'failed', at: '2026-01-01T00:00:00.000Z' };
    state.steps['lose-node'] = { status: 'skipped', at: '2026-01-01T00:00:00.000Z' };
    expect(steps(planUp(request(3), wholeHost(3, state), current))).toEqual([
      ...['open', 'lose-node', 'return-node', 'stop'],
    ]);
  });

  it('serves no discovery of its own where another service was named, and asks that one before all else', () => {
    const changes = { discoveryUrl: 'http://127.0.0.1:9', stateChanges: true };
    const plan = planUp(request(3, changes), emptyHost(), bare);
    expect(plan.tasks.map(({ kind }) => kind).slice(0, 2)).toEqual(['prepare-lab', 'fetch-token']);
    expect(plan.tasks.map(({ kind }) => kind)).not.toContain('serve-discovery');
    expect(task(plan, 'fetch-token').url).toBe('http://127.0.0.1:9');
  });

  it('goes on with the service that knows the token, whatever service is named when a killed run is taken up', () => {
    const state = formedState(3);
    const begun = { ...state, generation: { ...state.generation, applied: {} } as never };
    const taken = planUp(request(3, { discoveryUrl: 'http://127.0.0.1:9' }), wholeHost(3, begun), current);
    expect(task(taken, 'serve-discovery').port).toBe(40_001);
    const elsewhere = { ...begun };
    delete elsewhere.discoveryPort;
    expect(setUp(planUp(request(3), wholeHost(3, elsewhere), current))).toEqual([
      'render-files',
      'apply-user-data',
    ]);
  });

  it('fetches the archive of an edition that needs one, before anything is made', () => {
    const plan = planUp(request(3, { edition: 'fleet', stateChanges: true }), emptyHost(), bare);
    expect(plan.tasks[0]).toMatchObject({ kind: 'fetch-artifacts', artifacts: ['fleet'] });
    const whole = { ...formedState(3, allSteps()), edition: 'fleet' };
    expect(setUp(planUp(request(3, { edition: 'fleet' }), wholeHost(3, whole), current))).toEqual([]);
  });

  it('mends what was taken away from the host', () => {
    const whole = wholeHost(3, formedState(3, allSteps()));
    const mended = (host: Partial<HostFacts>, changes: Partial<UpRequest> = {}): string[] =>
      setUp(planUp(request(3, changes), whole, { ...current, ...host }));
    expect(mended({ hosts: 'stale' })).toEqual(['write-hosts']);
    expect(mended({ sshConfig: 'absent' })).toEqual(['write-ssh-config']);
    expect(mended({ agentAlive: false })).toEqual(['load-key']);
    expect(
      mended({ agentAlive: false, hosts: 'disabled' }, { loadKey: false, hostsFile: undefined }),
    ).toEqual([]);
    expect(setUp(planUp(request(3), { ...whole, networkPresent: false }, current))).toEqual([
      'create-network',
    ]);
  });

  it('says that checks go through forwarded ports where machines cannot be reached (Docker Desktop)', () => {
    const { provider } = emptyHost();
    const plan = planUp(request(3), emptyHost({ provider: { ...provider, forwardsPorts: true } }), bare);
    expect(plan.reasons).toContainEqual(
      expect.stringMatching(/HTTP checks go through forwarded ports on 127\.0\.0\.1/),
    );
    expect(planUp(request(3), emptyHost(), bare).reasons.join()).not.toContain('forwarded');
  });
});
