import { Scratch } from '../support/rows/scratch';
import { runTool } from '../support/servers/tool';

describe('npm run db -- webhook', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await Scratch.migrated();
  });
  afterAll(() => scratch.drop());

  const webhook = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runTool('webhook', args, scratch.env);
    return `${code ?? ''} ${stdout}${stderr}`;
  };

  it('adds, lists, rotates, replays and removes, and shows a secret once', async () => {
    expect(await webhook('list')).toBe('0 there is no webhook\n');
    const added = await webhook(
      'add',
      'https://hook.example/x',
      '--types',
      'payment.completed',
      '--description',
      'CRM',
    );
    const [, id = '', secret = ''] = /webhook (\d+) .*\nsecret (whsec_\S+)\n$/s.exec(added) ?? [];
    expect(secret).not.toBe('');
    const listed = await webhook('list');
    expect(listed).toBe(
      `0 ${id} https://hook.example/x CRM\n  payment.completed; 0 pending, 0 given up; ok\n`,
    );
    const rotated = await webhook('rotate', id, '--keep-hours', '2');
    expect(rotated).toMatch(/^0 secret whsec_\S+\nthe old one signs as well for 2 h\n$/);
    expect(rotated).not.toContain(secret);
    expect(await webhook('list')).toMatch(/ok, two secrets until 20/);
    expect(await webhook('replay', id, '--failed')).toBe('0 0 events are sent again\n');
    expect(await webhook('replay', id, '--since', '2026-11-29T10:00:00+09:00')).toBe(
      '0 0 events are sent again\n',
    );
    expect(await webhook('log', id)).toBe('0 ');
    expect(await webhook('enable', id)).toMatch(/^0 webhook \d+ is called again/);
    expect(await webhook('remove', id)).toBe(`0 webhook ${id} is removed\n`);
    expect(await webhook('log', id)).toBe(`2 The webhook ${id} does not exist.\n`);
    const acts = await scratch.admin.query<{ act: string }>(
      "SELECT act FROM audit WHERE subject = ? AND role = 'cli' ORDER BY id",
      [`webhook:${id}`],
    );
    expect(acts.map(({ act }) => act.replace('webhook.', '')).join(' ')).toBe(
      'add rotate replay replay enable remove',
    );
  });

  it.each([
    [['ad', 'https://hook.example'], 'Did you mean "add"?'],
    [['add'], 'add takes the url.'],
    [['add', 'http://10.0.0.1/'], 'The URL is refused: 10.0.0.1 is no public address.'],
    [['add', 'https://hook.example', '--types', 'payment'], 'they are reservation.held, payment.completed'],
    [['list', '7'], 'list takes no 7.'],
    [['list', '--failed'], 'list takes no --failed.'],
    [['rotate', 'x'], 'The webhook must be a whole number'],
    [['replay', '1'], 'replay takes one of'],
    [['replay', '1', '--since', '2026-02-30T10:00:00Z'], '--since must be a time with its offset'],
    [['replay', '1', '--event', 'x'], '--event must be the webhook-id'],
    [['remove', '4711'], 'The webhook 4711 does not exist.'],
  ])('refuses %j with a reason', async (args, why) => {
    const said = await webhook(...args);
    expect(said).toMatch(/^2 /);
    expect(said).toContain(why);
  });
});
