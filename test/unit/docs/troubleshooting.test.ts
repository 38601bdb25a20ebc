import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../src/model/error-codes.ts';
import { codesByExitCode, troubleshootingPage } from '../../../src/report/troubleshooting-page.ts';

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

describe('docs/troubleshooting.md', () => {
  it('is current; `npx tsx scripts/write-docs.mjs` writes it', () => {
    expect(readFileSync(new URL('docs/troubleshooting.md', root), 'utf8')).toBe(troubleshootingPage());
  });

  it('has every code once, below a heading that messages can point to', () => {
    const headings = [...troubleshootingPage().matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(Object.keys(errorCodes));
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
