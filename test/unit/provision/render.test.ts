import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { SourceError } from '../../../src/model/errors.ts';
import { renderTemplate } from '../../../src/provision/render.ts';

// Real processes on a machine that may be busy; a fraction of this is needed.
vi.setConfig({ testTimeout: 60_000 });

const values = {
  nodes: 3,
  machine: { name: 'core-01', address: '172.17.8.101' },
  settings: [
    { key: 'num_instances', value: 3 },
    { key: 'lab', value: 'it\'s "#{1}"' },
  ],
  empty: '',
  nothing: null,
};

function render(source: string): string {
  return renderTemplate({ file: 'a.hbs', source, values });
}

/** `LINE:COLUMN message hint` of each problem. */
function problems(source: string): string[] {
  try {
    render(source);
  } catch (error) {
    expect(error).toBeInstanceOf(SourceError);
    const { code, problems: found } = error as SourceError;
    expect(code).toBe('LAB_TEMPLATE_INVALID');
    return found.map(({ position, message, hint }) =>
      `${position?.line}:${position?.column} ${message} ${hint ?? ''}`.trim(),
    );
  }
  throw new Error('The template was rendered.');
}

describe('renderTemplate', () => {
  it('renders values as they are, and quotes them for the language that the template names', () => {
    expect(
      render('{{machine.name}} <{{nodes}}> {{pad nodes 2}} {{add nodes 1}} {{json machine}}{{empty}}'),
    ).toBe('core-01 <3> 03 4 {"name":"core-01","address":"172.17.8.101"}');
    expect(render('{{#each settings}}\n{{rubyGlobal key}} = {{ruby value}}\n{{/each}}')).toBe(
      '$num_instances = 3\n$lab = "it\'s \\"\\#{1}\\""\n',
    );
    expect(render('{{#if (eq nodes 3)}}\nthree\n{{else}}\nnot\n{{/if}}\n\\{{as it is}}')).toBe(
      'three\n{{as it is}}',
    );
    expect(
      render('{{#each settings as |one index|}}{{index}}{{@last}}{{../machine.name}}{{one.key}} {{/each}}'),
    ).toBe('0falsecore-01num_instances 1truecore-01lab ');
  });

  it('prints numbers side by side and does not add them', () => {
    expect(render('{{nodes}}{{nodes}}{{add 1 2}}{{#if (eq (add nodes 1) 4)}}{{nodes}}{{nodes}}{{/if}}')).toBe(
      '33333',
    );
  });

  it('says of every missing value where it is asked for and which one may be meant', () => {
    expect(
      problems(
        '{{machine.adress}}\n  {{#if nodse}}{{ruby nothing}}{{/if}}\n{{#each settings}}{{vlaue}}{{/each}}',
      ),
    ).toEqual([
      '1:3 The value "machine.adress" is missing. Did you mean "address"?',
      '2:9 The value "nodse" is missing. Did you mean "nodes"?',
      '2:23 The value "nothing" is missing. The values here are nodes, machine, settings, empty.',
      '3:21 The value "vlaue" is missing. Did you mean "value"?',
    ]);
  });

  it('shows the source line and says it all in the message', () => {
    expect(() => render('one\n{{tow}} three')).toThrow('a.hbs:2:3: The value "tow" is missing.');
    try {
      render('one\n{{tow}} three');
    } catch (error) {
      expect((error as SourceError).problems[0]).toMatchObject({
        position: { file: 'a.hbs', line: 2, column: 3 },
        lineText: '{{tow}} three',
      });
    }
  });

  it('finds what lies below a value that is not there, and nothing of a prototype', () => {
    expect(problems('{{a.b.c}}')[0]).toContain('1:3 The value "a.b.c" is missing.');
    expect(
      problems('{{constructor}} {{machine.__proto__}} {{machine.name.length}} {{@root.toString}}'),
    ).toHaveLength(4);
  });

  it('shows where the syntax is wrong', () => {
    expect(problems('hello\n{{#if nodes}}\n  {{machine.name')[0]).toMatch(
      /^3:13 The syntax is wrong here\. Expecting/,
    );
    expect(problems('{{#if nodes}}\n{{/each}}')).toEqual(["1:4 if doesn't match each"]);
  });

  it('refuses what is no helper, what a helper cannot use, and other files', () => {
    expect(problems('x {{rubby nodes}}')).toEqual(['1:3 There is no helper "rubby". Did you mean "ruby"?']);
    expect(problems('{{#esch settings}}{{/esch}}')).toEqual([
      '1:1 There is no block "esch". Did you mean "#each"?',
    ]);
    expect(problems('\n {{ruby machine}}')[0]).toMatch(/^2:2 This value is neither a text/);
    expect(problems('{{pad nodes "2"}}')).toEqual(['1:1 This value is not a number.']);
    expect(problems('{{rubyGlobal machine.address}}')[0]).toContain('cannot be the name of a Ruby global');
    for (const source of [
      '{{> ../../etc/passwd}}',
      '{{> (empty)}}',
      '{{> @root}}',
      '{{* x}}',
      '{{#> x}}{{/x}}',
      '{{#*inline "x"}}{{/inline}}',
    ]) {
      expect(problems(source)[0]).toContain('1:1 A template cannot include another file');
    }
    expect(problems('{{lookup machine "name"}}{{log nodes}}')).toHaveLength(2);
    for (const source of [
      ...[
        '{{#with constructor}}{{constructor}}{{/with}}',
        '{{#each __proto__}}x{{/each}}',
        '{{helperMissing}}',
      ],
      ...['{{machine.constructor.constructor "return process"}}', '{{@root.__proto__}}', '{{[__proto__]}}'],
      ...[
        '{{../machine}}',
        '{{#with machine}}{{__lookupGetter__ "x"}}{{/with}}',
        '{{blockHelperMissing machine}}',
      ],
    ])
      expect(problems(source), source).not.toEqual([]);
  });
});

