import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  advance(by: number): void;
  stop(): void;
}

const count = (n: number): string => n.toLocaleString('en');

/** A bar on a terminal, else one line per tenth. */
export function startProgress(
  what: string,
  total: number,
  stream: NodeJS.WriteStream = process.stdout,
): Progress {
  if (stream.isTTY) {
    const format = `${what} {bar} {percentage}% · {value} of {total} · {eta_formatted} left`;
    const bar = new SingleBar(
      { format, stream, hideCursor: true, clearOnComplete: true },
      Presets.shades_classic,
    );
    bar.start(total, 0);
    return {
      advance: (by) => {
        bar.increment(by);
      },
      stop: () => {
        bar.stop();
      },
    };
  }
  let done = 0;
  let tenths = 0;
  return {
    advance(by) {
      done += by;
      const reached = Math.floor((done / total) * 10);
      if (reached > tenths) stream.write(`${what} ${reached * 10}% (${count(done)} of ${count(total)})\n`);
      tenths = Math.max(tenths, reached);
    },
    stop: () => undefined,
  };
}
