import type { CheckResult, RunEvent, RunReport } from '../../src/model/event.ts';
import type { Machine } from '../../src/model/machine.ts';
import type { Plan, Task } from '../../src/model/plan.ts';
import type { Step } from '../../src/model/scenario.ts';
import { collectReport } from '../../src/report/collect-report.ts';

function machine(number: number): Machine {
  return {
    name: `core-0${String(number)}`,
    role: 'node',
    project: 'coreos',
    address: `172.17.8.10${String(number)}`,
    memoryMb: 512,
    cpus: 1,
    aliases: [],
  };
}

function step(id: string, title: string, changes: Partial<Step> = {}): Task {
  const check = { title: 'it works', hint: 'look', on: 'all', command: 'true', expect: { exit: 0 } };
  return {
    kind: 'step',
    id: `step-${id}`,
    title,
    step: {
      id,
      title,
      lasting: false,
      artifacts: [],
      needs: [],
      run: [],
      checks: [check, check],
      ...changes,
    },
  };
}

const machines = [1, 2, 3].map(machine);
const names = machines.map(({ name }) => name);

/** The plan of `lab up coreos --nodes 3` on a host where nothing is there yet, shortened to nine tasks. */
export const upPlan: Plan = {
  command: 'up',
  lab: 'coreos',
  scenario: 'coreos',
  title: 'A highly available service on a CoreOS-like cluster',
  provider: 'docker',
  edition: 'swarm',
  subnet: '172.17.8.0/24',
  parameters: { nodes: 3, memory: 512, domain: 'dokku.me', 'dokku-address': '' },
  machines,
  reasons: [
    'provider docker: VirtualBox is not installed',
    'docker 20.10.24, machines run with --cap-add ALL --cap-drop SYS_RESOURCE',
    'edition swarm (Docker Swarm, which is part of every Docker engine): not fleet because its archive (fleet) is neither in the cache nor in LAB_MIRROR',
    "subnet 172.17.8.0/24: the scenario's, and free",
  ],
  warnings: [],
  tasks: [
    {
      kind: 'create-network',
      id: 'create-network',
      title: 'Make the private network 172.17.8.0/24',
      network: 'chapterlab-coreos',
      subnet: '172.17.8.0/24',
      gateway: '172.17.8.1',
    },
    {
      kind: 'serve-discovery',
      id: 'serve-discovery',
      title: 'Serve etcd discovery on 172.17.8.1',
      bind: '172.17.8.1',
      address: '172.17.8.1',
      port: 0,
      sources: ['172.17.8.0/24'],
    },
    {
      kind: 'fetch-token',
      id: 'fetch-token',
      title: 'Fetch a discovery token for 3 members',
      size: 3,
      generation: 1,
    },
    {
      kind: 'render-files',
      id: 'render-files',
      title: 'Render user-data and config.rb',
      files: ['coreos/config.rb', 'coreos/user-data'],
    },
    {
      kind: 'boot-machines',
      id: 'boot-coreos',
      title: 'Boot core-01, core-02, core-03 (vagrant up)',
      project: 'coreos',
      machines: names,
    },
    {
      kind: 'write-hosts',
      id: 'write-hosts',
      title: 'Write 3 names to /etc/hosts',
      file: '/etc/hosts',
      entries: machines.map(({ address, name }) => ({ address, names: [name] })),
    },
    { kind: 'load-key', id: 'load-key', title: "Load the lab's key into an ssh agent" },
    step('etcd-members', 'The nodes have found each other through the discovery token'),
    step('node-fails', 'The service survives the loss of a node', {
      minNodes: { count: 3, reason: 'a cluster of fewer has no quorum without one of its nodes' },
      artifacts: ['sample-image'],
    }),
  ],
};

/** Writes events with a clock of their own; `after` is in seconds. */
class Script {
  readonly events: RunEvent[] = [];
  #now = Date.parse('2026-01-02T09:30:00Z');
  #startedAt = this.#now;

