import { randomInt } from 'node:crypto';

/** Generations of one history; the same number as in lua/include/common.lua. */
export const HISTORY_SIZE = 2 ** 20;
const HISTORIES = 2 ** 33; // HISTORY_SIZE × HISTORIES = 2^53: still an exact number in JavaScript, Lua and MariaDB

/**
 * A generation is `history × 2^20 + restores`. The history is drawn at random when a queue begins with both stores
 * empty, so that a token of an earlier history, signed with the same secret, can never take another user's entry. Each
 * restore adds one. Queues that are older than this rule go on in history 0.
 * @returns the number before the first generation of a new history
 */
export const drawHistory = (): number => randomInt(1, HISTORIES) * HISTORY_SIZE;

/** The first generation of the history that `gen` belongs to. */
export const historyOf = (gen: number): number => gen - (gen % HISTORY_SIZE);
