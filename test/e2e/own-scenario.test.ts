import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tasksOf } from './support/events.ts';
import { LabUser } from './support/lab-user.ts';

describe("a reader's own scenario", () => {
  let user: LabUser;
  beforeAll(async () => {
    user = await LabUser.create();
  });
  afterAll(async () => {
    for (const lab of ['hello-lab', 'ten-steps']) await user.lab(['destroy', lab, '--yes', '--force']);
    await user.remove();
  });

  /** Brings the lab up, runs the checks that must hold then, and removes it. Gives the steps that were played. */
  async function playAll(file: string, lab: string, ...options: string[]): Promise<string[]> {
    const up = await user.mustLab(['up', file, '--json', '--hosts-file', user.hostsFile, ...options]);
    expect(up.run.report.status).toBe('passed');
    await user.mustLab(['check', lab]);
    await user.mustLab(['destroy', lab, '--yes']);
    expect(await user.trace()).toEqual(user.before);
    return tasksOf(up).filter((task) => task.startsWith('step-'));
  }

  it('runs as `lab new` writes it', async () => {
    await user.mustLab(['new', 'hello-lab', '--dir', user.dir]);
    const file = `${user.dir}/hello-lab/hello-lab.yaml`;
    await user.mustLab(['validate', file]);
    expect(await playAll(file, 'hello-lab')).toEqual([
      'step-write-page',
      'step-serve-page',
      'step-read-page',
    ]);
  });

  const tenSteps = resolve('docs/examples/ten-steps/ten-steps.yaml');

  it('does nothing on this computer that nobody has agreed to', async () => {
    const up = await user.lab(['up', tenSteps, '--json', '--yes', '--hosts-file', user.hostsFile]);
    expect(up.exitCode).toBe(2);
    expect(up.stderr).toContain('LAB_SCENARIO_UNTRUSTED');
    expect(up.stderr).toContain('curl');
    expect(await user.trace()).toEqual(user.before);
  });

  it('of ten steps in under 100 lines runs to its end', async () => {
    expect(await playAll(tenSteps, 'ten-steps', '--trust')).toHaveLength(10);
  });
});
