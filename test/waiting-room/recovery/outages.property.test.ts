import fc from 'fast-check';
import { Rooms } from '../../support/rows/rooms';
import {
  isOver,
  SIMULATED,
  Simulation,
  type Behaviour,
  type SimulatedUser,
} from '../../support/queue/simulation';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

/** About 300 ms each; a failure names the seed that repeats it. */
const RUNS = 12;
const PROCESSES = 3;
const CAP = 3;
const LONGEST_MS = 120_000;
/** Long enough for every process to come round, and for the quiet time after a loss. */
const RECOVERED_MS = 5000;
/** Processes learn of admissions by their next refresh. */
const STALE_MS = 600;

interface Fault {
  kind: 'crash' | 'lose' | 'back' | 'none';
  atMs: number;
  process: number;
  /** For how long Redis cannot be reached. */
  awayMs: number;
}

const behaviour = fc.record<Behaviour>({
  joinsAtMs: fc.integer({ min: 0, max: 12_000 }),
  pollEveryMs: fc.integer({ min: 300, max: 3000 }),
  activeMs: fc.integer({ min: 500, max: 4000 }),
  awayAtMs: fc.integer({ min: 3000, max: 15_000 }),
  awayMs: fc.constantFrom(0, 0, 0, 0, 14_000, 25_000),
});
const fault = fc.record<Fault>({
  kind: fc.constantFrom('crash', 'crash', 'lose', 'lose', 'back', 'none'),
  atMs: fc.integer({ min: 0, max: 25_000 }),
  process: fc.nat(PROCESSES - 1),
  awayMs: fc.constantFrom(0, 0, 300, 3000, 9000),
});
const crowd = fc.array(behaviour, { minLength: 8, maxLength: 30, size: 'max' });
const faults = fc.array(fault, { maxLength: 4, size: 'max' }).map(apart);

/** In order, and far enough apart for each to be recovered from: what only one process knows may be lost once. */
function apart(list: Fault[]): Fault[] {
  let freeAtMs = 1000;
  return [...list]
    .sort((a, b) => a.atMs - b.atMs)
    .map((one) => {
      const atMs = Math.max(one.atMs, freeAtMs);
      freeAtMs = atMs + one.awayMs + RECOVERED_MS;
      return { ...one, atMs };
    });
}

