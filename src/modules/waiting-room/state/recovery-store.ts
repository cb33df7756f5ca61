import { randomUUID } from 'node:crypto';
import type { Script, ScriptArgument } from '../../../platform/redis/redis';
import type { AdmissionState, ScriptLimit } from '../admission/policy';
import type { Ends } from './ends';
import { newLife } from './generation';
import { BITMAPS_A_CALL, ENTRIES_A_CALL, chunksOf } from './pieces';
import { admissionFields, LOST, type Numbers } from './replies';
import type { QueueProgress } from './store';
import type { Entry } from './entry';

/** More places than all processes together issue between two saves of the progress (two presence segments). */
const RESTORE_GAP = 131_072;
const NO_ENDS: Ends = { done: [], expired: [] };

/** Makes one queue's state in Redis again. @throws RedisUnavailable */
export class RecoveryStore {
  constructor(
    private readonly scripts: Record<'ends' | 'register' | 'restore', Script>,
    /** Keys and arguments of a script, from the highest seq known, the cap and the script's own. */
    private readonly call: (
      known: number,
      cap: ScriptLimit,
      own: ScriptArgument[],
    ) => [string[], ScriptArgument[]],
    private readonly waitMs: number,
    private readonly usersKey: (userId: number) => string,
  ) {}

  /**
   * Makes the state from what a process knows, as far as the store does not know better.
   * @param leases who is inside by its copy; undefined: it has none
   * @param door what is in force by its copy
   * @param ends whose turns have ended: known to the state from its first moment on; null: a state that is lost stays
   * so, only what another has restored is mended
   * @returns LOST when Redis has lost its state again meanwhile, or without `ends` when it is lost
   */
  async restore(
    known: QueueProgress,
    cap: ScriptLimit,
    leases?: { seq: number; sessionUntilMs: number }[],
    door?: AdmissionState,
    ends: Ends | null = NO_ENDS,
  ): Promise<QueueProgress | typeof LOST> {
    const attempt = randomUUID();
    let sent = 0;
    for (const how of ['done', 'expired'] as const)
      for (const some of chunksOf(ends?.[how] ?? [], BITMAPS_A_CALL)) {
        const piece = [attempt, ++sent, how, ...some.flat()];
        if ((await this.scripts.ends(...this.call(known.issued, cap, piece))) !== 1) return LOST;
      }
    const own = [
      known.headSeq,
      known.gen,
      RESTORE_GAP,
      leases === undefined ? 0 : 1,
      ...admissionFields(door),
    ];
    let made: QueueProgress | typeof LOST = LOST;
    let pieceCount = ends === null ? -1 : sent;
    const inPieces = chunksOf(leases ?? [], ENTRIES_A_CALL);
    for (const some of inPieces.length > 0 ? inPieces : [[]]) {
      const inside = some.flatMap(({ seq, sessionUntilMs }) => [seq, sessionUntilMs]);
      const more = [...own, newLife(), attempt, pieceCount, ...inside];
      const reply = (await this.scripts.restore(...this.call(known.issued, cap, more))) as
        ['LOST'] | Numbers<3>;
      if (reply[0] === 'LOST') return LOST;
      const [issued, serving, gen] = reply;
      made = { issued, headSeq: serving, gen };
      pieceCount = -1; // the further pieces only mend
    }
    return made;
  }
  /** Makes entries their users' again. @returns the seqs that are not: another entry of the user stays */
  async register(places: Entry[], known: number): Promise<number[] | typeof LOST> {
    const refused = [];
    for (const some of chunksOf(places, ENTRIES_A_CALL)) {
      const entries = some.flatMap(({ userId, seq, gen, iatMs }) => [
        ...[this.usersKey(userId), userId, seq, gen, iatMs],
      ]);
      const reply = await this.scripts.register(...this.call(known, 0, [this.waitMs, ...entries]));
      const [status, seqs] = reply as ['OK' | 'LOST', number[]];
      if (status === 'LOST') return LOST;
      refused.push(seqs);
    }
    return refused.flat();
  }
}
