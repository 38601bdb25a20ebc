import { randomBytes } from 'node:crypto';
import { eventCleared, invalidField, keyExists, keyNotFound, limitReached } from './keys-error.ts';
import { registrySnapshotSchema, sizeBounds } from './registry-snapshot.ts';
import type { RegistryChange, RegistrySnapshot, StoredNode } from './registry-snapshot.ts';

/** A node as etcd's v2 keys API prints it; the order of the fields is etcd's. */
export interface KeyNode {
  key: string;
  value?: string | undefined;
  dir?: true;
  nodes?: KeyNode[];
  modifiedIndex: number;
  createdIndex: number;
}

/** An answer or event of etcd's v2 keys API. */
export interface KeyEvent {
  action: 'get' | 'create' | 'set' | 'delete';
  node: KeyNode;
  prevNode?: KeyNode | undefined;
}

/** What a watch looks at: all members of a token (etcd: the directory, recursively), one member, or the size. */
export type WatchScope = { kind: 'members' } | { kind: 'member'; id: string } | { kind: 'size' };

export interface RegistryLimits {
  tokens: number;
  /**
   * Members that may register beyond the size. etcd looks whether the cluster is full *before* it registers, and again after:
   * of two that race for the last place, the loser must be let in to find out that it is one too many.
   */
  extraMembers: number;
  /** Changes kept for each token. A watch that asks for older ones is refused, as etcd does. */
  eventsPerToken: number;
}

export const defaultRegistryLimits: RegistryLimits = { tokens: 1000, extraMembers: 16, eventsPerToken: 1000 };

export interface PutOptions {
  /** etcd's `prevExist=false`: a key that is there already is an error. Without it the key is overwritten. */
  mustBeNew: boolean;
}

/** One member that has registered. `value` is `name=peerUrl[,name=peerUrl...]`. */
export interface RegisteredMember {
  id: string;
  value: string;
}

interface TokenRecord {
  createdIndex: number;
  size: StoredNode;
  members: Map<string, StoredNode>;
  events: RegistryChange[];
  clearedIndex: number;
}

const rootKey = '/_etcd/registry';
const sizeKey = (token: string): string => `${rootKey}/${token}/_config/size`;
const memberKey = (token: string, id: string): string => `${rootKey}/${token}/${id}`;
const actionOf = ({ mustBeNew }: PutOptions): 'create' | 'set' => (mustBeNew ? 'create' : 'set');
const randomToken = (): string => randomBytes(16).toString('hex');

/**
 * The part of etcd's v2 key space that discovery uses, in memory: for each token a size and the members that registered.
 * One counter numbers all changes. It starts at 1, so no change ever gets index 1: etcd watches its own registration
 * with `waitIndex = createdIndex`, and its client turns 1 into 0, "from now on", which would wait for ever.
 * Every method that fails throws a `KeysError`.
 */
export class Registry {
  readonly #tokens = new Map<string, TokenRecord>();
  readonly #limits: RegistryLimits;
  #index = 1;

  constructor(limits: RegistryLimits = defaultRegistryLimits) {
    this.#limits = limits;
  }

  /** Index of the newest change. */
  get index(): number {
    return this.#index;
  }

  /** A new token for a cluster of `size` members. */
  createToken(size: number, newToken: () => string = randomToken): string {
    const token = newToken();
    this.setSize(token, size);
    return token;
  }

  /** Sets the size; makes the token where it is new, as `curl -X PUT .../_config/size -d value=3` does with etcd. */
  setSize(token: string, size: number, options: PutOptions = { mustBeNew: false }): KeyEvent {
    if (!Number.isInteger(size) || size < sizeBounds.min || size > sizeBounds.max) {
      throw invalidField(`size must be between ${sizeBounds.min} and ${sizeBounds.max}`);
    }
    const known = this.#tokens.get(token);
    if (known !== undefined && options.mustBeNew) throw keyExists(sizeKey(token));
    if (known === undefined && this.#tokens.size >= this.#limits.tokens) {
      throw limitReached(`this service already holds ${this.#limits.tokens} tokens`);
    }
    const index = ++this.#index;
    const node = { value: String(size), modifiedIndex: index, createdIndex: index };
    const record = known ?? {
      createdIndex: index,
      size: node,
      members: new Map(),
      events: [],
      clearedIndex: 0,
    };
    const key = sizeKey(token);
    const previous = known === undefined ? {} : { prevNode: { key, ...known.size } };
    record.size = node;
    this.#tokens.set(token, record);
    return this.#remember(record, { action: actionOf(options), node: { key, ...node }, ...previous });
  }

