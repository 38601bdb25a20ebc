import { join } from 'node:path';
import { noSubnet } from '../model/cidr.ts';
import type { LabState } from '../model/lab-state.ts';
import { labPaths } from '../state/lab-home.ts';

/** What `lab env` exports: variables that the tools of the chapter read, and the lab's own. */
export function labEnvironment(state: LabState, home: string): Record<string, string> {
  const nodes = state.machines.filter((machine) => machine.role === state.machines[0]?.role);
  const first = nodes[0];
  const paths = labPaths(home, state.lab);
  return {
    LAB_NAME: state.lab,
    LAB_MACHINES: state.machines.map((machine) => machine.name).join(' '),
    ...(state.subnet === noSubnet ? {} : { LAB_SUBNET: state.subnet }),
    LAB_SSH_CONFIG: join(paths.ssh, 'config'),
    ...(state.agent === undefined ? {} : { SSH_AUTH_SOCK: state.agent.socket }),
    ...(first === undefined || state.generation === undefined
      ? {}
      : {
          FLEETCTL_TUNNEL: first.address,
          ETCDCTL_ENDPOINTS: nodes.map((node) => `http://${node.address}:2379`).join(','),
        }),
  };
}
