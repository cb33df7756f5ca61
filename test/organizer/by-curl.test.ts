// The pages show how to put a concert on sale and how to buy from it, the README how a first ticket comes through the
// waiting room. Their commands are run as they stand there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '../support/at';
import { expectInvariants } from '../support/invariants';
import { Given } from '../support/rows/given';
import { Scratch } from '../support/rows/scratch';
import { startTestService } from '../support/service';
import { UNHURRIED } from '../support/suite';
import { until } from '../support/wait';

const root = join(__dirname, '..', '..');
/** Around the status of each command, behind what it has printed. */
const END = '\u001e';
/**
 * The pages name tools by npm, which would build them first. Other tests share Redis, and break their queues on purpose:
 * verify looks at that of this test.
 */
const TOOLS = `
npm() {
  while [ "$1" != -- ]; do shift; done
  if [ "$2" = verify ]; then set -- "$@" --queue "$QUEUE"; fi
  "$NODE" "dist/cli/$2.js" "\${@:3}"
}
curl() { "$CURL" "$@"; }
jq() { "$JQ" "$@"; }`;
const { CURL, JQ } = process.env;

interface Command {
  text: string;
  /** Lines that it prints, with … for what differs. */
  prints: string[];
}

/** The examples below a heading. */
function examplesOf(page: string, heading: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const [, below = ''] = text.split(`${heading}\n`);
  return Array.from(below.matchAll(/```sh\n([^]*?)```/g), ([, example = '']) => example);
}

/** Commands of the first example below a heading. */
function commandsOf(page: string, heading: string): Command[] {
  const [example = ''] = examplesOf(page, heading);
  const commands: Command[] = [];
  for (const line of example.split('\n').filter((each) => each !== ''))
    if (line.startsWith('# ')) commands.at(-1)?.prints.push(line.slice(2));
    else commands.push({ text: line, prints: [] });
  return commands;
}

(CURL === undefined || JQ === undefined ? describe.skip : describe)('the commands of the pages', () => {
  let scratch: Scratch;
  let service: Awaited<ReturnType<typeof startTestService>>;
  let shell: Shell;
  beforeAll(async () => {
    scratch = await Scratch.migrated();
    service = await startTestService({
      ...UNHURRIED,
      ...scratch.env,
      MANAGEMENT_PORT: 0,
      QUEUE_MAX_ACTIVE: 1, // as in the README; one user of the pages at a time is enough
      QUEUE_PRESENCE_TIMEOUT_SECONDS: 300,
      REFUNDS_PER_SECOND: 10_000,
    });
    shell = new Shell({ ...process.env, ...scratch.env, NODE: process.execPath, QUEUE: service.queueId });
  });
  afterAll(async () => {
    await shell.end();
    await service.stop();
    await scratch.drop();
  });

  const atService = (command: string): string =>
    command
      .replace('http://127.0.0.1:9090', service.managementUrl)
      .replace('http://127.0.0.1:8080', service.url);

  /** @returns what a command prints, line by line, except for what the page leaves out */
  async function run({ text, prints }: Command): Promise<{ printed: string[]; shown: string[] }> {
    const lines = (await shell.run(atService(text)))
      .replaceAll('\r', '')
      .split('\n')
      .filter((line) => line !== '');
    const shown = prints.map((print, i) => (fits(lines[i] ?? '', print) ? print : (lines[i] ?? '')));
    return { printed: [...shown, ...lines.slice(prints.length)], shown: prints };
  }

  async function runAll(commands: Command[]): Promise<void> {
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const { printed, shown } = await run(command);
      expect([command.text, printed]).toEqual([command.text, shown]);
    }
  }

  it('put 1,000 seats of an empty database on sale, sell some, and give the money back', async () => {
    await shell.run(TOOLS);
    const onSale = commandsOf('docs/organizer.md', '## From an empty database to 1,000 seats on sale');
    const requests = onSale.filter(({ text }) => /^(send|KEY)/.test(text) && !text.startsWith('send()'));
    expect(requests).toHaveLength(5);
    await runAll(onSale);
    await runAll(commandsOf('docs/organizer.md', '## The sale'));

    await until('the schedule is public', async () => {
      const path = `${service.url}/v1/api/concerts/availability?scheduleId=1`;
      return (await fetch(path)).ok;
    });
    expect(await new Given(scratch.admin).user()).toBe(1);
    const purchase = commandsOf('docs/api.md', '### Two tickets by curl');
    const lists = at(
      purchase.filter(({ text }) => text.endsWith('/concerts/schedule')),
      0,
    );
    const before = purchase.indexOf(lists);
    await runAll(purchase.slice(0, before));
    await until('the schedule is listed', async () => {
      const { printed, shown } = await run(lists);
      return printed.join() === shown.join();
    });
    await runAll(purchase.slice(before));

    await runAll(commandsOf('docs/organizer.md', '## Refunds'));
    await runAll(commandsOf('docs/organizer.md', '## Exports'));
    await expectInvariants({ database: scratch.app });
  });

  it('buy the first ticket of the README while a second user waits, who is admitted next', async () => {
    const given = new Given(scratch.admin);
    const { id } = await given.scheduleWithSeats(2);
    expect(await given.user()).toBe(2);
    const commands = firstTicket();
    const looks = commands.findIndex(({ text }) => text.startsWith('schedule='));
    expect(looks).toBeGreaterThan(0);
    await runShown(commands.slice(0, looks));
    await until('the schedule is the first of the list', async () =>
      (await shell.run('call $one $api/concerts/schedule')).includes(`"data":[{"scheduleId":${id},`),
    );
    await runShown(commands.slice(looks));
  });

  async function runShown(commands: Shown[]): Promise<void> {
    for (const { text, parts } of commands) {
      const printed = await shell.run(atService(text));
      expect([text, parts.filter((part) => !printed.includes(part))]).toEqual([text, []]);
    }
  }
});

