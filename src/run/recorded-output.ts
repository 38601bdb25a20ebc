import * as z from 'zod';
import type { LabState } from '../model/lab-state.ts';
import type { ParameterValue } from '../model/scenario.ts';
import { maskAll } from './mask-secrets.ts';

const outputFields = {
  /** The machine it ran on; this computer without it. */
  machine: z.string().optional(),
  /** The command or request, as a person would type it. Recordings leave it out: the scenario has it. */
  command: z.string().optional(),
  /** Exit status of a command; left out where it is 0. */
  exit: z.number().int().optional(),
  /** HTTP status of an answer. */
  status: z.number().int().optional(),
  /** Standard output and then standard error, or the body of the answer. Without secrets, cut where it is long. */
  output: z.string(),
};

/** What one command or check of a step printed on one machine. */
export const recordedOutputSchema = z.union([
  /** The action of the step's `run` with this number, from 1. */
  z.strictObject({ run: z.number().int().min(1), ...outputFields }),
  /** The check with this title, as the scenario has it. */
  z.strictObject({ check: z.string(), ...outputFields }),
]);

/** What a chapter was played with. What was printed with another setting cannot be compared. */
export const playSettingSchema = z.strictObject({
  provider: z.string(),
  edition: z.string().optional(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Address of each machine in the outputs. */
  machines: z.record(z.string(), z.string()),
});

export type RecordedOutput = z.infer<typeof recordedOutputSchema>;
export type PlaySetting = z.infer<typeof playSettingSchema>;

/** What was printed when a lab was played, or what a recording says of it: outputs by step, in the order of the step. */
export interface StepOutputs {
  setting: PlaySetting;
  steps: Readonly<Record<string, readonly RecordedOutput[]>>;
}

/** The setting of a lab as it is now, without secrets. */
export function playSetting({ provider, edition, parameters, machines }: LabState): PlaySetting {
  return {
    provider,
    ...(edition === undefined ? {} : { edition }),
    parameters: maskAll(parameters),
    machines: Object.fromEntries(machines.map(({ name, address }) => [name, address])),
  };
}

/** Says why outputs of two settings cannot be compared; undefined where they can. Addresses may differ. */
export function settingDifference(played: PlaySetting, recorded: PlaySetting): string | undefined {
  const say = (what: string, here: ParameterValue | undefined, there: ParameterValue | undefined): string =>
    `${what} is ${shown(here)} here and ${shown(there)} in the recording`;
  if (played.provider !== recorded.provider) return say('the provider', played.provider, recorded.provider);
  if (played.edition !== recorded.edition) return say('the edition', played.edition, recorded.edition);
  const names = Object.keys({ ...recorded.parameters, ...played.parameters });
  const other = names.filter((name) => played.parameters[name] !== recorded.parameters[name]);
  if (other.length > 0) {
    return other.map((name) => say(name, played.parameters[name], recorded.parameters[name])).join(', ');
  }
  const here = Object.keys(played.machines).join(' ');
  const there = Object.keys(recorded.machines).join(' ');
  return here === there ? undefined : say('the list of machines', here, there);
}

function shown(value: ParameterValue | undefined): string {
  return value === undefined ? 'not set' : value === '' ? '""' : String(value);
}
