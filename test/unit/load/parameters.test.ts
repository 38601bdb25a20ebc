import { describe, expect, it } from 'vitest';
import { resolveParameters } from '../../../src/load/parameters.ts';
import type { Parameter, Scenario } from '../../../src/model/scenario.ts';

const parameters: Record<string, Parameter> = {
  nodes: { type: 'integer', description: 'Number of nodes', default: 3, min: 1, max: 9 },
  channel: { type: 'string', description: 'Channel', default: 'stable', enum: ['stable', 'beta'] },
  domain: {
    type: 'string',
    description: 'Domain',
    default: 'dokku.me',
    pattern: '[a-z.]+|',
    env: 'DOKKU_DOMAIN',
  },
  verbose: { type: 'boolean', description: 'More', default: false },
};
const scenario: Scenario = {
  name: 'coreos',
  title: 't',
  chapter: 'c',
  description: 'd',
  subnet: '10.0.0.0/24',
  privateNetwork: true,
  providers: {},
  install: [],
  parameters,
  editions: {},
  machines: [],
  artifacts: {},
  steps: [],
};

function message(given: Record<string, string>, environment = {}): string {
  try {
    return JSON.stringify(resolveParameters(scenario, given, environment));
  } catch (error) {
    return (error as Error).message;
  }
}

describe('resolveParameters', () => {
  it('takes what the scenario says for the provider in place of a default, and nothing else', () => {
    const own = { ...scenario, providers: { virtualbox: { defaults: { nodes: 2, domain: '' } } } };
    expect(resolveParameters(own, {}, {}, 'virtualbox')).toMatchObject({ nodes: 2, domain: '' });
    expect(resolveParameters(own, {}, {}, 'docker')).toEqual(resolveParameters(scenario, {}));
    const environment = { DOKKU_DOMAIN: 'lab.test' };
    expect(resolveParameters(own, { nodes: '4' }, environment, 'virtualbox')).toMatchObject({
      nodes: 4,
      domain: 'lab.test',
    });
  });

  it('gives each parameter its type, and its default where nothing was given', () => {
    expect(resolveParameters(scenario, { nodes: '9', verbose: 'true' })).toEqual({
      nodes: 9,
      channel: 'stable',
      domain: 'dokku.me',
      verbose: true,
    });
  });

  it('takes the environment before the default and after the command line', () => {
    const environment = { DOKKU_DOMAIN: 'lab.test' };
    expect(resolveParameters(scenario, {}, environment)['domain']).toBe('lab.test');
    expect(resolveParameters(scenario, { domain: 'given.test' }, environment)['domain']).toBe('given.test');
    expect(resolveParameters(scenario, { domain: '' }, environment)['domain']).toBe('');
    expect(resolveParameters(scenario, {}, { DOKKU_DOMAIN: '' })['domain']).toBe('dokku.me');
    expect(message({}, { DOKKU_DOMAIN: 'A B' })).toBe(
      'Parameter: domain (from DOKKU_DOMAIN) must be a text that matches [a-z.]+|, not "A B".',
    );
  });

  it.each([
    ['0', '"0"'],
    ['10', '"10"'],
    ['x', '"x"'],
    ['2.5', '"2.5"'],
    ['', 'empty'],
    [' 3', '" 3"'],
    ['1e0', '"1e0"'],
    ['-1', '"-1"'],
    ['99999999999999999999', '"99999999999999999999"'],
  ])('refuses %j nodes and says the bounds', (text, shown) => {
    expect(message({ nodes: text })).toBe(
      `Parameter: nodes must be a whole number from 1 to 9, not ${shown}.`,
    );
  });

  it('tells everything that is wrong at once', () => {
    expect(message({ node: '3', nodes: '0', channel: 'beat', verbose: 'yes', colour: 'red' })).toBe(
      [
        '5 parameters are wrong:',
        '  - there is no parameter node (did you mean nodes?)',
        '  - there is no parameter colour; there are nodes, channel, domain, verbose',
        '  - nodes must be a whole number from 1 to 9, not "0"',
        '  - channel must be one of stable, beta (did you mean beta?), not "beat"',
        '  - verbose must be true or false, not "yes"',
      ].join('\n'),
    );
  });

  it('knows no parameters but those of the scenario', () => {
    expect(message({ constructor: '1' })).toContain('there is no parameter constructor');
    expect(message({ nodes: '9' })).toContain('"nodes":9');
  });

  it('matches a pattern against the whole value, whatever alternatives it has', () => {
    expect(message({ domain: 'bad domain' })).toContain('must be a text that matches');
  });
});
