import { Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../../common/calendar/display-time';
import { type Act, type Actor, type AuditEntry, type AuditFilter, AuditRepository } from './repository';

/** What operators did. */
@scoped(Lifecycle.ContainerScoped)
export class AuditService {
  constructor(
    private readonly audit: AuditRepository,
    private readonly displayTime: DisplayTime,
  ) {}

  /** Newest first. */
  async list(filter: AuditFilter): Promise<(Omit<AuditEntry, 'at'> & { at: string })[]> {
    const entries = await this.audit.list(filter);
    return entries.map((entry) => ({ ...entry, at: this.displayTime.withOffset(entry.at) }));
  }

  /** For acts that change nothing in the database, such as a queue's limits. */
  async record(actor: Actor, act: Act): Promise<void> {
    await this.audit.record(actor, act);
  }
}