describe('config.rb.hbs', () => {
  const hasRuby = spawnSync('ruby', ['--version']).status === 0;
  const settings = [
    { key: 'num_instances', value: 3 },
    { key: 'instance_name_prefix', value: 'core' },
    { key: 'vm_memory', value: 512 },
    { key: 'vm_cpus', value: 1 },
    { key: 'subnet_prefix', value: '172.17.8' },
    { key: 'first_address', value: 101 },
    { key: 'private_key_path', value: '/home/me/it\'s "mine" #{x}/id_ed25519' },
    { key: 'docker_create_args', value: ['--cap-add', 'ALL', '-t'] },
    { key: 'docker_environment', value: ['LAB_AUTHORIZED_KEY=ssh-ed25519 AAAA me'] },
    { key: 'forward_ports', value: false },
  ];
  const file = 'vagrant/config.rb.hbs';
  const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  const rendered = renderTemplate({ file, source, values: { settings } });

  it('is what it was when it was last looked at', async () => {
    await expect(rendered).toMatchFileSnapshot('../../fixtures/golden/config.rb');
  });

  it.skipIf(!hasRuby)('lets no value become a program (skipped where there is no ruby)', () => {
    const texts = fc.oneof(
      fc.constantFrom('#{exit!}', '"; exit!; "', '#$0 #@a', "'\\", '\r\n__END__\n', '=begin\n', '\u2028\0'),
      fc.string({ unit: 'binary', maxLength: 30 }),
    );
    const values = fc.oneof(texts, fc.integer(), fc.boolean(), fc.array(texts, { maxLength: 3 }));
    // One program of many settings: a process for each would take minutes.
    const samples = fc
      .sample(values, { numRuns: 500, seed: 20261121 })
      .map((value, index) => ({ key: `value_${index}`, value }));
    const program = renderTemplate({ file, source, values: { settings: samples } });
    const globals = samples.map(({ key }) => `$${key}`).join(', ');
    const { stdout, stderr } = spawnSync('ruby', ['-rjson', '-'], {
      input: `${program}\nprint JSON.generate([${globals}])`,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(samples.map(({ value }) => value));
  });

  it('takes no name that is more than a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        let text: string;
        try {
          text = renderTemplate({ file, source, values: { settings: [{ key, value: 1 }] } });
        } catch (error) {
          expect((error as Error).message).toContain('cannot be the name of a Ruby global');
          return;
        }
        expect(text).toMatch(/\n\$[a-z_][A-Za-z0-9_]* = 1\n$/);
      }),
      { seed: 20261121 },
    );
  });

  it.skipIf(!hasRuby)('gives the real Ruby the very values (skipped where there is no ruby)', () => {
    const globals = settings.map(({ key }) => `$${key}`).join(', ');
    const { stdout, stderr } = spawnSync('ruby', ['-rjson', '-'], {
      input: `${rendered}\nprint JSON.generate([${globals}])`,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(settings.map(({ value }) => value));
  });
});