  getSize(token: string): KeyEvent {
    return { action: 'get', node: { key: sizeKey(token), ...this.#record(token).size } };
  }

  /** The token's directory with its members, by id. `_config` is hidden, as every key with a leading `_` is in etcd. */
  getDirectory(token: string): KeyEvent {
    const { members, createdIndex } = this.#record(token);
    const nodes = [...members]
      .map(([id, node]) => ({ key: memberKey(token, id), ...node }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const key = `${rootKey}/${token}`;
    const listed = nodes.length === 0 ? {} : { nodes };
    return { action: 'get', node: { key, dir: true, ...listed, modifiedIndex: createdIndex, createdIndex } };
  }

  getMember(token: string, id: string): KeyEvent {
    const node = this.#record(token).members.get(id);
    if (node === undefined) throw keyNotFound(memberKey(token, id));
    return { action: 'get', node: { key: memberKey(token, id), ...node } };
  }

  /** Registers a member. */
  putMember(token: string, id: string, value: string, options: PutOptions): KeyEvent {
    const record = this.#record(token);
    const key = memberKey(token, id);
    const previous = record.members.get(id);
    if (previous !== undefined && options.mustBeNew) throw keyExists(key);
    const room = Number(record.size.value) + this.#limits.extraMembers;
    if (previous === undefined && record.members.size >= room) {
      throw limitReached(`${room} members have registered for a cluster of ${record.size.value}`);
    }
    const index = ++this.#index;
    const node = { value, modifiedIndex: index, createdIndex: index };
    record.members.set(id, node);
    return this.#remember(record, {
      action: actionOf(options),
      node: { key, ...node },
      ...(previous === undefined ? {} : { prevNode: { key, ...previous } }),
    });
  }

  /** Takes a registration back, for a member that was made anew and would else be a duplicate of itself. */
  deleteMember(token: string, id: string): KeyEvent {
    const record = this.#record(token);
    const key = memberKey(token, id);
    const previous = record.members.get(id);
    if (previous === undefined) throw keyNotFound(key);
    record.members.delete(id);
    return this.#remember(record, {
      action: 'delete',
      node: { key, modifiedIndex: ++this.#index, createdIndex: previous.createdIndex },
      prevNode: { key, ...previous },
    });
  }

  /** Forgets a token and all about it. False where it was not known. */
  removeToken(token: string): boolean {
    if (!this.#tokens.delete(token)) return false;
    this.#index++;
    return true;
  }

  /** Who has registered, in the order in which they did, and how many are awaited. */
  describe(token: string): { size: number; members: RegisteredMember[] } {
    const { size, members } = this.#record(token);
    const inOrder = [...members].sort(([, a], [, b]) => a.createdIndex - b.createdIndex);
    return { size: Number(size.value), members: inOrder.map(([id, { value }]) => ({ id, value })) };
  }

  /** The first change in scope with an index of `fromIndex` or more; undefined where there is none yet. */
  nextEvent(token: string, scope: WatchScope, fromIndex: number): RegistryChange | undefined {
    const { events, clearedIndex } = this.#record(token);
    if (fromIndex <= clearedIndex) throw eventCleared(clearedIndex + 1, fromIndex);
    const size = sizeKey(token);
    const isInScope = {
      members: (key: string) => key !== size,
      member: (key: string) => scope.kind === 'member' && key === memberKey(token, scope.id),
      size: (key: string) => key === size,
    }[scope.kind];
    return events.find(({ node }) => node.modifiedIndex >= fromIndex && isInScope(node.key));
  }

  /** All of it as plain JSON, for `Registry.restore`. */
  snapshot(): RegistrySnapshot {
    const tokens = [...this.#tokens].map(([token, record]) => ({
      token,
      ...record,
      events: [...record.events],
      members: [...record.members].map(([id, node]) => ({ id, ...node })),
    }));
    return { version: 1, index: this.#index, tokens };
  }

  /** A registry that goes on where the snapshot ended. Throws zod's error where `data` is no snapshot. */
  static restore(data: unknown, limits: RegistryLimits = defaultRegistryLimits): Registry {
    const registry = new Registry(limits);
    const snapshot = registrySnapshotSchema.parse(data);
    registry.#index = snapshot.index;
    for (const { token, members, ...record } of snapshot.tokens) {
      const byId = members.map(({ id, ...node }): [string, StoredNode] => [id, node]);
      registry.#tokens.set(token, { ...record, members: new Map(byId) });
    }
    return registry;
  }

  #record(token: string): TokenRecord {
    const record = this.#tokens.get(token);
    if (record === undefined) throw keyNotFound(`${rootKey}/${token}`);
    return record;
  }

  #remember(record: TokenRecord, event: RegistryChange): RegistryChange {
    record.events.push(event);
    if (record.events.length > this.#limits.eventsPerToken) {
      record.clearedIndex = record.events.shift()?.node.modifiedIndex ?? record.clearedIndex;
    }
    return event;
  }
}
