import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express, Request, Response } from 'express';
import { failure } from './envelope';
import type { PathHandler } from './mount';

export interface ServerOptions {
  host: string;
  port: number;
  requestMs: number;
  idleMs: number;
  /** 0: no limit. */
  maxConnections: number;
  /** A connection was closed because there are so many already. */
  onDrop: () => void;
  graceMs: number;
}

const HEADER_BYTES = 16_384;
/** Above the idle time-out of common load balancers (60 s), so that they close first and no request meets a closed door. */
const KEEP_ALIVE_MS = 65_000;

export interface Handlers {
  endpoints: PathHandler;
  /** What is not the endpoints' path. */
  rest: Express;
}

/** The HTTP server with its limits, its way to start and its way to stop without failing a request. */
export class HttpServer {
  private readonly server: Server;

  constructor(
    { endpoints, rest }: Handlers,
    private readonly options: ServerOptions,
  ) {
    this.server = createServer(
      {
        ...expressPrototypes(rest),
        maxHeaderSize: HEADER_BYTES,
        headersTimeout: options.requestMs,
        requestTimeout: options.requestMs,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: 1000,
      },
      // The endpoints come first: Express' way to its first middleware costs a tenth of a poll.
      (req, res) => {
        if (!endpoints(req as Request, res as unknown as Response)) rest(req, res);
      },
    );
    this.server.on('clientError', answerBrokenRequest);
    // Nothing read and nothing taken of what was written. A process that waits for its stores answers well before.
    this.server.timeout = options.idleMs;
    if (options.maxConnections > 0) this.server.maxConnections = options.maxConnections;
    // WORKERS: rather than hand a connection round among processes that are all full. Not in @types/node yet.
    Object.assign(this.server, { dropMaxConnection: true });
    this.server.on('drop', options.onDrop);
  }

  /** Rejects when the port cannot be had. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port, this.options.host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  /** The one that it listens on, also where 0 was asked for. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes no new connections, lets requests in flight end for at most `graceMs`, then closes what is left. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    const closeIdle = setInterval(() => {
      this.server.closeIdleConnections();
    }, 50);
    const force = setTimeout(() => {
      this.server.closeAllConnections();
    }, this.options.graceMs);
    await closed;
    clearInterval(closeIdle);
    clearTimeout(force);
  }
}

/**
 * Express gives every request and response its own prototype (Object.setPrototypeOf), which makes V8 drop what it has
 * learnt about their shape. Made with that prototype from the start, there is nothing to change: two to four times
 * the requests per second (expressjs/express#5998).
 */
function expressPrototypes(app: Express): {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
} {
  class Request extends IncomingMessage {}
  class Response<R extends IncomingMessage> extends ServerResponse<R> {}
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  app.request = Request.prototype as unknown as Express['request'];
  app.response = Response.prototype as unknown as Express['response'];
  return { IncomingMessage: Request, ServerResponse: Response };
}

/** Requests that Node itself refuses, answered in the envelope as well. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The headers are too large.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request took too long to arrive.']
        : ['400 Bad Request', 'This is not HTTP.'];
  const body = failure('400', message);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
