import { TILE_WIDTH } from '../../common/merkle/hash';
import { decodeEntries } from '../transparency/bundle';
import { type Leaf, parseLeaf } from '../transparency/leaf';
import type { TransparencyRepository } from '../transparency/repository';
import { HISTORY_SIZE } from '../waiting-room/state/generation';
import type { End, QueueReplay, Why } from './queue-replay';

/** The leaves [0, size) of a queue in their order, a bundle of 256 at a time. @throws DatabaseUnavailable */
export async function* readLeaves(
  repository: Pick<TransparencyRepository, 'bundle'>,
  queueId: string,
  size: number,
): AsyncGenerator<Leaf> {
  for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) {
    const entries = decodeEntries(await repository.bundle(queueId, bundle));
    for (const entry of entries.slice(0, size - bundle * TILE_WIDTH)) yield parseLeaf(entry);
  }
}

/** Does to the queue what its log says happened. */
export function applyLeaf(queue: QueueReplay, { kind, ms, words }: Leaf): void {
  queue.ms = Math.max(queue.ms, ms);
  const [first = 0, second = 0] = words.map(Number);
  ACTS[kind]?.(queue, { first, second, words });
}

const numberOf = (word: string | undefined): number | undefined =>
  word === undefined || word === '-' || word === '' ? undefined : Number(word);

interface Parsed {
  first: number;
  second: number;
  words: string[];
}

/** The words of each type: see docs/transparency.md. Types that say nothing of the queue itself are not among them. */
const ACTS: Record<string, ((queue: QueueReplay, leaf: Parsed) => void) | undefined> = {
  issue: (queue, { first }) => queue.issue(first),
  admit: (queue, { first, words }) => queue.admit(first, words[1] as Why),
  end: (queue, { first, words }) => queue.end(first, words[1] as End),
  pass: (queue, { second }) => queue.raiseHead(second),
  head: (queue, { first }) => queue.raiseHead(first),
  back: (queue, { first }) => void queue.rejoined.add(first),
  away: (queue, { first }) => void queue.rejoined.delete(first),
  open: (queue, { first }) => void queue.active.add(first),
  epoch: (queue) => queue.presence.close(queue.issued),
  present: (queue, { second, words: [, , firstByte, bits = ''] }) =>
    queue.presence.add(second, Number(firstByte), Buffer.from(bits, 'base64'), queue.issued),
  cut: (queue, { first, second }) => {
    queue.issued = second + (second - first);
  },
  draw: (queue, { first, second, words: [, , seed = ''] }) => queue.draw(first, second, seed),
  sale: (queue, { words: [state = ''] }) => {
    queue.sale = state;
  },
  gap: (queue) => {
    queue.counted.gaps++;
  },
  limit: (queue, { words: [source = '', active, rate, sessionMs] }) =>
    queue.changeLimits({
      source,
      activeLimit: Number(active),
      rateLimit: numberOf(rate),
      sessionSeconds: (numberOf(sessionMs) ?? Infinity) / 1000,
    }),
  command: (queue, { words: [command] }) => {
    if (command === 'pause' || command === 'resume') queue.changeLimits({ paused: command === 'pause' });
  },
  begin: (queue, { first, words }) => {
    if (first % HISTORY_SIZE === 1) queue.forgetEntries();
    restate(queue, words);
  },
  restore: (queue, { words }) => {
    queue.counted.restores++;
    restate(queue, words);
  },
  state: (queue, { words }) => restate(queue, words),
};

function restate(queue: QueueReplay, [, , issued, head, , , , paused]: string[]): void {
  queue.restate(Number(issued ?? 0), Number(head ?? 0), paused === '1');
}
