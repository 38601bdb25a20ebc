import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scenario } from '../../src/model/scenario.ts';
import type { LabState } from '../../src/model/lab-state.ts';
import type { Machine } from '../../src/model/machine.ts';
import type { CheckResult } from '../../src/model/event.ts';
import { renderTemplate } from '../../src/provision/render.ts';
import type { RunContext } from '../../src/run/run-context.ts';
import type { TaskReport } from '../../src/run/runner.ts';
import type { Connection, RemoteResult } from '../../src/transport/transport.ts';
import { virtualClock } from './virtual-clock.ts';

/** What a fake lab does when it is asked; what is not given is an error of the test. */
export interface FakeLab {
  machines: readonly Machine[];
  state: LabState;
  scenario?: Scenario;
  /** Answers a command on a machine, by default with success and no output. */
  run?: (machine: string, command: string) => Partial<RemoteResult>;
  /** Answers a request by its URL; undefined: nobody listens. */
  get?: (url: string) => { status: number; body: string } | undefined;
  overrides?: Partial<RunContext>;
}

export interface FakeRun {
  context: RunContext;
  report: TaskReport;
  /** What was done, in order: `core-01$ uptime`, `core-01< /path (mode)`, `stop core-03`. */
  calls: string[];
  /** What each upload held, by machine and path. */
  uploads: Record<string, string>;
  progress: string[];
  checks: CheckResult[];
}

/** A run context over interfaces only: no machine, no file, no network. */
export function fakeRun(lab: FakeLab): FakeRun {
  const calls: string[] = [];
  const uploads: Record<string, string> = {};
  const progress: string[] = [];
  const checks: CheckResult[] = [];
  let state = lab.state;
  const connect = (machine: string): Promise<Connection> =>
    Promise.resolve({
      machine,
      run: (command) => {
        calls.push(`${machine}$ ${command.trim()}`);
        return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...lab.run?.(machine, command) });
      },
      upload: (content, path, mode) => {
        calls.push(`${machine}< ${path} (${mode})`);
        uploads[`${machine}:${path}`] = content.toString();
        return Promise.resolve();
      },
      close: () => undefined,
    });
  const given: Partial<RunContext> = {
    ...(lab.scenario === undefined ? {} : { scenario: lab.scenario }),
    machines: lab.machines,
    clock: virtualClock(Date.parse('2026-01-01T00:00:00Z')),
    signal: new AbortController().signal,
    logPath: '/lab/logs/up.log',
    log: () => undefined,
    state: () => state,
    updateState: (change) => {
      state = change(state);
      return Promise.resolve();
    },
    keepOutputs: () => Promise.resolve(),
    connect,
    disconnect: (machine) => {
      calls.push(`disconnect ${machine}`);
    },
    render: (file, source, values) => renderTemplate({ file, source, values }),
    labEnvironment: () => ({ LAB_NAME: 'coreos' }),
    paths: {
      lab: '/lab',
      project: (project) => `/lab/projects/${project}`,
      privateKey: '/lab/key',
      discoveryRegistry: '/lab/discovery.json',
      work: join(tmpdir(), 'lab-work'),
    },
    driver: {
      up: (_dir, { machines }) => {
        calls.push(`start ${machines.join(' ')}`);
        return Promise.resolve(machines.map((name) => ({ name, ok: true })));
      },
      halt: (_dir, machines) => {
        calls.push(`stop ${machines.join(' ')}`);
        return Promise.resolve();
      },
      destroy: () => Promise.reject(new Error('unexpected destroy')),
    },
    http: {
      request: ({ url }) => {
        const answer = lab.get?.(url);
        if (answer === undefined) return Promise.reject(new Error('connect ECONNREFUSED'));
        return Promise.resolve({ ...answer, headers: {} });
      },
      download: () => Promise.reject(new Error('unexpected download')),
    },
    provider: {
      settle: () => Promise.resolve(undefined),
      endpoint: (_dir: string, machine: Machine, port: number) =>
        Promise.resolve({ host: machine.address, port }),
    } as Partial<RunContext['provider']> as RunContext['provider'],
    ...lab.overrides,
  };
  const context = new Proxy(given, {
    get: (target, name) => {
      if (!(name in target)) throw new Error(`the test gives no ${String(name)}`);
      return Reflect.get(target, name) as unknown;
    },
  }) as RunContext;
  const report: TaskReport = {
    progress: (message, machine) => {
      progress.push(machine === undefined ? message : `${machine}: ${message}`);
    },
    check: (result) => {
      checks.push(result);
    },
  };
  return { context, report, calls, uploads, progress, checks };
}
