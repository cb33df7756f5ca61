import { connect, type Socket } from 'node:net';
import { between, pick, type Random } from '../random.ts';
import type { System } from '../system/index.ts';
import { type Fault, type Heal, namesOf, type Nemesis, type Shape } from './nemesis.ts';

const SLOW_CLIENTS = 150;

const anyApi = (random: Random, { apis }: Shape): string => pick(random, namesOf('api', apis));

function connectTo(system: System, { target }: Fault): Socket {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(system.process(target).url).port) });
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}

/** Slowloris: many who send their body a byte at a time, for longer than HTTP_REQUEST_TIMEOUT_MS. */
const slow: Nemesis = {
  name: 'slow-clients',
  about: `slowloris: ${SLOW_CLIENTS} clients send their body a byte at a time until they are cut off`,
  plan: (random, shape) => ({
    what: 'slow clients',
    target: anyApi(random, shape),
    lastsMs: between(random, 12_000, 13_500),
  }),
  inject: (system, fault): Promise<Heal> => {
    const head =
      'POST /v1/api/queue/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n';
    const sockets = Array.from({ length: SLOW_CLIENTS }, () => connectTo(system, fault));
    for (const socket of sockets) socket.write(head);
    const timer = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(' ');
    }, 40);
    return Promise.resolve(() => {
      clearInterval(timer);
      const gone = sockets.filter(({ closed }) => closed).length;
      for (const socket of sockets) socket.destroy();
      return `${gone} of ${SLOW_CLIENTS} cut off`;
    });
  },
};

/** Clients that go away in the middle of their request, or before the answer. */
const gone: Nemesis = {
  name: 'gone-clients',
  about: 'clients go away in the middle of their request or before its response',
  plan: (random, shape) => ({
    what: 'clients gone',
    target: anyApi(random, shape),
    lastsMs: between(random, 2000, 4000),
    amount: between(random, 0, 1_000_000),
  }),
  inject: (system, fault): Promise<Heal> => {
    let at = fault.amount ?? 0;
    const body = '{"userId": 1}';
    const text = `POST /v1/api/queue/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const timer = setInterval(() => {
      const socket = connectTo(system, fault);
      at += 37;
      const isWhole = at % 3 === 0;
      socket.on('connect', () => {
        socket.write(isWhole ? text : text.slice(0, at % text.length));
        setTimeout(() => (at % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()), at % 7);
      });
    }, 10);
    return Promise.resolve(() => clearInterval(timer));
  },
};

export const clientNemeses: Nemesis[] = [slow, gone];
