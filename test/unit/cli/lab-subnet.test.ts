import { expect, it } from 'vitest';
import { labSubnet } from '../../../src/cli/lab-subnet.ts';
import type { Facts } from '../../../src/model/facts.ts';
import { coreosScenario } from '../../support/coreos-scenario.ts';
import { emptyHost, formedState, running } from '../plan/plan-fixture.ts';

const book = '172.17.8.0/24';
const taken = { usedSubnets: [{ subnet: book, owner: 'lab second' }] };

/** The range of a lab whose state says the book's. */
async function chosen(facts: Partial<Facts>): Promise<string> {
  return labSubnet(await coreosScenario(), undefined, formedState(1), true, emptyHost(facts)).subnet;
}

it('is another one where the lab that wanted it had nothing there when somebody else took it', async () => {
  expect(await chosen(taken)).toBe('192.168.56.0/24');
  expect(await chosen({ ...taken, machines: [{ name: 'core-01', state: 'absent' }] })).toBe(
    '192.168.56.0/24',
  );
});

it('is the one that it has: with a network or a machine in it, or where nobody else wants it', async () => {
  expect(await chosen({ ...taken, networkPresent: true })).toBe(book);
  expect(await chosen({ ...taken, machines: running(1) })).toBe(book);
  expect(await chosen({})).toBe(book);
});
