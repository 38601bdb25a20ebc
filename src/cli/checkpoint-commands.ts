import type { Command } from 'commander';
import type { CommandInput } from './command-input.ts';
import type { CheckpointOptions } from './commands/checkpoint.ts';
import { withRunOptions } from './run-options.ts';

/** `lab checkpoint ...`. */
export function addCheckpointCommands(program: Command, input: CommandInput): void {
  const checkpoint = program
    .command('checkpoint')
    .description('save all machines of a lab as one and go back to that (virtualbox)');
  withLab(checkpoint.command('save').description('save all machines of a lab as they are now'))
    .option('--force', 'replace a checkpoint of that name')
    .action(async (name: string, options: CheckpointOptions & { force?: true }) => {
      const { saveCheckpoint } = await import('./commands/checkpoint.ts');
      await saveCheckpoint(name, options, input);
    });
  withLab(
    checkpoint
      .command('restore')
      .description('put all machines back to a checkpoint, and run the checks that held then'),
  ).action(async (name: string, options: CheckpointOptions) => {
    const { restoreCheckpoint } = await import('./commands/checkpoint.ts');
    await restoreCheckpoint(name, options, input);
  });
  withLab(checkpoint.command('delete').description('remove a checkpoint')).action(
    async (name: string, options: CheckpointOptions) => {
      const { deleteCheckpoint } = await import('./commands/checkpoint.ts');
      await deleteCheckpoint(name, options, input);
    },
  );
  checkpoint
    .command('list')
    .description('list the checkpoints of a lab')
    .option('--lab <name>', 'the lab, where there are several')
    .option('--json', 'as JSON')
    .action(async (options: { lab?: string; json?: true }) => {
      const { listCheckpoints } = await import('./commands/checkpoint-list.ts');
      await listCheckpoints(options, input);
    });
}

function withLab(command: Command): Command {
  return withRunOptions(
    command
      .argument('<name>', 'name of the checkpoint')
      .option('--lab <name>', 'the lab, where there are several'),
  );
}
