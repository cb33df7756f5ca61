import { Lifecycle, scoped } from 'tsyringe';
import { type ModelStatic, Op } from 'sequelize';
import { Database, type ModelTransaction } from '../../../platform/database/database';
import { type Audit, defineAudit } from './models/audit';

/** Who acts: an operator, the owner of MANAGEMENT_TOKEN, or the cli. */
export interface Actor {
  name: string;
  role: string;
}

export interface Act {
  /** `schedule.publish`, `order.refund`, … */
  act: string;
  /** `schedule:7`, `queue:main`, … */
  subject: string;
  reason?: string | undefined;
  before?: unknown;
  after?: unknown;
}

export interface AuditEntry {
  id: number;
  at: Date;
  actor: string;
  role: string;
  act: string;
  subject: string;
  reason: string | null;
  before: unknown;
  after: unknown;
}

export interface AuditFilter {
  actor?: string | undefined;
  subject?: string | undefined;
  /** Entries older than this one. */
  before?: number | undefined;
  limit: number;
}

const jsonOf = (state: unknown): string | null => (state === undefined ? null : JSON.stringify(state));
const parsed = (json: string | null): unknown => (json === null ? null : (JSON.parse(json) as unknown));

/** The acts of operators. Append-only: the application's account has no right to change or delete an entry. */
@scoped(Lifecycle.ContainerScoped)
export class AuditRepository {
  private readonly entries: ModelStatic<Audit>;

  constructor(private readonly database: Database) {
    this.entries = defineAudit(database.sequelize);
  }

  /** Writes the entry in the transaction of the act, so that neither exists without the other. */
  async append({ transaction }: ModelTransaction, actor: Actor, act: Act): Promise<void> {
    const { before, after, reason = null, ...what } = act;
    await this.entries.create(
      {
        actor: actor.name,
        role: actor.role,
        ...what,
        reason,
        beforeState: jsonOf(before),
        afterState: jsonOf(after),
      },
      { transaction },
    );
  }

  /** Writes the entry of an act that does not change the database. */
  async record(actor: Actor, act: Act): Promise<void> {
    await this.database.modelTransaction((tx) => this.append(tx, actor, act));
  }

  /** Newest first. */
  async list({ actor, subject, before, limit }: AuditFilter): Promise<AuditEntry[]> {
    const where = {
      ...(actor === undefined ? {} : { actor }),
      ...(subject === undefined ? {} : { subject }),
      ...(before === undefined ? {} : { id: { [Op.lt]: before } }),
    };
    const rows = await this.database.modelTransaction(({ transaction }) =>
      this.entries.findAll({ where, order: [['id', 'DESC']], limit, raw: true, transaction }),
    );
    return rows.map(({ beforeState, afterState, ...row }) => ({
      ...row,
      before: parsed(beforeState),
      after: parsed(afterState),
    }));
  }
}
