import { Lifecycle, scoped } from 'tsyringe';
import { Conflict, NotFound } from '../../common/errors';
import { RehearsalRepository } from './repository';
import { RehearsalRequests, wantedOf } from './requests';
import type { RehearsalOutcome, RehearsalWanted, Stage, WaitingRehearsal } from './schema';

/** The work of a runner, with the owner's account: makes the rows, keeps the result, and leaves nothing else behind. */
@scoped(Lifecycle.ContainerScoped)
export class RehearsalService {
  constructor(
    private readonly rehearsals: RehearsalRepository,
    private readonly requests: RehearsalRequests,
  ) {}

  /** Requests a rehearsal for the command line. @returns its id @throws Conflict (409): another one waits */
  async request(wanted: RehearsalWanted): Promise<number> {
    await this.removeAll();
    const id = await this.requests.request(wanted, null);
    if (id === undefined)
      throw new Conflict(
        'Another rehearsal waits: let --requests do it, or cancel it on the operator’s page.',
      );
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

  /** Also removes what a killed rehearsal has left. @returns the number of rehearsals removed */
  async removeAll(): Promise<number> {
    const leftovers = await this.rehearsals.leftovers();
    for (const leftover of leftovers) await this.rehearsals.remove(leftover);
    return leftovers.length;
  }
}
