import { describe, expect, it } from 'vitest';
import { choosePrivileges, machineArguments } from '../../../../src/providers/docker/privileges.ts';

/** From /proc/self/status of a Debian 12 machine and of a sandbox without CAP_SYS_RESOURCE. */
const ordinary = 'CapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n';
const restricted = 'CapEff:\t000001fffeffffff\nCapBnd:\t000001fffeffffff\n';

function choose(processStatus: string | undefined, override?: string, engineElsewhere = false): string {
  return choosePrivileges({ override, engineElsewhere, processStatus }).description;
}

describe('choosePrivileges', () => {
  it('takes --privileged where the engine can give it', () => {
    expect(choose(ordinary)).toBe('--privileged');
    expect(choose(undefined)).toBe('--privileged');
  });

  it('asks for less on a restricted host', () => {
    expect(choose(restricted)).toBe('--cap-add ALL --cap-drop SYS_RESOURCE');
  });

  it('does not judge an engine elsewhere by this host', () => {
    expect(choose(restricted, undefined, true)).toBe('--privileged');
  });

  it('does as it is told', () => {
    expect(choose(restricted, 'yes')).toBe('--privileged');
    expect(choose(ordinary, 'no')).toBe('--cap-add ALL --cap-drop SYS_RESOURCE');
    expect(choose(restricted, 'auto')).toBe('--cap-add ALL --cap-drop SYS_RESOURCE');
  });
});

it('gives every machine a cgroup tree, a volume for its engine, and the key', () => {
  const args = machineArguments({ description: '', args: ['--privileged'] }, 'ssh-ed25519 AAAA lab\n').join(
    ' ',
  );
  expect(args).toMatch(/^--privileged .*--cgroupns private --volume \/var\/lib\/docker/);
  expect(args).toMatch(/--env LAB_AUTHORIZED_KEY=ssh-ed25519 AAAA lab$/);
});
