import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check } from '../checker/index.ts';
import type { Evidence, PhaseRecord, Violation } from '../observed/evidence.ts';
import { readState } from '../observed/final-state.ts';
import { History } from '../observed/history.ts';
import { seededBy } from '../random.ts';
import { System } from '../system/index.ts';
import { Webhook } from '../system/webhook.ts';
import { AdmissionWatch } from '../observed/watch.ts';
import { Balancer } from '../workload/balancer.ts';
import { Client } from '../workload/client.ts';
import { Programme } from '../workload/programme.ts';
import { Workload } from '../workload/workload.ts';

export interface OpeningOptions {
  seed: number;
  /** results/<id> */
  folder: string;
  kafka: boolean;
  smallDisk: boolean;
  apis: number;
  workers: number;
  buyers: number;
  /** How long buyers arrive; the run makes enough users and seats for that. */
  seconds: number;
  /** Besides PRODUCT_ENV. */
  env?: Record<string, string>;
  say: (text: string) => void;
}

export interface Verdict {
  evidence: Evidence;
  violations: Violation[];
  verify: { code: number; output: string };
}

/** Of the buyers: fewer may be active than there are, so that some wait at any time. */
const ACTIVE_SHARE = 7 / 12;
const HOLD_SECONDS = 3;
const EXTENSION_SECONDS = 2;
const LEASE_SECONDS = 90;
const WAIT_SECONDS = 1200;
const AWAY_SECONDS = 20;
const IDLE_SECONDS = 4;
const VISITS_PER_SECOND = 60;
const SEATS_PER_SCHEDULE = 200;
const PRICE = 10_000;
const DRAIN_MS = 60_000;
/** Database connections of a process. */
export const POOL = 12;

/** Short times, so that all that can end ends within a run; docs/faults.md names what else is not as in production. */
const PRODUCT_ENV = {
  LOG_LEVEL: 'info',
  QUEUE_SESSION_SECONDS: String(LEASE_SECONDS),
  QUEUE_MAX_WAIT_SECONDS: String(WAIT_SECONDS),
  QUEUE_PRESENCE_TIMEOUT_SECONDS: String(AWAY_SECONDS),
  QUEUE_IDLE_TIMEOUT_SECONDS: String(IDLE_SECONDS),
  QUEUE_ADMIT_BY_SEATS: 'off', // buyers who find no seat are part of the workload
  HOLD_SECONDS: String(HOLD_SECONDS),
  HOLD_EXTENSION_SECONDS: String(EXTENSION_SECONDS),
  DATABASE_POOL_MAX: String(POOL),
  EVENT_DLQ_RETRY_DELAY_MS: '2000',
  SHUTDOWN_DRAIN_MS: '1000',
  INVARIANT_CHECK_INTERVAL_SECONDS: '5',
  LOAD_SHEDDING_MAX_DELAY_MS: '60000', // the suite is about faults, not about overload of a busy machine
};

const activeLimitFor = (buyers: number): number => Math.max(1, Math.floor(buyers * ACTIVE_SHARE));

/** A separate system with buyers, and everything that the checker needs. */
export class Opening {
  readonly system: System;
  readonly history: History;
  readonly workload = new Workload();
  private readonly balancer: Balancer;
  private readonly client: Client;
  private readonly watch: AdmissionWatch;
  private readonly options: OpeningOptions;
  private readonly webhook: Webhook;

  private constructor(options: OpeningOptions, system: System, webhook: Webhook) {
    this.options = options;
    this.system = system;
    this.webhook = webhook;
    this.history = new History(join(options.folder, 'history.ndjson'));
    this.balancer = new Balancer(system.apis, seededBy(options.seed, 'balancer'));
    this.client = new Client(this.history, this.balancer);
    this.watch = new AdmissionWatch(system.redis, this.history);
  }

  static async begin(options: OpeningOptions): Promise<Opening> {
    const { folder, seed, say, buyers } = options;
    mkdirSync(folder, { recursive: true });
    say('starting MariaDB, Redis, Kafka and the product');
    const webhook = await new Webhook().open();
    const env = {
      ...PRODUCT_ENV,
      QUEUE_MAX_ACTIVE: String(activeLimitFor(buyers)),
      NOTIFIER_WEBHOOK_URL: webhook.url,
      ...options.env,
    };
    const system = await System.start({ ...options, env });
    try {
      const users = Math.ceil(options.seconds * VISITS_PER_SECOND);
      const schedules = Math.ceil(users / SEATS_PER_SCHEDULE);
      const programme = await Programme.build(system.mariadb, {
        users,
        schedules,
        seats: SEATS_PER_SCHEDULE,
        price: PRICE,
      });
      await system.startProduct();
      const opening = new Opening(options, system, webhook);
      opening.balancer.start();
      opening.watch.start();
      opening.workload.start(
        { seed, atOnce: buyers, holdMs: HOLD_SECONDS * 1000 },
        opening.client,
        programme,
      );
      return opening;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** Everybody goes home, everything drains, and the judges look. */
  async end(phases: PhaseRecord[]): Promise<Verdict> {
    this.options.say('everybody goes home');
    await this.workload.stop();
    await this.drained();
    await this.watch.stop();
    await this.balancer.stop();
    this.client.close();
    this.history.close();
    const verify = await this.system.tool('verify', ['--json']);
    const evidence: Evidence = {
      operations: this.history.operations,
      state: await readState(this.system.mariadb, this.history),
      admissions: this.watch.admissions,
      calls: this.webhook.calls.map(({ key, atMs }) => ({ key, atMs: atMs - this.history.startedAtMs })),
      mostActive: this.watch.mostActive,
      activeLimit: activeLimitFor(this.options.buyers),
      holdMs: HOLD_SECONDS * 1000,
      extensionMs: EXTENSION_SECONDS * 1000,
      sessionMs: Number(this.system.env.QUEUE_SESSION_SECONDS) * 1000,
      maxWaitMs: Number(this.system.env.QUEUE_MAX_WAIT_SECONDS) * 1000,
      presenceTimeoutMs: AWAY_SECONDS * 1000,
      phases,
    };
    const violations = check(evidence);
    if (verify.code !== 0)
      violations.push({ check: 'invariant', what: `verify: ${summaryOf(verify.output)}` });
    return { evidence, violations, verify };
  }

  /** With the load off, everything drains: events are delivered and acted upon, holds end. The checker tells what is left. */
  private async drained(): Promise<void> {
    const until = performance.now() + DRAIN_MS;
    for (;;) {
      const [left] = await this.system.mariadb.rows<{ events: number; holds: number }>(
        `SELECT (SELECT COUNT(*) FROM outbox o LEFT JOIN notification n ON n.event_id = o.event_id
                  WHERE n.event_id IS NULL) AS events,
                (SELECT COUNT(*) FROM reservation WHERE status = 'TEMP_RESERVED') AS holds`,
      );
      if ((left !== undefined && left.events + left.holds === 0) || performance.now() > until) return;
      await sleep(250);
    }
  }
}

/** What `verify --json` has found, in a line. */
export function summaryOf(output: string): string {
  try {
    const { results } = JSON.parse(output) as {
      results: { id: string; verdict: string; reason?: string; findings: unknown[] }[];
    };
    return results
      .filter(({ verdict }) => verdict === 'violated' || verdict === 'unknown')
      .map(
        ({ id, verdict, reason = '', findings }) =>
          `${id} ${verdict} ${reason} ${JSON.stringify(findings).slice(0, 400)}`,
      )
      .join('; ');
  } catch {
    return output.slice(-400);
  }
}
