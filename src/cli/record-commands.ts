import type { Command } from 'commander';
import type { CommandInput } from './command-input.ts';
import type { HandoutOptions } from './commands/handout.ts';
import type { RecordOptions } from './commands/record.ts';
import { collect } from './run-options.ts';

/** What compares a chapter with what is printed today, and shows it: `record`, `handout`. */
export function addRecordCommands(program: Command, input: CommandInput): void {
  program
    .command('record')
    .description(
      'compare what the chapter printed when it was last played with its recording and with the book',
    )
    .argument('[lab]', 'the lab, where there are several')
    .option('--step <step>', 'only this step; may be repeated', collect)
    .option('--accept', 'write what was printed to the recording')
    .option('--json', 'as JSON')
    .action(async (name: string | undefined, options: RecordOptions) => {
      const { record } = await import('./commands/record.ts');
      await record(name, options, input);
    });
  program
    .command('handout')
    .description('write the tutorial as one page: texts, commands, recorded outputs')
    .usage('SCENARIO [options] [--PARAMETER VALUE...]')
    .argument('<scenario>', 'name of a scenario (`lab list`) or path of a scenario file')
    .option('--format <format>', 'md or html', 'html')
    .option('--out <file>', 'the file to write (default: standard output)')
    .option('--edition <name>', 'an edition of the scenario (default: the first that has a recording)')
    .option('--set <name=value>', 'set a parameter; may be repeated', collect)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (scenario: string, options: HandoutOptions, command: Command) => {
      const { handout } = await import('./commands/handout.ts');
      await handout(scenario, options, command.args.slice(1));
    });
}
