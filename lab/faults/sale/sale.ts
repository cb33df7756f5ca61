import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAcknowledged } from '../checker/acknowledged.ts';
import { perSeat } from '../checker/per-seat.ts';
import { checkSeats } from '../checker/seats.ts';
import type { SaleReport } from '../../../src/modules/after-sale/schema.ts';
import type { Evidence, FinalState, Injected, Violation } from '../observed/evidence.ts';
import { readState } from '../observed/final-state.ts';
import { summaryOf } from '../runs/opening.ts';
import { System } from '../system/index.ts';
import { Programme } from '../workload/programme.ts';
import { checkReport, makeReport } from './after-sale.ts';
import { Course, FAULTS, HOLD_SECONDS, SCHEDULES, type SaleOptions, SHAPE } from './course.ts';
import type { Counts } from './users.ts';

/** One seat for five entries: most users learn that it is sold out. */
const ENTRIES_PER_SEAT = 5;
const PRICE = 10;
const BALANCE = 1_000_000;

const ENV = {
  LOG_LEVEL: 'warn',
  QUEUE_MAX_ACTIVE: '500',
  QUEUE_IDLE_TIMEOUT_SECONDS: '4', // those who leave without a word make room
  HOLD_SECONDS: String(HOLD_SECONDS),
  LOAD_SHEDDING_MAX_DELAY_MS: '60000',
  INVARIANT_CHECK_INTERVAL_SECONDS: '0',
};

export interface SaleResult extends Counts {
  wanted: number;
  seats: number;
  seconds: number;
  isSoldOut: boolean;
  /** All that were to be injected were. */
  isWhole: boolean;
  faults: Injected[];
  receipts: number;
  audit: { code: number; output: string };
  report: Pick<SaleReport, 'waits' | 'refused' | 'etaAbsoluteError' | 'chances'>;
  violations: Violation[];
}

/** A whole sale under faults, and what outsiders find in its transparency log. */
export async function sale(options: SaleOptions): Promise<SaleResult> {
  const { seed, folder, say, entries } = options;
  mkdirSync(folder, { recursive: true });
  const system = await System.start({ ...SHAPE, direct: true, seed, folder, env: ENV });
  try {
    const seats = Math.ceil(entries / ENTRIES_PER_SEAT / SCHEDULES);
    const stage = { users: entries, schedules: SCHEDULES, seats, price: PRICE, balance: BALANCE };
    const programme = await Programme.build(system.mariadb, stage);
    await system.startProduct();
    const course = new Course(options, system, programme);
    await course.run();
    say('the judges look');
    await sleep(HOLD_SECONDS * 1000 + 3000); // the last holds end, events are acted upon
    return await judged(course, system, folder, { wanted: entries, seats: programme.seatCount });
  } finally {
    await system.stop();
  }
}

async function judged(
  course: Course,
  system: System,
  folder: string,
  size: Pick<SaleResult, 'wanted' | 'seats'>,
): Promise<SaleResult> {
  const { users, line, outsiders, faults, seconds } = course;
  await outsiders.untilSettled();
  await outsiders.stop();
  users.close();
  const audit = await outsiders.audit();
  const state = await readState(system.mariadb, course.history);
  const report = await makeReport(system, folder);
  const violations = [
    ...(await violationsOf(course, system, state)),
    ...checkReport(report, audit.output, state),
  ];
  if (audit.code !== 0) violations.push({ check: 'unfair log', what: audit.output.trim() });
  return {
    ...users.counts,
    ...size,
    seconds,
    isSoldOut: line.status?.state === 'SOLD_OUT',
    isWhole: faults.length === FAULTS.length,
    faults,
    receipts: outsiders.receipts.length,
    audit,
    report,
    violations,
  };
}

/** Judged as `hammer` is: the acknowledged acts, and all rows. */
async function violationsOf({ users }: Course, system: System, state: FinalState): Promise<Violation[]> {
  const evidence: Evidence = {
    operations: users.operations,
    state,
    admissions: [],
    calls: [],
    mostActive: 0,
    activeLimit: Infinity,
    holdMs: HOLD_SECONDS * 1000,
    sessionMs: 0,
    maxWaitMs: 0,
    presenceTimeoutMs: 0,
    phases: [],
  };
  const ofSeats = perSeat(evidence);
  const verify = await system.tool('verify', ['--json']);
  const broken = { check: 'invariant', what: `verify: ${summaryOf(verify.output)}` } as const;
  return [...checkSeats(ofSeats), ...checkAcknowledged(ofSeats), ...(verify.code === 0 ? [] : [broken])];
}
