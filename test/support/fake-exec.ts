import type { Exec, ExecOptions, ExecResult } from '../../src/io/exec.ts';

/** What a scripted command answers; what is not given is that of a command that prints nothing and succeeds. */
export type ScriptedResult = Partial<Omit<ExecResult, 'command'>>;

export interface ScriptedCommand {
  /** The whole command line, words joined by blanks, or a pattern for it. */
  command: string | RegExp;
  result?: ScriptedResult;
  /** Answers this many times; without it any number of times. */
  times?: number;
  /** Runs when the command is called, e.g. to write the file that it makes. */
  effect?: (args: readonly string[], options: ExecOptions) => void;
}

export interface FakeExec {
  exec: Exec;
  /** All command lines that were called, in order. */
  calls: string[];
  /** Options of each call. */
  options: ExecOptions[];
}

/** An `Exec` that answers from a script and fails on any command that the script does not know. */
export function fakeExec(script: readonly ScriptedCommand[]): FakeExec {
  const calls: string[] = [];
  const options: ExecOptions[] = [];
  const used = new Map<ScriptedCommand, number>();
  const exec: Exec = (file, args, given = {}) => {
    // A command of a step travels in the environment: see stepContext.
    const ofStep = given.env?.['LAB_STEP_COMMAND'];
    const command = ofStep === undefined ? [file, ...args].join(' ') : `sh -c ${ofStep}`;
    calls.push(command);
    options.push(given);
    const answer = script.find(
      (candidate) =>
        matches(candidate.command, command) && (used.get(candidate) ?? 0) < (candidate.times ?? Infinity),
    );
    if (answer === undefined) return Promise.reject(new Error(`unexpected command: ${command}`));
    used.set(answer, (used.get(answer) ?? 0) + 1);
    answer.effect?.(args, given);
    const result = {
      exitCode: 0,
      stdout: '',
      stderr: '',
      timedOut: false,
      notFound: false,
      ...answer.result,
      command,
    };
    for (const stream of ['stdout', 'stderr'] as const) {
      for (const line of lines(result[stream])) given.onLine?.(line, stream);
    }
    return Promise.resolve(result);
  };
  return { exec, calls, options };
}

function matches(expected: string | RegExp, command: string): boolean {
  return typeof expected === 'string' ? expected === command : expected.test(command);
}

function lines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
