import { afterEach, expect, it, vi } from 'vitest';
import { print, printJson } from '../../../src/cli/print.ts';

afterEach(() => vi.restoreAllMocks());

function printed(work: () => void): string {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  work();
  return text;
}

it('prints no secret and nothing that a terminal obeys, but for colours', () => {
  const title = 'a\u001b]0;title\u0007b\u001b[2Jc\u009b31md\u202etxt\u0000';
  expect(
    printed(() => {
      print(`\u001b[31mred\u001b[0m\t${title}`);
    }),
  ).toBe('\u001b[31mred\u001b[0m\ta�]0;title�b�[2Jc�31md�txt�\n');
  expect(
    printed(() => {
      printJson({ url: 'http://me:word@host/', lines: ['DB_PASSWORD="two words"'] });
    }),
  ).toBe('{\n  "url": "http://me:<password>@host/",\n  "lines": [\n    "DB_PASSWORD=<password>"\n  ]\n}\n');
});
