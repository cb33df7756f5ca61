import { ServiceProcess } from '../../support/servers/process';
import { until } from '../../support/wait';

/** In the process under test, at a signal: what a driver, a socket, a timer and a library may do to it. */
const ACCIDENTS = `
  import { EventEmitter } from 'node:events';
  process.on('SIGUSR2', () => {
    setTimeout(() => { throw new TypeError('thrown by a timer') });
    process.nextTick(() => { throw new TypeError('thrown by a callback') });
    setImmediate(() => new EventEmitter().emit('error', new Error('emitted by a socket')));
    Promise.reject(new Error('rejected by a driver'));
    console.warn('Rolling back transaction %s failed', 7);
    console.log('done\\nand done');
    process.emitWarning('This is old.', 'DeprecationWarning');
  });`;

interface Line {
  msg: string;
  level: string;
  err?: { message: string };
  printed?: string;
}

describe('an error that nobody can catch', () => {
  it('is logged and counted, as is what libraries print, and the process goes on', async () => {
    const service = await new ServiceProcess({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ACCIDENTS)}`,
    }).start();
    service.signal('SIGUSR2');
    const lines = (): Line[] => service.lines.map((line) => JSON.parse(line) as Line);
    const uncaught = (): unknown[] =>
      lines()
        .filter(({ msg }) => msg.startsWith('an error that nobody caught'))
        .map(({ level, err }) => `${level} ${err?.message}`)
        .sort();
    const printed = (): unknown[] =>
      lines().flatMap(
        (line) => line.printed ?? (line.msg === 'Node warns' ? line.err?.message : undefined) ?? [],
      );
    await until('all are logged', () => uncaught().length === 4 && printed().length === 3);
    expect(printed().sort()).toEqual(['Rolling back transaction 7 failed', 'This is old.', 'done\nand done']);
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
