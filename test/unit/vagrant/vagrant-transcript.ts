import { readFileSync } from 'node:fs';

/** A recorded run of Vagrant in test/fixtures/: the sections `--- stdout`, `--- stderr` and `--- exit: N`. */
export function vagrantTranscript(name: string): { stdout: string; stderr: string; exitCode: number } {
  const text = readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8');
  const parts = /--- stdout\n(.*?)--- stderr\n(.*?)--- exit: (\d+)/s.exec(text);
  if (parts === null) throw new Error(`${name} is no transcript of Vagrant`);
  return { stdout: parts[1] ?? '', stderr: parts[2] ?? '', exitCode: Number(parts[3]) };
}
