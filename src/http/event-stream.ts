import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { BadInput } from './errors';

/** What a stream of events is written to. */
export interface EventSink {
  /** The id of the last event that the client has, when it comes back. */
  readonly lastEventId: string | undefined;
  /** Written and not yet taken by the client's connection. */
  readonly unsentBytes: number;
  /** Begins the answer. @returns false when the client has disconnected: then nothing may be sent */
  open(retryMs: number, onClose: () => void): boolean;
  send(event: string, id: string, data: string): void;
  /** A comment: keeps proxies from taking the connection for dead. */
  beat(): void;
  end(): void;
  /** Ends the connection at once, whatever is still unsent. */
  drop(): void;
  /** Nothing more will come: 204, after which an EventSource does not come back. */
  decline(): void;
}

/**
 * Begins an answer that goes on as server-sent events. `follow` may throw before it opens the sink. From then on it is
 * no request in flight any more.
 */
export function startStream(req: IncomingMessage, res: Response, follow: (out: EventSink) => void): void {
  if (req.method === 'HEAD') res.writeHead(200, [...HEADERS]).end();
  else follow(new ResponseSink(req, res));
  res.exchange.answered(res.statusCode);
}

/** The ticket of a request without Authorization: EventSource can send no headers. @throws BadInput (400) */
export function readStreamToken(req: Request): string | undefined {
  if (req.headers.authorization !== undefined) return undefined;
  const { ticket } = req.query;
  if (ticket !== undefined && typeof ticket !== 'string') throw new BadInput('ticket: send it once');
  return ticket;
}

const HEADERS = [
  'Content-Type',
  'text/event-stream',
  'Cache-Control',
  'no-store, no-transform',
  'X-Content-Type-Options',
  'nosniff',
  'X-Accel-Buffering',
  'no', // nginx passes each event on at once
];

/** Server-sent events (WHATWG HTML, 9.2) as an HTTP response. */
class ResponseSink implements EventSink {
  readonly lastEventId: string | undefined;

  constructor(
    { headers }: IncomingMessage,
    private readonly res: Response,
  ) {
    this.lastEventId = headers['last-event-id']?.toString();
  }

  get unsentBytes(): number {
    return this.res.writableLength;
  }

  open(retryMs: number, onClose: () => void): boolean {
    if (this.res.destroyed) return false;
    this.res.once('close', onClose);
    this.res.on('error', onClose); // a write that meets a connection just lost
    this.res.socket?.setTimeout(0); // between two events there is nothing to take
    this.res.writeHead(200, [...HEADERS]);
    this.write(`retry: ${retryMs}\n\n`);
    return true;
  }

  send(event: string, id: string, data: string): void {
    this.write(`event: ${event}\nid: ${id}\ndata: ${data}\n\n`);
  }

  beat(): void {
    this.write(':\n\n');
  }

  end(): void {
    this.res.end();
  }

  drop(): void {
    this.res.destroy();
  }

  decline(): void {
    this.res.writeHead(204).end();
  }

  private write(text: string): void {
    if (!this.res.destroyed && !this.res.writableEnded) this.res.write(text);
  }
}
