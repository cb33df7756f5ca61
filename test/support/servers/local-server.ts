import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server of a test, on this machine. What it answers may be replaced. */
export class LocalServer {
  private server: Server | undefined;

  constructor(public answer: RequestListener = (_req, res) => res.writeHead(204).end()) {}

  get port(): number {
    return (this.server?.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @param port 0: a free one */
  async open(port = 0): Promise<this> {
    const server = createServer((req, res) => this.receive(req, res));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  answerWith(status: number): void {
    this.answer = (_req, res) => res.writeHead(status).end();
  }

  protected receive(...[req, res]: Parameters<RequestListener>): void {
    this.answer(req, res);
  }
}

/** Calls `then` with the whole body; never for a request that is cut off. */
export function readBody(req: IncomingMessage, then: (body: string) => void): void {
  let body = '';
  req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  req.on('end', () => then(body));
}
