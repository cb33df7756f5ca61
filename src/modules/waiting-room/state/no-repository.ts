import { QueueRepository } from './repository';

/** For processes that never ask the database (role `web`): they know of no saved progress, and save none. */
export class NoQueueRepository extends QueueRepository {
  override find(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  override opening(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  override save(): Promise<void> {
    return Promise.resolve();
  }
}
