import type { RunReport } from '../src/model/event.ts';
import type { BenchLab } from './bench-lab.ts';
import { median } from './statistics.ts';

/** Where the time of `lab up` goes. Seconds; medians, so the parts add up to the total only nearly. */
export interface Growth {
  nodes: number;
  rounds: number;
  total: number;
  /** `vagrant up`. */
  boot: number;
  /** User-data applied and etcd formed. */
  apply: number;
  steps: number;
  /** The part of `steps` in which one node is stopped and started again through Vagrant. */
  power: number;
  /** Start of the process, preflight, plan, network, token, files, hosts, keys. */
  rest: number;
  peakMegabytes: number;
  /** All tasks that took a tenth of a second or more, in order. */
  tasks: { title: string; seconds: number }[];
}

/** Brings labs of these sizes up, by turns, and takes each down again. */
export async function measureGrowth(
  lab: BenchLab,
  sizes: readonly number[],
  rounds: number,
  say: (text: string) => void,
): Promise<Growth[]> {
  const runs = new Map<number, Run[]>(sizes.map((nodes) => [nodes, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [nodes, ofSize] of runs) {
      const { seconds, report, peakMegabytes } = await lab.up(nodes, { memory: true });
      await lab.destroy();
      ofSize.push({ seconds, report, peakMegabytes });
      say(`lab up --nodes ${nodes}: ${seconds.toFixed(1)} s, ${peakMegabytes.toFixed(0)} MB`);
    }
  }
  return [...runs].map(([nodes, ofSize]) => summarize(nodes, ofSize));
}

interface Run {
  seconds: number;
  report: RunReport;
  peakMegabytes: number;
}

function summarize(nodes: number, runs: readonly Run[]): Growth {
  const part = (belongs: (id: string) => boolean): number =>
    median(runs.map(({ report }) => sum(report.tasks.filter(({ id }) => belongs(id)))));
  const total = median(runs.map(({ seconds }) => seconds));
  const boot = part((id) => id.startsWith('boot-'));
  const apply = part((id) => id === 'apply-user-data');
  const steps = part((id) => id.startsWith('step-'));
  return {
    nodes,
    rounds: runs.length,
    total,
    boot,
    apply,
    steps,
    power: part((id) => id === 'step-lose-node' || id === 'step-return-node'),
    rest: total - boot - apply - steps,
    peakMegabytes: Math.max(...runs.map((run) => run.peakMegabytes)),
    tasks: tasksOf(runs),
  };
}

function tasksOf(runs: readonly Run[]): Growth['tasks'] {
  const [first] = runs;
  return (first?.report.tasks ?? [])
    .map(({ id, title }) => ({
      title,
      seconds: median(runs.map(({ report }) => sum(report.tasks.filter((task) => task.id === id)))),
    }))
    .filter(({ seconds }) => seconds >= 0.1);
}

function sum(tasks: RunReport['tasks']): number {
  return tasks.reduce((seconds, task) => seconds + task.seconds, 0);
}
