import * as z from 'zod';

const machine = z.object({
  name: z.string(),
  role: z.string(),
  project: z.string(),
  address: z.string(),
  memoryMb: z.number(),
  cpus: z.number(),
  aliases: z.array(z.string()),
});

const stepRecord = z.object({
  /** `begun`: it was being played when the run ended, and no verdict is known. */
  status: z.enum(['begun', 'passed', 'failed', 'skipped']),
  at: z.string(),
});

/** One bootstrap of the etcd cluster. A new token means a new generation: tokens are good for one cluster only. */
const generation = z.object({
  number: z.number().int().min(1),
  /** Names of the machines that the token was fetched for. */
  members: z.array(z.string()),
  /** The URL that every member is given, byte for byte. */
  discoveryUrl: z.string(),
  /**
   * Machines that are being or have been given this generation's user-data. `id` is the provider's, written
   * before the machine is touched: a machine with another id was made again and its etcd member is lost.
   */
  applied: z.record(z.string(), z.object({ id: z.string(), done: z.boolean() })),
});

/** `state.json` of a lab, version 1. Written atomically after every change; see docs/reference/state.md. */
export const labStateSchema = z.object({
  version: z.literal(1),
  lab: z.string(),
  /** Scenario name, or the absolute path of a scenario file. */
  scenario: z.string(),
  provider: z.string(),
  edition: z.string().optional(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  with: z.array(z.string()),
  subnet: z.string(),
  machines: z.array(machine),
  /** Port of the embedded discovery service; fixed for the lab because it is part of the members' identity. */
  discoveryPort: z.number().int().optional(),
  generation: generation.optional(),
  /** ssh host keys that were pinned, `TYPE BASE64` by machine. */
  hostKeys: z.record(z.string(), z.string()),
  agent: z.object({ socket: z.string(), pid: z.number().int().optional(), own: z.boolean() }).optional(),
  hostsFile: z.string().optional(),
  sshConfigFile: z.string().optional(),
  steps: z.record(z.string(), stepRecord),
  /** As asked for with --linked-clones or --no-linked-clones; without it: where a project has several machines. */
  linkedClones: z.boolean().optional(),
  /** The commands on this computer that were agreed to, where the scenario did not come with lab; see assert-trusted.ts. */
  trusted: z.string().optional(),
  /** Name of the checkpoint whose restoring was begun and not finished: the machines are stopped and must not be started. */
  restoring: z.string().optional(),
});

export type LabState = z.infer<typeof labStateSchema>;
