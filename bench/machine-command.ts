import { systemClock } from '../src/io/clock.ts';
import { sshKeyPaths } from '../src/host/ssh-key.ts';
import { machineUser } from '../src/model/machine.ts';
import { SshTransport } from '../src/transport/ssh-transport.ts';
import type { BenchLab } from './bench-lab.ts';
import { compare } from './comparison.ts';
import type { Comparison } from './comparison.ts';
import { median } from './statistics.ts';
import { runTimed } from './timed-process.ts';

/** Commands on the open connection for one `vagrant ssh`: a single one would be lost in the noise. */
const commands = 50;

/** `true` on core-01: through the connection that steps use, against `vagrant ssh`; and through `lab ssh`. */
export async function measureMachineCommand(lab: BenchLab, rounds: number): Promise<Comparison[]> {
  const state = await lab.state();
  const [machine] = state.machines;
  const hostKey = state.hostKeys['core-01'];
  if (machine?.name !== 'core-01' || hostKey === undefined) throw new Error('core-01 is not up');
  const connection = await new SshTransport(systemClock).connect({
    machine: machine.name,
    endpoint: { host: machine.address, port: 22 },
    user: machineUser,
    privateKeyPath: sshKeyPaths(lab.labDir).privateKeyPath,
    hostKey,
    onHostKey: () => undefined,
    timeoutMs: 10_000,
  });
  const vagrantSsh = async (): Promise<number> =>
    (await runTimed('vagrant', ['ssh', 'core-01', '-c', 'true'], { env: lab.env, cwd: lab.projectDir }))
      .seconds;
  const onConnection = async (): Promise<number> => {
    const times: number[] = [];
    for (let number = 0; number < commands; number++) {
      const started = performance.now();
      await connection.run('true', { timeoutMs: 10_000 });
      times.push((performance.now() - started) / 1000);
    }
    return median(times);
  };
  try {
    const step = {
      what: 'a command on a machine, as steps run it: `vagrant ssh core-01 -c true`',
      limit: 0.02,
    };
    const shell = { what: '`lab ssh core-01 true`: `vagrant ssh core-01 -c true`' };
    return [
      await compare(step, rounds, vagrantSsh, onConnection),
      await compare(
        shell,
        rounds,
        vagrantSsh,
        async () => (await lab.run(['ssh', 'core-01', 'true'])).seconds,
      ),
    ];
  } finally {
    connection.close();
  }
}
