import { expect, it } from 'vitest';
import { doctorJson, doctorText, type Examination } from '../../../src/report/doctor-text.ts';

const examination: Examination = {
  scenario: 'coreos',
  findings: ['provider virtualbox: asked for', 'disk: 5000 MB free'],
  problems: [
    {
      code: 'LAB_VIRTUALBOX_DRIVER',
      severity: 'error',
      message: 'There is no /dev/vboxdrv.',
      fix: 'Load it.',
    },
    { code: 'LAB_VAGRANT_PLUGIN', severity: 'warning', message: 'It is there.', fix: 'Remove it.' },
  ],
};

it('shows each finding as ok, warn or error, errors last, with code, cause, fix and page', () => {
  expect(doctorText(examination)).toMatchInlineSnapshot(`
    "ok    provider virtualbox: asked for
    ok    disk: 5000 MB free
    warn  LAB_VAGRANT_PLUGIN: It is there.
          usual cause: For example vagrant-vbguest, which tries to build guest additions on machines that cannot have any.
          fix: Remove it.
          see docs/errors/LAB_VAGRANT_PLUGIN.md
    error LAB_VIRTUALBOX_DRIVER: There is no /dev/vboxdrv.
          usual cause: It was not built for the running kernel, or Secure Boot refuses an unsigned module.
          fix: Load it.
          see docs/errors/LAB_VIRTUALBOX_DRIVER.md"
  `);
});

it('says the same to programs', () => {
  expect(doctorJson(examination)).toMatchObject({
    scenario: 'coreos',
    ready: false,
    findings: examination.findings,
    problems: [
      { code: 'LAB_VAGRANT_PLUGIN', severity: 'warning', fix: 'Remove it.' },
      {
        ...{ code: 'LAB_VIRTUALBOX_DRIVER', severity: 'error', message: 'There is no /dev/vboxdrv.' },
        cause: expect.stringContaining('Secure Boot') as string,
        page: 'docs/errors/LAB_VIRTUALBOX_DRIVER.md',
      },
    ],
  });
  expect(doctorJson({ ...examination, problems: examination.problems.slice(1) })).toMatchObject({
    ready: true,
  });
});
