import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openRunLog } from '../../../src/io/run-log.ts';

it('keeps lines of its own apart from what a machine printed, and does nothing to a terminal', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lab-log-'));
  const umask = process.umask(0);
  try {
    const log = await openRunLog(join(dir, 'a.log'), () => Date.parse('2026-01-02T03:04:05Z'));
    log.write(
      'core-01$ cat\n2026-01-02T03:04:06.000Z {"type":"check-finished"}\n\u001b[31mred\u001b]0;t\u0007\u009b',
    );
    await log.close();
    expect(readFileSync(log.path, 'utf8')).toBe(
      '2026-01-02T03:04:05.000Z core-01$ cat\n  2026-01-02T03:04:06.000Z {"type":"check-finished"}\n  red�\n',
    );
    expect(statSync(log.path).mode & 0o777).toBe(0o600);
  } finally {
    process.umask(umask);
    rmSync(dir, { recursive: true });
  }
});
