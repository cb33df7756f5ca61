import { connect, type Socket } from 'node:net';

const GIVE_UP_MS = 5000;

export interface RawAnswer {
  /** 0: no answer, the connection is gone. */
  status: number;
  body: string;
}

/**
 * One keep-alive connection with one request at a time, as cheap as can be: the million attempts share two cores with
 * the product and its database. Understands what the product sends: a Content-Length and no chunks.
 */
export class RawConnection {
  private socket: Socket | undefined;
  private text = '';
  private settle: ((answer: RawAnswer) => void) | undefined;
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  post(path: string, token: string, body: string): Promise<RawAnswer> {
    const socket = (this.socket ??= this.open());
    const auth = token === '' ? '' : `Authorization: ${token}\r\n`;
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\n${auth}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), GIVE_UP_MS);
      this.settle = (answer) => {
        clearTimeout(timer);
        this.settle = undefined;
        resolve(answer);
      };
    });
  }

  /** The next request opens it again. */
  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    this.text = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => this.take(piece));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.settle?.({ status: 0, body: '' });
    });
    return socket;
  }

  private take(piece: string): void {
    this.text += piece;
    const end = this.text.indexOf('\r\n\r\n');
    if (end === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(this.text.slice(0, end))?.[1] ?? 0);
    if (Buffer.byteLength(this.text) < end + 4 + length) return; // headers are ASCII
    const answer = { status: Number(this.text.slice(9, 12)), body: this.text.slice(end + 4) };
    if (/connection: close/i.test(this.text.slice(0, end))) this.close();
    this.text = '';
    this.settle?.(answer);
  }
}
