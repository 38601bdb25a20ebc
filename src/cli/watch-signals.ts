import { InterruptedError } from '../model/errors.ts';
import { maskSecrets } from '../run/mask-secrets.ts';
import { adviceAfterStop } from './advice-after-stop.ts';

export interface SignalWatch {
  /** Aborts with an InterruptedError at the first signal. */
  signal: AbortSignal;
  /** Aborts it for another reason than a signal: `by` is what stopped the run. Does nothing when it is aborted. */
  interrupt: (by: string) => void;
  /** From now on what is stopped is work on this lab, and the advice names it. */
  atWorkOn: (lab: string) => void;
  stop(): void;
}

/**
 * The first Ctrl-C (or SIGTERM, SIGHUP) asks the run to stop at a safe point; the second ends the process at once, and
 * with it the commands that it has started. Nothing is removed either way. `args`: the command line, for the advice.
 */
export function watchSignals(args: readonly string[]): SignalWatch {
  const controller = new AbortController();
  let lab: string | undefined;
  let hasSignal = false;
  const interrupt = (by: string): void => {
    controller.abort(
      new InterruptedError('LAB_INTERRUPTED', `The run was stopped by ${by}.`, {
        hint: adviceAfterStop(args, lab),
      }),
    );
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (hasSignal) {
      // Of one closed terminal both the shell in it and the system may tell.
      if (name === 'SIGHUP') return;
      process.stderr.write(`\n${name}: stopped at once. ${maskSecrets(adviceAfterStop(args, lab))}\n`);
      process.exit(130);
    }
    hasSignal = true;
    process.stderr.write(`\n${name}: stopping; once more to stop at once.\n`);
    interrupt(name);
  };
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    interrupt,
    atWorkOn: (name) => {
      lab = name;
    },
    stop: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
