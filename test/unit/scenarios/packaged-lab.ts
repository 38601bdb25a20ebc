import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Exec } from '../../../src/io/exec.ts';
import { createExecaExec } from '../../../src/io/execa-exec.ts';
import { loadScenario } from '../../../src/load/load-scenario.ts';
import { resolveParameters } from '../../../src/load/parameters.ts';
import type { LabState } from '../../../src/model/lab-state.ts';
import type { Machine } from '../../../src/model/machine.ts';
import type { Scenario, Step } from '../../../src/model/scenario.ts';
import { renderTemplate } from '../../../src/provision/render.ts';
import { runCheck } from '../../../src/run/run-check.ts';
import { stepContext } from '../../../src/run/step-context.ts';
import { fakeRun } from '../../support/fake-run-context.ts';

const exec = createExecaExec();
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A packaged scenario of one machine, with its defaults. */
export interface PackagedLab {
  scenario: Scenario;
  state: LabState;
  machine: Machine;
}

export async function packagedLab(name: string, machineName: string): Promise<PackagedLab> {
  const { scenario } = await loadScenario(name, {
    scenariosDir: `${root}scenarios`,
    cloudConfigDir: `${root}cloud-config`,
    vagrantDir: `${root}vagrant`,
  });
  const parameters = resolveParameters(scenario, {}, {});
  const machine = {
    ...{ name: machineName, role: scenario.machines[0]?.role ?? '', project: '', address: '10.0.0.2' },
    ...{ memoryMb: 1024, cpus: 1, aliases: [] },
  };
  const state: LabState = {
    ...{ version: 1, lab: name, scenario: name, provider: 'docker', parameters, with: [], steps: {} },
    ...{ subnet: '10.0.0.0/24', machines: [machine], hostKeys: {} },
  };
  return { scenario, state, machine };
}

export function stepOf({ scenario }: PackagedLab, id: string): Step {
  const step = scenario.steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`no step ${id}`);
  return step;
}

/** What a machine says to a command, by a part of it; the first part that fits counts. Without any: no output. */
export type Answers = Readonly<Record<string, string | { exitCode: number; stdout?: string }>>;

/** The verdicts on the checks of a step, by title, when commands are answered so; `work` is the lab's folder on this host. */
export async function verdicts(
  lab: PackagedLab,
  id: string,
  answers: Answers,
  { work, page }: { work?: string; page?: string } = {},
): Promise<Record<string, string>> {
  const run = fakeRun({
    ...{ machines: [lab.machine], state: lab.state, scenario: lab.scenario },
    run: (_machine, command) => {
      const answer = Object.entries(answers).find(([part]) => command.includes(part))?.[1] ?? '';
      return typeof answer === 'string' ? { stdout: answer } : answer;
    },
    get: () => (page === undefined ? undefined : { status: 200, body: page }),
    overrides: { exec: hostWithoutNetwork(work) },
  });
  const found: Record<string, string> = {};
  for (const check of stepOf(lab, id).checks) {
    const results = await runCheck(check, stepContext(run.context), {
      clock: run.context.clock,
      signal: run.context.signal,
    });
    for (const { title, status } of results) found[title] = status;
  }
  return found;
}

/** A real shell in the lab's folder, for what reads files there; whatever would go over ssh fails. */
function hostWithoutNetwork(work: string | undefined): Exec {
  const where = work === undefined ? {} : { cwd: work };
  return (file, args, options) =>
    args.some((text) => text.includes('ssh '))
      ? exec('sh', ['-c', 'echo "ssh: no network in this test" >&2; exit 255'])
      : exec(file, args, { ...options, ...where });
}

/** Runs a command of a step in a real shell, with scripts in place of the machine's programs. Gives what it printed. */
export async function runForReal(
  { state, machine }: PackagedLab,
  command: string,
  programs: Readonly<Record<string, string>>,
): Promise<{ exitCode: number | undefined; stdout: string }> {
  const bin = await temporaryFolder();
  for (const [name, body] of Object.entries(programs))
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const values = { ...state.parameters, first: machine, machine };
  const text = renderTemplate({ file: 'scenario', source: command, values });
  const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
  return exec('sh', ['-c', text], { env: { PATH: path }, cwd: bin });
}

/** Removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lab-scenario-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
