import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeysError } from '../../../src/discovery/keys-error.ts';
import { defaultRegistryLimits, Registry } from '../../../src/discovery/registry.ts';

const register = (registry: Registry, token: string, ...ids: string[]): void => {
  for (const id of ids) registry.putMember(token, id, `${id}=http://x`, { mustBeNew: true });
};
const codeOf = (act: () => unknown): number | undefined => {
  try {
    act();
  } catch (error) {
    if (error instanceof KeysError) return error.errorCode;
    throw error;
  }
  return undefined;
};

describe('Registry', () => {
  it('makes tokens of 32 hex digits that differ', () => {
    const registry = new Registry();
    const tokens = new Set(Array.from({ length: 100 }, () => registry.createToken(3)));
    expect(tokens.size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{32}$/);
  });

  it('never gives a change index 1, which etcd would turn into an endless wait', () => {
    const registry = new Registry();
    const token = registry.createToken(1);
    expect(registry.getSize(token).node.createdIndex).toBeGreaterThanOrEqual(2);
    expect(registry.putMember(token, 'a', 'a=http://x', { mustBeNew: true }).node.createdIndex).toBe(3);
  });

  it.each([0, -1, 101, 1.5, Number.NaN])('refuses size %s', (size) => {
    expect(codeOf(() => new Registry().createToken(size))).toBe(209);
  });

  it('lets those in who lost the race for the last place, but not without end', () => {
    const registry = new Registry({ ...defaultRegistryLimits, extraMembers: 1 });
    const token = registry.createToken(1);
    register(registry, token, 'a', 'b');
    expect(
      codeOf(() => {
        register(registry, token, 'c');
      }),
    ).toBe(110);
  });

  it('finds the first event of an index or later, for what is watched only', () => {
    const registry = new Registry();
    const token = registry.createToken(3);
    const other = registry.createToken(3);
    register(registry, token, 'a');
    register(registry, other, 'x');
    register(registry, token, 'b');
    const first = registry.nextEvent(token, { kind: 'members' }, 1);
    expect(first?.node.key).toBe(`/_etcd/registry/${token}/a`);
    const second = registry.nextEvent(token, { kind: 'members' }, (first?.node.modifiedIndex ?? 0) + 1);
    expect(second?.node.key).toBe(`/_etcd/registry/${token}/b`);
    expect(registry.nextEvent(token, { kind: 'members' }, registry.index + 1)).toBeUndefined();
    expect(registry.nextEvent(token, { kind: 'member', id: 'b' }, 1)).toBe(second);
    expect(registry.nextEvent(token, { kind: 'size' }, 1)?.node.value).toBe('3');
  });

  it('says so when a watch asks for events that are no longer kept', () => {
    const registry = new Registry({ ...defaultRegistryLimits, eventsPerToken: 2 });
    const token = registry.createToken(3);
    register(registry, token, 'a', 'b');
    expect(codeOf(() => registry.nextEvent(token, { kind: 'members' }, 2))).toBe(401);
    expect(registry.nextEvent(token, { kind: 'members' }, 3)?.action).toBe('create');
  });

  it('holds no more tokens than it may', () => {
    const registry = new Registry({ ...defaultRegistryLimits, tokens: 1 });
    const token = registry.createToken(3);
    expect(codeOf(() => registry.createToken(3))).toBe(110);
    expect(registry.removeToken(token)).toBe(true);
    expect(codeOf(() => registry.createToken(3))).toBeUndefined();
  });

  it('goes on from a snapshot exactly where it was, whatever was done before', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'constructor');
    const change = fc.oneof(
      fc.record({ kind: fc.constant('put'), id, mustBeNew: fc.boolean() }),
      fc.record({ kind: fc.constant('delete'), id, mustBeNew: fc.boolean() }),
      fc.record({ kind: fc.constant('size'), id, mustBeNew: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const registry = new Registry({ ...defaultRegistryLimits, eventsPerToken: 8 });
        registry.createToken(3, () => 'tok');
        const apply = (target: Registry): (number | undefined)[] =>
          changes.map(({ kind, id, mustBeNew }) =>
            codeOf(() =>
              kind === 'put'
                ? target.putMember('tok', id, 'v', { mustBeNew })
                : kind === 'delete'
                  ? target.deleteMember('tok', id)
                  : target.setSize('tok', 5, { mustBeNew }),
            ),
          );
        apply(registry);
        const restored = Registry.restore(JSON.parse(JSON.stringify(registry.snapshot())), {
          ...defaultRegistryLimits,
          eventsPerToken: 8,
        });
        expect(apply(restored)).toEqual(apply(registry));
        expect(restored.snapshot()).toEqual(registry.snapshot());
        expect(restored.getDirectory('tok')).toEqual(registry.getDirectory('tok'));
      }),
    );
  });
});
