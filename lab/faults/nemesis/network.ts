import type { TcpProxy } from '../../../test/support/servers/tcp-proxy.ts';
import { between, pick, type Random } from '../random.ts';
import type { System } from '../system/index.ts';
import { type Fault, type Heal, namesOf, type Nemesis, type Shape } from './nemesis.ts';

/** `api0-redis`: between a process and a store; `api1-clients`: between buyers and a process. */
function anyLine(random: Random, { apis, workers, kafka }: Shape): string {
  const apiLines = namesOf('api', apis).flatMap((name) =>
    ['mariadb', 'redis', 'clients'].map((to) => `${name}-${to}`),
  );
  const stores = ['mariadb', 'redis', ...(kafka ? ['kafka'] : [])];
  const workerLines = namesOf('worker', workers).flatMap((name) => stores.map((to) => `${name}-${to}`));
  return pick(random, [...apiLines, ...apiLines, ...workerLines]);
}

function lineOf(system: System, { target }: Fault): TcpProxy {
  const [name = '', to = ''] = target.split('-');
  const line = system.process(name).lines[to];
  if (line === undefined) throw new Error(`There is no line ${target}.`);
  return line;
}

const network = (
  name: string,
  about: string,
  lasts: [number, number],
  disturb: (line: TcpProxy, fault: Fault) => Promise<Heal> | Heal,
  amount?: (random: Random) => number,
): Nemesis => ({
  name,
  about,
  plan: (random, shape) => ({
    what: about,
    target: anyLine(random, shape),
    lastsMs: between(random, ...lasts),
    ...(amount && { amount: amount(random) }),
  }),
  inject: async (system, fault) => disturb(lineOf(system, fault), fault),
});

export const networkNemeses: Nemesis[] = [
  network(
    'net-cut',
    'a connection is cut: connections reset, new ones refused',
    [1000, 5000],
    async (line) => {
      await line.cut();
      return () => line.mend();
    },
  ),
  network('net-silent', 'a connection is silent: nothing arrives until it is back', [1000, 6000], (line) => {
    line.change({ silent: true });
    return () => line.mend();
  }),
  network(
    'net-delay',
    'a connection is slow',
    [2000, 5000],
    (line, { amount = 0 }) => {
      line.change({ delayMs: amount, jitterMs: amount });
      return () => line.mend();
    },
    (random) => between(random, 20, 700),
  ),
  network(
    'net-loss',
    'a connection loses some of what is sent: resent, and at times reset',
    [2000, 5000],
    (line, { amount = 0 }) => {
      line.change({ loss: amount / 100 });
      return () => line.mend();
    },
    (random) => between(random, 2, 30),
  ),
  network(
    'net-half-open',
    'connections are dead and neither end is notified; new ones work',
    [2000, 5000],
    (line) => {
      line.halfOpen();
      return () => undefined;
    },
  ),
  network('net-answers-lost', 'requests arrive, responses do not', [1500, 4000], (line) => {
    line.loseAnswers();
    return () => line.mend();
  }),
];
