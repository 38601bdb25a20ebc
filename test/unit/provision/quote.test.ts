import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { hasSystemd, readUnit } from '../../support/real-systemd.ts';
import { quoteRuby, quoteShell, quoteSystemd, quoteYaml } from '../../../src/provision/quote.ts';

// Real processes on a machine that may be busy; a fraction of this is needed.
vi.setConfig({ testTimeout: 60_000 });

/** Texts that have broken out of one language or another. */
const nasty = [
  '',
  ' ',
  '#{`id`}',
  '#$0 #@x #{1 + 1}',
  `"; system("id"); "`,
  `'; id; '`,
  '\\',
  '\\\\"',
  'a\r\nb\rc\n',
  '\n__END__\n=begin\n',
  '$(id) `id` ${HOME} $HOME !!',
  'off',
  '0644',
  '~',
  '- a: b # c',
  '{{value}}',
  '\u0085\u00a0\u2028\u2029\ufeff\uffff\u007f',
  'ünïcödé 漢字 😀',
  '%n %H 100%',
];

const texts = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('"', "'", '\\', '#', '{', '}', '$', '`', '\n', '\r', '%', '*', 'n', ' '),
  }),
);
const textsWithoutNul = texts.map((text) => text.replaceAll('\0', ''));

/** Many at once: a process for each would take minutes. */
function sample(arbitrary: fc.Arbitrary<string>): string[] {
  return [...nasty, ...fc.sample(arbitrary, { numRuns: 2000, seed: 20261121 })];
}

function run(command: string, args: readonly string[], input: string): string {
  // An environment without a locale: Ruby must read the file as UTF-8 all the same.
  const result = spawnSync(command, args, { input, encoding: 'utf8', env: { PATH: process.env['PATH'] } });
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
  return result.stdout;
}

const hasRuby = spawnSync('ruby', ['--version']).status === 0;

describe('quoteRuby', () => {
  it.skipIf(!hasRuby)('is read by the real Ruby as the very text (skipped where there is no ruby)', () => {
    const values = sample(texts);
    const program = `$values = ${quoteRuby(values)}\n$stdout.binmode\nrequire "json"\nprint JSON.generate($values)\n`;
    expect(JSON.parse(run('ruby', ['-'], program))).toEqual(values);
  });

  it('stays on one line and writes numbers, booleans and lists as Ruby does', () => {
    expect(
      sample(texts)
        .map(quoteRuby)
        .filter((literal) => /[\r\n]/.test(literal)),
    ).toEqual([]);
    expect(quoteRuby(['a', 1, -2.5, true, ['b']])).toBe('["a", 1, -2.5, true, ["b"]]');
    expect(() => quoteRuby(Number.NaN)).toThrow('NaN is not a number.');
    expect(() => quoteRuby('\ud800')).toThrow('not valid Unicode');
  });
});

describe('quoteYaml', () => {
  it.each(['1.1', '1.2'] as const)('is read by YAML %s as the very text', (version) => {
    const values = sample(texts);
    const document = values.map((value) => `- key: ${quoteYaml(value)} # comment\n`).join('');
    expect(parse(document, { version })).toEqual(values.map((key) => ({ key })));
    expect(parse(`- ${quoteYaml(values)}`, { version })).toEqual([values]);
  });
});

describe('quoteShell', () => {
  it('is read by the real sh as the very text', () => {
    const values = sample(textsWithoutNul);
    const script = values.map((value) => `printf '%s\\0' ${quoteShell(value)}\n`).join('');
    expect(run('sh', [], script)).toBe(values.map((value) => `${value}\0`).join(''));
  });

  it('refuses what no argument can hold', () => {
    expect(() => quoteShell('a\0b')).toThrow('NUL');
  });
});

/** Those that no environment variable can hold are refused. */
const takenBySystemd = sample(texts).filter((text) => {
  try {
    quoteSystemd(text);
    return true;
  } catch {
    return false;
  }
});

describe('quoteSystemd', () => {
  // The right-hand side was read back from a real systemd 252 (`systemctl show --property=Environment`).
  it('escapes what systemd gives a meaning to', () => {
    const value = `a"b\\c%n%%$HOME \${X} 'q' #{1+1} \`id\` é😀\ttab\nnew`;
    expect(quoteSystemd(value)).toBe(`a\\"b\\\\c%%n%%%%$HOME \${X} 'q' #{1+1} \`id\` é😀\\ttab\\nnew`);
  });

  it('refuses what systemd would drop', () => {
    expect(() => quoteSystemd('a\u001bb')).toThrow('0x1b');
    expect(() => quoteSystemd('a\uffffb')).toThrow('0xffff');
  });

  it('stays on one line of YAML, whatever its version', () => {
    const quoted = takenBySystemd.map(quoteSystemd);
    const document = `content: |\n${quoted.map((text) => `  "${text}"\n`).join('')}`;
    const expected = { content: quoted.map((text) => `"${text}"\n`).join('') };
    for (const version of ['1.1', '1.2'] as const) expect(parse(document, { version })).toEqual(expected);
    expect(quoted.filter((text) => /[\r\n\u0085\u2028\u2029]/.test(text))).toEqual([]);
  });

  it.skipIf(!hasSystemd)('is read by a real systemd as the very text (skipped where there is none)', () => {
    const lines = takenBySystemd.map((text, index) => `Environment="V${index}=${quoteSystemd(text)}<end>"\n`);
    const unit = `[Service]\n${lines.join('')}ExecStart=/bin/true\n`;
    const { dump } = readUnit({ 'a.service': unit }, 'a.service');
    const read = [...dump.matchAll(/Environment: V\d+=(.*?)<end>\n/gs)].map(([, text]) => text);
    expect(read).toEqual(takenBySystemd);
  });
});
