/** What every command is given: the signal of Ctrl-C, and places for its exit code and its lab. */
export interface CommandInput {
  signal: AbortSignal;
  setExitCode: (code: number) => void;
  /** To be called when a lab begins to be changed: what is said at a Ctrl-C then names it. */
  atWorkOn: (lab: string) => void;
}
