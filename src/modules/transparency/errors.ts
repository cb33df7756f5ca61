import { NotFound } from '../../common/errors';

/** What is stored of a log does not have the root that its checkpoint says: nothing may be added to it. */
export class LogDamaged extends Error {
  constructor(queueId: string, size: number) {
    super(`The transparency log of queue ${queueId} has another root than its checkpoint of size ${size}.`);
    this.name = 'LogDamaged';
  }
}

/** The entry is not in the log, or not yet. */
export class NotInLog extends NotFound {}
