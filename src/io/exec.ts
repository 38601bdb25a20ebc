/** How to run a command on this host. Argument arrays only: no shell is ever involved. */
export interface ExecOptions {
  cwd?: string;
  /** Added to this process's environment; `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Text for standard input; without it standard input is empty. */
  input?: string;
  signal?: AbortSignal;
  /** After this many milliseconds the whole process group is killed and `timedOut` is set. */
  timeoutMs?: number;
  /** Each line of standard output and standard error, without its newline, as it comes. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** The command gets this process's terminal; `stdout` and `stderr` of the result are then empty. */
  interactive?: boolean;
}

/** How a command ended. A non-zero exit is a result, not an exception. */
export interface ExecResult {
  /** The command as a person would type it, quoted for a shell. */
  command: string;
  /** `undefined` when it was killed or could not be started. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  /** The file to run does not exist (ENOENT). */
  notFound: boolean;
}

/** Runs commands on this host, each in a process group of its own that ends with the signal. */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;
