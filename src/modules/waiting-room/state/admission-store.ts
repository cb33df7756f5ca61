import type { Script, ScriptArgument } from '../../../platform/redis/redis';
import type { OperatorCommand } from '../admission/policy';
import { LOST, type Numbers } from './replies';

/** It is this process' turn to decide. */
export interface DecisionTurn {
  /** Names the turn. */
  atMs: number;
  active: number;
  inactive: number;
  admittedTotal: number;
  /** What was remembered at the last decision. */
  controllerState: string | undefined;
  /** Of all processes that have reported lately. */
  reports: string[];
}

/** One queue's door in Redis. Every method is one atomic script, one round trip. @throws RedisUnavailable */
export class AdmissionStore {
  constructor(
    private readonly scripts: Record<'reportLoad' | 'applyDecision' | 'setOverride', Script>,
    /** Keys and arguments of a script, from the highest seq known and the script's own. */
    private readonly call: (known: number, own: ScriptArgument[]) => [string[], ScriptArgument[]],
  ) {}

  /** What this process has seen in the last second. @returns undefined when others decide */
  async reportLoad(
    from: string,
    report: string,
    times: { everyMs: number; freshMs: number; quietMs: number },
    known: number,
  ): Promise<DecisionTurn | undefined | typeof LOST> {
    const own = [from, report, times.everyMs, times.freshMs, times.quietMs];
    const reply = await this.scripts.reportLoad(...this.call(known, own));
    const [status, ...rest] = reply as ['OK' | 'LOST' | 'DECIDE', ...Numbers<4>, string | null, string[]];
    if (status !== 'DECIDE') return status === 'LOST' ? LOST : undefined;
    const [atMs, inside, quiet, admittedTotal, memory, reports] = rest;
    return {
      atMs,
      active: inside,
      inactive: quiet,
      admittedTotal,
      controllerState: memory ?? undefined,
      reports,
    };
  }

  /** Puts a decision in force. @returns whether it was in time */
  async applyDecision(
    { atMs }: DecisionTurn,
    decision: { cap: number; rate: number; said: string; memory: string },
    known: number,
  ): Promise<boolean | typeof LOST> {
    const { cap, rate, said, memory } = decision;
    const reply = await this.scripts.applyDecision(...this.call(known, [atMs, cap, rate, said, memory]));
    const [status] = reply as ['OK' | 'LATE' | 'LOST'];
    return status === 'LOST' ? LOST : status === 'OK';
  }

  /** The operator's hand. */
  async setOverride(act: OperatorCommand, value: number, known: number): Promise<'OK' | typeof LOST> {
    const [status] = (await this.scripts.setOverride(...this.call(known, [act, value]))) as ['OK' | 'LOST'];
    return status === 'LOST' ? LOST : status;
  }
}
