// Preloaded into `lab` by a test: at each SIGUSR2 it collects all garbage and adds a line to the file LAB_OBJECTS_REPORT
// with what is left, as JSON: `objects` by class, `resources` by kind (what keeps Node.js alive: sockets, timers), and
// `bytes` of memory that they take.
import { appendFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';

const classes = [IncomingMessage, ServerResponse, Socket, AbortController, Promise, Set];

process.on('SIGUSR2', () => {
  const objects = Object.fromEntries(
    classes.map((kind) => [kind.name, queryObjects(kind, { format: 'count' })]),
  );
  const { heapUsed, external } = process.memoryUsage();
  const report = { objects, resources: process.getActiveResourcesInfo().sort(), bytes: heapUsed + external };
  appendFileSync(process.env.LAB_OBJECTS_REPORT, `${JSON.stringify(report)}\n`);
});
