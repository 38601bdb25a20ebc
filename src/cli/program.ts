import { Command } from 'commander';
import { addAuthorCommands } from './author-commands.ts';
import { addCheckpointCommands } from './checkpoint-commands.ts';
import type { CommandInput } from './command-input.ts';
import type { PrefetchFlags } from './commands/prefetch.ts';
import { addLearnerCommands } from './learner-commands.ts';
import { addLeftoversCommand } from './leftovers-command.ts';
import { addRecordCommands } from './record-commands.ts';
import { collect, withLabOptions, withRunOptions } from './run-options.ts';
import { addScaffoldCommands } from './scaffold-commands.ts';

/** The command tree. Each command's code is loaded when it is called. */
export function buildProgram(version: string, input: CommandInput): Command {
  const program = new Command('lab')
    .description(
      "Brings up the labs of a book chapter, plays the chapter's steps and proves that each still works.",
    )
    .version(`lab ${version}`, '-V, --version')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(true)
    .helpCommand(true)
    .enablePositionalOptions();
  addLabCommands(program, input);
  addLearnerCommands(program, input);
  addCheckpointCommands(program, input);
  addInspectionCommands(program, input);
  addAuthorCommands(program, input);
  addRecordCommands(program, input);
  addScaffoldCommands(program);
  addLeftoversCommand(program, input);
  addToolCommands(program, input);
  return program;
}

function addLabCommands(program: Command, input: CommandInput): void {
  withRunOptions(
    withLabOptions(
      program
        .command('up')
        .description('bring a lab up, or finish what is missing of it, and play its chapter'),
    )
      .option('--discovery-url <url>', 'use this discovery service instead of the built-in one')
      .option('--discovery-port <port>', 'port of the built-in discovery service (default: any free one)')
      .option(
        '--parallel <number>',
        'how many machines boot at the same time (default: as many as this computer can)',
      )
      .option('--linked-clones', 'machines share one disk image, also a lone machine (virtualbox)')
      .option('--no-linked-clones', 'each machine has a copy of the disk (virtualbox)')
      .option('--no-play', 'boot the machines and stop before the first step')
      .option('--dry-run', 'print what would be done and do nothing'),
  ).action(async (scenario: string, _options: object, command: Command) => {
    const { up } = await import('./commands/up.ts');
    await up(scenario, command.opts(), command.args.slice(1), input);
  });
  withRunOptions(
    program
      .command('play')
      .description("play the chapter's steps on a lab that is up")
      .argument('[lab]', 'name of the lab; may be left out where there is one only')
      .option('--from <step>', 'start at this step')
      .option('--until <step>', 'stop after this step')
      .option('--only <step>', 'play this step only; may be repeated', collect)
      .option('--dry-run', 'print the steps and play none'),
  ).action(async (lab: string | undefined, _options: object, command: Command) => {
    const { play } = await import('./commands/play.ts');
    await play(lab, command.opts(), input);
  });
  withRunOptions(
    program
      .command('check')
      .description('run the checks that must hold now, without changing anything')
      .argument('[lab]', 'name of the lab')
      .option('--only <step>', 'the checks of this step; may be repeated', collect),
  ).action(async (lab: string | undefined, _options: object, command: Command) => {
    const { check } = await import('./commands/check.ts');
    await check(lab, command.opts(), input);
  });
  withRunOptions(
    program
      .command('down')
      .description('stop the machines of a lab and keep them')
      .argument('[lab]', 'name of the lab'),
  ).action(async (lab: string | undefined, _options: object, command: Command) => {
    const { down } = await import('./commands/down.ts');
    await down(lab, command.opts(), input);
  });
  withRunOptions(
    program
      .command('destroy')
      .description('remove a lab: machines, network, hosts entries, ssh config, agent and state')
      .argument('[lab]', 'name of the lab')
      .option('-y, --yes', 'do not ask')
      .option('--force', 'also where state or journal cannot be read'),
  ).action(async (lab: string | undefined, _options: object, command: Command) => {
    const { destroy } = await import('./commands/destroy.ts');
    await destroy(lab, command.opts(), input);
  });
}

