import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../src/model/error-codes.ts';
import {
  codesByExitCode,
  errorPages,
  troubleshootingPage,
} from '../../../src/report/troubleshooting-page.ts';

const root = new URL('../../../', import.meta.url);

/** All of src but the list of codes itself. */
const sources = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/error-codes\.ts$|troubleshooting-page\.ts$/.test(file))
  .map((file) => readFileSync(new URL(`src/${file}`, root), 'utf8'))
  .join('\n');

const exitCodeOfClass: Record<string, number> = {
  UsageError: 2,
  SourceError: 3,
  EnvironmentError: 4,
  CommandError: 5,
  InterruptedError: 130,
  BugError: 70,
};

/** Codes for which src has errors of two classes, as the head of the page says. */
const ofTwoClasses = ['LAB_PROVIDER_UNSUPPORTED'];

describe('docs/troubleshooting.md and docs/errors', () => {
  it('are current; `npx tsx scripts/write-docs.mjs` writes them', () => {
    expect(readFileSync(new URL('docs/troubleshooting.md', root), 'utf8')).toBe(troubleshootingPage());
    const errors = new URL('docs/errors/', root);
    const pages = new Map(
      readdirSync(errors).map((file) => [file, readFileSync(new URL(file, errors), 'utf8')]),
    );
    expect(pages).toEqual(errorPages());
  });

  it('have every code once, where messages and older links point to', () => {
    const codes = Object.keys(errorCodes);
    const rows = [
      ...troubleshootingPage().matchAll(/^\| <a id="(\w+)"><\/a>\[(\w+)\]\(errors\/(\w+)\.md\) \|/gm),
    ];
    expect(rows.map(([, anchor, code, page]) => [anchor, code, page])).toEqual(
      codes.map((code) => [code.toLowerCase(), code, code]),
    );
    expect([...errorPages().keys()]).toEqual(codes.map((code) => `${code}.md`));
  });

  it('say of each code what it means, the cause and the fix', () => {
    for (const [code, { meaning, cause, fix }] of Object.entries(errorCodes)) {
      const page = errorPages().get(`${code}.md`) ?? '';
      expect(page).toContain(`# ${code}\n\n${meaning} `);
      expect(page).toContain(`## Usual cause\n\n${cause}\n\n## What to do\n\n${fix}\n`);
    }
  });

  it('groups the codes by the exit codes that src gives them', () => {
    const thrown = [...sources.matchAll(/new (\w+Error)\(\s*'(LAB_\w+)'/g)];
    const wrong = thrown.filter(([, className = '', code = '']) => {
      const group = codesByExitCode().get(exitCodeOfClass[className] ?? 0) ?? [];
      return !ofTwoClasses.includes(code) && !group.some((candidate) => candidate === code);
    });
    expect(wrong.map(([text]) => text)).toEqual([]);
    expect(thrown.length).toBeGreaterThan(40);
  });

  it('explains no code that src never uses', () => {
    const unused = Object.keys(errorCodes).filter((code) => !new RegExp(`\\b${code}\\b`).test(sources));
    expect(unused).toEqual([]);
  });
});
