import type { OperatorCommand } from '../admission/policy';
import { type Override, readOverride } from '../admission/override';
import { chunksOf } from '../../../common/pieces/chunks';
import { ENTRIES_PER_CALL } from './entries/chunks';
import type { Numbers } from './replies';
import type { StateLost } from './results';
import type { QueueScripts } from './scripts';

/** It is this process' turn to decide. */
export interface DecisionTurn {
  /** Identifies the turn. */
  atMs: number;
  active: number;
  inactive: number;
  admittedTotal: number;
  /** The state that the last decision left. */
  controllerState: string | undefined;
  /** Reports of all processes that have reported recently. */
  reports: string[];
}

/** What a decision puts into the state. */
export interface AppliedDecision {
  limit: number;
  rate: number;
  /** `<action>:<bottleneck>` */
  lastDecision: string;
  controllerState: string;
}

/** How many users a queue has admitted, as a process knows it. */
export interface Occupancy {
  gen: number;
  /** Admissions since the state was made. */
  admitted: number;
  active: number;
}

/** Active users who hold seats. */
export interface SeatHolders {
  count: number;
  /** Seqs of those whose hold ends within the idle time-out: only they may count as gone. */
  ending: number[];
}

/** How many users there are seats for. */
export interface SeatLimit {
  /** Active users who hold nothing are among them; undefined: seats limit nothing. */
  users: number | undefined;
  /** The queue before holders and then seats were counted. */
  before: Occupancy;
  holders: SeatHolders;
  /** How long this holds; 0: until the next call. */
  lifeMs: number;
}

/** An active user who has sent no request for this long does not count as a buyer. */
const GONE_AFTER_MS = 20_000;

/** One queue's admission state in Redis. Every method is one atomic script, one round trip. @throws RedisUnavailable */
export class AdmissionStore {
  constructor(private readonly scripts: QueueScripts) {}

  /** Reports what this process has seen in the last second. @returns undefined when it is not this process' turn to decide */
  async reportLoad(
    processId: string,
    report: string,
    times: { everyMs: number; freshMs: number; inactiveMs: number },
    known: number,
  ): Promise<DecisionTurn | undefined | StateLost> {
    const own = [processId, report, times.everyMs, times.freshMs, times.inactiveMs];
    const reply = await this.scripts.run('reportLoad', { known, own });
    const [status, ...rest] = reply as ['OK' | StateLost | 'DECIDE', ...Numbers<4>, string | null, string[]];
    if (status === 'state-lost') return status;
    if (status === 'OK') return undefined;
    const [atMs, active, inactive, admittedTotal, controllerState, reports] = rest;
    return { atMs, active, inactive, admittedTotal, controllerState: controllerState ?? undefined, reports };
  }

  /** Puts a decision in force. @returns whether it was in time */
  async applyDecision(
    { atMs }: DecisionTurn,
    { limit, rate, lastDecision, controllerState }: AppliedDecision,
    known: number,
  ): Promise<boolean | StateLost> {
    const own = [atMs, limit, rate, lastDecision, controllerState];
    const [status] = (await this.scripts.run('applyDecision', { known, own })) as ['OK' | 'LATE' | StateLost];
    return status === 'state-lost' ? status : status === 'OK';
  }

  /**
   * Sets how many more may be admitted, so that each finds a seat.
   * @returns active users who hold nothing and have sent a request lately
   */
  async admitBySeats(seats: SeatLimit, known: number): Promise<number | StateLost> {
    const { users, before, holders, lifeMs } = seats;
    const { gen, admitted, active } = before;
    const gone = await this.countGone(holders.ending, known);
    if (gone === 'state-lost') return gone;
    const own = [users ?? -1, lifeMs, gen, admitted, active, holders.count, gone.untilMs, gone.count];
    const [status, undecided = 0] = (await this.scripts.run('admitUpTo', { known, own })) as [
      'OK' | StateLost,
      number?,
    ];
    return status === 'state-lost' ? status : undecided;
  }

  /** How many of these active users count as gone, by the same time for all of them; any number of seqs. */
  private async countGone(
    seqs: number[],
    known: number,
  ): Promise<{ untilMs: number; count: number } | StateLost> {
    let [untilMs, count] = [0, 0];
    for (const chunk of seqs.length > 0 ? chunksOf(seqs, ENTRIES_PER_CALL) : [[]]) {
      const own = [GONE_AFTER_MS, untilMs, ...chunk];
      const reply = await this.scripts.run('countGone', { known, own });
      const [status, until, gone] = reply as ['OK' | StateLost, ...Numbers<2>];
      if (status === 'state-lost') return status;
      untilMs = until;
      count += gone;
    }
    return { untilMs, count };
  }

  /**
   * Sets or removes the operator override.
   * @param expected tags of overrides, of which the operator has seen one; undefined: any
   */
  async setOverride(
    command: OperatorCommand,
    value: number,
    known: number,
    expected: string[] = [],
  ): Promise<OverrideReply | StateLost> {
    const own = [command, value, ...expected];
    const reply = await this.scripts.run('setOverride', { known, own });
    const [outcome, ...before] = reply as [OverrideReply['outcome'] | StateLost, ...string[]];
    return outcome === 'state-lost' ? outcome : { outcome, before: readOverride(before.join('/')) };
  }
}

/** `UNCHANGED`: it was so already. `CHANGED`: it is not the one that the operator has seen, so nothing was done. */
export interface OverrideReply {
  outcome: 'DONE' | 'UNCHANGED' | 'CHANGED';
  before: Override;
}
