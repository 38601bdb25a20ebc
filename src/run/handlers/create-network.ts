import { recordChange } from '../record-change.ts';
import type { Handler } from '../runner.ts';

/** Makes the lab's private network before Vagrant does, so that the discovery service can listen on its gateway. */
export const createNetwork: Handler<'create-network'> = async (task, context) => {
  const { provider, journal, signal, hostSetUp } = context;
  const { network: name, subnet, gateway } = task;
  await recordChange(journal, { kind: 'network', provider: provider.name, name, subnet }, () =>
    provider.createNetwork({ name, subnet, gateway }, { lab: hostSetUp.lab, home: hostSetUp.home }, signal),
  );
  return { status: 'changed', message: subnet };
};
