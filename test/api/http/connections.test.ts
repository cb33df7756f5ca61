import { Agent, request, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { until } from '../../support/wait';
import { useService } from '../../support/suite';
import { ConnectionAge } from '../../../src/http/limits/connection-age';

describe('a connection', () => {
  const app = useService({ HTTP_MAX_CONNECTION_AGE_SECONDS: 1 });

  it('is closed after its time with an answer, and the next request comes by another one', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (): Promise<{ answer: IncomingMessage; port: number }> =>
      new Promise((resolve, reject) => {
        const asked = request(`${app.url}/v1/api/queue/token/check`, { agent, method: 'POST' }, (answer) => {
          const port = asked.socket?.localPort ?? 0;
          answer.resume().once('end', () => {
            resolve({ answer, port });
          });
        });
        asked.once('error', reject).end();
      });
    const first = await ask();
    expect(first.answer.headers.connection).toBe('keep-alive');
    const last = await until('the last answer of a connection', async () => {
      const asked = await ask();
      return asked.answer.headers.connection === 'close' && asked;
    });
    expect(last.answer.statusCode).toBe(401); // the request is served as any other
    const next = await ask();
    expect(next.port).not.toBe(last.port);
    agent.destroy();
  });
});

describe('the age of connections', () => {
  const sockets = Array.from({ length: 1000 }, () => new Socket());
  const over = (age: ConnectionAge, nowMs: number): number =>
    sockets.filter((socket) => age.isOver(socket, nowMs)).length;

  it('is different for each, from half to one and a half times the time given', () => {
    let drawn = 0;
    const random = jest.spyOn(Math, 'random').mockImplementation(() => (drawn++ % 1000) / 1000);
    const age = new ConnectionAge(10_000);
    expect(over(age, 0)).toBe(0);
    random.mockRestore();
    expect(over(age, 4999)).toBe(0);
    expect(over(age, 9999)).toBe(500);
    expect(over(age, 15_000)).toBe(1000);
  });

  it('has no end when it is 0', () => {
    const age = new ConnectionAge(0);
    over(age, 0);
    expect(over(age, 1e12)).toBe(0);
  });
});
