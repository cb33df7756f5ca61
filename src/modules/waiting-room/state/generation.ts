import { randomInt } from 'node:crypto';

/** Generations of one history; the same as LIFE in common.lua. */
export const LIFE = 2 ** 20;
const LIVES = 2 ** 33; // LIFE × LIVES = 2^53: still an exact number in JavaScript, Lua and MariaDB

/**
 * A generation is `life × 2^20 + restores`. The life is drawn at random when a queue's history begins with both stores
 * empty: so a token of an earlier history, signed with the same secret, can never take another's place. Each restore
 * adds one. Queues that began before there were lives go on in life 0.
 */
export const newLife = (): number => randomInt(1, LIVES) * LIFE;

/** The first generation of the history that `gen` belongs to. */
export const lifeOf = (gen: number): number => gen - (gen % LIFE);
