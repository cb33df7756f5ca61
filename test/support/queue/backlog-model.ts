import type { LoadShedder } from '../../../src/http/limits/shedder';

/** Who asks, in virtual time. */
export type Demand =
  /** Clients that send again `thinkMs` after an answer, and `retryMs` after a refusal. */
  | { kind: 'closed'; clients: number; thinkMs: number; retryMs: number }
  /** Requests a ms, independent of the answers. */
  | { kind: 'open'; perMs: number };

/** What answers: `workers` at once, each request in `serviceMs` on average, the rest in line. */
export interface Server {
  workers: number;
  serviceMs: number;
  /** From … until: nothing gets done; what was under way goes on afterwards. */
  stall?: readonly [number, number];
  /** From … until: each request takes this many times as long. */
  slow?: readonly [fromMs: number, untilMs: number, times: number];
}

export interface Seen {
  /** Refusals in each ms. */
  refused: number[];
  /** When each answer came, and how long it took. */
  latencies: { atMs: number; ms: number }[];
}

/** A sequence that looks random and is the same each time. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 0x80000000;
}

/** Lets `ms` of virtual time pass, with the shedder before the server. @param clock what the shedder reads */
export function simulate(
  shedder: LoadShedder,
  clock: { nowMs: number },
  demand: Demand,
  server: Server,
  ms: number,
): Seen {
  const random = seededRandom(7);
  const agenda: (() => void)[][] = Array.from({ length: ms + 1 }, () => []);
  const seen: Seen = { refused: Array<number>(ms).fill(0), latencies: [] };
  const line: (() => void)[] = [];
  const startMs = clock.nowMs;
  let free = server.workers;
  let now = 0;

  const later = (atMs: number, act: () => void): void => {
    agenda[Math.max(now + 1, Math.round(atMs))]?.push(act);
  };
  const endOf = (lastsMs: number): number => {
    const [from, until, times] = server.slow ?? [0, 0, 1];
    const lasts = lastsMs * (now >= from && now < until ? times : 1);
    const [stallsAt, goesOnAt] = server.stall ?? [0, 0];
    if (now >= goesOnAt || now + lasts < stallsAt) return now + lasts;
    return goesOnAt + lasts - Math.max(0, stallsAt - now);
  };
  const begin = (done: () => void): void => {
    free--;
    later(endOf(server.serviceMs * (0.5 + random())), () => {
      free++;
      done();
      const next = line.shift();
      if (next !== undefined) begin(next);
    });
  };
  const ask = (again: (answered: boolean) => void): void => {
    if (!shedder.enter()) {
      seen.refused[now] = (seen.refused[now] ?? 0) + 1;
      again(false);
      return;
    }
    const askedAtMs = now;
    const done = (): void => {
      shedder.leave();
      seen.latencies.push({ atMs: now, ms: now - askedAtMs });
      again(true);
    };
    if (free > 0) begin(done);
    else line.push(done);
  };

  if (demand.kind === 'closed') {
    const { thinkMs, retryMs } = demand;
    const turn = (): void => {
      ask((answered) => later(now + (answered ? thinkMs : retryMs) * (0.5 + random()), turn));
    };
    for (let client = 0; client < demand.clients; client++) later(1 + random() * thinkMs, turn);
  }
  let due = 0;
  for (now = 0; now < ms; now++) {
    clock.nowMs = startMs + now;
    for (const act of agenda[now] ?? []) act();
    agenda[now] = [];
    if (demand.kind === 'open') for (due += demand.perMs; due >= 1; due--) ask(() => undefined);
  }
  return seen;
}
