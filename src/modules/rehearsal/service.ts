import type { DisplayTime } from '../../common/calendar/display-time';
import { Conflict, NotFound } from '../../common/errors';
import { type Present, queueInUseText, underWayText } from './refusals';
import type { RehearsalRepository } from './repository';
import { type RehearsalRequests, wantedOf } from './requests';
import type { RunnerLock } from './runner-lock';
import type { RehearsalOutcome, RehearsalWanted, Stage, WaitingRehearsal } from './schema';

/**
 * The work of a runner, with the owner's account: makes the rows, keeps the result, and leaves nothing else behind. What
 * another runner is at work on is left alone.
 */
export class RehearsalService {
  constructor(
    private readonly rehearsals: RehearsalRepository,
    private readonly requests: RehearsalRequests,
    private readonly lock: RunnerLock,
    private readonly displayTime: DisplayTime,
  ) {}

  /**
   * Requests a rehearsal for the command line.
   * @param present who is in its queue; undefined: the queue is new
   * @returns its id @throws Conflict (409): another one waits or runs, or the queue is in use
   */
  async request(wanted: RehearsalWanted, present: Present = { active: 0, waiting: 0 }): Promise<number> {
    await this.removeAll();
    const { queueId } = wanted;
    if (present.active + present.waiting > 0)
      throw new Conflict(
        queueInUseText(queueId, present, await this.requests.lastOf(queueId), { textOf: this.textOf }),
      );
    const id = await this.requests.request(wanted, null);
    if (id === undefined) throw await this.refusal();
    return id;
  }

  /** The one that an operator has asked for first. */
  async next(): Promise<WaitingRehearsal | undefined> {
    return this.requests.next();
  }

  /** Removes what other rehearsals have left first. @throws DatabaseUnavailable, NotFound (404), Conflict (409) */
  async prepare(rehearsalId: number): Promise<Stage> {
    await this.removeAll();
    const row = await this.requests.find(rehearsalId);
    if (row === undefined) throw new NotFound(`Rehearsal ${rehearsalId}`);
    return this.rehearsals.prepare(wantedOf(row));
  }

  /** @param result what it has shown, or why nothing */
  async finish(rehearsalId: number, result: RehearsalOutcome | string): Promise<void> {
    await this.requests.finish(rehearsalId, result);
  }

  /**
   * Also removes what a killed rehearsal has left.
   * @returns the number of rehearsals removed @throws Conflict (409): another runner is at work
   */
  async removeAll(): Promise<number> {
    if ((await this.lock.heldByAnotherUntil()) !== undefined) throw await this.refusal();
    const leftovers = await this.rehearsals.leftovers();
    for (const leftover of leftovers) await this.rehearsals.remove(leftover);
    return leftovers.length;
  }

  /** Says which rehearsal is under way, whose it is, and until when. */
  async refusal(): Promise<Conflict> {
    const lockedUntil = await this.lock.heldByAnotherUntil();
    return new Conflict(underWayText(await this.requests.underWay(), lockedUntil, this.textOf));
  }

  private readonly textOf = (at: Date): string => this.displayTime.withOffset(at);
}
