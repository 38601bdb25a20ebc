import type { Command } from 'commander';
import type { CommandInput } from './command-input.ts';
import { collect, withRunOptions } from './run-options.ts';

/** What an author needs: `prove`. */
export function addAuthorCommands(program: Command, input: CommandInput): void {
  withRunOptions(
    program
      .command('prove')
      .description(
        'bring a lab up, prove that its steps do what they say and its checks notice, and remove it',
      )
      .usage('SCENARIO [options] [--PARAMETER VALUE...]')
      .argument('<scenario>', 'name of a scenario (`lab list`) or path of a scenario file')
      .option('--no-mutations', 'do not break what the checks guard')
      .option('--keep', 'leave the lab as it is at the end')
      .option('--set <name=value>', 'set a parameter; may be repeated', collect)
      .option('--provider <name>', 'auto, virtualbox or docker', 'auto')
      .option('--edition <name>', 'auto, or an edition of the scenario')
      .option('--with <role>', 'bring up an optional machine too; may be repeated', collect)
      .option('--subnet <cidr>', 'private network of the machines, a /24')
      .option('--hosts-file <file>', 'hosts file to write the names of the machines to')
      .option('--no-hosts', 'leave the hosts file alone')
      .option('--no-ssh-config', 'leave the ssh config alone')
      .option('--no-agent', 'do not load the key into an ssh agent')
      .option('-y, --yes', 'do not ask')
      .option('--trust', 'agree to the commands that a scenario file runs on this computer')
      .allowUnknownOption()
      .allowExcessArguments(),
  ).action(async (scenario: string, _options: object, command: Command) => {
    const { prove } = await import('./commands/prove.ts');
    await prove(scenario, command.opts(), command.args.slice(1), input);
  });
}
