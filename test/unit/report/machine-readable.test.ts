import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import { JsonReporter } from '../../../src/report/json-reporter.ts';
import { formatJunit, JunitReporter } from '../../../src/report/junit-reporter.ts';
import { TapReporter } from '../../../src/report/tap-reporter.ts';
import { brokenUp, failingUp, interruptedUp, nothingToDo, passingUp } from '../../support/event-script.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'lab-junit-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('JsonReporter', () => {
  it('prints the events as they are, one a line, the report last', async () => {
    let text = '';
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        text += chunk.toString();
        done();
      },
    });
    const reporter = new JsonReporter(stream);
    const events = failingUp();
    for (const event of events) reporter.handle(event);
    await reporter.close();
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent);
    expect(lines).toEqual(events);
    expect(lines.at(-1)).toMatchObject({
      type: 'run-finished',
      report: { status: 'failed', counts: { passed: 7, failed: 1, skipped: 0, blocked: 0 } },
    });
  });
});

describe('JunitReporter', () => {
  it('has a test case for each check and for each task without one', async () => {
    expect(await formatJunit(failingUp())).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites tests="10" failures="1" errors="0" skipped="1">
        <testsuite name="lab up coreos" time="70.8" timestamp="2026-01-02T09:30:00.000Z" tests="10" failures="1" errors="0" skipped="1">
          <testcase classname="create-network" name="Make the private network 172.17.8.0/24" time="0.1"/>
          <testcase classname="serve-discovery" name="Serve etcd discovery on 172.17.8.1" time="0.1"/>
          <testcase classname="fetch-token" name="Fetch a discovery token for 3 members" time="0.1"/>
          <testcase classname="render-files" name="Render user-data and config.rb" time="0.1"/>
          <testcase classname="boot-coreos" name="Boot core-01, core-02, core-03 (vagrant up)" time="8.1"/>
          <testcase classname="write-hosts" name="Write 3 names to /etc/hosts" time="0.1"/>
          <testcase classname="load-key" name="Load the lab's key into an ssh agent" time="0.2"/>
          <testcase classname="step-etcd-members" name="core-01: every member is healthy" time="2"/>
          <testcase classname="step-etcd-members" name="core-03: every member is healthy" time="60">
            <failure message="expected exit 0, found exit 1&#xA;unhealthy cluster &lt;2 &amp; 3>&#xA;(after 20 attempts in 60.0 s)"><![CDATA[machine:    core-03
      command:    ETCDCTL_API=3 etcdctl endpoint health --cluster
      expected:   exit 0
      actual:     exit 1
                  unhealthy cluster <2 & 3>
                  (after 20 attempts in 60.0 s)
      hint:       \`sudo journalctl -u etcd\` on the unhealthy node; a token is good for one cluster only.]]></failure>
          </testcase>
          <testcase classname="step-node-fails" name="The service survives the loss of a node" time="0">
            <skipped/>
            <system-out><![CDATA[not run]]></system-out>
          </testcase>
        </testsuite>
      </testsuites>"
    `);
  });

  it('shows the error of a task, and what did not run as skipped', async () => {
    const xml = await formatJunit(brokenUp());
    expect(xml.slice(xml.indexOf('<testcase classname="boot-coreos"'))).toMatchInlineSnapshot(`
      "<testcase classname="boot-coreos" name="Boot core-01, core-02, core-03 (vagrant up)" time="8.1">
            <failure message="1 of 3 machines did not boot: core-02."><![CDATA[LAB_VAGRANT_FAILED: 1 of 3 machines did not boot: core-02.
      machine:    core-02
      last lines: core-02: A Docker command executed by Vagrant did not complete
                  Stderr: Address already in use.
      what to do: The machines that did boot are kept. Run the same command again to boot the others.
      log:        /home/u/.local/state/chapterlab/labs/coreos/logs/up.log]]></failure>
          </testcase>
          <testcase classname="write-hosts" name="Write 3 names to /etc/hosts" time="0">
            <skipped/>
            <system-out><![CDATA[not run]]></system-out>
          </testcase>
          <testcase classname="load-key" name="Load the lab's key into an ssh agent" time="0">
            <skipped/>
            <system-out><![CDATA[not run]]></system-out>
          </testcase>
          <testcase classname="step-etcd-members" name="The nodes have found each other through the discovery token" time="0">
            <skipped/>
            <system-out><![CDATA[not run]]></system-out>
          </testcase>
          <testcase classname="step-node-fails" name="The service survives the loss of a node" time="0">
            <skipped/>
            <system-out><![CDATA[not run]]></system-out>
          </testcase>
        </testsuite>
      </testsuites>"
    `);
  });

  it.each([
    ['was stopped', interruptedUp()],
    ['ended without its last event', interruptedUp().slice(0, -2)],
  ])('is written when the run %s', async (_how, events) => {
    const file = path.join(directory, 'junit.xml');
    const reporter = new JunitReporter(file);
    for (const event of events) reporter.handle(event);
    await reporter.close();
    expect(readFileSync(file, 'utf8')).toMatch(
      /<testsuite name="lab up coreos" .*tests="9" failures="0".* skipped="5"/,
    );
  });

  it('is well-formed whatever a machine has printed', async () => {
    const evil = ']]><script>&"\' --> \u001b[31m\u0000\u0008\ufffe <![CDATA[ \u202e';
    const events = failingUp().map((event): RunEvent =>
      event.type === 'check-finished'
        ? {
            ...event,
            check: { ...event.check, title: evil, command: evil, expected: evil, actual: evil, hint: evil },
          }
        : event,
    );
    const file = path.join(directory, 'evil.xml');
    writeFileSync(file, await formatJunit(events));
    // Python's parser is strict, and there where the tests are.
    const script =
      'import sys,xml.etree.ElementTree as t; print(len(t.parse(sys.argv[1]).getroot().findall(".//failure")))';
    expect(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' })).toBe('1\n');
    expect(readFileSync(file, 'utf8')).not.toMatch(/[\u0000-\u0008\u001b\u202e\ufffe]/);
    const tap = await tapOf(events);
    expect(tap).not.toMatch(/[\u0000-\u0008\u001b\u202e\ufffe]/);
    expect(tap.split('\n').filter((line) => /^ *(?:not )?ok /.test(line))).toHaveLength(
      (await tapOf(failingUp())).split('\n').filter((line) => /^ *(?:not )?ok /.test(line)).length,
    );
  });

  it('says when it cannot be written', async () => {
    const reporter = new JunitReporter(path.join(directory, 'missing', 'junit.xml'));
    for (const event of passingUp()) reporter.handle(event);
    await expect(reporter.close()).rejects.toThrow(/JUnit file cannot be written: ENOENT/);
  });
});

/** What the reporter writes of a run. */
async function tapOf(events: readonly RunEvent[]): Promise<string> {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const reporter = new TapReporter(stream);
  for (const event of events) reporter.handle(event);
  await reporter.close();
  return text;
}

describe('TapReporter', () => {
  it('has a test point for each task, and a subtest for the checks of a step', async () => {
    const text = await tapOf(failingUp());
    expect(text.split('\n').slice(0, 2)).toEqual(['TAP version 14', '1..9']);
    expect(text.slice(text.indexOf('# Subtest'))).toMatchInlineSnapshot(`
      "# Subtest: The nodes have found each other through the discovery token
          ok 1 - core-01: every member is healthy
            ---
            duration_ms: 2000
            ...
          not ok 2 - core-03: every member is healthy
            ---
            machine: core-03
            command: ETCDCTL_API=3 etcdctl endpoint health --cluster
            expected: exit 0
            actual: |-
              exit 1
              unhealthy cluster <2 & 3>
              (after 20 attempts in 60.0 s)
            hint: "\`sudo journalctl -u etcd\` on the unhealthy node; a token is good for one cluster only."
            duration_ms: 60000
            ...
          1..2
      not ok 8 - The nodes have found each other through the discovery token
        ---
        message: 1 of 2 checks failed
        duration_ms: 62000
        ...
      ok 9 - The service survives the loss of a node # SKIP not run
      # lab coreos: 7 passed, 1 failed, 1 not run in 71 s
      # log: /home/u/.local/state/chapterlab/labs/coreos/logs/up.log
      "
    `);
  });

  it('escapes what has a meaning in TAP', async () => {
    const events = failingUp().map((event): RunEvent =>
      event.type === 'check-finished'
        ? { ...event, check: { ...event.check, title: 'C# \\ on\ntwo lines' } }
        : event,
    );
    expect(await tapOf(events)).toContain('not ok 2 - core-03: C\\# \\\\ on two lines\n');
  });

  it('tells the error of a task, and bails out of a run that was stopped or has no end', async () => {
    expect(await tapOf(brokenUp())).toMatch(
      /^not ok 5 - Boot .*\n {2}---\n.*\n {2}code: LAB_VAGRANT_FAILED\n/m,
    );
    const stopped = await tapOf(interruptedUp());
    expect(stopped.trimEnd().split('\n').at(-1)).toBe('Bail out! The run was stopped by SIGINT.');
    expect(await tapOf(passingUp().slice(0, 5))).toMatch(/\nBail out! The run did not end\.\n$/);
    expect(await tapOf(nothingToDo())).toContain('1..0 # SKIP nothing to do\n');
  });
});
