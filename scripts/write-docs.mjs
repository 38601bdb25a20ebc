// Writes docs/troubleshooting.md from the error codes: `npx tsx scripts/write-docs.mjs`.
import { writeFileSync } from 'node:fs';
import { troubleshootingPage } from '../src/report/troubleshooting-page.ts';

writeFileSync(new URL('../docs/troubleshooting.md', import.meta.url), troubleshootingPage());
