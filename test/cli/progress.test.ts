import { PassThrough } from 'node:stream';
import { startProgress } from '../../src/cli/support/progress';

/** Where a command writes, and what it has written. */
function stream(isTTY: boolean): { out: NodeJS.WriteStream; written: () => string } {
  const through = new PassThrough();
  const pieces: Buffer[] = [];
  through.on('data', (piece: Buffer) => pieces.push(piece));
  const out = Object.assign(through, { isTTY, columns: 100 }) as unknown as NodeJS.WriteStream;
  return { out, written: () => Buffer.concat(pieces).toString() };
}

describe('how far a long command is', () => {
  it('is one line per tenth without a terminal, however the work is divided', () => {
    const { out, written } = stream(false);
    const progress = startProgress('verify', 200_000, out);
    for (const by of [1, 19_998, 1, 60_000, 0, 119_999, 1]) progress.advance(by);
    progress.stop();
    expect(written().split('\n')).toEqual([
      'verify 10% (20,000 of 200,000)',
      'verify 40% (80,000 of 200,000)',
      'verify 90% (199,999 of 200,000)',
      'verify 100% (200,000 of 200,000)',
      '',
    ]);
  });

  it('is a bar on a terminal, which disappears at the end', () => {
    const { out, written } = stream(true);
    const progress = startProgress('verify', 200_000, out);
    expect(written()).toMatch(/verify .* 0% · 0 of 200000 · /);
    progress.advance(50_000);
    progress.stop();
    expect(written()).toMatch(/25% · 50000 of 200000/);
    const [CURSOR_SHOWN, LINE_ERASED] = ['\u001b[?25h', '\u001b[1G\u001b[2K'];
    expect(written().slice(written().lastIndexOf('50000'))).toContain(CURSOR_SHOWN);
    expect(written().endsWith(LINE_ERASED)).toBe(true);
  });
});
