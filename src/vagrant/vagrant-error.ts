import type { ExecResult } from '../io/exec.ts';
import { CommandError, EnvironmentError } from '../model/errors.ts';
import type { LabError } from '../model/errors.ts';
import type { VagrantRow } from './vagrant-output.ts';

/** Ruby classes of errors that say: the Vagrantfile or config.rb is wrong. Seen with Vagrant 2.3.4 and 2.4.9. */
const vagrantfileErrors = new Set(
  [
    'ConfigInvalid',
    'VagrantfileSyntaxError',
    'VagrantfileLoadError',
    'VagrantfileNameError',
    'MachineNotFound',
  ].map((name) => `Vagrant::Errors::${name}`),
);

const shownLines = 15;

/** The error for a Vagrant command that did not end well. `logPath` is where all its lines went. */
export function vagrantError(result: ExecResult, rows: readonly VagrantRow[], logPath?: string): LabError {
  if (result.notFound) return vagrantMissing();
  const exit = rows.find((row) => row.kind === 'error-exit');
  const output = lastLines(exit?.message ?? (result.stderr.trim() === '' ? result.stdout : result.stderr));
  const details = { command: result.command, output, ...(logPath === undefined ? {} : { logPath }) };
  if (result.timedOut) {
    return new CommandError('LAB_COMMAND_TIMEOUT', 'Vagrant did not end in time.', {
      ...details,
      hint: 'Run the same command again to go on.',
    });
  }
  // What fails while the Vagrantfile is read is printed as plain text: Vagrant has not got to its options yet.
  const early =
    exit === undefined && !rows.some((row) => row.kind !== 'text') && result.exitCode !== undefined;
  if (early || (exit !== undefined && vagrantfileErrors.has(exit.errorClass))) {
    return new CommandError(
      'LAB_VAGRANTFILE_FAILED',
      'Vagrant could not read the Vagrantfile or config.rb.',
      {
        ...details,
        hint: 'Run `lab up` again: it renders both anew.',
      },
    );
  }
  return new CommandError('LAB_VAGRANT_FAILED', 'Vagrant failed.', {
    ...details,
    hint: 'Run the same command again to go on.',
  });
}

/** There is no `vagrant` on PATH. */
export function vagrantMissing(): EnvironmentError {
  return new EnvironmentError('LAB_VAGRANT_MISSING', 'There is no `vagrant` on PATH.', {
    hint: '`sudo apt-get install vagrant`, or https://developer.hashicorp.com/vagrant/install.',
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-shownLines).join('\n');
}
