/**
 * An error answer of etcd's v2 keys API: `{"errorCode","message","cause","index"}` with an HTTP status.
 * Codes, texts and statuses are etcd's own (server/etcdserver/api/v2error/error.go), because members print them.
 */
export class KeysError extends Error {
  readonly status: number;
  readonly errorCode: number;
  /** etcd's `cause`: the key, or what was wrong with the request. */
  readonly reason: string;

  constructor(status: number, errorCode: number, message: string, reason: string) {
    super(message);
    this.name = 'KeysError';
    this.status = status;
    this.errorCode = errorCode;
    this.reason = reason;
  }
}

/** A member that meets this ends with `100: Key not found`. */
export const keyNotFound = (key: string): KeysError => new KeysError(404, 100, 'Key not found', key);

/** A member that meets this ends with `discovery: found duplicate id`. */
export const keyExists = (key: string): KeysError => new KeysError(412, 105, 'Key already exists', key);

/** A limit of ours is reached. etcd has no code for that; 110 is its "not allowed to do this". */
export const limitReached = (reason: string): KeysError => new KeysError(403, 110, 'Limit reached', reason);

export const invalidField = (reason: string): KeysError => new KeysError(400, 209, 'Invalid field', reason);

export const indexNotANumber = (field: string): KeysError =>
  new KeysError(400, 203, 'The given index in POST form is not a number', `invalid value for "${field}"`);

/** `cleared`: events before this index are gone. A member does not try again after this answer. */
export const eventCleared = (cleared: number, asked: number): KeysError =>
  new KeysError(
    400,
    401,
    'The event in requested index is outdated and cleared',
    `the requested history has been cleared [${cleared}/${asked}]`,
  );

/** A member waits (2 s, 4 s, 8 s ...), then reads size and directory again and goes on. */
export const tryAgain = (reason: string): KeysError => new KeysError(503, 300, 'Raft Internal Error', reason);
