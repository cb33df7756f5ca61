import { randomUUID } from 'node:crypto';
import type { Logger } from '../../infra/logger';
import { decide, type Limits, type Memory, newMemory, QUIET_SECONDS } from './controller';
import { merge, type Signals, silence } from './signals';
import type { DoorStore } from './door-store';
import { LOST } from './replies';

/** A little less than a second: a loop that is late by some milliseconds must not skip a turn. */
const TIMES = { everyMs: 950, freshMs: 3000, quietMs: QUIET_SECONDS * 1000 };

interface Kept {
  memory: Memory;
  admittedTotal: number;
  move: string;
}

/** One process' part in steering one queue's door: it reports, and decides when it is its turn. */
export class Steering {
  private readonly process = randomUUID();

  constructor(
    private readonly store: DoorStore,
    private readonly queueId: string,
    private readonly limits: Limits,
    private readonly logger: Logger,
  ) {}

  /** @returns LOST when the state must be restored first */
  async take(signals: Signals, waiting: number, known: number): Promise<typeof LOST | undefined> {
    const turn = await this.store.report(this.process, JSON.stringify(signals), TIMES, known);
    if (turn === undefined || turn === LOST) return turn;
    const { inside, quiet, admittedTotal } = turn;
    const kept = readKept(turn.memory);
    const admitted = Math.max(0, admittedTotal - (kept?.admittedTotal ?? admittedTotal));
    const heard = turn.reports.map((report) => ({
      ...silence(),
      ...(JSON.parse(report) as Partial<Signals>),
    }));
    const decision = decide(
      { ...newMemory(this.limits), ...kept?.memory }, // whose process may be of another version
      heard.length > 0 ? merge(heard) : undefined,
      { waiting, inside, quiet, admitted },
      this.limits,
    );
    const { cap, move, binding } = decision;
    const rate = Math.round(decision.rate * 10) / 10;
    const memory = JSON.stringify({ memory: decision.memory, admittedTotal, move } satisfies Kept);
    const isInForce = await this.store.steer(turn, { cap, rate, said: `${move}:${binding}`, memory }, known);
    if (isInForce === LOST) return LOST;
    if (isInForce && move !== kept?.move)
      this.logger.info({ queue: this.queueId, move, binding, cap, rate, inside, waiting }, 'door');
    return undefined;
  }
}

function readKept(text: string | undefined): Kept | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Kept);
}
