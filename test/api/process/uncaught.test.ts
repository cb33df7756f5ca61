import { ServiceProcess } from '../../support/servers/process';
import { until } from '../../support/wait';

/** In the process under test, at a signal: what a driver, a socket and a timer may do to it. */
const ACCIDENTS = `
  import { EventEmitter } from 'node:events';
  process.on('SIGUSR2', () => {
    setTimeout(() => { throw new TypeError('thrown by a timer') });
    process.nextTick(() => { throw new TypeError('thrown by a callback') });
    setImmediate(() => new EventEmitter().emit('error', new Error('emitted by a socket')));
    Promise.reject(new Error('rejected by a driver'));
  });`;

describe('an error that nobody can catch', () => {
  it('is logged and counted, and the process goes on', async () => {
    const service = await new ServiceProcess({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ACCIDENTS)}`,
    }).start();
    service.signal('SIGUSR2');
    const uncaught = (): unknown[] =>
      service.lines
        .map((line) => JSON.parse(line) as { msg: string; level: string; err?: { message: string } })
        .filter(({ msg }) => msg.startsWith('an error that nobody caught'))
        .map(({ level, err }) => `${level} ${err?.message}`)
        .sort();
    await until('all are logged', () => uncaught().length === 4);
    expect(uncaught()).toEqual([
      'error emitted by a socket',
      'error rejected by a driver',
      'error thrown by a callback',
      'error thrown by a timer',
    ]);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${service.url}/metrics`)).text()).toContain('concert_uncaught_errors_total 4');
    expect(await service.stop()).toBe(0);
  });
});
