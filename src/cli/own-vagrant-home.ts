import { homedir } from 'node:os';
import { vagrantHome } from '../vagrant/boxes.ts';

/** The folder of this user's Vagrant. */
export function ownVagrantHome(): string {
  return vagrantHome(process.env, homedir());
}
