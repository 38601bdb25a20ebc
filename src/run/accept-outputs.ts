import type { Step } from '../model/scenario.ts';
import { driftOf } from './output-drift.ts';
import {
  settingDifference,
  type PlaySetting,
  type RecordedOutput,
  type StepOutputs,
} from './recorded-output.ts';

/**
 * The recording as it is to be after what was printed is accepted. Of a recording with the same setting, steps that
 * have not drifted stay as they are, so that its file changes no more than what is printed.
 *
 * @param steps All steps of the edition, in order. Others have no place in the recording.
 * @param accepted Ids of the steps whose outputs are accepted.
 * @param addresses What the machines' addresses are on the network that the scenario prefers: a recording has those,
 *   whatever network was free where it was made.
 */
export function acceptOutputs(
  steps: readonly Step[],
  accepted: readonly string[],
  played: StepOutputs,
  recording: StepOutputs | undefined,
  addresses: Readonly<Record<string, string>>,
): StepOutputs {
  const before =
    recording !== undefined && settingDifference(played.setting, recording.setting) === undefined
      ? recording
      : undefined;
  const moved = moveAddresses(played.setting.machines, addresses);
  const outputsOf = (step: Step): readonly RecordedOutput[] | undefined => {
    const [old, today] = [before?.steps[step.id], played.steps[step.id]];
    if (!accepted.includes(step.id) || today === undefined) return old;
    const isSame =
      before !== undefined && driftOf(step, played, before).every((one) => one.status === 'passed');
    return isSame && old !== undefined ? old : today.map((output) => recordable(output, moved));
  };
  const setting: PlaySetting = {
    ...played.setting,
    machines: Object.fromEntries(
      Object.entries(played.setting.machines).map(([name, address]) => [name, addresses[name] ?? address]),
    ),
  };
  const kept = steps.flatMap((step) => {
    const outputs = outputsOf(step);
    return outputs === undefined ? [] : [[step.id, outputs] as const];
  });
  return { setting, steps: Object.fromEntries(kept) };
}

/** Without the command, which the scenario has, and without what blanks at line ends a program prints. */
function recordable(printed: RecordedOutput, moved: (text: string) => string): RecordedOutput {
  const output = { ...printed, output: moved(printed.output).replace(/[ \t]+$/gm, '') };
  delete output.command;
  return output;
}

/** Puts addresses of one /24 network into another, those of gateways and of the network itself included. */
function moveAddresses(
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): (text: string) => string {
  const prefix = (address: string): string => address.split('.').slice(0, 3).join('.');
  const pairs = new Map(
    Object.entries(from)
      .filter(([, address]) => !address.startsWith('127.'))
      .map(([name, address]) => [prefix(address), prefix(to[name] ?? address)]),
  );
  return (text) =>
    text.replace(
      /(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})(\.\d{1,3})(?!\.?\d)/g,
      (whole, network: string, host: string) => {
        const other = pairs.get(network);
        return other === undefined ? whole : `${other}${host}`;
      },
    );
}
