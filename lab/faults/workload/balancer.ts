import { setTimeout as sleep } from 'node:timers/promises';
import { pick, type Random } from '../random.ts';

const EVERY_MS = 150;

/** A process as the balancer has it: its address, and how to check its readiness. */
export interface Backend {
  readonly url: string;
  isReady(withinMs?: number): Promise<boolean>;
}

/** Spreads requests over the processes that are ready, as a Kubernetes Service does by readiness. */
export class Balancer {
  private readonly backends: Backend[];
  private readonly random: Random;
  private readonly ready: boolean[];
  private isOver = false;
  private watching: Promise<unknown> = Promise.resolve();

  constructor(backends: Backend[], random: Random) {
    this.backends = backends;
    this.random = random;
    this.ready = backends.map(() => true);
  }

  start(): void {
    this.watching = Promise.all(this.backends.map((backend, i) => this.watch(backend, i)));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.watching;
  }

  /** One that is ready, another than `avoid` if there is; when none is, any. */
  choose(avoid?: number): number {
    const all = this.backends.map((_, i) => i);
    const ready = all.filter((i) => this.ready[i]);
    const others = ready.filter((i) => i !== avoid);
    return pick(this.random, others.length > 0 ? others : ready.length > 0 ? ready : all);
  }

  urlOf(i: number): string {
    return this.backends[i]?.url ?? '';
  }

  private async watch(backend: Backend, i: number): Promise<void> {
    while (!this.isOver) {
      this.ready[i] = await backend.isReady();
      await sleep(EVERY_MS);
    }
  }
}
