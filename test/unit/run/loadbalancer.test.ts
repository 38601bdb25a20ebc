import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/load/load-scenario.ts';
import type { CheckResult } from '../../../src/model/event.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { renderTemplate } from '../../../src/provision/render.ts';
import { runCheck } from '../../../src/run/run-check.ts';
import { stepContext } from '../../../src/run/step-context.ts';
import { fakeRun } from '../../support/fake-run-context.ts';
import { readTranscript } from '../../support/transcript.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const files = `${root}scenarios/files/coreos-loadbalancer`;

let dir: string;
let scenario: Scenario;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'loadbalancer-'));
  const folders = {
    scenariosDir: `${root}scenarios`,
    cloudConfigDir: `${root}cloud-config`,
    vagrantDir: `${root}vagrant`,
  };
  scenario = (await loadScenario('coreos-loadbalancer', folders)).scenario;
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

/** A program of the scenario's, with its own files in the test's folder. */
function program(name: string, source: string, changes: Record<string, string> = {}): string {
  const path = join(dir, name);
  const text = Object.entries(changes).reduce((text, [from, to]) => text.replaceAll(from, to), source);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

const run = (file: string, ...args: string[]): string =>
  execFileSync(file, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${dir}:${process.env['PATH']}` },
  });

describe('the fleet edition of the load balancer', () => {
  /** What fleetctl 1.0.0 printed on a real cluster of three, as without its legend, and a global unit among them. */
  const units = (): string[] => [
    ...readTranscript('cluster/b-list-units-running.txt').stdout.trim().split('\n').slice(1),
    ...nodes(3).map(({ address }) => `code.it-register.service\t0bce0884.../${address}\tactive\trunning`),
  ];

  /** Verdicts of a step's checks on core-01 where fleetctl prints these rows; the commands run in a real shell. */
  async function verdicts(id: string, rows: readonly string[]): Promise<CheckResult['status'][]> {
    program('fleetctl', `#!/bin/sh\ncat <<'END'\n${rows.join('\n')}\nEND\n`);
    const { context } = fakeRun({
      machines: nodes(3),
      state: { ...formedState(3), edition: 'fleet' },
      scenario,
      run: (_machine, command) => ({ stdout: run('sh', '-c', command) }),
    });
    const found = scenario.steps.find((step) => step.id === id)?.checks[0];
    if (found === undefined) throw new Error(`no step ${id}`);
    const check = { ...found };
    // One attempt is enough to see: each starts a shell.
    delete check.within;
    const { clock, signal } = context;
    return (await runCheck(check, stepContext(context), { clock, signal })).map(({ status }) => status);
  }

  it.each(['start-fleet', 'register-fleet'])('%s: each unit runs, on another machine', async (id) => {
    const own = id === 'start-fleet' ? /^code\.it\.\d/ : /^code\.it-register/;
    const last = units().findLast((row) => own.test(row)) ?? '';
    const others = units().filter((row) => row !== last);
    expect(await verdicts(id, units())).toEqual(['passed']);
    expect(await verdicts(id, others)).toEqual(['failed']);
    expect(await verdicts(id, [...others, last.replace('active\trunning', 'failed\tfailed')])).toEqual([
      'failed',
    ]);
    expect(await verdicts(id, [])).toEqual(['failed']);
  });

  it('has the registrar on every machine, as fleet spells it', () => {
    expect(readFileSync(`${files}/code.it-register.service`, 'utf8')).toMatch(/^\[X-Fleet\]\nGlobal=true$/m);
  });
});

describe('code.it-requests', () => {
  it('sums up the parts of the record, and tells late failures from those right after a change', () => {
    const log = join(dir, 'requests.log');
    const requests = program('requests', readFileSync(`${files}/requests`, 'utf8'), {
      '/var/log/code.it-requests.log': log,
    });
    const record = [
      '100.100000 mark all are there',
      '100.200000 200 0.01 core-02',
      '100.300000 200 0.02 core-01',
      '200.000000 mark core-02 is gone',
      // Began before the change and failed by it; failed late; the page of somebody else is no answer.
      ...[
        '199.900000 000 10.0 -',
        '203.500000 503 0.10 -',
        '204.000000 200 0.51 core-01',
        '205.000000 200 0.10 -',
      ],
    ];
    writeFileSync(log, `${record.join('\n')}\n`);
    expect(run(requests, 'figures').trim().split('\n')).toEqual([
      'all are there: requests 2, failed 0, failed after the health window 0, slowest 0.02 s; answered by core-01 1 core-02 1',
      'core-02 is gone: requests 4, failed 3, failed after the health window 2, slowest 10.00 s; answered by core-01 1 core-02 0',
      'altogether: requests 6, failed 3, failed after the health window 2, slowest 10.00 s; answered by core-01 2 core-02 1',
    ]);
    run(requests, 'forgive');
    expect(run(requests, 'figures')).toMatch(/^altogether: requests 3, failed 0,/m);
  });
});

describe('code.it-balance', () => {
  const listing = (...instances: [string, string][]): string =>
    [
      '"Revision" : 41',
      ...instances.flatMap(([name, to]) => [`"Key" : "/domains/code.it/${name}"`, `"Value" : "${to}"`]),
    ].join('\n');

  it('gives haproxy the servers that etcd has, and reloads it only when they are others', () => {
    writeFileSync(join(dir, 'code.it.cfg'), 'backend code.it\n');
    writeFileSync(join(dir, 'haproxy.cfg'), '');
    program('systemctl', `#!/bin/sh\necho "$*" >>${dir}/reloads\n`);
    program('etcdctl', `#!/bin/sh\ncat ${dir}/listing\n`);
    const source = readFileSync(`${files}/balance.hbs`, 'utf8');
    const rendered = renderTemplate({ file: 'balance.hbs', source, values: { machines: nodes(3) } });
    expect(rendered).toContain(
      '=http://172.17.8.101:2379,http://172.17.8.102:2379,http://172.17.8.103:2379\n',
    );
    const balance = program('balance', rendered, { '/etc/haproxy': dir });
    const update = (text: string): string => {
      writeFileSync(join(dir, 'listing'), text);
      run(balance, 'update');
      return readFileSync(join(dir, 'haproxy.cfg'), 'utf8');
    };
    const two = 'backend code.it\n    server core-01 172.17.8.101:80\n    server core-02 172.17.8.102:80\n';
    expect(update(listing(['core-01', '172.17.8.101:80'], ['core-02', '172.17.8.102:80']))).toBe(two);
    update(listing(['core-01', '172.17.8.101:80'], ['core-02', '172.17.8.102:80']));
    expect(readFileSync(join(dir, 'reloads'), 'utf8')).toBe('--no-block try-reload-or-restart haproxy\n');
    // What is no address does not become a line of haproxy's configuration.
    expect(update(listing(['core-01', '172.17.8.101:80'], ['evil', 'x:80\\n    option forceclose']))).toBe(
      'backend code.it\n    server core-01 172.17.8.101:80\n',
    );
    expect(update(listing())).toBe('backend code.it\n');
  });
});
