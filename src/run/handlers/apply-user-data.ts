import { count } from '../../model/count.ts';
import { filesToInstall } from '../../model/files-to-install.ts';
import type { ArtifactFile } from '../../model/scenario.ts';
import { CommandError } from '../../model/errors.ts';
import type { Machine } from '../../model/machine.ts';
import type { Connection } from '../../transport/transport.ts';
import { lastLines } from '../last-lines.ts';
import type { RunContext } from '../run-context.ts';
import type { Handler, TaskReport } from '../runner.ts';
import { renderUserData } from '../render-user-data.ts';

/** etcd answers when the whole cluster has formed, so this is the time in which the slowest machine must be ready. */
const applyTimeoutMs = 300_000;

/** Gives each machine its user-data, all at once: an etcd member is ready only when the others are there. */
export const applyUserData: Handler<'apply-user-data'> = async (task, context, report) => {
  const { edition } = context.state();
  const install = filesToInstall(context.scenario, edition, context.provider.name);
  const machines = context.machines.filter((machine) => task.machines.includes(machine.name));
  await Promise.all(machines.map((machine) => applyOn(machine, install, context, report)));
  return { status: 'changed', message: count(task.machines.length, 'machine') };
};

async function applyOn(
  machine: Machine,
  install: readonly ArtifactFile[],
  context: RunContext,
  report: TaskReport,
): Promise<void> {
  const connection = await context.connect(machine.name);
  await recordApplied(machine, false, context);
  for (const file of install) {
    const content = await context.artifactContent(file);
    await connection.upload(content, file.to, file.mode, {
      timeoutMs: applyTimeoutMs,
      signal: context.signal,
    });
  }
  const { userData, script } = await renderUserData(machine, context.paths.project(machine.project), {
    system: context.provider.usesBoxes ? 'flatcar' : 'node-image',
    generation: context.state().generation?.number ?? 1,
    timeoutMs: applyTimeoutMs,
  });
  await uploadAndApply(connection, userData, script, context);
  await recordApplied(machine, true, context);
  report.progress('user-data applied', machine.name);
}

async function uploadAndApply(
  connection: Connection,
  userData: string,
  script: string,
  context: RunContext,
): Promise<void> {
  const options = { timeoutMs: applyTimeoutMs, signal: context.signal };
  await connection.upload(userData, '/var/lib/chapterlab/user-data', '0600', options);
  await connection.upload(script, '/var/lib/chapterlab/apply', '0700', options);
  const command = 'sudo /var/lib/chapterlab/apply';
  const result = await connection.run(command, {
    ...options,
    onLine: (line) => {
      context.log(`${connection.machine}: ${line}`);
    },
  });
  if (result.exitCode === 0) return;
  throw new CommandError('LAB_CLOUD_CONFIG_FAILED', `${connection.machine} could not apply its user-data.`, {
    machine: connection.machine,
    command,
    output: lastLines(result.stderr === '' ? result.stdout : result.stderr),
    hint: `\`lab ssh ${connection.machine}\` lets you look; then run the same command again.`,
    logPath: context.logPath,
  });
}

/** The machine's id is written before it is touched, so that a killed run is told from a machine that was made again. */
async function recordApplied(machine: Machine, done: boolean, context: RunContext): Promise<void> {
  const projectDir = context.paths.project(machine.project);
  const [seen] = await context.provider.observe(projectDir, [machine.name], context.signal);
  const record = { id: seen?.id ?? '', done };
  await context.updateState((state) => {
    const { generation } = state;
    if (generation === undefined) return state;
    return {
      ...state,
      generation: { ...generation, applied: { ...generation.applied, [machine.name]: record } },
    };
  });
}
