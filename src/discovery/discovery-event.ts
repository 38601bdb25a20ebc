/** What happened at the discovery service, for logs and progress. */
export type DiscoveryEvent =
  | { type: 'token-created'; token: string; size: number; from: string }
  /** `registered` counts all members of the token, this one included; the cluster forms when it reaches `size`. */
  | {
      type: 'member-registered';
      token: string;
      id: string;
      value: string;
      registered: number;
      size: number;
      from: string;
    }
  | { type: 'member-removed'; token: string; id: string; from: string }
  /** A request from an address that may not use the service. */
  | { type: 'source-refused'; from: string }
  /** A request could not be served: the registry could not be written, or a mistake of ours. */
  | { type: 'request-failed'; request: string; error: Error };

/** One line for a person, whatever a client has sent. */
export function formatDiscoveryEvent(event: DiscoveryEvent): string {
  return describe(event).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '�');
}

function describe(event: DiscoveryEvent): string {
  switch (event.type) {
    case 'token-created':
      return `token ${event.token} for ${event.size} members, asked for by ${event.from}`;
    case 'member-registered':
      return `${event.value} has registered (${event.registered} of ${event.size})`;
    case 'member-removed':
      return `member ${event.id} was removed by ${event.from}`;
    case 'source-refused':
      return `refused a request from ${event.from}`;
    case 'request-failed':
      return `could not serve ${event.request}: ${event.error.message}`;
  }
}
