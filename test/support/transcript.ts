import { readFileSync } from 'node:fs';

/** What a command printed and how it ended, from a recorded transcript in test/fixtures/. */
export function readTranscript(name: string): { stdout: string; stderr: string; exitCode: number } {
  const text = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
  const parts = /--- stdout\n(.*?)--- stderr\n(.*?)--- exit (\d+)/s.exec(text);
  if (parts === null) throw new Error(`${name} is no transcript`);
  return { stdout: parts[1] ?? '', stderr: parts[2] ?? '', exitCode: Number(parts[3]) };
}
