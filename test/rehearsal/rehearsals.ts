import { DisplayTime } from '../../src/common/calendar/display-time';
import { RehearsalRepository } from '../../src/modules/rehearsal/repository';
import { RehearsalRequests } from '../../src/modules/rehearsal/requests';
import { RunnerLock } from '../../src/modules/rehearsal/runner-lock';
import { RehearsalService } from '../../src/modules/rehearsal/service';
import type { Database } from '../../src/platform/database/database';
import { testConfig } from '../support/config';

/** The work of a runner, by the owner's account. */
export const rehearsalsOf = (admin: Database, lock = new RunnerLock(admin)): RehearsalService =>
  new RehearsalService(
    new RehearsalRepository(admin),
    new RehearsalRequests(admin),
    lock,
    new DisplayTime(testConfig()),
  );
