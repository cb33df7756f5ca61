import type { Redis } from 'ioredis';
import { monotonicMs } from '../../common/clock';
import { ReconnectLimit } from '../reconnect-limit';

/** What ioredis says of a command that has not been answered in time. */
const TIMED_OUT = 'Command timed out';

/** When commands of a connection have timed out: at one time, as in a stall of the server, or again later. */
export class Timeouts {
  private firstAtMs: number | undefined;

  /** @param lateMs how much later a command that was sent in the same stall may time out */
  constructor(
    private readonly lateMs: number,
    private readonly nowMs: () => number = monotonicMs,
  ) {}

  /** A command has timed out. @returns whether that is another time than the first */
  isAnother(): boolean {
    const now = this.nowMs();
    this.firstAtMs ??= now;
    return now - this.firstAtMs > this.lateMs;
  }

  /** The connection is a new one. */
  reset(): void {
    this.firstAtMs = undefined;
  }
}

/**
 * Gives a connection up whose database a server refuses after one has been selected: the client would go on in database 0,
 * perhaps among the keys of another installation. Rights are not replicated: a replica that has become the master may lack this one.
 */
export function watchDatabase(redis: Redis, onGivenUp?: (error: Error) => void): void {
  const send = redis.sendCommand.bind(redis);
  const reports = new ReconnectLimit();
  let hasSelected = false;
  redis.sendCommand = (command, stream) => {
    if (command.name === 'select')
      command.promise.then(
        () => (hasSelected = true),
        (error: unknown) => {
          if (!hasSelected || !(error instanceof Error) || error.name !== 'ReplyError') return;
          if (reports.allow()) onGivenUp?.(error); // each new connection is refused as well
          redis.disconnect(true);
        },
      );
    return send(command, stream);
  };
}

/**
 * Gives a connection up on which commands time out again. Replies have no names: when a proxy has swallowed one, each later
 * one answers the command before its own, for as long as commands are sent, and no silence of the socket shows it.
 */
export function watchReplies(redis: Redis, timeoutMs: number, onGivenUp?: (error: Error) => void): void {
  const timeouts = new Timeouts(2 * timeoutMs);
  const send = redis.sendCommand.bind(redis);
  redis.on('connect', () => timeouts.reset());
  redis.sendCommand = (command, stream) => {
    command.promise.catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== TIMED_OUT || !timeouts.isAnother()) return;
      timeouts.reset();
      onGivenUp?.(error);
      redis.disconnect(true);
    });
    return send(command, stream);
  };
}
