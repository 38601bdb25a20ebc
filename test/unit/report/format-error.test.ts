import { describe, expect, it } from 'vitest';
import {
  BugError,
  CommandError,
  EnvironmentError,
  InterruptedError,
  SourceError,
  UsageError,
} from '../../../src/model/errors.ts';
import { exitCodeOf, formatError, toEventError } from '../../../src/report/format-error.ts';

const sshFailed = new CommandError('LAB_SSH_FAILED', 'core-02 cannot be reached over ssh.', {
  machine: 'core-02',
  command: 'ssh core@172.17.8.102',
  output: 'one\n\u001b[31mConnection refused\u001b[0m\r\n',
  logPath: '/home/me/.local/state/lab/coreos/run.log',
});

function framed(lineText: string, column: number): string[] {
  const position = { file: 'lab.yaml', line: 7, column };
  const error = new SourceError('LAB_SCENARIO_INVALID', 'Wrong.', [{ message: 'here', position, lineText }]);
  return formatError(error, { color: false }).split('\n').slice(2, 4);
}

describe('formatError', () => {
  it('tells machine, command, last lines, what to do, log and code', () => {
    expect(formatError(sshFailed, { color: false })).toMatchInlineSnapshot(`
      "Error: core-02 cannot be reached over ssh.
        machine: core-02
        command: ssh core@172.17.8.102
        last lines:
          one
          Connection refused
        what to do: Run the same command again; \`lab status\` shows the machines.
        log: /home/me/.local/state/lab/coreos/run.log
        LAB_SSH_FAILED, see docs/errors/LAB_SSH_FAILED.md"
    `);
  });

  it('lists every finding of the environment with its fix', () => {
    const error = new EnvironmentError('LAB_PREFLIGHT', 'This machine is not ready.', {}, [
      {
        code: 'LAB_VAGRANT_MISSING',
        severity: 'error',
        message: 'vagrant is not on PATH.',
        fix: 'Install it.',
      },
      { code: 'LAB_MEMORY_LOW', severity: 'warning', message: '1.2 GB are free.', fix: 'Use 2 nodes.' },
    ]);
    expect(formatError(error, { color: false })).toMatchInlineSnapshot(`
      "Error: This machine is not ready.
        LAB_VAGRANT_MISSING: vagrant is not on PATH.
          fix: Install it.
        LAB_MEMORY_LOW (warning): 1.2 GB are free.
          fix: Use 2 nodes.
        LAB_PREFLIGHT, see docs/errors/LAB_PREFLIGHT.md"
    `);
  });

  it('colours only when it is told to', () => {
    expect(formatError(sshFailed, { color: true })).toContain('\u001b[31mError:\u001b[39m');
    expect(formatError(sshFailed, { color: false })).not.toContain('\u001b');
  });

  it('calls anything else a bug and shows its stack and cause', () => {
    const text = formatError(new TypeError('x is undefined', { cause: new Error('deeper') }), {
      color: false,
    });
    expect(text).toContain('Error: x is undefined');
    expect(text).toContain('LAB_BUG');
    expect(text).toMatch(/TypeError: x is undefined\n\s+at .*format-error\.test\.ts/);
    expect(text).toContain('caused by Error: deeper');
    expect(formatError('a text', { color: false })).toContain('Error: a text');
    expect(formatError(undefined, { color: false })).toContain('undefined');
  });
});

describe('code frames', () => {
  it('mark the word at the column', () => {
    expect(framed('  colour: red', 3)).toEqual(['    7 |   colour: red', '          ^^^^^^'.padStart(16)]);
  });

  it('stand below the place with tabs, wide and combining characters before it', () => {
    expect(framed('\tkey', 2)).toEqual(['    7 |   key', '          ^^^']);
    expect(framed('書籍: key', 5)).toEqual(['    7 | 書籍: key', '              ^^^']);
    expect(framed('e\u0301: key', 5)).toEqual(['    7 | e\u0301: key', '           ^^^']);
  });

  it('show the part of a long line that matters, and no control characters', () => {
    const [line = '', carets = ''] = framed(`${'x'.repeat(500)} here ${'y'.repeat(500)}`, 502);
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('here');
    expect(line.length).toBeLessThan(200);
    expect(framed('a\u001b[2Jb', 1)[0]).toBe('    7 | a�[2Jb');
  });

  it('point at the end of a line and at what is no word', () => {
    expect(framed('key:', 5)[1]).toBe('            ^');
    expect(framed('', 1)[1]).toBe('        ^');
  });
});

describe('toEventError and exitCodeOf', () => {
  it('keep everything in plain data', () => {
    expect(toEventError(sshFailed)).toEqual({
      code: 'LAB_SSH_FAILED',
      message: 'core-02 cannot be reached over ssh.',
      hint: 'Run the same command again; `lab status` shows the machines.',
      machine: 'core-02',
      command: 'ssh core@172.17.8.102',
      output: 'one\n\u001b[31mConnection refused\u001b[0m\r\n',
      logPath: '/home/me/.local/state/lab/coreos/run.log',
    });
    const problems = [{ message: 'here', position: { file: 'lab.yaml', line: 7, column: 2 } }];
    expect(toEventError(new SourceError('LAB_SCENARIO_INVALID', 'Wrong.', problems)).message).toBe(
      'Wrong.\nlab.yaml:7:2: here',
    );
    expect(toEventError(new Error('oops'))).toMatchObject({ code: 'LAB_BUG', message: 'oops' });
  });

  it.each([
    [new UsageError('LAB_USAGE', ''), 2],
    [new SourceError('LAB_SCENARIO_INVALID', '', []), 3],
    [new EnvironmentError('LAB_PREFLIGHT', ''), 4],
    [sshFailed, 5],
    [new BugError('LAB_BUG', ''), 70],
    [new InterruptedError('LAB_INTERRUPTED', ''), 130],
    [new Error('oops'), 70],
    ['a text', 70],
  ])('%s exits with %i', (error, status) => {
    expect(exitCodeOf(error)).toBe(status);
  });
});
