import { describe, expect, it } from 'vitest';
import type { CommandCheck, TableExpectation } from '../../../src/model/scenario.ts';
import { checkOutput } from '../../../src/run/check-output.ts';
import { readTranscript } from '../../support/transcript.ts';

type Expectation = CommandCheck['expect'];

function check(expectation: Partial<Expectation>, stdout: string, exitCode = 0, stderr = '') {
  return checkOutput({ exit: 0, ...expectation }, { exitCode, stdout, stderr });
}

/** A table check of what fleetctl really printed. */
function checkFleet(transcript: string, table: Omit<TableExpectation, 'separator'>) {
  const expectation: Expectation = { exit: 0, table: { separator: 'tabs', ...table } };
  return checkOutput(expectation, readTranscript(`cluster/${transcript}.txt`));
}

describe('tables of fleetctl', () => {
  it.each([
    ['b-list-machines', { rows: '3', every: { IP: '[0-9.]+', METADATA: '-' }, distinct: 'IP' }],
    [
      'b-list-unit-files-submitted',
      { rows: 3, every: { UNIT: 'code\\.it\\.\\d\\.service', STATE: 'inactive' } },
    ],
    ['b-list-unit-files-empty', { rows: 0 }],
    ['b-list-units-submitted', { rows: 0 }],
    [
      'b-list-units-running',
      { minRows: '3', every: { ACTIVE: 'active', SUB: 'running' }, distinct: 'MACHINE' },
    ],
    [
      'b-list-units-stopped',
      { some: [{ UNIT: 'code\\.it\\.3\\.service', ACTIVE: 'deactivating', SUB: 'stop' }] },
    ],
  ])('%s passes', (transcript, table) => {
    expect(checkFleet(transcript, table)).toMatchObject({ passed: true });
  });

  it('says which rows of which column are wrong, and shows the output', () => {
    const result = checkFleet('b-list-units-started-2', {
      rows: 3,
      every: { ACTIVE: 'active', SUB: 'running' },
    });
    expect(result).toMatchInlineSnapshot(`
      {
        "actual": "ACTIVE: row 1 has "failed", row 2 has "failed"
      SUB: row 1 has "failed", row 2 has "failed"
      UNIT			MACHINE				ACTIVE	SUB
      code.it.1.service	0bce0884.../172.17.8.103	failed	failed
      code.it.2.service	296ee4aa.../172.17.8.102	failed	failed
      code.it.3.service	6a549215.../172.17.8.101	active	running",
        "expected": "ACTIVE is active in every row
      SUB is running in every row",
        "passed": false,
      }
    `);
  });

  it('matches whole cells only: 172.17.8.10 is not 172.17.8.101', () => {
    const result = checkFleet('b-list-machines', { some: [{ IP: '172\\.17\\.8\\.10' }] });
    expect(result).toMatchObject({
      passed: false,
      expected: 'a row where IP is 172\\.17\\.8\\.10',
      actual: expect.stringContaining('no such row; in row 1 IP is "172.17.8.103"') as string,
    });
  });

  it('counts rows and names columns that are missing', () => {
    expect(checkFleet('b-list-machines', { rows: 5 })).toMatchObject({
      passed: false,
      expected: '5 rows',
      actual: expect.stringMatching(/^3 rows\n/) as string,
    });
    expect(checkFleet('b-list-machines', { distinct: 'ADDRESS' })).toMatchObject({
      passed: false,
      expected: 'a table with the column ADDRESS',
      actual: expect.stringContaining('the header is MACHINE, IP, METADATA') as string,
    });
  });

  it('does not take "every row" of a table without rows for success', () => {
    expect(checkFleet('b-list-units-submitted', { every: { SUB: 'running' } })).toMatchObject({
      passed: false,
      expected: 'at least 1 row',
    });
    expect(checkFleet('b-list-units-submitted', { distinct: 'MACHINE' }).passed).toBe(false);
    expect(checkFleet('b-list-units-submitted', { some: [{ SUB: 'running' }] }).passed).toBe(false);
  });

  it('names rows that share a cell', () => {
    const shared = 'UNIT\tMACHINE\na\tone\nb\ttwo\nc\tone\n';
    expect(check({ table: { separator: 'tabs', distinct: 'MACHINE' } }, shared)).toMatchObject({
      passed: false,
      actual: expect.stringContaining('MACHINE: rows 1 and 3 both have "one"') as string,
    });
  });
});

