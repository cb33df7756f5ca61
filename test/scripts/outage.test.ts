interface Process {
  pid: number;
  identity: string | null;
}
interface Service extends Process {
  how: 'private' | 'container';
  users: (Process & { what: string })[];
}
const mockState: { services: Record<string, Service> } = { services: {} };
jest.mock('../../scripts/lib/state', () => ({ readState: () => mockState }));

interface Outage {
  checkStoppable: (name: string) => void;
  checkStoppableEarly: (name: string) => void;
  deadServices: (names: string[]) => string[];
}
const { checkStoppable, checkStoppableEarly, deadServices } = jest.requireActual<Outage>(
  '../../scripts/lib/services/outage',
);
const { recordOf } = jest.requireActual<{ recordOf: (pid: number) => Process }>(
  '../../scripts/lib/running/processes',
);

const here = recordOf(process.pid);
const parent = recordOf(process.ppid);
/** A process that has ended, and whose number another one has got. */
const dead: Process = { pid: process.pid, identity: 'of an earlier one' };

function runs(name: string, of: Process, users: Process[] = [], how: Service['how'] = 'private'): void {
  mockState.services[name] = { ...of, how, users: users.map((user) => ({ ...user, what: 'npm start' })) };
}

describe('a service that a command is to stop for a while', () => {
  const { env } = process;
  beforeEach(() => {
    process.env = { ...env, DATABASE_URL: '', REDIS_URL: '' };
    mockState.services = {};
  });
  afterAll(() => (process.env = env));

  it('is refused before anything is started when it is somebody else’s', () => {
    process.env.DATABASE_URL = 'mariadb://elsewhere';
    expect(() => {
      checkStoppableEarly('mariadb');
    }).toThrow(/^MariaDB is that of DATABASE_URL/);
    expect(() => {
      checkStoppableEarly('redis');
    }).not.toThrow();
  });

  it('is refused before anything is started while another command uses it', () => {
    runs('mariadb', parent, [parent]);
    const inUse = new RegExp(`^MariaDB is in use by npm start \\(pid ${process.ppid}\\)`);
    expect(() => {
      checkStoppableEarly('mariadb');
    }).toThrow(inUse);
  });

  it.each<[string, () => void]>([
    ['does not run yet', () => undefined],
    ['runs for nobody', () => runs('mariadb', parent)],
    ['was used by a command that has ended', () => runs('mariadb', parent, [dead])],
    ['is used by this command alone', () => runs('mariadb', parent, [here, dead])],
  ])('is not refused early when it %s', (_how, given) => {
    given();
    expect(() => {
      checkStoppableEarly('mariadb');
    }).not.toThrow();
  });

  it('is refused at last when these scripts have not started it', () => {
    expect(() => {
      checkStoppable('redis');
    }).toThrow(/^Redis was not started by these scripts/);
  });

  it('is missed when its process has ended; a container is not looked at', () => {
    runs('mariadb', dead);
    runs('redis', parent);
    runs('kafka', dead, [], 'container');
    expect(deadServices(['mariadb', 'redis', 'kafka', 'influxdb'])).toEqual(['mariadb']);
    expect(deadServices(['redis'])).toEqual([]);
  });
});
