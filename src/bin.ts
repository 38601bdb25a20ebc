#!/usr/bin/env node
import { readFileSync } from 'node:fs';

/** `lab --version` answers without loading anything else: scripts ask for it often. */
function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

// Others may change nothing that lab or a program that it starts makes, and this user may change all of it.
process.umask((process.umask(0o077) | 0o022) & 0o077);

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`lab ${version()}\n`);
} else {
  const { main } = await import('./cli/main.ts');
  process.exit(await main(args, version()));
}