function addInspectionCommands(program: Command, input: CommandInput): void {
  program
    .command('list')
    .description('list the scenarios, or show one with its parameters and steps')
    .argument('[scenario]')
    .option('--json', 'as JSON')
    .action(async (scenario: string | undefined, options: { json?: true }) => {
      const { list } = await import('./commands/list.ts');
      await list(scenario, options);
    });
  program
    .command('status')
    .description('show the labs and the state of their machines')
    .argument('[lab]')
    .option('--json', 'as JSON')
    .action(async (lab: string | undefined, options: { json?: true }) => {
      const { status } = await import('./commands/status.ts');
      await status(lab, options, input);
    });
  program
    .command('ssh')
    .description('open a shell on a machine, or run a command there')
    .argument('<machine>')
    .argument('[command...]')
    .option('--lab <name>', 'where two labs have a machine of that name')
    .passThroughOptions()
    .action(async (machine: string, words: string[], options: { lab?: string }) => {
      const { ssh } = await import('./commands/ssh.ts');
      await ssh(machine, words, options, input);
    });
  program
    .command('env')
    .description('print the environment of a lab for `eval "$(lab env LAB)"`')
    .argument('[lab]')
    .option('--shell <name>', 'sh or fish', 'sh')
    .option('--json', 'as JSON')
    .action(async (lab: string | undefined, options: { shell: string; json?: true }) => {
      const { env } = await import('./commands/env.ts');
      await env(lab, options);
    });
}

function addToolCommands(program: Command, input: CommandInput): void {
  program
    .command('render')
    .description('write the files of a lab to a folder without making any machine')
    .usage('SCENARIO --out DIR [--PARAMETER VALUE...]')
    .argument('<scenario>')
    .requiredOption('--out <dir>', 'folder to write to')
    .option('--set <name=value>', 'set a parameter; may be repeated', collect)
    .option('--provider <name>', 'auto, virtualbox or docker', 'auto')
    .option('--edition <name>', 'edition of the scenario')
    .option('--with <role>', 'with an optional machine', collect)
    .option('--subnet <cidr>', 'private network of the machines, a /24')
    .option('--discovery-url <url>', 'the discovery URL, token included, to put into user-data')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (scenario: string, _options: object, command: Command) => {
      const { render } = await import('./commands/render.ts');
      await render(scenario, command.opts(), command.args.slice(1), input);
    });
  program
    .command('validate')
    .description(
      'say all that is wrong in scenario files or user-data (default: the scenarios that come with lab)',
    )
    .argument('[file...]')
    .option('--json', 'as JSON')
    .action(async (files: string[], options: { json?: true }) => {
      const { validate } = await import('./commands/validate.ts');
      await validate(files, options);
    });
  program
    .command('doctor')
    .description('say whether this machine is ready for a lab, and what to do where it is not')
    .argument('[scenario]', 'the scenario to be ready for', 'coreos')
    .option('--provider <name>', 'auto, virtualbox or docker', 'auto')
    .option('--fix', 'install what is missing (Debian and Ubuntu), after asking')
    .option('--offline', 'prove that the lab can be brought up without internet; the network is not asked')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'as JSON')
    .action(
      async (
        scenario: string,
        options: { provider: string; fix?: true; yes?: true; json?: true; offline?: true },
      ) => {
        const { doctor } = await import('./commands/doctor.ts');
        await doctor(scenario, options, input);
      },
    );
  program
    .command('prefetch')
    .description('fetch what `lab up` will need, so that it can run without internet')
    .argument('[scenario]', 'scenario', 'coreos')
    .option('--provider <name>', 'auto, virtualbox or docker', 'auto')
    .option('--edition <name>', 'auto, or an edition of the scenario')
    .option('--set <name=value>', 'set a parameter; may be repeated', collect)
    .option('--with <role>', 'what an optional machine needs too; may be repeated', collect)
    .option('--to <dir>', 'fill this folder for LAB_MIRROR on other computers')
    .action(async (scenario: string, options: PrefetchFlags) => {
      const { prefetch } = await import('./commands/prefetch.ts');
      await prefetch(scenario, options, input);
    });
  program
    .command('completion')
    .description('print a completion script')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { completion } = await import('./commands/completion.ts');
      completion(shell, program);
    });
  program
    .command('discovery')
    .description('the built-in etcd discovery service')
    .command('serve')
    .description('run the etcd discovery service until it is stopped')
    .option('--bind <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on', '8087')
    .option('--allow <cidr>', 'who may use it besides this machine; may be repeated', collect)
    .option('--file <file>', 'keep tokens in this file')
    .action(async (options: { bind: string; port: string; allow?: string[]; file?: string }) => {
      const { discoveryServe } = await import('./commands/discovery-serve.ts');
      await discoveryServe(options, input);
    });
}
