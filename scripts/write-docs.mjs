// Writes docs/troubleshooting.md and docs/errors from the error codes: `npx tsx scripts/write-docs.mjs`.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { errorPages, troubleshootingPage } from '../src/report/troubleshooting-page.ts';

const docs = new URL('../docs/', import.meta.url);
const errors = new URL('errors/', docs);
const pages = errorPages();

writeFileSync(new URL('troubleshooting.md', docs), troubleshootingPage());
mkdirSync(errors, { recursive: true });
for (const [file, text] of pages) writeFileSync(new URL(file, errors), text);
for (const file of readdirSync(errors)) if (!pages.has(file)) rmSync(new URL(file, errors));
