import { beforeAll, describe, expect, it } from 'vitest';
import { packagedLab, runForReal, stepOf, verdicts } from './packaged-lab.ts';
import type { PackagedLab } from './packaged-lab.ts';

let lab: PackagedLab;
beforeAll(async () => {
  lab = await packagedLab('dokku-wordpress', 'dokku');
});

function commandOf(id: string): string {
  const action = stepOf(lab, id).run.find((candidate) => 'command' in candidate);
  return action !== undefined && 'command' in action ? action.command : '';
}

const sudo = 'exec "$@"';

describe('scenarios/dokku-wordpress.yaml', () => {
  it('cuts the variables of the image out of the address that the link gives', async () => {
    const set = async (url: string): Promise<string[]> => {
      const dokku = `case $1 in config:get) echo '${url}';; *) shift 3; printf '%s\\n' "$@" >&2;; esac`;
      const { stdout, exitCode } = await runForReal(lab, `(${commandOf('set-environment')}) 2>&1`, {
        sudo,
        dokku,
      });
      expect(exitCode).toBe(0);
      return stdout.trim().split('\n').sort();
    };
    // README.md of dokku-mysql, "link the MySQL service to the app".
    expect(await set('mysql://mysql:0f2a5b1c@dokku-mysql-blogdb:3306/blogdb')).toEqual([
      'WORDPRESS_DB_HOST=dokku-mysql-blogdb',
      'WORDPRESS_DB_NAME=blogdb',
      'WORDPRESS_DB_PASSWORD=0f2a5b1c',
      'WORDPRESS_DB_USER=mysql',
    ]);
    expect(await set('mysql://mysql:a:b@c/d@dokku-mysql-blogdb:3306/blogdb')).toContain(
      'WORDPRESS_DB_PASSWORD=a:b@c/d',
    );
  });

  it('notices a password that is not that of the link', async () => {
    const check = stepOf(lab, 'set-environment').checks[1];
    const command = check !== undefined && 'command' in check ? check.command : '';
    const compare = (password: string): ReturnType<typeof runForReal> =>
      runForReal(lab, command, {
        sudo,
        dokku: `case $3 in DATABASE_URL) echo mysql://mysql:0f2a@dokku-mysql-blogdb:3306/blogdb;; *) echo '${password}';; esac`,
      });
    expect(await compare('0f2a')).toMatchObject({ exitCode: 0, stdout: 'same\n' });
    for (const other of ['0f2', 'x', '']) expect((await compare(other)).exitCode, other).toBe(1);
  });

  it('makes application, database and link once only', async () => {
    const made = async (present: string): Promise<string> => {
      const dokku = `case $1 in *:exists|*:linked) exit ${present};; *) echo "$@";; esac`;
      return (await runForReal(lab, commandOf('create-database'), { sudo, dokku })).stdout;
    };
    expect(await made('0')).toBe('');
    expect((await made('1')).trim().split('\n')).toEqual([
      'apps:create blog',
      'mysql:create blogdb',
      'mysql:link --no-restart blogdb blog',
    ]);
  });

  it('takes "Error establishing a database connection" for no answer, and a page for one', async () => {
    const deployed = (curl: string | { exitCode: number }): Promise<Record<string, string>> =>
      verdicts(lab, 'deploy-wordpress', {
        'ps:report': 'true\n',
        curl: typeof curl === 'string' ? curl : { ...curl, stdout: '' },
      });
    const title = 'WordPress reaches its database and answers';
    expect((await deployed('200 http://blog.dokku.me/wp-admin/install.php\n'))[title]).toBe('passed');
    // curl --fail, status 500.
    expect((await deployed({ exitCode: 22 }))[title]).toBe('failed');
  });

  it('wants another container, and the same post and file, after the redeploy', async () => {
    const after = (answers: Parameters<typeof verdicts>[2]): Promise<Record<string, string>> =>
      verdicts(lab, 'redeploy', answers);
    const feed = '<rss><channel><item><title>Written before the redeploy</title></item></channel></rss>';
    const whole = {
      'docker inspect': 'another\n',
      feed,
      'upload.txt': 'WordPress - Web publishing software\n',
    };
    expect(Object.values(await after(whole))).toEqual(['passed', 'passed', 'passed']);
    expect(
      Object.values(
        await after({ ...whole, feed: feed.replace('Written before the redeploy', 'Hello world!') }),
      ),
    ).toEqual([...['passed', 'failed', 'passed']]);
    expect(Object.values(await after({ ...whole, 'upload.txt': { exitCode: 22 } }))[2]).toBe('failed');
  });
});
