import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAcknowledged } from '../checker/acknowledged.ts';
import { perSeat } from '../checker/per-seat.ts';
import { checkSeats } from '../checker/seats.ts';
import type { Violation } from '../observed/evidence.ts';
import { HotSeats, SCHEDULES, SEATS } from './hot-seats.ts';
import { summaryOf } from './opening.ts';
import { System } from '../system/index.ts';
import { Programme } from '../workload/programme.ts';
import { CONNECTIONS, HOLD_SECONDS, Storm, type StormCounts, type StormOptions } from './storm.ts';

const BALANCE = 1_000_000_000;
const PRICE = 10;

/** As many attempts as possible: all buyers are active and repeat without a pause. */
const ENV = {
  LOG_LEVEL: 'warn',
  QUEUE_MAX_ACTIVE: '100000',
  QUEUE_IDLE_TIMEOUT_SECONDS: '0',
  QUEUE_ADMIT_BY_SEATS: 'off',
  MAX_SEATS_PER_USER: '0',
  HOLD_SECONDS: String(HOLD_SECONDS),
  LOAD_SHEDDING_MAX_DELAY_MS: '60000',
  INVARIANT_CHECK_INTERVAL_SECONDS: '0',
};

export interface HammerResult extends StormCounts {
  wanted: number;
  seconds: number;
  violations: Violation[];
}

/** Attempts to hold one to four seats as fast as two cores allow, while API processes are killed with -9 again and again. */
export async function hammer(options: StormOptions): Promise<HammerResult> {
  const { seed, folder, say } = options;
  mkdirSync(folder, { recursive: true });
  const shape = { apis: 2, workers: 1, kafka: false, direct: true };
  const system = await System.start({ ...shape, seed, folder, env: ENV });
  try {
    const programme = await Programme.build(system.mariadb, {
      users: CONNECTIONS,
      schedules: SCHEDULES,
      seats: SEATS,
      price: PRICE,
      balance: BALANCE,
    });
    await system.startProduct();
    const storm = new Storm(options, system, new HotSeats(programme));
    const result = await storm.run();
    await sleep(HOLD_SECONDS * 1000 + 3000); // the last holds end, events are acted upon
    say('the judges look');
    const evidence = await storm.evidence();
    const ofSeats = perSeat(evidence);
    const violations = [...checkSeats(ofSeats), ...checkAcknowledged(ofSeats)];
    const verify = await system.tool('verify', ['--json']);
    if (verify.code !== 0)
      violations.push({ check: 'invariant', what: `verify: ${summaryOf(verify.output)}` });
    return { wanted: options.attempts, ...result, violations };
  } finally {
    await system.stop();
  }
}
