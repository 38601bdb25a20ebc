import type { Command } from 'commander';
import type { CommandInput } from './command-input.ts';
import type { LeftoversOptions } from './commands/leftovers.ts';

/** What is there without a lab: `leftovers`. */
export function addLeftoversCommand(program: Command, input: CommandInput): void {
  program
    .command('leftovers')
    .description('find what labs that are gone have left on this computer, and remove it')
    .option('--clean', 'remove it, after showing it and asking')
    .option('--uncertain', 'with --clean: also what may belong to a lab of somebody else')
    .option('--shared', 'with --clean: also what labs share and none uses now')
    .option('--hosts-file <file>', "look for blocks of labs in this file instead of the system's hosts file")
    .option('-y, --yes', 'do not ask')
    .option('--json', 'as JSON')
    .action(async (options: LeftoversOptions) => {
      const { leftovers } = await import('./commands/leftovers.ts');
      await leftovers(options, input);
    });
}
