import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { taskOf } from './support/events.ts';
import { LabUser } from './support/lab-user.ts';
import type { LabResult } from './support/lab-user.ts';
import { docker, output } from './support/machine-commands.ts';

const lab = 'coreos-loadbalancer';
const steps = [
  ...['etcd-members', 'form-swarm', 'sample-image', 'start', 'register', 'balance', 'spread'],
  ...['request', 'cut-off', 'reconnect', 'lose-node', 'return-node', 'sum-up'],
];

/** What became of the requests in one part of the record. */
interface Figure {
  requests: number;
  failed: number;
  failedLate: number;
  /** How many answers each node gave. */
  answers: Record<string, number>;
}

/** The lines of `code.it-requests figures`, by the name of the part. */
function parseFigures(text: string): Record<string, Figure> {
  const line =
    /^(.+): requests (\d+), failed (\d+), failed after the health window (\d+), slowest [\d.]+ s; answered by(.*)$/gm;
  return Object.fromEntries(
    [...text.matchAll(line)].map(([, name = '', requests, failed, failedLate, answers = '']) => [
      name,
      {
        requests: Number(requests),
        failed: Number(failed),
        failedLate: Number(failedLate),
        answers: Object.fromEntries(
          [...answers.matchAll(/(\S+) (\d+)/g)].map(([, node = '', count]) => [node, Number(count)]),
        ),
      },
    ]),
  );
}

describe('a load balancer that learns from etcd where the service runs', () => {
  let user: LabUser;
  let up: LabResult;
  const on = async (machine: string, command: string): Promise<string> =>
    (await user.mustLab(['ssh', machine, command])).stdout;

  beforeAll(async () => {
    user = await LabUser.create();
    const args = ['--nodes', '3', '--edition', 'swarm', '--hosts-file', user.hostsFile];
    up = await user.mustLab(['up', lab, '--json', ...args]);
  });
  afterAll(async () => {
    await user.lab(['destroy', lab, '--yes', '--force']);
    await user.remove();
  });

  it('plays every step, and every check passes', () => {
    const played = up.run.report.tasks.filter(({ kind }) => kind === 'step');
    expect(played.map(({ id, status }) => `${id} ${status}`)).toEqual(steps.map((id) => `step-${id} passed`));
  });

  it('loses no request after the health window, and uses a node again that comes back', () => {
    const sum = taskOf(up, 'step-sum-up').checks.at(-1);
    console.log(sum?.actual);
    const figures = parseFigures(sum?.actual ?? '');
    const { altogether, ...parts } = figures;
    expect(Object.keys(parts)).toEqual([
      ...['all nodes are there', 'core-03 falls silent', 'core-03 is heard again'],
      ...['core-03 is switched off', 'core-03 comes back'],
    ]);
    expect(altogether?.failedLate).toBe(0);
    // Requests were made all the time, also while the node was away.
    for (const part of Object.values(parts)) expect(part.requests).toBeGreaterThan(10);
    expect(parts['core-03 falls silent']?.requests).toBeGreaterThan(100);
    expect(parts['core-03 is heard again']?.answers['core-03']).toBeGreaterThan(0);
    expect(parts['core-03 comes back']?.answers['core-03']).toBeGreaterThan(0);
    const total = Object.values(parts).reduce((sum, part) => sum + part.requests, 0);
    expect(altogether?.requests).toBe(total);
  });

  it('takes an instance out that no longer answers, and puts it back when it does', async () => {
    const servers = (count: number): Promise<string> =>
      on(
        'balancer',
        `timeout 60 sh -c 'until [ $(code.it-servers | grep -c UP) = ${count} ]; do sleep 0.2; done'`,
      );
    await on('core-02', 'sudo systemctl stop docker.socket docker');
    await servers(2);
    expect(await on('core-01', 'etcdctl get --prefix --keys-only /domains/code.it/')).not.toContain(
      'core-02',
    );
    await on('core-02', 'sudo systemctl start docker.socket docker');
    await servers(3);
    expect(await user.lab(['check', lab])).toMatchObject({ exitCode: 0 });
  });

  it('is a machine like the others: reached by name, removed without a trace', async () => {
    expect(await on('balancer', 'hostname')).toBe('balancer\n');
    expect(await output('curl', ['-fs', `http://${await address('balancer')}/`])).toMatch(
      /^code\.it on core-0\d$/,
    );
    expect(await docker('inspect', '--format', '{{.State.Running}}', `${lab}-balancer`)).toBe('true');
    await user.mustLab(['destroy', lab, '--yes']);
    expect(await user.trace()).toEqual(user.before);
  });

  async function address(name: string): Promise<string | undefined> {
    return (await user.state(lab)).machines.find((machine) => machine.name === name)?.address;
  }
});
