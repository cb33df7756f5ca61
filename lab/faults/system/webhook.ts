import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Receiver of notifications, which records each event and how often it came. */
export class Webhook {
  /** `atMs` by performance.now(). */
  readonly calls: { key: string; atMs: number }[] = [];
  private readonly server = createServer((req, res) => {
    req.resume();
    req.on('end', () => {
      this.calls.push({ key: String(req.headers['idempotency-key']), atMs: performance.now() });
      res.writeHead(204).end();
    });
  });

  async open(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }
}
