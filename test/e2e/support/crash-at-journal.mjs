// Preloaded into `lab` by a test: kills it with SIGKILL as soon as its journal's LAB_CRASH_AT-th line of this run is on disk.
// LAB_CRASH_JOURNAL: the end of the journal's path.
// An entry is there before its change is made, and its mark after, so that each line is the last moment before something.
import { readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';

const crashAt = Number(process.env.LAB_CRASH_AT);
const journal = process.env.LAB_CRASH_JOURNAL;
const handle = await open('/dev/null');
const fileHandle = Object.getPrototypeOf(handle);
await handle.close();

const sync = fileHandle.sync;
let lines = 0;
fileHandle.sync = async function () {
  await sync.call(this);
  if (!readlinkSync(`/proc/self/fd/${this.fd}`).endsWith(journal)) return;
  lines += 1;
  if (lines === crashAt) process.kill(process.pid, 'SIGKILL');
};
