import type { Handlers } from '../runner.ts';
import { addBoxes } from './add-boxes.ts';
import { applyUserData } from './apply-user-data.ts';
import { bootMachines } from './boot-machines.ts';
import { buildImage } from './build-image.ts';
import { checkStep } from './check-step.ts';
import { createNetwork } from './create-network.ts';
import { deleteCheckpoint } from './delete-checkpoint.ts';
import { fetchArtifacts } from './fetch-artifacts.ts';
import { fetchToken } from './fetch-token.ts';
import { haltMachines } from './halt-machines.ts';
import { loadKey } from './load-key.ts';
import { playStep } from './play-step.ts';
import { prepareLab } from './prepare-lab.ts';
import { removeLab } from './remove-lab.ts';
import { renderFiles } from './render-files.ts';
import { restoreCheckpoint } from './restore-checkpoint.ts';
import { saveCheckpoint } from './save-checkpoint.ts';
import { serveDiscovery } from './serve-discovery.ts';
import { undoChange } from './undo-change.ts';
import { undoStep } from './undo-step.ts';
import { writeHosts } from './write-hosts.ts';
import { writeSshConfig } from './write-ssh-config.ts';

/** What carries out each kind of task. */
export const handlers: Handlers = {
  'prepare-lab': prepareLab,
  'fetch-artifacts': fetchArtifacts,
  'build-image': buildImage,
  'create-network': createNetwork,
  'serve-discovery': serveDiscovery,
  'fetch-token': fetchToken,
  'render-files': renderFiles,
  'add-boxes': addBoxes,
  'boot-machines': bootMachines,
  'apply-user-data': applyUserData,
  'write-hosts': writeHosts,
  'write-ssh-config': writeSshConfig,
  'load-key': loadKey,
  step: playStep,
  'undo-step': undoStep,
  'check-step': checkStep,
  'halt-machines': haltMachines,
  'save-checkpoint': saveCheckpoint,
  'restore-checkpoint': restoreCheckpoint,
  'delete-checkpoint': deleteCheckpoint,
  'undo-change': undoChange,
  'remove-lab': removeLab,
};
