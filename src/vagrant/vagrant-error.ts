import type { ExecResult } from '../io/exec.ts';
import { EnvironmentError } from '../model/errors.ts';
import type { LabError } from '../model/errors.ts';
import { explainFailure } from './explain-failure.ts';
import { concernsOneMachine, makeError } from './explanation.ts';
import type { Complaint, Explanation } from './explanation.ts';
import { explainUnread } from './vagrantfile-errors.ts';
import type { VagrantRow } from './vagrant-output.ts';

/** The Vagrant command that failed, for messages. */
export interface FailedRun {
  command?: string;
  /** Where all its lines went. */
  logPath?: string | undefined;
}

const shownLines = 15;

/** The error for a Vagrant command that did not end well. `logPath` is where all its lines went. */
export function vagrantError(result: ExecResult, rows: readonly VagrantRow[], logPath?: string): LabError {
  if (result.notFound) return vagrantMissing();
  const complaint = complaintOf(result, rows);
  const run = { command: result.command, logPath };
  if (result.timedOut) {
    const message = 'Vagrant did not end in time.';
    return toError(
      { code: 'LAB_COMMAND_TIMEOUT', message, hint: 'Run the same command again to go on.' },
      complaint,
      run,
    );
  }
  return toError(explainFailure(complaint) ?? explainUnknown(complaint, result, rows), complaint, run);
}

/** The error for what Vagrant said about one machine, among others that it was at work on. */
export function machineError(complaint: Complaint, run: FailedRun = {}): { error: LabError; known: boolean } {
  const known = explainFailure(complaint);
  const unknown: Explanation = {
    code: 'LAB_VAGRANT_FAILED',
    message: `Vagrant failed on ${complaint.machine ?? 'a machine'}.`,
    output: reasonIn(complaint.text),
    hint: 'Run the same command again to go on.',
  };
  return { error: toError(known ?? unknown, complaint, run), known: known !== undefined };
}

/** Of a failed Docker command Vagrant prints the whole Ruby array and both outputs; the reason is in standard error. */
export function reasonIn(message: string): string {
  const stderr = /\nStderr: (.*?)\n\n\n?Stdout:/s.exec(message)?.[1];
  return (stderr === undefined || stderr.trim() === '' ? message : stderr).trim();
}

/**
 * Whether a failure of `vagrant up` is that of a machine, which `machineOutcomes` tells; else it is to be thrown, since
 * the others would fail alike. Before Vagrant has spoken of a machine it is none's.
 */
export function isOfOneMachine(error: LabError, rows: readonly VagrantRow[]): boolean {
  return concernsOneMachine(error.code) && machinesIn(rows).size > 0;
}

/** There is no `vagrant` on PATH. */
export function vagrantMissing(): EnvironmentError {
  return new EnvironmentError('LAB_VAGRANT_MISSING', 'There is no `vagrant` on PATH.', {
    hint: '`sudo apt-get install vagrant`, or https://developer.hashicorp.com/vagrant/install.',
  });
}

function complaintOf(result: ExecResult, rows: readonly VagrantRow[]): Complaint {
  const exit = rows.find((row) => row.kind === 'error-exit');
  return {
    rubyClass: exit?.errorClass.replace('Vagrant::Errors::', ''),
    text: exit?.message ?? (result.stderr.trim() === '' ? result.stdout : result.stderr),
    machine: machineAtWork(rows),
    rows,
  };
}

/** The last machine whose action began and did not end; else the only one that is spoken of. */
function machineAtWork(rows: readonly VagrantRow[]): string | undefined {
  const of = (phase: 'start' | 'end'): (string | undefined)[] =>
    rows.flatMap((row) => (row.kind === 'action' && row.phase === phase ? [row.machine] : []));
  const ended = of('end');
  const begun = of('start').findLast((machine) => !ended.includes(machine));
  const named = machinesIn(rows);
  return begun ?? (named.size === 1 ? [...named][0] : undefined);
}

/** Text can be under another heading than a machine's: `vagrant box add` prints its own under `box`. */
function machinesIn(rows: readonly VagrantRow[]): Set<string> {
  return new Set(
    rows.flatMap((row) =>
      (row.kind === 'action' || row.kind === 'data') && row.machine !== undefined ? [row.machine] : [],
    ),
  );
}

function explainUnknown(complaint: Complaint, result: ExecResult, rows: readonly VagrantRow[]): Explanation {
  if (result.exitCode === undefined) {
    const message = 'Vagrant was ended by a signal.';
    return { code: 'LAB_VAGRANT_FAILED', message, hint: 'Run the same command again to go on.' };
  }
  // What fails while the Vagrantfile is read is printed as plain text: Vagrant has not got to its options yet.
  if (complaint.rubyClass === undefined && rows.every((row) => row.kind === 'text'))
    return explainUnread(complaint);
  return {
    code: 'LAB_VAGRANT_FAILED',
    message: 'Vagrant failed.',
    hint: 'Run the same command again to go on.',
  };
}

function toError(explanation: Explanation, complaint: Complaint, run: FailedRun): LabError {
  const { code, message, hint, output = complaint.text } = explanation;
  const machine = explanation.machine ?? complaint.machine;
  return makeError(code, message, {
    ...(run.command === undefined ? {} : { command: run.command }),
    ...(run.logPath === undefined ? {} : { logPath: run.logPath }),
    ...(machine === undefined || !concernsOneMachine(code) ? {} : { machine }),
    ...(hint === undefined ? {} : { hint }),
    output: lastLines(output),
  });
}

/** Without the places in Ruby's and Vagrant's own files that an exception went through. */
function lastLines(text: string): string {
  const lines = text.trim().split('\n');
  return lines
    .filter((line) => !line.startsWith('\tfrom '))
    .slice(-shownLines)
    .join('\n');
}
