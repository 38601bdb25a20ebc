import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createExecaExec } from '../../../src/io/execa-exec.ts';
import { renderTemplate } from '../../../src/provision/render.ts';
import { stepContext } from '../../../src/run/step-context.ts';
import { fakeRun } from '../../support/fake-run-context.ts';
import { formedState, nodes } from '../plan/plan-fixture.ts';

// A process for each value.
vi.setConfig({ testTimeout: 60_000 });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-host-command-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function onHost(
  template: string,
  value: string,
): Promise<{ stdout: string; stderr: string; log: string[] }> {
  const log: string[] = [];
  const { context } = fakeRun({
    machines: nodes(1),
    state: formedState(1),
    overrides: {
      exec: createExecaExec(),
      render: (file, source, values) => renderTemplate({ file, source, values }),
      log: (line) => log.push(line),
    },
  });
  const real = { ...context, paths: { ...context.paths, work: dir } };
  const values = stepContext(real);
  const result = await values.runOnHost(values.render(template, { value }), 20_000, undefined);
  return { ...result, log };
}

describe('a command on this computer', () => {
  const hostile = [
    '$(touch pwned) `touch pwned`',
    "'; touch pwned; '",
    '-n',
    '--',
    '\n; touch pwned\n',
    '#{touch}',
    '%s%n',
    '\u001b]0;title\u0007 \u202e',
    '"$LAB_STEP_COMMAND"',
    '\\',
  ];

  it('is given any value byte for byte by the real shell', async () => {
    const texts = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\0', ''));
    for (const value of [...hostile, ...fc.sample(texts, { numRuns: 60, seed: 5 })]) {
      const { stdout, stderr } = await onHost(
        `printf '%s' {{shell value}}; cat pwned 2>/dev/null; true`,
        value,
      );
      expect([stdout, stderr]).toEqual([value, '']);
    }
  });

  it('stands on no command line, and is in the environment of nothing that it starts', async () => {
    const look = "tr '\\0' ' ' </proc/$$/cmdline; env | grep -c hidden-value; exit 3 # {{value}}";
    const { stdout } = await onHost(look, 'hidden-value');
    expect(stdout).toContain('eval');
    expect(stdout).not.toContain('hidden-value');
    expect(stdout.trim().endsWith('0')).toBe(true);
  });
});
