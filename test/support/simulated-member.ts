import type http from 'node:http';
import { send } from './http-exchange.ts';
import type { Answer } from './http-exchange.ts';

interface Node {
  key: string;
  value: string;
  modifiedIndex: number;
  createdIndex: number;
}

interface Event {
  node: Node & { nodes?: Node[] };
}

const plain = 'quorum=false&recursive=false&sorted=false';
const parse = ({ status, body, headers }: Answer, ...statuses: number[]): Event & { index: number } => {
  if (!statuses.includes(status)) throw new Error(`status ${status}: ${body}`);
  return { ...(JSON.parse(body) as Event), index: Number(headers['x-etcd-index']) };
};

/**
 * Joins a cluster with the requests that an etcd 3.4 member sends (captured from 3.4.23), in its order, and returns
 * the values of the members that it ends up with, by createdIndex.
 */
export async function joinCluster(
  discoveryUrl: string,
  id: string,
  value: string,
  agent: http.Agent,
): Promise<string[]> {
  const get = (path: string): Promise<Answer> => send('GET', `${discoveryUrl}${path}`, { agent });
  const check = async (): Promise<{ size: number; nodes: Node[]; index: number }> => {
    const size = Number(parse(await get(`/_config/size?${plain}`), 200).node.value);
    const directory = parse(await get(`?${plain}`), 200);
    return { size, nodes: directory.node.nodes ?? [], index: directory.index };
  };
  const watch = async (path: string): Promise<Node> => {
    for (;;) {
      const answer = await get(path);
      if (answer.status !== 200 || answer.body !== '') return parse(answer, 200).node;
    }
  };

  await check();
  const form = `value=${encodeURIComponent(value)}`;
  const created = parse(await send('PUT', `${discoveryUrl}/${id}?prevExist=false`, { agent, form }), 201);
  await watch(`/${id}?recursive=false&wait=true&waitIndex=${created.node.createdIndex}`);
  const { size, nodes, index } = await check();
  const members = [...nodes];
  let next = index + 1;
  while (members.length < size) {
    const node = await watch(`?recursive=true&wait=true&waitIndex=${next}`);
    members.push(node);
    next = node.modifiedIndex + 1;
  }
  return members.sort((a, b) => a.createdIndex - b.createdIndex).map((node) => node.value);
}
