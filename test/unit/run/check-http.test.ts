import { describe, expect, it } from 'vitest';
import { checkHttp } from '../../../src/run/check-http.ts';

describe('checkHttp', () => {
  const page = { status: 200, body: '<h1>code.it on core-01</h1>\n' };

  it('takes any success where no status is asked for', () => {
    expect(checkHttp({ contains: 'core-01' }, page).passed).toBe(true);
    expect(checkHttp({}, { status: 204, body: '' }).passed).toBe(true);
    expect(checkHttp({}, { status: 404, body: '' }).passed).toBe(false);
  });

  it('tells status and body when they are not as expected', () => {
    expect(checkHttp({ status: 200, contains: 'code.it' }, { status: 502, body: 'Bad Gateway' })).toEqual({
      passed: false,
      expected: 'HTTP 200',
      actual: 'HTTP 502\nBad Gateway',
    });
    expect(checkHttp({ contains: 'core-02' }, page)).toEqual({
      passed: false,
      expected: 'the text "core-02"',
      actual: '"core-02" is not in the output\nHTTP 200\n<h1>code.it on core-01</h1>',
    });
  });

  it('tells why there is no answer', () => {
    expect(checkHttp({ status: 200 }, { noAnswer: 'connect ECONNREFUSED 172.17.8.101:80' })).toEqual({
      passed: false,
      expected: 'HTTP 200',
      actual: 'no answer: connect ECONNREFUSED 172.17.8.101:80',
    });
  });

  it('expects silence where the server should be unreachable', () => {
    expect(checkHttp({ unreachable: true }, { noAnswer: 'timed out' }).passed).toBe(true);
    expect(checkHttp({ unreachable: true }, { status: 500, body: '' })).toMatchObject({
      passed: false,
      expected: 'no answer',
    });
  });
});
