import { LRUCache } from 'lru-cache';

export type Coding = 'br' | 'gzip' | 'identity';

export interface Choice {
  coding: Coding;
  /** The client takes nothing that is not compressed. */
  isDemanded: boolean;
}

const PLAIN: Choice = { coding: 'identity', isDemanded: false };

/** There are few browsers, and each sends the same header with each request. */
const choices = new LRUCache<string, Choice>({ max: 100 });

/** In which coding an answer is sent (RFC 9110, 12.5.3); a client that accepts none of ours gets it plain. */
export function codingFor(acceptEncoding: string | undefined): Choice {
  if (acceptEncoding === undefined) return PLAIN;
  const known = choices.get(acceptEncoding);
  if (known !== undefined) return known;
  const choice = choose(acceptEncoding.toLowerCase());
  choices.set(acceptEncoding, choice);
  return choice;
}

function choose(acceptEncoding: string): Choice {
  const given = new Map<string, number>();
  for (const part of acceptEncoding.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const quality = parameters.find((text) => text.startsWith('q='));
    given.set(name === 'x-gzip' ? 'gzip' : name, quality === undefined ? 1 : Number(quality.slice(2)));
  }
  const qualityOf = (name: string): number => given.get(name) ?? given.get('*') ?? 0;
  const coding: Coding = qualityOf('br') >= qualityOf('gzip') ? 'br' : 'gzip';
  // A client that does not mention identity accepts it, but prefers a coding that it names.
  const isWanted = qualityOf(coding) > 0 && qualityOf(coding) >= (given.get('identity') ?? 0);
  return isWanted ? { coding, isDemanded: (given.get('identity') ?? given.get('*')) === 0 } : PLAIN;
}
