import { expect, it } from 'vitest';
import { formatPlan } from '../../../src/report/plan-text.ts';
import { upPlan } from '../../support/event-script.ts';

it('tells what would be done and why, within 100 columns', () => {
  const [first, ...others] = upPlan.machines;
  const dokku =
    first === undefined ? [] : [{ ...first, name: 'dokku', role: 'dokku', aliases: ['dokku.me'] }];
  const warnings = ['4 nodes tolerate no more failures than 3: a quorum of 4 is 3.'];
  const text = formatPlan({ ...upPlan, machines: [...others, ...dokku], warnings });
  expect(text).toMatchInlineSnapshot(`
    "lab coreos: A highly available service on a CoreOS-like cluster

    Why
      - provider docker: VirtualBox is not installed
      - docker 20.10.24, machines run with --cap-add ALL --cap-drop SYS_RESOURCE
      - edition swarm (Docker Swarm, which is part of every Docker engine): not fleet because its
        archive (fleet) is neither in the cache nor in LAB_MIRROR
      - subnet 172.17.8.0/24: the scenario's, and free

    Machines on docker, 172.17.8.0/24
      NAME     ROLE   ADDRESS       MEMORY  CPUS  ALSO
      core-02  node   172.17.8.102  512 MB  1
      core-03  node   172.17.8.103  512 MB  1
      dokku    dokku  172.17.8.101  512 MB  1     dokku.me

    Parameters
      nodes=3 memory=512 domain=dokku.me dokku-address=""

    Warnings
      - 4 nodes tolerate no more failures than 3: a quorum of 4 is 3.

    Tasks
      1. Make the private network 172.17.8.0/24
      2. Serve etcd discovery on 172.17.8.1
         for 172.17.8.0/24 only
      3. Fetch a discovery token for 3 members
      4. Render user-data and config.rb
         coreos/config.rb
         coreos/user-data
      5. Boot core-01, core-02, core-03 (vagrant up)
      6. Write 3 names to /etc/hosts
         172.17.8.101 core-01
         172.17.8.102 core-02
         172.17.8.103 core-03
      7. Load the lab's key into an ssh agent
      8. step etcd-members: The nodes have found each other through the discovery token (2 checks)
      9. step node-fails: The service survives the loss of a node (2 checks)
         only with 3 nodes or more: a cluster of fewer has no quorum without one of its nodes
         needs sample-image
    "
  `);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

it('says when there is nothing to do', () => {
  expect(formatPlan({ ...upPlan, tasks: [] })).toMatch(/\n\nNothing to do\.\n$/);
});