describe('the waiting room, when processes crash and Redis is away or loses its state or its last second', () => {
  const time = useVirtualTime();

  it('keeps entries, order and limit, takes no admission back, and admits everybody at last', async () => {
    await fc.assert(
      fc.asyncProperty(crowd, faults, fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), run),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  async function run(behaviours: Behaviour[], plan: Fault[], randoms: Iterator<number>): Promise<void> {
    const rooms = new Rooms(time.redis, SIMULATED, CAP);
    const random = (): number => Number(randoms.next().value);
    const simulation = new Simulation(rooms, PROCESSES, behaviours, () => time.tell(), random);
    const judge = new Judge(simulation);
    try {
      const todo = [...plan];
      let backAtMs = Infinity;
      let photo = await rooms.photograph();
      for (let steps = 0; !simulation.users.every(isOver); steps++) {
        const [next] = todo;
        if (next !== undefined && simulation.elapsedMs >= next.atMs) {
          todo.shift();
          if (next.kind === 'crash') simulation.crash(next.process);
          if (next.kind === 'lose' || next.kind === 'back') simulation.forgetUnseen();
          if (next.kind === 'lose') await rooms.lose();
          if (next.kind === 'back') await rooms.goBackTo(photo);
          simulation.isRedisUp = next.awayMs === 0;
          backAtMs = simulation.elapsedMs + next.awayMs;
          judge.fault = { kind: next.kind, fromMs: simulation.elapsedMs, toMs: backAtMs };
        }
        if (simulation.elapsedMs >= backAtMs) simulation.isRedisUp = true;
        if (simulation.isRedisUp && steps % 20 === 0) photo = await rooms.photograph();
        await simulation.step();
        judge.step();
      }
      judge.end();
    } finally {
      await rooms.lose();
    }
  }
});

/** What must hold, from what the users are answered and who is active. */
class Judge {
  fault = { kind: 'none', fromMs: -Infinity, toMs: -Infinity };
  private idleSinceMs: number | undefined;
  private positions: { user: SimulatedUser; position: number }[] = [];

  constructor(private readonly simulation: Simulation) {
    simulation.onAnswer = (user, answer) => this.hear(user, answer);
  }

  step(): void {
    const { simulation } = this;
    const { active, users, elapsedMs } = simulation;
    for (const { user, position } of this.positions.splice(0)) this.positionIsTrue(user, position);
    if (active.size > CAP) throw new Error(`${active.size} are active`); // I6
    if (elapsedMs > LONGEST_MS) throw new Error('somebody is never admitted');
    const isWaiting = users.some(
      (one) => one.state === 'waiting' && one.awayMs === 0 && !active.has(seqOf(one)),
    );
    const isRecovered = elapsedMs > this.fault.toMs + RECOVERED_MS;
    if (!isWaiting || active.size === CAP || !isRecovered) this.idleSinceMs = undefined;
    else if (elapsedMs > (this.idleSinceMs ??= elapsedMs) + STALE_MS) throw new Error('a session stays free');
  }

  end(): void {
    const seqs = this.simulation.users.map(({ entry }) => entry?.seq ?? 0);
    if (new Set(seqs).size < seqs.length) throw new Error(`a number was given twice: ${seqs.join(' ')}`);
    // I7: those who kept polling got in by order of their numbers. One whose admission was lost before any answer is let in again
    // before anybody behind it; those who came in until the loss have not overtaken it.
    const { admittedAtMs, lost } = this.simulation;
    const order = this.patient()
      .map(seqOf)
      .sort((one, other) => one - other);
    for (const [i, seq] of order.entries())
      for (const later of order.slice(i + 1)) {
        const laterAtMs = admittedAtMs.get(later) ?? Infinity;
        if (laterAtMs < (admittedAtMs.get(seq) ?? Infinity) && laterAtMs > (lost.get(seq)?.atMs ?? 0))
          throw new Error(`${seq} was overtaken by ${later}`);
      }
  }

  private hear(user: SimulatedUser, { status, position }: { status: string; position?: number }): void {
    const { entry, state, activeSeenAtMs, awayMs } = user;
    const stays = state === 'active' && awayMs === 0;
    if (status === 'PROGRESS') return;
    if (status === 'EXPIRED' && awayMs > 0) return; // its session has ended while it was away
    if (status !== 'WAITING') throw new Error(`${String(entry?.seq)} is answered ${status}`);
    if (stays && this.simulation.isRedisUp && virtualTime.nowMs < activeSeenAtMs + SIMULATED.sessionMs)
      throw new Error(`the admission of ${seqOf(user)} is taken back at ${this.simulation.elapsedMs}`);
    if (position !== undefined) this.positions.push({ user, position }); // to be judged when the step is over
  }

  /** At least those who surely wait before it, at most those who may. */
  private positionIsTrue(user: SimulatedUser, position: number): void {
    const { admittedAtMs, enteredAtMs, lost, users, active, elapsedMs, startedAtMs } = this.simulation;
    const others = users.filter((one) => one.entry !== undefined && one !== user);
    const ahead = others.filter((one) => seqOf(one) < seqOf(user));
    const isLost = (seq: number): boolean => lost.has(seq) && !admittedAtMs.has(seq);
    const isFault = elapsedMs < this.fault.toMs + STALE_MS; // copies are as old as the fault
    const lately = startedAtMs + (isFault ? this.fault.fromMs : elapsedMs) - STALE_MS;
    const isForgetful = isFault && this.fault.kind !== 'crash'; // until the first process has reported whom it has seen
    const surely = ahead.filter(
      (one) => one.awayMs === 0 && !admittedAtMs.has(seqOf(one)) && !isLost(seqOf(one)),
    );
    const maybe = ahead.filter(
      (one) =>
        isLost(seqOf(one)) ||
        (enteredAtMs.get(seqOf(one)) ?? 0) > lately ||
        (one.awayMs > 0 && !active.has(seqOf(one)) && !isOver(one)),
    );
    if ((position < surely.length + 1 && !isForgetful) || position > new Set([...surely, ...maybe]).size + 1)
      throw new Error(
        `${seqOf(user)} is answered ${position} at ${elapsedMs}, fault ${JSON.stringify(this.fault)}: before it are ${String(surely.map(seqOf))}, perhaps ${String(maybe.map(seqOf))}`,
      );
  }

  private patient(): SimulatedUser[] {
    return this.simulation.users.filter(({ awayMs }) => awayMs === 0);
  }
}

const seqOf = ({ entry }: SimulatedUser): number => entry?.seq ?? 0;
