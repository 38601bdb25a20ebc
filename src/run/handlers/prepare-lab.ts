import { ensureSshKey } from '../../host/ssh-key.ts';
import type { Handler } from '../runner.ts';

/** Writes the lab's first state and makes its ed25519 key. */
export const prepareLab: Handler<'prepare-lab'> = async (_task, context) => {
  await context.updateState((state) => state);
  const { exec, paths, signal } = context;
  await ensureSshKey({ exec, labDir: paths.lab, lab: context.state().lab, signal });
  return { status: 'changed' };
};
