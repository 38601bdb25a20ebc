import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, inlineToHtml, markdownToHtml } from '../../../src/report/handout-rich-text.ts';
import { code, escapeMarkdown } from '../../../src/report/handout-words.ts';

const entity = (text: string): string => escapeHtml(text);

describe('inlineToHtml', () => {
  it.each([
    ['run `docker ps` now', 'run <code>docker ps</code> now'],
    ['``a ` b``', '<code>a ` b</code>'],
    ['`` ` ``', '<code>`</code>'],
    ['*this* and **that**, _both_', '<em>this</em> and <strong>that</strong>, <em>both</em>'],
    ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
    [
      '[the `docs`](https://example.org/a?b=1&c)',
      '<a href="https://example.org/a?b=1&#38;c">the <code>docs</code></a>',
    ],
    ['\\*no\\* \\`code\\`', '*no* `code`'],
    ['an ` alone', 'an ` alone'],
  ])('%j', (markdown, html) => {
    expect(inlineToHtml(markdown)).toBe(html);
  });

  it.each([
    '<script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '[x](data:text/html,y)',
    '[x](//evil.example)',
    '<img src=x onerror=y>',
    '[x](https://e.example/"onmouseover="y)',
    '`<b>`',
    '**<b>**',
  ])('lets no HTML and no other link through: %j', (markdown) => {
    const html = inlineToHtml(markdown);
    expect(html.replace(/<\/?(?:code|strong|em|a)(?: href="https:[^"<>]*")?>/g, '')).not.toMatch(/[<>"]/);
  });
});

describe('markdownToHtml', () => {
  it('knows paragraphs, lists, fences and headings', () => {
    const markdown = [
      ...[
        'First *line*',
        'second line',
        '',
        '# Title',
        '- one',
        '  goes on',
        '- two',
        '  1. inner',
        '  2. more',
        '',
      ],
      ...['```sh', 'echo "<b>"', '- no item', '```', 'after'],
    ].join('\n');
    expect(markdownToHtml(markdown)).toBe(
      [
        '<p>First <em>line</em>\nsecond line</p>',
        '<h4>Title</h4>',
        '<ul>\n<li>one\ngoes on</li>\n<li><p>two</p>\n<ol>\n<li>inner</li>\n<li>more</li>\n</ol></li>\n</ul>',
        `<pre><code>${entity('echo "<b>"')}\n- no item\n</code></pre>`,
        '<p>after</p>',
      ].join('\n'),
    );
  });

  it('ends, is well-formed and holds no foreign tag, whatever it is given', () => {
    const piece = fc.constantFrom(
      ...[
        '`',
        '``',
        '```',
        '~~~',
        '*',
        '**',
        '_',
        '[',
        '](',
        'https://x',
        ')',
        '<b>',
        '&',
        '"',
        '\n',
        '\n\n',
        '- ',
        '1. ',
        '  ',
        '# ',
        '\\',
        'a',
        'b c',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const html = markdownToHtml(pieces.join(''));
        const open: string[] = [];
        for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z0-9]+)(?: href="[^"<>]*")?>/g)) {
          if (slash === '') open.push(name);
          else expect(open.pop()).toBe(name);
        }
        expect(open).toEqual([]);
        expect(
          html.replace(/<\/?(?:p|ul|ol|li|pre|code|h4|em|strong|a)(?: href="https?:[^"<>]*")?>/g, ''),
        ).not.toMatch(/[<>"]/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('code and escapeMarkdown', () => {
  it('show any text as it is', () => {
    const text = fc.string({
      unit: fc.constantFrom('`', '*', '_', '[', ']', '(', ')', '\\', '<', '&', '#', '-', '1.', ' ', 'a', '!'),
    });
    fc.assert(
      fc.property(text, (plain) => {
        const line = plain.trim();
        expect(inlineToHtml(escapeMarkdown(line))).toBe(entity(line));
        if (line !== '') expect(inlineToHtml(`x ${code(line)} y`)).toBe(`x <code>${entity(line)}</code> y`);
      }),
    );
  });
});
