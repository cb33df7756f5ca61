import { setTimeout as sleep } from 'node:timers/promises';
import { type Act, isUnderWay, type Operation } from '../observed/history.ts';
import { between, type Random } from '../random.ts';
import type { Answered, Client } from './client.ts';
import type { OrderWish } from './party.ts';

/** How long a buyer sends a request again that is not answered. */
export const PATIENCE_MS = 25_000;
const AGAIN_MS = [150, 500] as const;
/** Probability that a buyer presses a button twice. */
const PRESSES_TWICE = 0.15;

/** A request that was not answered, or with 5xx, is sent again with the same key; so is one that met itself. */
const isOpen = (operation: Operation): boolean =>
  operation.outcome === 'unknown' || operation.status === 429 || isUnderWay(operation);

/** Sends what one buyer wishes until it is known what came of it. */
export class Sender {
  private keys = 0;
  private readonly userId: number;
  private readonly client: Client;
  private readonly random: Random;

  constructor(userId: number, client: Client, random: Random) {
    this.userId = userId;
    this.client = client;
    this.random = random;
  }

  /** One wish, under one key, however often it must be sent; at times twice at once. */
  async send(
    token: string,
    { act, method, path, body, about }: Omit<OrderWish, 'act'> & { act: Act },
    tell?: Parameters<Client['ask']>[2],
  ): Promise<Operation> {
    const key = `${this.userId}-${act}-${++this.keys}`;
    const send = (avoid?: number): Promise<Answered> =>
      this.client.ask(
        { act, userId: this.userId, key, ...about },
        { method, path, token, ...(body !== undefined && { body }) },
        tell,
        avoid,
      );
    if (this.random() < PRESSES_TWICE) {
      const both = await Promise.all([send(), sleep(between(this.random, 0, 8)).then(() => send())]);
      const known = both.find(({ operation }) => operation.outcome === 'ok');
      if (known !== undefined) return known.operation;
    }
    return (await this.untilKnown(send)).operation;
  }

  async untilKnown(send: (avoid?: number) => Promise<Answered>): Promise<Answered> {
    const until = performance.now() + PATIENCE_MS;
    let answered = await send();
    while (isOpen(answered.operation) && performance.now() < until) {
      await sleep(between(this.random, ...AGAIN_MS));
      answered = await send(answered.operation.api);
    }
    return answered;
  }
}
