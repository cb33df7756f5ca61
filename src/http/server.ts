import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express, Request, Response } from 'express';
import { monotonicMs } from '../common/clock';
import { closeIdle, connectionsArrived } from './closing';
import { rawFailure } from './envelope';
import { BrokenRequest, MethodNotAllowed } from './errors';
import { METHODS, originForm } from './middleware/protocol';
import { expressPrototypes } from './prototypes';

export interface ServerOptions {
  host: string;
  port: number;
  requestMs: number;
  idleMs: number;
  /** 0: no limit. */
  maxConnections: number;
  /** A connection was closed because the limit of connections is reached. */
  onDrop: () => void;
  graceMs: number;
}

const HEADER_BYTES = 16_384;
/** Above the idle time-out of common load balancers (60 s): they close first, and no request meets a closed connection. */
const KEEP_ALIVE_MS = 65_000;

/**
 * Connections that may wait to be accepted: as many as the system allows (Linux: `net.core.somaxconn`). With Node's 511 the
 * others of a crowd that comes at once are dropped, and their systems try again after 1 s.
 */
const MAX_WAITING_CONNECTIONS = 65_535;

/**
 * Most requests that a connection may have sent ahead of their answers. Node stops reading when answers are not taken,
 * but not while they are still being made: one client could fill the heap with requests behind a slow one.
 */
const MAX_PIPELINED = 1000;

/** The last request of a connection, its answer, and how many came one behind the other before the first was answered. */
interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  pipelined: number;
}

/** The HTTP server with its limits, its way to start and its way to stop without failing a request. */
export class HttpServer {
  private readonly server: Server;
  private readonly exchanges = new WeakMap<Socket, Exchange>();
  private readonly sockets = new Set<Socket>();
  /** All that there have been. */
  private connections = 0;

  constructor(
    app: Express,
    private readonly options: ServerOptions,
  ) {
    this.server = createServer(
      {
        ...expressPrototypes(app),
        maxHeaderSize: HEADER_BYTES,
        headersTimeout: options.requestMs,
        requestTimeout: options.requestMs,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: 1000,
        requireHostHeader: false, // the protocol middleware does, and says so in the envelope
      },
      (req, res) => {
        req.url = originForm(req.url ?? '', req.method);
        if (this.isPipelineFull(req, res)) req.socket.destroy();
        // Instead of Express' own last handler, which it makes for each request: the apps answer everything themselves.
        else app(req as Request, res as Response, () => res.destroy());
      },
    );
    this.server.on('connection', (socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.server.on('checkExpectation', (req, res) => this.server.emit('request', req, res));
    this.server.on('connect', (_req, socket) => {
      socket.on('error', () => undefined); // the client may have gone
      socket.end(rawFailure(new MethodNotAllowed(METHODS)), () => socket.destroy());
    });
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      // What is written while another request's answer is due would be taken for that answer.
      if (error.code === 'ECONNRESET' || !socket.writable || this.isWorkedOn(socket)) socket.destroy();
      else socket.end(rawFailure(brokenRequest(error)));
    });
    this.server.maxHeadersCount = 0; // their bytes are limited; those behind the 2,000th would be dropped without a word
    this.server.timeout = options.idleMs;
    this.server.on('timeout', (socket: Socket) => {
      if (socket.writableLength === 0 && this.isWorkedOn(socket)) socket.setTimeout(options.idleMs);
      else socket.destroy(); // the client sends nothing, or takes nothing of what was written
    });
    if (options.maxConnections > 0) this.server.maxConnections = options.maxConnections;
    // WORKERS: rather than hand a connection round among processes that are all full. Not in @types/node yet.
    Object.assign(this.server, { dropMaxConnection: true });
    this.server.on('drop', options.onDrop);
  }

  /** Rejects when the port cannot be bound. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port, this.options.host, MAX_WAITING_CONNECTIONS, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  /** The port that it listens on, also if 0 was configured. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes note of the connection's latest request. @returns whether too many came before their answers */
  private isPipelineFull(req: IncomingMessage, res: ServerResponse): boolean {
    const last = this.exchanges.get(req.socket);
    if (last === undefined) {
      this.exchanges.set(req.socket, { req, res, pipelined: 1 });
      return false;
    }
    const pipelined = last.res.writableEnded ? 1 : last.pipelined + 1;
    if (pipelined > MAX_PIPELINED) return true;
    last.req = req;
    last.res = res;
    last.pipelined = pipelined;
    return false;
  }

  /** Whether a request has arrived as a whole and its answer has not gone out: the client waits for us, not we for it. */
  private isWorkedOn(socket: Socket): boolean {
    const last = this.exchanges.get(socket);
    return last !== undefined && last.req.complete && !last.res.writableFinished;
  }

  /** Between two requests. One that has sent nothing yet is not: its first request may be under way. */
  private isIdle(socket: Socket): boolean {
    return this.exchanges.get(socket)?.res.writableFinished === true;
  }

  /**
   * Closes idle connections, takes no new ones, lets requests in flight end for at most `graceMs`, then closes what is
   * left. What has reached this host before is answered.
   */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const { graceMs } = this.options;
    const endMs = monotonicMs() + graceMs;
    await closeIdle(
      this.sockets,
      (socket) => this.isIdle(socket),
      () => monotonicMs() >= endMs - graceMs / 2, // the rest is for requests in flight
    );
    await connectionsArrived(() => this.connections);
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    const again = setInterval(() => {
      this.server.closeIdleConnections();
    }, 50);
    const force = setTimeout(
      () => {
        this.server.closeAllConnections();
      },
      Math.max(0, endMs - monotonicMs()),
    );
    await closed;
    clearInterval(again);
    clearTimeout(force);
  }
}

/** Requests that Node itself refuses, answered in the envelope as well. */
function brokenRequest({ code }: NodeJS.ErrnoException): BrokenRequest {
  if (code === 'HPE_HEADER_OVERFLOW') return new BrokenRequest(431, 'The headers are too large.');
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return new BrokenRequest(413, 'The extensions of a chunk are too large.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new BrokenRequest(408, 'The request took too long to arrive.');
  return new BrokenRequest(400, 'This is not HTTP.');
}
