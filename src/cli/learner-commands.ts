import type { Command } from 'commander';
import type { CommandInput } from './command-input.ts';
import { withRunOptions } from './run-options.ts';

/** What a learner asks for on the way through a chapter: `next`, `hint`, `why`, `goto`. */
export function addLearnerCommands(program: Command, input: CommandInput): void {
  withRunOptions(
    program
      .command('next')
      .description('play the next step of the chapter and stop')
      .argument('[lab]', 'name of the lab; may be left out where there is one only')
      .option('--dry-run', 'show the step and play nothing'),
  ).action(async (lab: string | undefined, _options: object, command: Command) => {
    const { next } = await import('./commands/next.ts');
    await next(lab, command.opts(), input);
  });
  program
    .command('hint')
    .description('say what the step at hand is about and what to look at')
    .argument('[lab]', 'name of the lab')
    .option('--json', 'as JSON')
    .action(async (lab: string | undefined, options: { json?: true }) => {
      const { hint } = await import('./commands/hint.ts');
      await hint(lab, options);
    });
  program
    .command('why')
    .description('try the checks of a step once and show all that is known of those that fail')
    .argument('[step]', 'the step; without it the one that failed last')
    .option('--lab <name>', 'the lab, where there are several')
    .option('--json', 'as JSON')
    .action(async (step: string | undefined, options: { lab?: string; json?: true }) => {
      const { why } = await import('./commands/why.ts');
      await why(step, options, input);
    });
  withRunOptions(
    program
      .command('goto')
      .description('go back or forward to where a step is the next one')
      .argument('<step>', 'the step to be the next')
      .option('--lab <name>', 'the lab, where there are several')
      .option('--dry-run', 'print what would be done and do nothing'),
  ).action(async (step: string, _options: object, command: Command) => {
    const { goTo } = await import('./commands/goto.ts');
    await goTo(step, command.opts(), input);
  });
}
