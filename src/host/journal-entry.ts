import * as z from 'zod';

/** Checks changes that are read back from a journal; see `HostChange`. */
export const hostChangeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('hosts-block'),
    file: z.string(),
    lab: z.string(),
    /** What lab writes into the block; whatever else is in it is somebody else's. Missing in older journals. */
    lines: z.array(z.string()).exactOptional(),
    /** The file is written with sudo, as far as could be told beforehand. */
    sudo: z.literal(true).exactOptional(),
  }),
  z.object({
    kind: z.literal('ssh-include'),
    file: z.string(),
    line: z.string(),
    /** The file's folder is made too, and goes again if it is empty then. */
    createsFolder: z.boolean().exactOptional(),
  }),
  z.object({ kind: z.literal('ssh-agent'), socket: z.string(), pid: z.number().int().exactOptional() }),
  z.object({ kind: z.literal('agent-key'), socket: z.string(), publicKeyPath: z.string() }),
  z.object({
    kind: z.literal('network'),
    provider: z.string(),
    name: z.string(),
    /** Tells the network where its provider gives names of its own (vboxnet0). */
    subnet: z.string().exactOptional(),
  }),
  z.object({
    kind: z.literal('machines'),
    provider: z.string(),
    project: z.string(),
    projectDir: z.string(),
    machines: z.array(z.string()),
  }),
]);

/** One change of the host outside the lab's own folder, with all that is needed to undo it. */
export type HostChange = z.infer<typeof hostChangeSchema>;
