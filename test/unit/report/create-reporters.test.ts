import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReporters } from '../../../src/report/create-reporters.ts';
import { nothingToDo } from '../../support/event-script.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lab-reporters-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const stdout = new Writable({
  write: (_chunk, _encoding, done) => {
    done();
  },
}) as unknown as NodeJS.WriteStream;

const create = (specs: string[], changes: { isTty?: boolean; verbose?: boolean; quiet?: boolean } = {}) =>
  createReporters({ specs, stdout, isTty: false, color: false, verbose: false, quiet: false, ...changes });

const namesOf = async (...parameters: Parameters<typeof create>): Promise<string[]> =>
  (await create(...parameters)).map((reporter) => reporter.constructor.name);

describe('createReporters', () => {
  it('chooses by the terminal, unless it is told', async () => {
    expect(await namesOf([])).toEqual(['PlainReporter']);
    expect(await namesOf([], { isTty: true })).toEqual(['ListReporter']);
    expect(await namesOf([], { isTty: true, verbose: true })).toEqual(['PlainReporter']);
    expect(await namesOf(['json'], { isTty: true })).toEqual(['JsonReporter']);
    expect(await namesOf(['tap'], { isTty: true })).toEqual(['TapReporter']);
    const files = [`junit=${directory}/a=b.xml`, `json=${directory}/run.ndjson`, `tap=${directory}/run.tap`];
    expect(await namesOf(files)).toEqual(['PlainReporter', 'JunitReporter', 'JsonReporter', 'TapReporter']);
  });

  it('writes to the files that it is given', async () => {
    const reporters = await create([`junit=${directory}/a=b.xml`, `json=${directory}/run.ndjson`]);
    for (const event of nothingToDo()) for (const reporter of reporters) reporter.handle(event);
    for (const reporter of reporters) await reporter.close();
    expect(readFileSync(path.join(directory, 'run.ndjson'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect(readFileSync(path.join(directory, 'a=b.xml'), 'utf8')).toContain(
      '<testsuite name="lab up coreos"',
    );
  });

  it.each([
    [['dots'], 'There is no reporter `dots`.'],
    [['junit'], 'There is no reporter `junit`.'],
    [['plain=x'], 'There is no reporter `plain=x`.'],
    [['plain', 'json'], 'plain and json cannot share standard output.'],
    [['junit=/nowhere/junit.xml'], /The report cannot be written to \/nowhere\/junit.xml: ENOENT/],
    [['junit=/tmp'], /it is a folder/],
  ])('refuses %j', async (specs, message) => {
    const failure = create(specs);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: 'LAB_USAGE' });
  });
});
