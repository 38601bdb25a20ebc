import * as z from 'zod';

/** Tokens are 32 hex digits from `/new`; a hand-made one may be any word. A leading `_` would be a hidden key in etcd. */
export const tokenPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** etcd sends an unpadded hex member id; people may write anything that is no path and not hidden. */
export const memberIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Clusters of fewer members make etcd 3.4 panic (size 0); more than 100 is a slip of the keyboard. */
export const sizeBounds = { min: 1, max: 100 } as const;

const index = z.number().int().min(2);
const node = z.object({ value: z.string(), modifiedIndex: index, createdIndex: index });
const eventNode = z.object({
  key: z.string(),
  value: z.string().optional(),
  modifiedIndex: index,
  createdIndex: index,
});

const event = z.object({
  action: z.enum(['create', 'set', 'delete']),
  node: eventNode,
  prevNode: eventNode.optional(),
});

const token = z.object({
  token: z.string().regex(tokenPattern),
  createdIndex: index,
  size: node.extend({ value: z.string().regex(/^[0-9]+$/) }),
  members: z.array(node.extend({ id: z.string().regex(memberIdPattern) })),
  /** Every change of the token, oldest first, for watches that ask for the past. */
  events: z.array(event),
  /** Events of this index and before are no longer kept. */
  clearedIndex: z.number().int().min(0),
});

/** A registry as plain JSON, version 1. */
export const registrySnapshotSchema = z
  .object({ version: z.literal(1), index: z.number().int().min(1), tokens: z.array(token) })
  .refine(
    (snapshot) =>
      snapshot.tokens.every(
        (entry) =>
          entry.events.every((change) => change.node.modifiedIndex <= snapshot.index) &&
          entry.members.every((member) => member.modifiedIndex <= snapshot.index),
      ),
    'an entry is newer than the index of the whole',
  );

export type RegistrySnapshot = z.infer<typeof registrySnapshotSchema>;
export type RegistryChange = z.infer<typeof event>;
export type StoredNode = z.infer<typeof node>;