describe('tables in columns of blanks', () => {
  const nodes = [
    'ID                            HOSTNAME   STATUS    AVAILABILITY   MANAGER STATUS',
    'k1y2x3 *                      core-01    Ready     Active         Leader',
    'k4y5x6                        core-02    Ready     Active         ',
    '',
  ].join('\n');

  it('keeps empty cells empty', () => {
    const table = {
      separator: 'spaces',
      rows: 2,
      some: [{ HOSTNAME: 'core-02', 'MANAGER STATUS': '' }],
    } as const;
    expect(check({ table: { ...table, some: [...table.some] } }, nodes).passed).toBe(true);
  });

  it('splits rows that do not keep to the columns of their header', () => {
    const numbers = 'NAME    SIZE\nalpha  12345\nlonger-name    7\n';
    const every = { SIZE: '\\d+' };
    expect(check({ table: { separator: 'spaces', rows: 2, every } }, numbers).passed).toBe(true);
  });

  it('says so when a table is read with the wrong separator', () => {
    expect(check({ table: { separator: 'tabs', distinct: 'HOSTNAME' } }, nodes).actual).toContain(
      'separator: spaces',
    );
  });
});

describe('texts', () => {
  it('tells only the exit status, with standard error, when that is wrong', () => {
    const result = check({ contains: 'healthy' }, 'partial output\n', 1, 'context deadline exceeded\n');
    expect(result).toEqual({
      passed: false,
      expected: 'exit status 0',
      actual: 'exit status 1\ncontext deadline exceeded',
    });
    expect(check({ exit: 'nonzero' }, '', 1).passed).toBe(true);
    expect(check({ exit: 'nonzero' }, '', 0).passed).toBe(false);
  });

  it('finds texts in standard output', () => {
    expect(check({ contains: ['one', 'two'] }, 'one two\n').passed).toBe(true);
    expect(check({ contains: ['one', 'three'] }, 'one two\n')).toEqual({
      passed: false,
      expected: 'the text "three"',
      actual: '"three" is not in the output\none two',
    });
    expect(check({ notContains: 'two' }, 'one two\n').passed).toBe(false);
    expect(check({ matches: '^two$' }, 'one\r\ntwo\r\n').passed).toBe(true);
    expect(check({ matches: '^$' }, '').passed).toBe(true);
  });

  it('does not pass for the wrong reason', () => {
    expect(check({ matches: '^$' }, 'still running\n').passed).toBe(false);
    expect(check({ contains: '' }, 'anything').passed).toBe(false);
    expect(check({ notContains: '' }, 'anything').passed).toBe(false);
  });

  it('shows ten lines at most', () => {
    const long = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`).join('\n');
    const { actual } = check({ contains: 'x' }, long);
    expect(actual.split('\n').slice(-2)).toEqual(['line 10', '… and 20 more lines']);
  });

  it('throws where the rendered expectation is nonsense', () => {
    expect(() => check({ matches: '(' }, '')).toThrow('no regular expression');
    expect(() => check({ table: { separator: 'tabs', rows: 'many' } }, 'A\tB\n')).toThrow('whole number');
  });
});

describe('JSON', () => {
  const members = JSON.stringify({
    members: [{ name: 'core-01', ID: 7, isLearner: false }, {}],
    revision: 3,
  });

  it('looks at paths', () => {
    const json = [
      { path: 'members', length: '2' },
      { path: 'members.0.name', matches: '^core-\\d\\d$' },
      { path: 'members.0.ID', equals: '7' },
      { path: 'members.0.isLearner', equals: false },
      { path: 'revision' },
      { path: '.', length: 2 },
    ];
    expect(check({ json }, members).passed).toBe(true);
  });

  it('says what is at the path instead', () => {
    expect(check({ json: [{ path: 'members', length: 3 }] }, members)).toMatchObject({
      expected: 'members has length 3',
      actual: expect.stringMatching(/^members is \[.*\], length 2\n/) as string,
    });
    expect(check({ json: [{ path: 'members.5.name', equals: 'x' }] }, members)).toMatchObject({
      passed: false,
      actual: expect.stringMatching(/^members.5.name is not there\n/) as string,
    });
    expect(check({ json: [{ path: 'constructor' }] }, members).passed).toBe(false);
    expect(check({ json: [{ path: 'a' }] }, 'Error: none').actual).toContain('no JSON');
  });
});