  add<Type extends RunEvent['type']>(
    after: number,
    type: Type,
    rest: Omit<Extract<RunEvent, { type: Type }>, 'type' | 'at'>,
  ): void {
    this.#now += after * 1000;
    const at = new Date(this.#now).toISOString();
    this.events.push({ type, at, ...rest } as unknown as RunEvent);
  }

  start(task: string): void {
    this.#startedAt = this.#now;
    const title = upPlan.tasks.find(({ id }) => id === task)?.title ?? '';
    this.add(0, 'task-started', { task, title });
  }

  finish(
    task: string,
    after: number,
    status: 'changed' | 'unchanged' | 'passed' | 'skipped' | 'failed',
    message?: string,
  ): void {
    const seconds = (this.#now - this.#startedAt) / 1000 + after;
    this.add(after, 'task-finished', {
      task,
      status,
      seconds,
      ...(message === undefined ? {} : { message }),
    });
  }

  check(task: string, after: number, changes: Partial<CheckResult>): void {
    const check: CheckResult = {
      title: 'every member is healthy',
      status: 'passed',
      machine: 'core-01',
      command: 'ETCDCTL_API=3 etcdctl endpoint health --cluster',
      expected: 'exit 0',
      actual: 'exit 0',
      hint: '`sudo journalctl -u etcd` on the unhealthy node; a token is good for one cluster only.',
      seconds: after,
      ...changes,
    };
    this.add(after, 'check-finished', { task, check });
  }

  end(): RunEvent[] {
    const report: RunReport = {
      ...collectReport(this.events),
      logPath: '/home/u/.local/state/chapterlab/labs/coreos/logs/up.log',
    };
    this.add(0, 'run-finished', { lab: 'coreos', report });
    return this.events;
  }
}

function bootedLab(script: Script): void {
  script.add(0, 'run-started', { command: 'up', lab: 'coreos', plan: upPlan });
  script.add(0, 'warning', { message: 'This machine has 1.2 GB of free memory; 3 nodes need about 1 GB.' });
  for (const task of ['create-network', 'serve-discovery', 'fetch-token', 'render-files']) {
    script.start(task);
    script.finish(task, 0.1, task === 'render-files' ? 'unchanged' : 'changed');
  }
  script.start('boot-coreos');
  script.add(0.5, 'task-progress', { task: 'boot-coreos', message: 'Bringing up 3 machines' });
  for (const name of names) {
    script.add(1, 'task-progress', {
      task: 'boot-coreos',
      machine: name,
      message: '\u001b[32mcreating\u001b[0m',
    });
  }
  for (const name of names) {
    script.add(1.5, 'task-progress', { task: 'boot-coreos', machine: name, message: 'booted' });
  }
}

/** All is well on three nodes. */
export function passingUp(): RunEvent[] {
  const script = new Script();
  bootedLab(script);
  script.finish('boot-coreos', 0.1, 'changed', '3 running');
  script.start('write-hosts');
  script.finish('write-hosts', 0.1, 'changed');
  script.start('load-key');
  script.finish('load-key', 0.2, 'changed');
  script.start('step-etcd-members');
  script.check('step-etcd-members', 12.3, {});
  script.check('step-etcd-members', 0.2, { title: 'the cluster has as many members as the lab has nodes' });
  script.finish('step-etcd-members', 0, 'passed');
  script.start('step-node-fails');
  script.finish('step-node-fails', 0, 'skipped', 'it needs 3 nodes or more');
  return script.end();
}

/** The second check of the first step fails on one machine, with output that must not reach a terminal as it is. */
export function failingUp(): RunEvent[] {
  const script = new Script();
  bootedLab(script);
  script.finish('boot-coreos', 0.1, 'changed', '3 running');
  script.start('write-hosts');
  script.finish('write-hosts', 0.1, 'changed');
  script.start('load-key');
  script.finish('load-key', 0.2, 'changed');
  script.start('step-etcd-members');
  script.check('step-etcd-members', 2, {});
  script.check('step-etcd-members', 60, {
    status: 'failed',
    machine: 'core-03',
    expected: 'exit 0',
    actual: 'exit 1\n\u001b[31munhealthy cluster\u001b[0m <2 & 3>\r\n(after 20 attempts in 60.0 s)',
  });
  script.finish('step-etcd-members', 0, 'failed', '1 of 2 checks failed');
  return script.end();
}

/** A machine does not boot: the task ends with an error. */
export function brokenUp(): RunEvent[] {
  const script = new Script();
  bootedLab(script);
  script.add(0.1, 'task-finished', {
    task: 'boot-coreos',
    status: 'failed',
    seconds: 8.1,
    error: {
      code: 'LAB_VAGRANT_FAILED',
      message: '1 of 3 machines did not boot: core-02.',
      machine: 'core-02',
      output:
        'core-02: A Docker command executed by Vagrant did not complete\nStderr: Address already in use.',
      hint: 'The machines that did boot are kept. Run the same command again to boot the others.',
      logPath: '/home/u/.local/state/chapterlab/labs/coreos/logs/up.log',
    },
  });
  return script.end();
}

/** Ctrl-C while the machines boot. */
export function interruptedUp(): RunEvent[] {
  const script = new Script();
  bootedLab(script);
  script.add(0.1, 'task-finished', {
    task: 'boot-coreos',
    status: 'failed',
    seconds: 8.1,
    error: {
      code: 'LAB_INTERRUPTED',
      message: 'The run was stopped by SIGINT.',
      hint: 'What was made is kept. To go on: `lab up coreos`. To remove it: `lab destroy coreos`.',
    },
  });
  return script.end();
}

/** A second `lab up`. */
export function nothingToDo(): RunEvent[] {
  const script = new Script();
  script.add(0, 'run-started', { command: 'up', lab: 'coreos', plan: { ...upPlan, tasks: [] } });
  script.add(0.3, 'run-finished', {
    lab: 'coreos',
    report: { ...collectReport(script.events), seconds: 0.3 },
  });
  return script.events;
}
