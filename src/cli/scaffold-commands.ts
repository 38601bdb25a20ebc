import type { Command } from 'commander';

/** What starts a scenario: `new`. */
export function addScaffoldCommands(program: Command): void {
  program
    .command('new')
    .description('write a scenario that works, to begin with')
    .argument('<name>', 'name of the scenario and of its folder')
    .option('--dir <dir>', 'folder to make it in', '.')
    .action(async (name: string, options: { dir: string }) => {
      const { newScenario } = await import('./commands/new.ts');
      await newScenario(name, options);
    });
}
