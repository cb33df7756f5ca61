import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedCall {
  headers: IncomingHttpHeaders;
  body: string;
  /** `webhook-id`. */
  id: string;
  data: { type: string; timestamp: string; data: { reservationId: number } };
}

/** A receiver of webhooks, which keeps its calls. What it answers may be replaced. */
export class WebhookReceiver {
  readonly calls: ReceivedCall[] = [];
  answer: RequestListener = (_req, res) => res.writeHead(204).end();
  private server: Server | undefined;

  get url(): string {
    const { port } = this.server?.address() as AddressInfo;
    return `http://127.0.0.1:${port}/hook`;
  }

  get reservations(): number[] {
    return this.calls.map(({ data }) => data.data.reservationId);
  }

  async open(): Promise<this> {
    const server = createServer((req, res) => {
      let body = '';
      req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      req.on('end', () => {
        const data = JSON.parse(body) as ReceivedCall['data'];
        this.calls.push({ headers: req.headers, body, id: String(req.headers['webhook-id']), data });
        this.answer(req, res);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

/** As docs/webhooks.md tells receivers to verify a call. */
export function isGenuine(
  { headers, body }: ReceivedCall,
  secret: string,
  nowS = Date.now() / 1000,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (Math.abs(nowS - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.${body}`)
    .digest();
  return String(signatures)
    .split(' ')
    .filter((each) => each.startsWith('v1,'))
    .map((each) => Buffer.from(each.slice('v1,'.length), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}
