import { describe, expect, it } from 'vitest';
import { bootInStages } from '../../../src/vagrant/staged-boot.ts';
import type { MachineOutcome } from '../../../src/vagrant/machine-outcomes.ts';

/** Boots that go on when the test says so. */
class Boots {
  readonly begun: string[] = [];
  readonly #running = new Map<
    string,
    { started: () => void; end: (outcome: MachineOutcome) => void; fail: (error: Error) => void }
  >();

  readonly boot = (machine: string, started: () => void): Promise<MachineOutcome> => {
    this.begun.push(machine);
    return new Promise((end, fail) => this.#running.set(machine, { started, end, fail }));
  };

  async start(machine: string): Promise<void> {
    this.#running.get(machine)?.started();
    await settle();
  }

  async end(machine: string, ok = true): Promise<void> {
    this.#running.get(machine)?.end({ name: machine, ok });
    await settle();
  }

  async fail(machine: string, message: string): Promise<void> {
    this.#running.get(machine)?.fail(new Error(message));
    await settle();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const { signal } = new AbortController();

describe('bootInStages', () => {
  it('begins the others when the first is started, and no more at a time than were allowed', async () => {
    const boots = new Boots();
    const all = bootInStages({
      ...{ first: 'core-01', others: ['core-02', 'core-03', 'core-04'], atOnce: 2 },
      ...{ boot: boots.boot, signal },
    });
    await settle();
    expect(boots.begun).toEqual(['core-01']);
    await boots.start('core-01');
    expect(boots.begun).toEqual(['core-01', 'core-02']);
    await boots.end('core-02');
    expect(boots.begun).toEqual(['core-01', 'core-02', 'core-03']);
    await boots.end('core-01');
    await boots.end('core-03', false);
    await boots.end('core-04');
    expect(await all).toEqual([
      { name: 'core-01', ok: true },
      { name: 'core-02', ok: true },
      { name: 'core-03', ok: false },
      { name: 'core-04', ok: true },
    ]);
  });

  it('boots the others although the first failed', async () => {
    const boots = new Boots();
    const all = bootInStages({ first: 'core-01', others: ['core-02'], atOnce: 2, boot: boots.boot, signal });
    await settle();
    await boots.end('core-01', false);
    expect(boots.begun).toEqual(['core-01', 'core-02']);
    await boots.end('core-02');
    expect((await all).map(({ ok }) => ok)).toEqual([false, true]);
  });

  it('begins no other machine where the first says that none can be booted', async () => {
    const boots = new Boots();
    const all = bootInStages({ first: 'core-01', others: ['core-02'], atOnce: 2, boot: boots.boot, signal });
    const failure = expect(all).rejects.toThrow('no such box');
    await settle();
    await boots.fail('core-01', 'no such box');
    await failure;
    expect(boots.begun).toEqual(['core-01']);
  });

  it('lets the others end before it throws what one of them found', async () => {
    const boots = new Boots();
    let ended = false;
    const all = bootInStages({ first: 'core-01', others: ['core-02'], atOnce: 2, boot: boots.boot, signal })
      .catch((error: unknown) => error)
      .finally(() => {
        ended = true;
      });
    await settle();
    await boots.start('core-01');
    await boots.fail('core-02', 'broken Vagrantfile');
    expect(ended).toBe(false);
    await boots.end('core-01');
    expect(await all).toMatchObject({ message: 'broken Vagrantfile' });
  });
});