interface Shown {
  text: string;
  /** What the README says behind `#` of the answer: fields of JSON. */
  parts: string[];
}

/** The commands of the README's example of a first ticket. */
function firstTicket(): Shown[] {
  const examples = examplesOf('README.md', '## A first ticket through the waiting room');
  const example = examples.find((each) => each.startsWith('api=')) ?? '';
  const lines = example.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [text = '', comment = ''] = line.split(/ +# /);
    return { text, parts: comment.match(/"\w+":(?:"\w+"|\d+)/g) ?? [] };
  });
}

/** Whether a line is as the page shows it, with anything for each …. */
function fits(line: string, print: string): boolean {
  const [first = '', ...others] = print.split('…');
  const last = others.pop();
  if (last === undefined) return line === first;
  if (!line.startsWith(first) || !line.endsWith(last)) return false;
  let from = first.length;
  return [...others, last].every((part) => {
    const found = line.indexOf(part, from);
    from = found + part.length;
    return found !== -1;
  });
}

/** One bash, as the one in which a reader types. */
class Shell {
  private readonly bash;
  private printed = '';

  constructor(env: NodeJS.ProcessEnv) {
    this.bash = spawn('bash', [], { cwd: root, env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.bash.stdout.setEncoding('utf8').on('data', (text: string) => (this.printed += text));
  }

  /** @returns what it prints @throws Error when it fails */
  async run(command: string): Promise<string> {
    this.bash.stdin.write(`${command}\nprintf '${END}%s${END}' $?\n`);
    const [text = '', status] = await until(`the end of ${command}`, () => {
      const parts = this.printed.split(END);
      return Promise.resolve(parts.length === 3 && parts);
    });
    this.printed = '';
    if (status !== '0') throw new Error(`${command} ended with ${status}: ${text}`);
    return text;
  }

  async end(): Promise<void> {
    const ended = once(this.bash, 'close');
    this.bash.stdin.end();
    await ended;
  }
}
