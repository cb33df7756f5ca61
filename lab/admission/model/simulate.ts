import { Agenda } from '../../capacity/heap.ts';
import { dice } from '../../capacity/random.ts';
import { type Asked, Backend } from './backend.ts';
import type { Decision, Occupancy, Policy } from './policy.ts';
import { quantileMs, INACTIVE_SECONDS, type Signals } from './product.ts';
import { ModelQueue } from './queue.ts';
import { type ModelScenario, STEPS } from './scenarios.ts';
import type { Second } from './second.ts';

interface User {
  step: number;
  tries: number;
  lastRequestAt: number;
  hasLeft: boolean;
}

type ModelEvent = { kind: 'request' | 'return'; user: User } | { kind: 'response'; user: User; asked: Asked };

const TICK = 0.1;
const TICKS_PER_SECOND = 10;
const IDLE_SECONDS = 120;
/** Reports are half a second old on average when the controller decides on them. */
const REPORTED_LATE = 5;
/** A user leaves silently after this many failures in a row. */
const TRIES = 10;
const MAX_POLLS_PER_SECOND = 5000;
/**
 * A discrete-event simulation of a waiting room and the users that it admits. A user learns of the admission by a poll,
 * thinks, sends requests, tries again when one fails, and pays or leaves silently. The session ends with the payment or
 * the idle time-out.
 */
class Simulation {
  private readonly timeline: Second[] = [];
  private readonly agenda = new Agenda<ModelEvent>();
  private readonly random: () => number;
  private readonly queue: ModelQueue;
  private readonly backend: Backend;
  private now = 0;
  /** Users who have left are removed once a second. */
  private users: User[] = [];
  private looping = 0;
  private arriving = 0;
  private rateTokens = 0;
  private active = 0;
  private admitted = 0;
  private completed = 0;
  private decision: Decision;
  private report: { signals: Signals; occupancy: Occupancy } | undefined;
  private readonly scenario: ModelScenario;
  private readonly policy: Policy;

  constructor(scenario: ModelScenario, policy: Policy, seed: number) {
    this.scenario = scenario;
    this.policy = policy;
    this.random = dice(seed);
    this.queue = new ModelQueue(scenario.polls, this.random);
    this.backend = new Backend(scenario.costs, this.random, () => this.now);
    this.decision = policy(undefined, { waiting: 0, active: 0, inactive: 0, admitted: 0 });
  }

  run(): Second[] {
    for (let tick = 0; tick < this.scenario.seconds / TICK; tick++) {
      this.tick(tick);
      if (tick % TICKS_PER_SECOND < TICKS_PER_SECOND - 1) continue;
      this.now = (tick + 1) * TICK;
      this.endSecond();
    }
    return this.timeline;
  }

  private tick(tick: number): void {
    this.now = tick * TICK;
    this.backend.scaleTo(this.scenario.replicas(this.now));
    this.backend.pass(TICK);
    this.arrive();
    if (this.report !== undefined && tick % TICKS_PER_SECOND === REPORTED_LATE)
      this.decision = this.policy(this.report.signals, this.report.occupancy);
    this.admit(this.decision);
    const endsAt = tick * TICK + TICK;
    for (let next = this.agenda.nextBefore(endsAt); next; next = this.agenda.nextBefore(endsAt)) {
      this.now = Math.max(this.now, next.at);
      this.handle(next.what);
    }
  }

  private arrive(): void {
    const { arrivals } = this.scenario;
    if ('perSecond' in arrivals) {
      this.arriving += arrivals.perSecond(this.now) * TICK;
      this.queue.join(Math.floor(this.arriving), this.now);
      this.arriving -= Math.floor(this.arriving);
      return;
    }
    for (const wanted = arrivals.loop(this.now); this.looping < wanted; this.looping++)
      this.queue.join(1, this.now);
  }

  private admit({ limit, rate }: Decision): void {
    this.rateTokens = Math.min(this.rateTokens + rate * TICK, Math.max(1, 2 * rate * TICK));
    for (; this.queue.waiting > 0 && this.rateTokens >= 1 && this.active < limit; this.rateTokens--) {
      const user = { step: 0, tries: 0, lastRequestAt: this.now, hasLeft: false };
      this.users.push(user);
      this.active += 1;
      this.admitted += 1;
      const polledAfter = this.queue.next(this.now);
      if (this.random() < this.scenario.silent) continue;
      this.agenda.put(this.now + polledAfter + this.pauseBefore(0), { kind: 'request', user });
    }
    this.queue.announce(this.now, { limit, rate, active: this.active });
  }

  private handle(event: ModelEvent): void {
    const { user } = event;
    if (event.kind === 'response') {
      if (this.backend.answer(event.asked)) this.advance(user);
      else this.tryAgain(user);
    } else if (event.kind === 'request') {
      if (!user.hasLeft) this.sendRequest(user);
    } else if ('loop' in this.scenario.arrivals) {
      if (this.looping > this.scenario.arrivals.loop(this.now)) this.looping -= 1;
      else this.queue.join(1, this.now);
    }
  }

  private sendRequest(user: User): void {
    user.lastRequestAt = this.now;
    const isWrite = this.steps[user.step]?.isWrite === true;
    const polls = Math.min(this.queue.waiting, MAX_POLLS_PER_SECOND);
    const asked = this.backend.ask(isWrite, polls, this.scenario.slowness(this.now));
    if (asked === undefined) this.tryAgain(user);
    else this.agenda.put(asked.doneAt, { kind: 'response', user, asked });
  }

  private tryAgain(user: User): void {
    user.tries += 1;
    if (user.tries <= TRIES) this.agenda.put(this.now + 1 + this.random(), { kind: 'request', user });
  }

  private advance(user: User): void {
    user.tries = 0;
    user.step += 1;
    if (user.step < this.steps.length) {
      this.agenda.put(this.now + this.pauseBefore(user.step), { kind: 'request', user });
      return;
    }
    this.completed += 1;
    if (this.scenario.visit === 'buy') this.endSession(user);
    else this.agenda.put(this.now + 1, { kind: 'return', user });
  }

  private endSession(user: User): void {
    user.hasLeft = true;
    this.active -= 1;
  }

  private endSecond(): void {
    const silentSeconds = (user: User): number => this.now - user.lastRequestAt;
    this.users = this.users.filter(({ hasLeft }) => !hasLeft);
    for (const user of this.users) if (silentSeconds(user) >= IDLE_SECONDS) this.endSession(user);
    const signals = this.backend.take();
    const inactive = this.users.filter(
      (user) => !user.hasLeft && silentSeconds(user) >= INACTIVE_SECONDS,
    ).length;
    const { active, admitted, completed, decision, queue } = this;
    const occupancy = { waiting: queue.waiting, active, inactive, admitted };
    this.report = { signals, occupancy };
    const { requests, failed } = signals;
    const p99Ms = quantileMs(signals, 0.99);
    this.timeline.push({
      at: Math.round(this.now) - 1,
      ...decision,
      p99Ms,
      requests,
      failed,
      completed,
      ...occupancy,
    });
    this.admitted = this.completed = 0;
  }

  private get steps(): (typeof STEPS)['buy'] {
    return STEPS[this.scenario.visit];
  }

  /** Exponential. */
  private pauseBefore(step: number): number {
    return this.steps[step]?.pause === true ? -Math.log(1 - this.random()) * this.scenario.think : 0;
  }
}

export const simulate = (scenario: ModelScenario, policy: Policy, seed = 1): Second[] =>
  new Simulation(scenario, policy, seed).run();
