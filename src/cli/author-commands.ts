import type { Command } from 'commander';
import type { CommandInput } from './command-input.ts';
import { withLabOptions, withRunOptions } from './run-options.ts';

/** What an author needs: `prove`. */
export function addAuthorCommands(program: Command, input: CommandInput): void {
  withRunOptions(
    withLabOptions(
      program
        .command('prove')
        .description(
          'bring a lab up, prove that its steps do what they say and its checks notice, and remove it',
        ),
    )
      .option('--no-mutations', 'do not break what the checks guard')
      .option('--keep', 'leave the lab as it is at the end'),
  ).action(async (scenario: string, _options: object, command: Command) => {
    const { prove } = await import('./commands/prove.ts');
    await prove(scenario, command.opts(), command.args.slice(1), input);
  });
}
