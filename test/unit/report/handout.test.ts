import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/model/machine.ts';
import { scenarioSchema, type Scenario } from '../../../src/model/scenario.ts';
import { handoutHtml } from '../../../src/report/handout-html.ts';
import { handoutMarkdown } from '../../../src/report/handout-markdown.ts';
import { handoutPage, type HandoutPage, type HandoutSource } from '../../../src/report/handout-page.ts';
import { nodes } from '../plan/plan-fixture.ts';

const evil = `</style></title><script>alert("1")</script>'"><img src=x onerror=y> [a](javascript:b) \`\`\` **`;

function scenario(changes: Record<string, unknown>): Scenario {
  return scenarioSchema.parse({
    ...{ name: 'hello', title: 'Hello', chapter: '1', description: 'A *page*.', subnet: '172.17.8.0/24' },
    machines: [
      { role: 'node', project: 'coreos', name: 'x', count: 1, firstAddress: 101, memoryMb: 512, cpus: 1 },
    ],
    steps: [{ id: 'one', title: 'One', checks: [check] }],
    ...changes,
  });
}

const check = { title: 'it is well', hint: 'Look at `x`.', on: 'all', command: 'check {{name}}' };

/** A page whose templates know `{{name}}` of the machine only. */
function page(changes: Record<string, unknown>, source: Partial<HandoutSource> = {}): HandoutPage {
  const machines = nodes(3);
  const given = scenario(changes);
  return handoutPage({
    scenario: given,
    edition: undefined,
    steps: given.steps,
    parameters: {},
    upCommand: 'lab up hello --no-play',
    machines,
    recordedWith: undefined,
    targets: (_step, target) => {
      const of: Record<string, readonly Machine[] | 'host'> = {
        all: machines,
        others: machines.slice(1),
        host: 'host',
      };
      return of[target] ?? machines.slice(0, 1);
    },
    render: (_step, template, machine) => template.replaceAll('{{name}}', machine?.name ?? 'here'),
    file: (_step, name, machine) => `file ${name} of ${machine?.name ?? 'nobody'}`,
    outputs: () => [],
    ...source,
  });
}

const step = {
  id: 'serve',
  title: 'Serve the page',
  text: 'Now *serve*:\n\n- it',
  book: { command: 'fleetctl start', output: 'Job scheduled\n', note: 'There is no `fleet`.' },
  minNodes: { count: 3, reason: 'two have no quorum' },
  run: [
    { on: 'others', command: 'run {{name}}\nand go on' },
    { on: 'host', command: 'git push' },
    { on: 'all', file: 'unit', to: '/etc/unit', mode: '0755' },
    { machine: 'core-03', power: 'stop' },
  ],
  checks: [
    {
      ...check,
      within: '30s',
      expect: { table: { rows: 3, every: { STATUS: 'Ready' }, distinct: 'NAME' }, contains: ['ok {{name}}'] },
    },
    {
      title: 'silent',
      hint: 'x',
      http: { machine: 'all', port: 8080, path: '/x' },
      expect: { unreachable: true },
    },
  ],
};

describe('the handout', () => {
  it('says in Markdown what to do where, what the book did, what is printed and what should be', () => {
    const outputs: HandoutSource['outputs'] = (_step, entry) =>
      entry === 1 ? [{ machines: ['core-02', 'core-03'], output: 'joined\n```\n' }] : [];
    const text = handoutMarkdown(
      page({ steps: [step], text: 'Before *all*.' }, { outputs, recordedWith: 'Of a run.' }),
    );
    expect(text).toMatchSnapshot();
  });

  it('has the same in HTML: one file, headings with ids, a table of contents, nothing to load', () => {
    const html = handoutHtml(page({ steps: [step] }));
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(html).toContain('<li><a href="#step-serve">Serve the page</a></li>');
    expect(html).toContain('<h2 id="step-serve">1. Serve the page</h2>');
    expect(html).toContain('On every node but core-01:');
    expect(html).toContain('<figure class="book"><figcaption>In the book (2014)</figcaption>');
    expect(html).toContain(
      '<details><summary>If it is not so</summary><p>Look at <code>x</code>.</p></details>',
    );
    expect(html).toContain('curl http://172.17.8.101:8080/x\ncurl http://172.17.8.102:8080/x');
    expect(html).toMatch(/@media print/);
    expect(html).toMatch(/prefers-color-scheme: dark/);
    expect(html.replaceAll(/(?:curl|<code>) ?https?:\/\/\S+/g, '')).not.toMatch(
      /<script|<link|src=|url\(|@import|https?:/,
    );
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target = ''] of html.matchAll(/(?:href="#|aria-labelledby=")([^"]*)"/g))
      expect(ids).toContain(target);
  });

  it('shows hostile texts as they are', () => {
    const hostile = {
      ...{ title: evil, chapter: evil, description: evil, text: evil },
      parameters: { word: { type: 'string', default: evil, description: evil } },
      artifacts: { part: { url: 'https://example.org/x', architectures: ['amd64'], obtain: evil } },
      steps: [
        {
          ...{ id: 'one', title: evil, text: evil, artifacts: ['part'] },
          book: { command: evil, output: evil, note: evil },
          minNodes: { count: 2, reason: evil },
          run: [
            { on: 'all', command: evil },
            { on: 'all', file: evil, to: `/${evil}` },
            { on: 'all', artifact: 'part', to: `/${evil}`, member: evil },
          ],
          checks: [
            { title: evil, hint: evil, on: 'all', command: evil, expect: { contains: evil, matches: evil } },
          ],
        },
      ],
    };
    const made = page(hostile, {
      parameters: { word: evil },
      upCommand: evil,
      recordedWith: evil,
      file: () => evil,
      outputs: () => [{ machines: [evil], output: evil }],
    });
    const html = handoutHtml(made);
    expect(html.match(/<script|<img|onerror=y>|href="javascript/g)).toBeNull();
    expect(html.match(/<\/style>/g)).toHaveLength(1);
    expect(html.match(/<title>/g)).toHaveLength(1);
    // In Markdown, authors' Markdown is theirs; what is plain text must not become anything else.
    const titles = handoutMarkdown(made).match(/^#+ .*$/gm) ?? [];
    expect(titles.filter((title) => /(?<!\\)[<`*[]/.test(title))).toEqual([]);
  });

  it.each([
    [{ exit: 'nonzero' }, 'The command must fail: its exit status is not 0.'],
    [
      { exit: 127, contains: 'not found' },
      'The command ends with exit status `127`. You should see `not found`.',
    ],
    [{ matches: '^active$' }, 'You should see a line `active`.'],
    [{ matches: '^$' }, 'You should see nothing, or an empty line.'],
    [{ matches: '^v[0-9]' }, 'You should see a line that matches `^v[0-9]`.'],
    [{ notContains: 'error' }, 'You should not see `error`.'],
    [
      {
        json: [
          { path: 'members', length: 3 },
          { path: '.', matches: 'x' },
        ],
      },
      'You should see that `members` has 3 entries. You should see that the document matches `x`.',
    ],
    [
      { table: { minRows: 1, some: [{ NAME: 'web', PORT: '80' }] } },
      'You should see a table of at least 1 row. In some row `NAME` is `web` and `PORT` is `80`.',
    ],
    [undefined, 'The command ends well (exit status 0).'],
  ])('says %j in words', (expectation, words) => {
    const made = page({ steps: [{ id: 'one', title: 'One', checks: [{ ...check, expect: expectation }] }] });
    expect(made.steps[0]?.checks[0]?.expectedMarkdown.join(' ')).toBe(words);
  });
});
