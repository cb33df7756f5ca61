import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../infra/database';
import type { Progress } from './store';

const FIND = 'SELECT issued, serving, gen FROM queue_state WHERE queue_id = ?';

/** Progress only ever grows: a late or stale save changes nothing. */
const SAVE = `INSERT INTO queue_state (queue_id, issued, serving, gen) VALUES (?, ?, ?, ?)
              ON DUPLICATE KEY UPDATE issued  = GREATEST(issued, VALUES(issued)),
                                      serving = GREATEST(serving, VALUES(serving)),
                                      gen     = GREATEST(gen, VALUES(gen))`;

/** What the database remembers of each queue, for the day that Redis forgets. */
@scoped(Lifecycle.ContainerScoped)
export class QueueRepository {
  constructor(private readonly database: Database) {}

  async find(queueId: string): Promise<Progress | undefined> {
    const [row] = await this.database.rows<Progress>(FIND, [queueId]);
    return row;
  }

  async save(queueId: string, { issued, serving, gen }: Progress): Promise<void> {
    await this.database.run(SAVE, [queueId, issued, serving, gen]);
  }
}
