import { didYouMean } from '../load/did-you-mean.ts';
import { UsageError } from '../model/errors.ts';
import type { Machine } from '../model/machine.ts';
import type { Render } from './check-context.ts';

/**
 * The machines that an action or a check of a scenario is about; `host` is this computer.
 *
 * `all` means every machine of the first machine's role, so that a machine brought up in addition (`--with dokku`) is
 * left alone by steps that are about the cluster; `others` is `all` without its first machine, `remaining` is `all`
 * without its last. Anything else is a template that gives one machine's name. Throws LAB_MACHINE_UNKNOWN.
 */
export function targetMachines(
  target: string,
  machines: readonly Machine[],
  render: Render,
): readonly Machine[] | 'host' {
  const name = render(target).trim();
  const cluster = machines.filter((machine) => machine.role === machines[0]?.role);
  switch (name) {
    case 'host':
      // Only where the scenario says so itself: what runs on this computer can be read there.
      return target.trim() === 'host' ? 'host' : [machineNamed(name, machines)];
    case 'all':
      return cluster;
    case 'others':
      return cluster.slice(1);
    case 'remaining':
      return cluster.slice(0, -1);
    default:
      return [machineNamed(name, machines)];
  }
}

function machineNamed(name: string, machines: readonly Machine[]): Machine {
  const machine = machines.find((candidate) => candidate.name === name);
  if (machine !== undefined) return machine;
  const names = machines.map((candidate) => candidate.name);
  const suggestion = didYouMean(name, names);
  const question = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  throw new UsageError('LAB_MACHINE_UNKNOWN', `The lab has no machine "${name}".${question}`, {
    hint: `The machines are: ${names.join(', ')}.`,
  });
}
