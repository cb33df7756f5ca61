import { Lifecycle, scoped } from 'tsyringe';
import { RehearsalRepository } from './repository';
import type { FoundCapacity, RehearsalWanted, Stage } from './schema';

/** Sets the stage of a rehearsal, keeps what it has found, and leaves nothing else behind. */
@scoped(Lifecycle.ContainerScoped)
export class RehearsalService {
  constructor(private readonly rehearsals: RehearsalRepository) {}

  /** Removes what other rehearsals have left first. @throws DatabaseUnavailable */
  async prepare(wanted: RehearsalWanted): Promise<Stage> {
    await this.removeAll();
    return this.rehearsals.prepare(wanted);
  }

  async keep(rehearsalId: number, found: FoundCapacity): Promise<void> {
    await this.rehearsals.keep(rehearsalId, found);
  }

  /** Also removes what a killed rehearsal has left. @returns the number of rehearsals removed */
  async removeAll(): Promise<number> {
    const leftovers = await this.rehearsals.leftovers();
    for (const leftover of leftovers) await this.rehearsals.remove(leftover);
    return leftovers.length;
  }
}
