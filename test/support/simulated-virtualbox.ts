import type { Exec, ExecResult } from '../../src/io/exec.ts';
import type { CheckpointedMachine } from '../../src/providers/provider.ts';
import { readTranscript } from './transcript.ts';

interface SimulatedSnapshot {
  id: string;
  name: string;
  parent: string | undefined;
  content: string;
}

export interface SimulatedMachine extends CheckpointedMachine {
  /** `ending`: powered off, and not yet let go of by VirtualBox; lasts for two looks at it. */
  state: 'running' | 'paused' | 'ending' | 'off';
  looks: number;
  /** What is on its disk and in its memory. */
  content: string;
  snapshots: SimulatedSnapshot[];
  current: string | undefined;
}

type Answer = Partial<Pick<ExecResult, 'exitCode' | 'stdout' | 'stderr'>>;

/**
 * Machines that behave to VBoxManage's commands about power and snapshots as those of VirtualBox 7.2 do, by its own
 * outputs. `before` is called with each command (`core-01: snapshot take formed`), may change things behind our back, may
 * answer in its place, and may take its time.
 */
export class SimulatedVirtualBox {
  readonly machines: SimulatedMachine[];
  readonly calls: string[] = [];
  before: (call: string) => unknown = () => undefined;
  #snapshots = 0;

  constructor(names: readonly string[]) {
    this.machines = names.map((name, index) => ({
      name,
      id: uuid(`a${index}`),
      state: 'running',
      looks: 0,
      content: 'as made',
      snapshots: [],
      current: undefined,
    }));
  }

  get exec(): Exec {
    return async (file, args, options) => {
      options?.signal?.throwIfAborted();
      const machine = this.machines.find(({ id }) => args.includes(id));
      if (machine === undefined) throw new Error(`unexpected command: ${file} ${args.join(' ')}`);
      const call = `${machine.name}: ${args.filter((word) => word !== machine.id).join(' ')}`;
      this.calls.push(call);
      const instead = (await this.before(call)) as Answer | undefined;
      const answer = instead ?? this.#answer(machine, args);
      return {
        exitCode: 0,
        stdout: '',
        stderr: '',
        ...answer,
        command: [file, ...args].join(' '),
        timedOut: false,
        notFound: false,
      };
    };
  }

  #answer(machine: SimulatedMachine, [verb, ...words]: readonly string[]): Answer {
    if (verb === 'showvminfo') return describe(machine);
    if (verb === 'controlvm') return control(machine, words[1] ?? '');
    if (verb === 'startvm') return start(machine);
    const [, action, what = ''] = words;
    if (action === 'list') return list(machine);
    if (action === 'take') {
      this.#snapshots += 1;
      const id = uuid(`b${this.#snapshots}`);
      machine.snapshots.push({ id, name: what, parent: machine.current, content: machine.content });
      machine.current = id;
      const answer = readTranscript('virtualbox/snapshot-take.txt');
      return { ...answer, stdout: answer.stdout.replace(/UUID: .*/, `UUID: ${id}`) };
    }
    const snapshot = machine.snapshots.find(({ id }) => id === what);
    if (snapshot === undefined) return readTranscript('virtualbox/snapshot-delete-unknown.txt');
    return action === 'restore' ? restore(machine, snapshot) : remove(machine, snapshot);
  }
}

function describe(machine: SimulatedMachine): Answer {
  if (machine.state === 'ending' && machine.looks-- <= 0) machine.state = 'off';
  if (machine.state === 'off') return readTranscript('virtualbox/showvminfo-off.txt');
  if (machine.state === 'ending') return readTranscript('virtualbox/showvminfo-letting-go.txt');
  return readTranscript('virtualbox/showvminfo-running.txt');
}

function control(machine: SimulatedMachine, verb: string): Answer {
  if (verb === 'pause' && machine.state === 'running') machine.state = 'paused';
  else if (verb === 'resume' && machine.state === 'paused') machine.state = 'running';
  else if (verb === 'poweroff' && machine.state !== 'off')
    Object.assign(machine, { state: 'ending', looks: 2 });
  else if (verb === 'poweroff') return readTranscript('virtualbox/poweroff-not-running.txt');
  else return readTranscript('virtualbox/resume-not-paused.txt');
  return {};
}

function start(machine: SimulatedMachine): Answer {
  if (machine.state !== 'off') return readTranscript('virtualbox/startvm-locked.txt');
  machine.state = 'running';
  return {};
}

function restore(machine: SimulatedMachine, { id, content }: SimulatedSnapshot): Answer {
  if (machine.state !== 'off') return readTranscript('virtualbox/snapshot-restore-running.txt');
  Object.assign(machine, { content, current: id });
  return {};
}

function remove(machine: SimulatedMachine, { id, parent }: SimulatedSnapshot): Answer {
  const children = machine.snapshots.filter((snapshot) => snapshot.parent === id);
  if (children.length + (machine.current === id ? 1 : 0) > 1)
    return readTranscript('virtualbox/snapshot-delete-branched.txt');
  for (const child of children) child.parent = parent;
  if (machine.current === id) machine.current = parent;
  machine.snapshots = machine.snapshots.filter((snapshot) => snapshot.id !== id);
  return {};
}

function list(machine: SimulatedMachine): Answer {
  if (machine.snapshots.length === 0) return readTranscript('virtualbox/snapshot-list-none.txt');
  const linesBelow = (parent: string | undefined, path: string): string[] =>
    machine.snapshots
      .filter((snapshot) => snapshot.parent === parent)
      .flatMap(({ id, name }, index) => {
        const own = parent === undefined ? '' : `${path}-${index + 1}`;
        return [`SnapshotName${own}="${name}"`, `SnapshotUUID${own}="${id}"`, ...linesBelow(id, own)];
      });
  return {
    stdout: [...linesBelow(undefined, ''), `CurrentSnapshotUUID="${machine.current ?? ''}"`, ''].join('\n'),
  };
}

function uuid(start: string): string {
  return `${start.padEnd(8, '0')}-0000-4000-8000-000000000000`;
}
