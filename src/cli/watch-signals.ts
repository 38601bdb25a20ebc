import { InterruptedError } from '../model/errors.ts';

export interface SignalWatch {
  /** Aborts with an InterruptedError at the first signal. */
  signal: AbortSignal;
  /** Aborts it for another reason than a signal: `by` is what stopped the run. Does nothing when it is aborted. */
  interrupt: (by: string) => void;
  stop(): void;
}

/**
 * The first Ctrl-C (or SIGTERM, SIGHUP) asks the run to stop at a safe point; the second ends the process at once.
 * Nothing is removed either way.
 */
export function watchSignals(): SignalWatch {
  const controller = new AbortController();
  const interrupt = (by: string): void => {
    controller.abort(
      new InterruptedError('LAB_INTERRUPTED', `The run was stopped by ${by}.`, {
        hint: 'What was made is kept. Run the same command to go on, or `lab destroy` to remove it.',
      }),
    );
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write(`\n${name}: stopping; once more to stop at once.\n`);
    interrupt(name);
  };
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    interrupt,
    stop: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
