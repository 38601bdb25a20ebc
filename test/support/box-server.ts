import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rangeFileServer } from './range-file-server.ts';
import type { RangeFileServer } from './range-file-server.ts';

/** Box metadata on loopback that leads to a file of a `RangeFileServer`. */
export interface BoxServer {
  /** Of the metadata. */
  url: string;
  /** Of the box file. */
  fileUrl: string;
  file: RangeFileServer;
  sha256: string;
  /** What is answered; undefined: 404. */
  metadata: object | undefined;
  /** How often the metadata was asked for, and with which `Accept`. */
  asked: (string | undefined)[];
  close: () => void;
}

/** Serves `content` as version 1.2.3 and 1.10.0 of a box for VirtualBox, and one for another provider as 2.0.0. */
export async function boxServer(content: Buffer): Promise<BoxServer> {
  const file = await rangeFileServer(content);
  const server = createServer((request, response) => {
    result.asked.push(request.headers.accept);
    if (result.metadata === undefined) response.writeHead(404).end();
    else response.end(JSON.stringify(result.metadata));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const fileUrl = `${file.origin}/releases/tiny.box`;
  const provider = (name: string): object => ({
    name,
    url: fileUrl,
    checksum_type: 'sha256',
    checksum: sha256,
  });
  const result: BoxServer = {
    url: `${origin}/catalog/tiny`,
    fileUrl,
    file,
    sha256,
    metadata: {
      name: 'lab/tiny',
      versions: [
        { version: '1.2.3', providers: [provider('virtualbox')] },
        { version: '2.0.0', providers: [provider('libvirt')] },
        { version: '1.10.0', providers: [provider('libvirt'), provider('virtualbox')] },
      ],
    },
    asked: [],
    close: () => {
      server.closeAllConnections();
      server.close();
      file.close();
    },
  };
  return result;
}
