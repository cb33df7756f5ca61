import { Agenda } from '../../capacity/heap.ts';
import { dice } from '../../capacity/random.ts';
import { type Asked, Backend } from './backend.ts';
import { Line } from './queue.ts';
import { decide, newControllerState, quantileMs, INACTIVE_SECONDS, type Signals } from './product.ts';
import type { Shape } from './scenarios.ts';

/** One second of it. */
export interface Second {
  at: number;
  cap: number;
  rate: number;
  /** The controller's move and its binding signal. */
  said: string;
  p99Ms: number;
  requests: number;
  failed: number;
  waiting: number;
  inside: number;
  admitted: number;
  completed: number;
}

export interface House {
  waiting: number;
  active: number;
  inactive: number;
  admitted: number;
}

/** Decides once a second, by what the second before has shown. */
export type Door = (
  signals: Signals | undefined,
  house: House,
) => { cap: number; rate: number; said: string };

export const fixedCap = (cap: number): Door => {
  const decision = { cap, rate: Infinity, said: '' };
  return () => decision;
};

/** The product's controller. */
export function adaptiveCap(limits = { targetP99Ms: 200, min: 30, max: 1_000_000 }): Door {
  let memory = newControllerState(limits);
  return (signals, house) => {
    const decision = decide(memory, signals, house, limits);
    memory = decision.state;
    return { cap: decision.limit, rate: decision.rate, said: `${decision.action}:${decision.bottleneck}` };
  };
}

interface Visitor {
  step: number;
  tries: number;
  seenAt: number;
  gone: boolean;
}

type Happening =
  { kind: 'ask' | 'come again'; visitor: Visitor } | { kind: 'answer'; visitor: Visitor; asked: Asked };

const TICK = 0.1;
const IDLE_SECONDS = 120;
/** Reports are half a second old on average when they are decided on. */
const REPORTED_LATE = 5;
/** Turned away so often, a visitor gives up without a word. */
const PATIENCE = 10;
const MOST_POLLS = 5000;
const STEPS = {
  buy: [
    { isWrite: false, pause: true },
    { isWrite: false, pause: false },
    { isWrite: true, pause: true },
    { isWrite: true, pause: true },
    { isWrite: true, pause: false },
  ],
  look: [
    { isWrite: false, pause: false },
    { isWrite: false, pause: false },
  ],
};

/**
 * A discrete-event simulation of a waiting room's door and of those it lets in: they hear of it by a poll, think, ask, try
 * again when turned away, and pay or are away without a word; their place is free when they have paid or are idle.
 */
export function simulateDoor(shape: Shape, door: Door, seed = 1): Second[] {
  const random = dice(seed);
  const agenda = new Agenda<Happening>();
  const steps = STEPS[shape.visit];
  const course: Second[] = [];
  let now = 0;
  /** Those who have gone are taken out once a second. */
  let visitors: Visitor[] = [];
  let [looping, arriving, tokens, inside, admitted, completed] = [0, 0, 0, 0, 0, 0];
  const line = new Line(shape.polls, random);
  const backend = new Backend(shape.costs, random, () => now);

  const pause = (step: number): number =>
    steps[step]?.pause === true ? -Math.log(1 - random()) * shape.think : 0;

  const arrive = (): void => {
    if ('perSecond' in shape.come) {
      arriving += shape.come.perSecond(now) * TICK;
      line.join(Math.floor(arriving), now);
      arriving -= Math.floor(arriving);
    } else for (const wanted = shape.come.loop(now); looping < wanted; looping++) line.join(1, now);
  };

  const admit = ({ cap, rate }: { cap: number; rate: number }): void => {
    tokens = Math.min(tokens + rate * TICK, Math.max(1, 2 * rate * TICK));
    for (; line.waiting > 0 && tokens >= 1 && inside < cap; tokens--) {
      const visitor = { step: 0, tries: 0, seenAt: now, gone: false };
      visitors.push(visitor);
      inside += 1;
      admitted += 1;
      const heardAfter = line.next(now);
      if (random() < shape.silent) continue;
      agenda.put(now + heardAfter + pause(0), { kind: 'ask', visitor });
    }
    line.tell(now, { cap, rate, inside });
  };

  const ask = (visitor: Visitor): void => {
    visitor.seenAt = now;
    const isWrite = steps[visitor.step]?.isWrite === true;
    const asked = backend.ask(isWrite, Math.min(line.waiting, MOST_POLLS), shape.slowness(now));
    if (asked === undefined) tryAgain(visitor);
    else agenda.put(asked.doneAt, { kind: 'answer', visitor, asked });
  };

  const tryAgain = (visitor: Visitor): void => {
    visitor.tries += 1;
    if (visitor.tries <= PATIENCE) agenda.put(now + 1 + random(), { kind: 'ask', visitor });
  };

  const leave = (visitor: Visitor): void => {
    visitor.gone = true;
    inside -= 1;
  };

  const goOn = (visitor: Visitor): void => {
    visitor.tries = 0;
    visitor.step += 1;
    if (visitor.step < steps.length) {
      agenda.put(now + pause(visitor.step), { kind: 'ask', visitor });
      return;
    }
    completed += 1;
    if (shape.visit === 'buy') leave(visitor);
    else agenda.put(now + 1, { kind: 'come again', visitor });
  };

  const happen = (what: Happening): void => {
    if (what.kind === 'answer') {
      if (backend.answer(what.asked)) goOn(what.visitor);
      else tryAgain(what.visitor);
    } else if (what.kind === 'ask') {
      if (!what.visitor.gone) ask(what.visitor);
    } else if ('loop' in shape.come) {
      if (looping > shape.come.loop(now)) looping -= 1;
      else line.join(1, now);
    }
  };

  let decision = door(undefined, { waiting: 0, active: 0, inactive: 0, admitted: 0 });
  let heard: { signals: Signals; house: House } | undefined;
  for (let tick = 0; tick < shape.seconds / TICK; tick++) {
    now = tick * TICK;
    backend.scaleTo(shape.replicas(now));
    backend.pass(TICK);
    arrive();
    if (heard !== undefined && tick % 10 === REPORTED_LATE) decision = door(heard.signals, heard.house);
    admit(decision);
    for (
      let next = agenda.nextBefore(now + TICK);
      next !== undefined;
      next = agenda.nextBefore(tick * TICK + TICK)
    ) {
      now = Math.max(now, next.at);
      happen(next.what);
    }
    if (tick % 10 < 9) continue;
    now = (tick + 1) * TICK;
    visitors = visitors.filter((visitor) => !visitor.gone);
    for (const visitor of visitors) if (now - visitor.seenAt >= IDLE_SECONDS) leave(visitor);
    const signals = backend.take();
    const inactive = visitors.filter(({ gone, seenAt }) => !gone && now - seenAt >= INACTIVE_SECONDS).length;
    const house = { waiting: line.waiting, active: inside, inactive, admitted };
    heard = { signals, house };
    const { requests, failed } = signals;
    const p99Ms = quantileMs(signals, 0.99);
    course.push({
      at: Math.round(now) - 1,
      ...decision,
      p99Ms,
      requests,
      failed,
      ...house,
      inside,
      completed,
    });
    admitted = completed = 0;
  }
  return course;
}
