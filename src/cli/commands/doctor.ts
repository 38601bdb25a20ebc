import { loadScenario } from '../../load/load-scenario.ts';
import type { Problem } from '../../model/errors.ts';
import { EnvironmentError } from '../../model/errors.ts';
import { labPaths } from '../../state/lab-home.ts';
import { loadState } from '../../state/state-file.ts';
import type { CommandInput } from '../command-input.ts';
import { confirm } from '../confirm.ts';
import { packageFolders } from '../package-folders.ts';
import { prepareUp } from '../prepare-up.ts';
import { print, printJson } from '../print.ts';
import { createTools, type Tools } from '../tools.ts';

interface DoctorOptions {
  fix?: true;
  yes?: boolean;
  json?: true;
}

/** Debian packages that mend a problem. */
const packagesFor: Partial<Record<Problem['code'], string[]>> = {
  LAB_VAGRANT_MISSING: ['vagrant'],
  LAB_DOCKER_MISSING: ['docker.io', 'iptables'],
  LAB_TOOL_MISSING: ['openssh-client'],
};

/** `lab doctor`: all that stands between this machine and a lab. Exits 4 when something does. */
export async function doctor(name: string, options: DoctorOptions, input: CommandInput): Promise<void> {
  const tools = createTools();
  let found = await examine(name, tools, input);
  if (options.fix && found.problems.some((problem) => packagesFor[problem.code] !== undefined)) {
    await install(found.problems, options, tools, input);
    found = await examine(name, tools, input);
  }
  if (options.json) printJson(found);
  else print(found.findings.map((finding) => `ok    ${finding}`).join('\n'));
  const errors = found.problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) {
    if (options.json) input.setExitCode(4);
    else
      throw new EnvironmentError(
        'LAB_PREFLIGHT',
        `This machine is not ready for ${name}:`,
        {},
        found.problems,
      );
  } else if (!options.json) {
    for (const { message, fix } of found.problems) print(`warn  ${message} ${fix}`);
    print(`This machine is ready for \`lab up ${name}\`.`);
  }
}

async function examine(
  name: string,
  tools: Tools,
  { signal }: CommandInput,
): Promise<{ findings: string[]; problems: Problem[] }> {
  const loaded = await loadScenario(name, packageFolders);
  const state = await loadState(labPaths(tools.home, loaded.scenario.name).state);
  const { facts, request, problems } = await prepareUp(loaded, {}, {}, state, tools, signal);
  const memory = request.machines.reduce((sum, machine) => sum + machine.memoryMb, 0);
  const image = facts.provider.image;
  // What a problem is about is told there and is no finding.
  const wrong = new Set(problems.map((problem) => problem.code));
  const engine = !wrong.has('LAB_DOCKER_MISSING') && !wrong.has('LAB_DOCKER_UNREACHABLE');
  const findings = [
    facts.provider.reason,
    ...(engine ? [facts.provider.description] : []),
    ...request.reasons,
    ...(wrong.has('LAB_MEMORY_LOW')
      ? []
      : [`memory: ${facts.freeMemoryMb} MB free, ${request.machines.length} machines need ${memory} MB`]),
    ...(wrong.has('LAB_DISK_LOW') ? [] : [`disk: ${facts.freeDiskMb} MB free`]),
    ...(image === undefined || !engine
      ? []
      : [`image ${image.name}: ${image.present ? 'there' : 'will be built at the first up'}`]),
  ];
  return { findings: findings.filter((finding) => finding !== ''), problems };
}

/** Debian and Ubuntu only; the commands are shown before they are run. */
async function install(
  problems: readonly Problem[],
  { yes }: DoctorOptions,
  { exec }: Tools,
  { signal }: CommandInput,
): Promise<void> {
  const packages = [...new Set(problems.flatMap((problem) => packagesFor[problem.code] ?? []))];
  const sudo = process.geteuid?.() === 0 ? [] : ['sudo'];
  const commands = [
    [...sudo, 'apt-get', 'update'],
    [...sudo, 'apt-get', 'install', '-y', ...packages],
  ];
  const shown = commands.map((words) => `  ${words.join(' ')}`).join('\n');
  if (!(await confirm(`These commands are to be run:\n${shown}\nGo on?`, yes === true, signal))) return;
  for (const [file = '', ...args] of commands) {
    const result = await exec(file, args, { interactive: true, signal });
    if (result.exitCode !== 0) {
      throw new EnvironmentError('LAB_TOOL_MISSING', `\`${result.command}\` did not succeed.`, {
        command: result.command,
        hint: 'Install the packages by hand.',
      });
    }
  }
}
