import { randomUUID } from 'node:crypto';
import type { AdmissionState, ScriptLimit } from '../admission/policy';
import { admissionArguments } from '../state/admission-fields';
import { chunksOf } from '../../../common/pieces/chunks';
import { BITMAPS_PER_CALL, ENTRIES_PER_CALL } from '../state/entries/chunks';
import type { Entry } from '../state/entries/entry';
import { drawHistory } from '../state/generation';
import type { Numbers } from '../state/replies';
import type { ActiveSession, BitmapPiece, Ends, QueueProgress, StateLost } from '../state/results';
import type { QueueScripts } from '../state/scripts';

/** More seqs than all processes together issue between two saves of the progress (two presence segments). */
const RESTORE_GAP = 131_072;
const NO_ENDS: Ends = { done: [], expired: [] };

/** Sent instead of a number of pieces: the call may mend a state, but must not make one. */
const ONLY_MEND = -1;

/** Sent instead of the number of a piece. */
const OF_NO_ATTEMPT = 0;

/** Makes one queue's state in Redis again. @throws RedisUnavailable */
export class RecoveryStore {
  constructor(
    private readonly scripts: QueueScripts,
    private readonly maxWaitMs: number,
  ) {}

  /**
   * Makes the state from what a process knows, where Redis does not know better: in calls of bounded size, each of which
   * may be repeated. A process may end between two of them, and several may restore at once.
   * @param known `version`: that of the process' snapshot
   * @param sessions active sessions by the process' snapshot; undefined: it has none
   * @param admission what is in force by the process' snapshot
   * @param ends entries that have ended: the state knows them from its first moment on; null: a lost state stays lost,
   * only one that another process has restored is mended
   * @returns 'state-lost' when Redis has lost its state again meanwhile, or when it is lost and `ends` is null
   */
  async restore(
    known: QueueProgress & { version?: number },
    limit: ScriptLimit,
    sessions?: ActiveSession[],
    admission?: AdmissionState,
    ends: Ends | null = NO_ENDS,
  ): Promise<QueueProgress | StateLost> {
    const attempt = randomUUID();
    const sent = ends === null ? ONLY_MEND : await this.prepare(attempt, ends, known.issued);
    if (sent === 'state-lost') return sent;
    const version = sessions === undefined ? '' : (known.version ?? 0);
    const own = [known.headSeq, known.gen, RESTORE_GAP, version, ...admissionArguments(admission)];
    let progress: QueueProgress | StateLost = 'state-lost';
    let pieces = sent;
    const chunks = chunksOf(sessions ?? [], ENTRIES_PER_CALL);
    for (const chunk of chunks.length > 0 ? chunks : [[]]) {
      const active = chunk.flatMap(({ seq, sessionUntilMs }) => [seq, sessionUntilMs]);
      const call = { known: known.issued, limit, own: [...own, drawHistory(), attempt, pieces, ...active] };
      const [issued, headSeq = 0, gen = 0] = (await this.scripts.run('restore', call)) as
        | [StateLost]
        | Numbers<3>;
      if (issued === 'state-lost') return issued;
      progress = { issued, headSeq, gen };
      pieces = ONLY_MEND; // the first chunk makes the state, the others only mend it
    }
    return progress;
  }

  /** Marks entries as expired in a state that another process has restored, which may not know of them. */
  async addExpired(expired: BitmapPiece[], known: number): Promise<void> {
    for (const chunk of chunksOf(expired, BITMAPS_PER_CALL))
      await this.scripts.run('importEnds', { known, own: ['', OF_NO_ATTEMPT, 'expired', ...chunk.flat()] });
  }

  /** Gives entries back to their users. @returns the seqs of those that are not: another entry of the user stays */
  async register(entries: Entry[], known: number): Promise<number[] | StateLost> {
    const refused = [];
    for (const chunk of chunksOf(entries, ENTRIES_PER_CALL)) {
      const flat = chunk.flatMap(({ userId, seq, gen, iatMs }) => [userId, seq, gen, iatMs]);
      const reply = await this.scripts.run('register', { known, own: [this.maxWaitMs, ...flat] });
      const [status, seqs] = reply as ['OK' | StateLost, number[]];
      if (status === 'state-lost') return status;
      refused.push(seqs);
    }
    return refused.flat();
  }

  /** Brings the ended sessions, and takes out of the state what must not be restored. @returns how many pieces that took */
  private async prepare(attempt: string, ends: Ends, known: number): Promise<number | StateLost> {
    let sent = await this.sendEnds(attempt, ends, known);
    for (let from = ''; sent !== 'state-lost';) {
      const reply = await this.scripts.run('prepare', { known, own: [attempt, ++sent, from] });
      const [status, next = ''] = reply as ['OK' | StateLost, string?];
      if (status === 'state-lost') return status;
      if (next === '') break;
      from = next;
    }
    return sent;
  }

  /** @returns how many pieces were sent */
  private async sendEnds(attempt: string, ends: Ends, known: number): Promise<number | StateLost> {
    let sent = 0;
    for (const how of ['done', 'expired'] as const)
      for (const chunk of chunksOf(ends[how], BITMAPS_PER_CALL)) {
        const own = [attempt, ++sent, how, ...chunk.flat()];
        if ((await this.scripts.run('importEnds', { known, own })) !== 1) return 'state-lost';
      }
    return sent;
  }
}
