import { CommandError, EnvironmentError, UsageError } from '../model/errors.ts';
import type { ErrorDetails, LabError } from '../model/errors.ts';
import type { ErrorCode } from '../model/error-codes.ts';
import type { VagrantRow } from './vagrant-output.ts';

/** What Vagrant said when it failed. */
export interface Complaint {
  /** The Ruby class without `Vagrant::Errors::`; undefined where Vagrant printed nothing but text. */
  rubyClass: string | undefined;
  /** Vagrant's words, without what it wraps around the reason of another error. */
  text: string;
  /** The machine that it was at work on, where that can be told. */
  machine: string | undefined;
  /** All that Vagrant printed. */
  rows: readonly VagrantRow[];
}

/** One failure in our words. */
export interface Explanation {
  code: ExplainedCode;
  /** What failed and why, with the values of this case; one or two sentences. */
  message: string;
  /** What to do; without it the general fix of the code is shown. */
  hint?: string;
  /** The machine that Vagrant's text names. */
  machine?: string;
  /** What is worth showing of a long text; without it its last lines. */
  output?: string;
}

/** One kind of error that Vagrant has, or a few that are explained alike. */
export interface ErrorClass {
  /** Ruby classes in lib/vagrant/errors.rb of Vagrant 2.3.4 or 2.4.9. */
  names: readonly string[];
  /** How its text begins (templates/locales/en.yml), white space folded: for text that comes without a class. */
  opening?: RegExp;
  explain: (complaint: Complaint) => Explanation;
}

/** Every code that a failure of Vagrant can end as. `all`: no other machine of the lab would fare better. */
const codes = {
  LAB_VAGRANT_VERSION: { error: EnvironmentError, concerns: 'all' },
  LAB_VAGRANT_PLUGIN: { error: EnvironmentError, concerns: 'all' },
  LAB_PREFLIGHT: { error: EnvironmentError, concerns: 'all' },
  LAB_VIRTUALBOX_MISSING: { error: EnvironmentError, concerns: 'all' },
  LAB_VIRTUALBOX_VERSION: { error: EnvironmentError, concerns: 'all' },
  LAB_VIRTUALBOX_DRIVER: { error: EnvironmentError, concerns: 'all' },
  LAB_HYPERVISOR_BUSY: { error: EnvironmentError, concerns: 'all' },
  LAB_ARCHITECTURE: { error: EnvironmentError, concerns: 'all' },
  LAB_RANGE_REFUSED: { error: EnvironmentError, concerns: 'all' },
  LAB_NETWORK_FAILED: { error: EnvironmentError, concerns: 'all' },
  LAB_ADDRESS_TAKEN: { error: EnvironmentError, concerns: 'all' },
  LAB_BOX_MISSING: { error: EnvironmentError, concerns: 'all' },
  LAB_ARTIFACT_CHECKSUM: { error: EnvironmentError, concerns: 'all' },
  LAB_STATE_UNWRITABLE: { error: EnvironmentError, concerns: 'all' },
  LAB_DISK_LOW: { error: EnvironmentError, concerns: 'all' },
  LAB_VAGRANTFILE_FAILED: { error: CommandError, concerns: 'all' },
  LAB_COMMAND_TIMEOUT: { error: CommandError, concerns: 'all' },
  LAB_MEMORY_LOW: { error: EnvironmentError, concerns: 'one' },
  LAB_PORT_TAKEN: { error: EnvironmentError, concerns: 'one' },
  LAB_NAME_TAKEN: { error: EnvironmentError, concerns: 'one' },
  LAB_MACHINE_LOCKED: { error: EnvironmentError, concerns: 'one' },
  LAB_NOT_UP: { error: UsageError, concerns: 'one' },
  LAB_CHECKPOINT_UNKNOWN: { error: UsageError, concerns: 'one' },
  LAB_CHECKPOINT_EXISTS: { error: UsageError, concerns: 'one' },
  LAB_VIRTUALBOX_FAILED: { error: CommandError, concerns: 'one' },
  LAB_BOOT_TIMEOUT: { error: CommandError, concerns: 'one' },
  LAB_SSH_FAILED: { error: CommandError, concerns: 'one' },
  LAB_VAGRANT_FAILED: { error: CommandError, concerns: 'one' },
} as const satisfies Partial<Record<ErrorCode, { error: unknown; concerns: 'one' | 'all' }>>;

export type ExplainedCode = keyof typeof codes;

/** The error with the exit status that its code has. */
export function makeError(code: ExplainedCode, message: string, details: ErrorDetails): LabError {
  return new codes[code].error(code, message, details);
}

/** Whether a failure says nothing against the other machines of the lab. */
export function concernsOneMachine(code: ErrorCode): boolean {
  return code in codes && codes[code as ExplainedCode].concerns === 'one';
}

/** The first group of a pattern in a text; undefined where it does not match or the group is empty. */
export function firstGroup(pattern: RegExp, text: string): string | undefined {
  const group = pattern.exec(text)?.[1]?.trim();
  return group === '' ? undefined : group;
}

/** One word of a shell command to be shown, quoted only where it must be. */
export function shellWord(value: string): string {
  return /^[\w./:@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
