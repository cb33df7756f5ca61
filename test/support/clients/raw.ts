import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Sends bytes as they are, which no HTTP client would, and reads one answer. */
export function askRaw(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let heard = '';
    const answered = (): void => {
      const answer = read(heard);
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (part: Buffer) => {
      heard += part.toString('latin1');
      answered();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error(`closed after ${JSON.stringify(heard)}`));
    });
    socket.write(bytes);
  });
}

/** undefined while some of it is missing. */
function read(heard: string): RawAnswer | undefined {
  const end = heard.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [first = '', ...lines] = heard.slice(0, end).split('\r\n');
  if (first.startsWith('HTTP/1.1 100 ')) return read(heard.slice(end + 4));
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const text = Buffer.from(heard.slice(end + 4), 'latin1');
  const length = Number(headers['content-length'] ?? 0);
  if (text.length < length) return undefined;
  return { status: Number(first.split(' ')[1]), headers, text: text.subarray(0, length).toString('utf8') };
}
