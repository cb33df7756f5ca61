import { RedisUnavailable, type Redis, type ScriptArgument } from '../../../platform/redis/redis';
import { SEGMENT, SEGMENT_BYTES } from '../snapshot/segment';
import type { Entry } from '../state/entries/entry';
import type { QueueKeys } from '../state/keys';
import type { BitmapPiece, StateLost } from '../state/results';
import type { QueueScripts } from '../state/scripts';
import { type Draw, writeDraws } from './draws';
import type { OpeningState } from './state';

/** What is in force after an opening was set. */
export interface OpeningInForce {
  /** Entries of (firstSeq, lastSeq] take part in the draw ahead; undefined: the registration is open, or there is none. */
  cut: { firstSeq: number; lastSeq: number } | undefined;
  /** As `writeDraws`. */
  draws: string;
}

/** One queue's opening in Redis. @throws RedisUnavailable */
export class OpeningStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: QueueKeys,
    private readonly scripts: QueueScripts,
  ) {}

  /**
   * Puts in force what the database says; closes the registration when it is time.
   * @param askedAtMs when the database was asked, by Redis' clock
   * @returns 'late' when that is too long ago: nothing was done
   */
  async set(
    { opensAtMs, isDrawing, cut, draws }: OpeningState,
    askedAtMs: number,
    known: number,
  ): Promise<OpeningInForce | 'late' | StateLost> {
    const cutText = cut === undefined ? '' : `${cut.firstSeq}:${cut.lastSeq}`;
    const own = [opensAtMs, isDrawing ? 1 : 0, cutText, writeDraws(draws), askedAtMs];
    const reply = await this.scripts.run('setOpening', { known, own });
    const [status, inForce = '', drawsInForce = ''] = reply as ['OK' | 'late' | StateLost, string?, string?];
    if (status !== 'OK') return status;
    const [first, last] = inForce.split(':');
    return {
      cut: last === undefined ? undefined : { firstSeq: Number(first), lastSeq: Number(last) },
      draws: drawsInForce,
    };
  }

  /** Gives all who take part their new numbers, in one step. @param draws all draws of the queue, the new one last */
  async draw(
    draws: Draw[],
    moved: { present: BitmapPiece[]; expired: BitmapPiece[] },
    known: number,
  ): Promise<'OK' | StateLost> {
    const { lastSeq = 0 } = draws.at(-1) ?? {};
    const own: ScriptArgument[] = [writeDraws(draws), lastSeq, moved.present.length];
    const pieces = [...moved.present, ...moved.expired].flat();
    const [status] = (await this.scripts.run('draw', { known, own: [...own, ...pieces] })) as [
      'OK' | StateLost,
    ];
    return status;
  }

  /** The oldest of those who take part and are not written down yet. */
  async entrants(limit: number): Promise<Entry[]> {
    const texts = await this.attempt(() => this.redis.lrange(this.keys.entrants, 0, limit - 1));
    return texts.map((text) => {
      const [userId = 0, seq = 0, gen = 0, iatMs = 0] = text.split(':').map(Number);
      return { userId, seq, gen, iatMs };
    });
  }

  /** These, the oldest, are written down. @returns whether they were still the oldest: a worker may be late */
  async dropEntrants(entrants: Entry[]): Promise<boolean> {
    const last = entrants.at(-1);
    if (last === undefined) return true;
    const text = [last.userId, last.seq, last.gen, last.iatMs].join(':');
    return (await this.scripts.run('dropEntrants', { known: 0, own: [entrants.length, text] })) === 1;
  }

  /** Which entries of (firstSeq, lastSeq] have expired. */
  async expired(firstSeq: number, lastSeq: number): Promise<(seq: number) => boolean> {
    const segments = new Map<number, Buffer>();
    for (let id = Math.floor(firstSeq / SEGMENT); id <= Math.floor(lastSeq / SEGMENT); id++) {
      const bits = await this.attempt(() => this.redis.getBuffer(this.keys.expired(id)));
      if (bits !== null) segments.set(id, bits.subarray(0, SEGMENT_BYTES));
    }
    return (seq) => {
      const bit = seq % SEGMENT;
      const byte = segments.get(Math.floor(seq / SEGMENT))?.[bit >>> 3] ?? 0;
      return (byte & (0x80 >>> (bit & 7))) !== 0;
    };
  }

  private async attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw new RedisUnavailable(error);
    }
  }
}
