import type { ErrorCode } from './error-codes.ts';

/** What every error of ours can carry; each part is shown where it is known. */
export interface ErrorDetails {
  /** What to do next, as an imperative sentence or a command. */
  hint?: string;
  /** The machine it happened on. */
  machine?: string;
  /** The command that failed, as a person would type it. */
  command?: string;
  /** The last lines that the command printed. */
  output?: string;
  /** Where the full log is. */
  logPath?: string;
  cause?: unknown;
}

/** An error with a stable code. The subclass says who must act; its `exitCode` is what `lab` exits with. */
export abstract class LabError extends Error {
  abstract readonly exitCode: number;
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** The command line is wrong: exit 2. */
export class UsageError extends LabError {
  readonly exitCode = 2;
}

/** A place in a file that a person wrote. Lines and columns count from 1. */
export interface SourcePosition {
  file: string;
  line: number;
  column: number;
}

/** One thing wrong in a scenario, template or cloud-config. */
export interface SourceProblem {
  message: string;
  position?: SourcePosition;
  /** The source line itself, for the code frame. */
  lineText?: string;
  hint?: string;
}

/** A file that a person wrote is wrong: exit 3. Carries all that is wrong at once. */
export class SourceError extends LabError {
  readonly exitCode = 3;
  readonly problems: readonly SourceProblem[];

  constructor(
    code: ErrorCode,
    message: string,
    problems: readonly SourceProblem[],
    details: ErrorDetails = {},
  ) {
    super(code, message, details);
    this.problems = problems;
  }
}

/** One finding of the preflight or of `lab doctor`. */
export interface Problem {
  code: ErrorCode;
  severity: 'error' | 'warning';
  /** What is wrong, with the values that were found. */
  message: string;
  /** What to do about it. */
  fix: string;
}

/** This machine or the network lacks something: exit 4. */
export class EnvironmentError extends LabError {
  readonly exitCode = 4;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
    problems: readonly Problem[] = [],
  ) {
    super(code, message, details);
    this.problems = problems;
  }
}

/** A command that we ran failed: exit 5. */
export class CommandError extends LabError {
  readonly exitCode = 5;
}

/** The user or a signal stopped us: exit 130. */
export class InterruptedError extends LabError {
  readonly exitCode = 130;
}

/** An error of ours: exit 70. */
export class BugError extends LabError {
  readonly exitCode = 70;
}
