import { between, pick, type Random } from '../random.ts';
import type { System } from '../system/index.ts';
import type { Child } from '../system/child.ts';
import { type Fault, type Heal, namesOf, type Nemesis, type Shape } from './nemesis.ts';

type Kind = 'api' | 'worker' | 'mariadb' | 'redis' | 'kafka';

const targetOf = (kind: Kind, random: Random, { apis, workers }: Shape): string =>
  kind === 'api' || kind === 'worker' ? pick(random, namesOf(kind, kind === 'api' ? apis : workers)) : kind;

const needsOf = (kind: Kind): { needs?: 'kafka' } => (kind === 'kafka' ? { needs: 'kafka' } : {});

/** kill -9; started again after a while, with its data. */
const kill = (kind: Kind, [least, most]: [number, number]): Nemesis => ({
  name: `kill-${kind}`,
  about: `kill -9 of ${kind}, started again with its data`,
  ...needsOf(kind),
  plan: (random, shape) => ({
    what: 'kill -9',
    target: targetOf(kind, random, shape),
    lastsMs: between(random, least, most),
  }),
  inject: async (system, { target }) => {
    const child = system.child(target);
    await child.stop('SIGKILL');
    return () => child.start(60_000);
  },
});

/** SIGSTOP: what is there no more answers nothing, but its connections stay. */
const pause = (kind: Kind, [least, most]: [number, number]): Nemesis => ({
  name: `pause-${kind}`,
  about: `SIGSTOP of ${kind}, SIGCONT later`,
  ...needsOf(kind),
  plan: (random, shape) => ({
    what: 'SIGSTOP',
    target: targetOf(kind, random, shape),
    lastsMs: between(random, least, most),
  }),
  inject: (system, { target }) => {
    const child = system.child(target);
    child.signal('SIGSTOP');
    return Promise.resolve(() => {
      child.signal('SIGCONT');
      return child.untilItAnswers();
    });
  },
});

/** An orderly end and a new start. */
const restart = (kind: Kind, [least, most]: [number, number]): Nemesis => ({
  name: `restart-${kind}`,
  about: `SIGTERM of ${kind}, started again`,
  ...needsOf(kind),
  plan: (random, shape) => ({
    what: 'SIGTERM',
    target: targetOf(kind, random, shape),
    lastsMs: between(random, least, most),
  }),
  inject: async (system, { target }) => {
    const child = system.child(target);
    const code = await child.stop('SIGTERM');
    if (kind === 'api' || kind === 'worker') expectOrderly(child, code);
    return () => child.start(60_000);
  },
});

function expectOrderly({ name }: Child, code: number | string | null): void {
  if (code !== 0) throw new Error(`${name} ended with ${code ?? 'nothing'} after SIGTERM, not with 0.`);
}

/** The event loop of a process stands still, as in a long collection of garbage. */
const stall: Nemesis = {
  name: 'stall',
  about: 'the event loop of a process stands still, again and again',
  plan: (random, { apis, workers }) => ({
    what: 'event loop stall',
    target: pick(random, [...namesOf('api', apis), ...namesOf('worker', workers)]),
    lastsMs: between(random, 2000, 3000),
    amount: between(random, 300, 1500),
  }),
  inject: (system: System, { target, amount = 0 }: Fault): Promise<Heal> => {
    const process = system.process(target);
    process.stall(amount);
    const timer = setInterval(() => process.stall(amount), amount + 200);
    return Promise.resolve(() => {
      clearInterval(timer);
      return process.child.untilItAnswers();
    });
  },
};

/** The wall clock of an application host steps by up to an hour, forwards or backwards. */
const clock: Nemesis = {
  name: 'clock',
  about: 'the wall clock of one application process steps by up to ±1 h (Date shifted by a preload)',
  plan: (random, { apis, workers }) => ({
    what: 'clock step',
    target: pick(random, [...namesOf('api', apis), ...namesOf('worker', workers)]),
    lastsMs: between(random, 2000, 4000),
    amount: pick(random, [
      -3_600_000,
      3_600_000,
      -between(random, 1000, 3_600_000),
      between(random, 1000, 3_600_000),
    ]),
  }),
  inject: (system, { target, amount = 0 }) => {
    const process = system.process(target);
    process.stepClock(amount);
    return Promise.resolve(() => process.rightClock());
  },
};

export const processNemeses: Nemesis[] = [
  kill('api', [800, 2000]),
  kill('worker', [800, 2000]),
  kill('mariadb', [1000, 3000]),
  kill('redis', [500, 2500]),
  kill('kafka', [1000, 3000]),
  pause('api', [1000, 6000]),
  pause('worker', [1000, 12_000]),
  pause('mariadb', [1000, 6000]),
  pause('redis', [1000, 6000]),
  pause('kafka', [2000, 10_000]),
  restart('api', [300, 1000]),
  restart('worker', [300, 1000]),
  restart('mariadb', [500, 2500]),
  restart('kafka', [500, 2000]),
  stall,
  clock,
];
