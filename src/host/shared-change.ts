import * as z from 'zod';

/** Checks changes that are read back from the journal of what labs share; see `SharedChange`. */
export const sharedChangeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('box'),
    /** The VAGRANT_HOME whose store it is in. */
    vagrantHome: z.string(),
    name: z.string(),
    version: z.string(),
    provider: z.string(),
  }),
  z.object({
    kind: z.literal('image'),
    provider: z.string(),
    /** Tells the engine: the client may talk to another one tomorrow. */
    engine: z.string(),
    name: z.string(),
  }),
  z.object({
    kind: z.literal('allowed-range'),
    file: z.string(),
    /** What was added, without its newline. */
    line: z.string(),
    /** The file is made too, and goes again if nothing else is in it then. */
    createsFile: z.boolean().exactOptional(),
    /** The same of its folder. */
    createsFolder: z.boolean().exactOptional(),
    /** The line before had no newline; it gets one, which goes again if nothing comes behind it then. */
    endsLine: z.boolean().exactOptional(),
  }),
]);

/** One change of the host that labs share: it outlives the lab that it was made for. With all that is needed to undo it. */
export type SharedChange = z.infer<typeof sharedChangeSchema>;

/** The changes of one kind. */
export type SharedChangeOf<Kind extends SharedChange['kind']> = Extract<SharedChange, { kind: Kind }>;
