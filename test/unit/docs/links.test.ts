import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => join('docs', file));
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs];

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');
const withoutCode = (text: string): string => text.replace(/^```.*?^```/gms, '');

/**
 * Those of headings as GitHub makes them (lower case, blanks to hyphens, everything but letters, digits, hyphens and
 * underscores left out), and those that are written out.
 */
function anchors(page: string): string[] {
  const text = withoutCode(textOf(page));
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="(\w+)">/g)].map(([, id = '']) => id)];
}

function brokenLinks(page: string): string[] {
  const links = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : relative(root, join(root, dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchors(target).includes(anchor);
  });
}

describe('links between the documents', () => {
  it.each(pages)('%s points to files and headings that are there', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it('docs/README.md points to every page, those of the error codes apart, which docs/troubleshooting.md points to', () => {
    const missing = inDocs.filter((page) => {
      const index = page.startsWith(join('docs', 'errors')) ? 'docs/troubleshooting.md' : 'docs/README.md';
      const path = relative('docs', page);
      return path !== 'README.md' && !textOf(index).includes(`](${path})`);
    });
    expect(missing).toEqual([]);
  });
});
