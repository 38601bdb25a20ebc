/** What every command is given: the signal of Ctrl-C and a place for its exit code. */
export interface CommandInput {
  signal: AbortSignal;
  setExitCode: (code: number) => void;
}
