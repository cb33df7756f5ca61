import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { until } from '../wait';

export interface Heard {
  event: string;
  id: string;
  data: { queuePosition: number; status: string; etaSeconds: number; pollAfterMs: number };
}

/** A client of server-sent events that keeps all it hears. */
export class Listener {
  readonly heard: Heard[] = [];
  retryMs = 0;
  ended = false;
  status = 0;
  headers: IncomingHttpHeaders = {};
  /** What was answered when no stream began. */
  text = '';
  private answer: IncomingMessage | undefined;

  /** Resolves when the answer has begun. */
  async open(url: string, headers: Record<string, string> = {}): Promise<this> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent: false, headers }, resolve).once('error', reject);
    });
    this.answer = answer;
    this.status = answer.statusCode ?? 0;
    this.headers = answer.headers;
    answer.setEncoding('utf8');
    answer.on('error', () => undefined); // 'close' follows
    answer.on('close', () => (this.ended = true));
    let rest = '';
    answer.on('data', (chunk: string) => {
      if (this.headers['content-type'] !== 'text/event-stream') {
        this.text += chunk;
        return;
      }
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.take(block);
    });
    return this;
  }

  /** `position 3`, `admitted 0`, … */
  get story(): string[] {
    return this.heard.map(({ event, data }) => `${event} ${data.queuePosition}`);
  }

  /** Waits for the first event that fits. */
  async hears(what: string, withinMs?: number): Promise<Heard> {
    return until(
      what,
      () => this.heard.find((it, i) => this.story[i] === what || it.event === what),
      withinMs,
    );
  }

  async end(withinMs?: number): Promise<void> {
    await until('the end of the stream', () => this.ended, withinMs);
  }

  close(): void {
    this.answer?.destroy();
  }

  private take(block: string): void {
    const fields = block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
    const { event, id, data, retry } = Object.fromEntries(fields) as Record<string, string | undefined>;
    if (retry !== undefined) this.retryMs = Number(retry);
    if (data === undefined) return;
    this.heard.push({
      event: event ?? '',
      id: id ?? '',
      data: JSON.parse(data) as Heard['data'],
    });
  }
}
