import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldJournal, Journal } from '../../../src/host/journal.ts';
import type { HostChange } from '../../../src/host/journal-entry.ts';

const hosts: HostChange = { kind: 'hosts-block', file: '/etc/hosts', lab: 'coreos' };
const agent: HostChange = { kind: 'ssh-agent', socket: '/s/agent.sock' };
const clock = { now: () => 0, elapsed: () => 0, sleep: () => Promise.resolve() };

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-journal-'));
  path = join(dir, 'labs', 'coreos', 'journal.jsonl');
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

describe('Journal', () => {
  it('gives what is to be undone, newest first, also to a later process', async () => {
    const journal = new Journal(path, clock);
    const first = await journal.append(hosts);
    await journal.markDone(first);
    const second = await new Journal(path, clock).append(agent);
    expect(await new Journal(path, clock).open()).toMatchObject([
      { id: second, change: agent, done: false },
      { id: first, change: hosts, done: true },
    ]);
    await journal.markUndone(second);
    expect(await journal.open()).toMatchObject([{ id: first, change: hosts, done: true }]);
    await journal.markUndone(first);
    expect(await journal.open()).toEqual([]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is on disk before append returns, one line an entry', async () => {
    await new Journal(path, clock).append(hosts);
    expect(await readFile(path, 'utf8')).toBe(
      '{"id":1,"at":"1970-01-01T00:00:00.000Z","change":{"kind":"hosts-block","file":"/etc/hosts","lab":"coreos"}}\n',
    );
  });

  it('goes on behind a line that a crash tore', async () => {
    const journal = new Journal(path, clock);
    await journal.append(hosts);
    await appendFile(path, '{"id":2,"at":"19');
    expect(await journal.open()).toHaveLength(1);
    expect(await journal.append(agent)).toBe(2);
    expect((await journal.open()).map((entry) => entry.change)).toEqual([agent, hosts]);
  });

  it('refuses a complete line that it does not know, with its number', async () => {
    const journal = new Journal(path, clock);
    await journal.append(hosts);
    await appendFile(path, '{"id":2,"at":"","change":{"kind":"moon-phase"}}\n');
    const refusal = { code: 'LAB_STATE_INVALID', message: expect.stringContaining('line 2') as string };
    await expect(journal.open()).rejects.toMatchObject(refusal);
    await expect(journal.append(hosts)).rejects.toMatchObject(refusal);
  });

  it('says why it cannot be written', async () => {
    await appendFile(join(dir, 'labs'), '');
    await expect(new Journal(path, clock).append(hosts)).rejects.toMatchObject({
      code: 'LAB_STATE_UNWRITABLE',
    });
  });
});

describe('foldJournal', () => {
  it('never forgets a change, wherever the text is cut: what was open before the cut line is open after it', () => {
    const event = fc.oneof(
      fc.constant('append' as const),
      fc.record({ mark: fc.constantFrom('done', 'undone'), of: fc.nat({ max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 15 }), fc.nat(), (events, cut) => {
        let id = 0;
        const lines = events.map((each) =>
          each === 'append'
            ? { id: (id += 1), at: '', change: hosts }
            : { id: each.of, at: '', mark: each.mark },
        );
        const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
        const torn = text.slice(0, text.length === 0 ? 0 : cut % (text.length + 1));
        const whole = torn.slice(0, torn.lastIndexOf('\n') + 1);
        expect(foldJournal(torn)).toEqual(foldJournal(whole));
        const kept = lines.slice(0, whole.split('\n').length - 1);
        const open = kept.filter(
          (line, index) =>
            'change' in line &&
            !kept
              .slice(index)
              .some((other) => 'mark' in other && other.mark === 'undone' && other.id === line.id),
        );
        expect(foldJournal(whole).map((entry) => entry.id)).toEqual(open.map((line) => line.id).reverse());
      }),
    );
  });
});
