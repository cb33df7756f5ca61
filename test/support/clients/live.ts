import type { HistoryPoint, LiveReport } from '../../../src/modules/live/schema';

interface Followed {
  /** Resolves with the first report, of those that come from now on, that is as wanted. */
  until(what: string, isWanted: (report: LiveReport) => boolean): Promise<LiveReport>;
  readonly history: HistoryPoint[] | undefined;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

const PATIENCE_MS = 240_000;

/** Follows the stream of the operator's page, as the page does: with the key in a header. */
export async function followLive(url: string, key: string): Promise<Followed> {
  const abort = new AbortController();
  const answer = await fetch(`${url}/v1/admin/live/events`, {
    headers: { Authorization: `Bearer ${key}` },
    signal: abort.signal,
  });
  if (!answer.ok || answer.body === null) throw new Error(`${answer.status} ${await answer.text()}`);
  const seen: { history?: HistoryPoint[]; listeners: Set<(report: LiveReport) => void> } = {
    listeners: new Set(),
  };
  const take = (event: string): void => {
    const [, name] = /^event: (.*)$/m.exec(event) ?? [];
    const [, data = ''] = /^data: (.*)$/m.exec(event) ?? [];
    if (name === 'history') seen.history = (JSON.parse(data) as { points: HistoryPoint[] }).points;
    if (name === 'report') for (const each of [...seen.listeners]) each(JSON.parse(data) as LiveReport);
  };
  const ended = readEvents(answer.body, take);
  return {
    until: (what, isWanted) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`no report: ${what}`));
        }, PATIENCE_MS);
        const listener = (report: LiveReport): void => {
          if (!isWanted(report)) return;
          clearTimeout(timer);
          seen.listeners.delete(listener);
          resolve(report);
        };
        seen.listeners.add(listener);
      }),
    get history() {
      return seen.history;
    },
    ended,
    close: () => {
      abort.abort();
    },
  };
}

async function readEvents(body: ReadableStream<Uint8Array>, take: (event: string) => void): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(piece, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) take(event);
    }
  } catch {
    // closed by the test
  }
}
