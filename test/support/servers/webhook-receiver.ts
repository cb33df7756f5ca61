import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { LocalServer, readBody } from './local-server';

export interface ReceivedCall {
  headers: IncomingHttpHeaders;
  body: string;
  /** `webhook-id`. */
  id: string;
  data: { type: string; timestamp: string; data: { reservationId: number } };
}

/** A receiver of webhooks, which keeps its calls. */
export class WebhookReceiver extends LocalServer {
  readonly calls: ReceivedCall[] = [];

  get url(): string {
    return `${this.origin}/hook`;
  }

  get reservations(): number[] {
    return this.calls.map(({ data }) => data.data.reservationId);
  }

  protected override receive(...[req, res]: Parameters<RequestListener>): void {
    readBody(req, (body) => {
      const data = JSON.parse(body) as ReceivedCall['data'];
      this.calls.push({ headers: req.headers, body, id: String(req.headers['webhook-id']), data });
      super.receive(req, res);
    });
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
