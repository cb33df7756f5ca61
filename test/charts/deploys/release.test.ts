import { execFile, execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { parse, podsOf, root } from '../support';

/** What the workflows of .github rely on; GitHub alone can run them. */
const { assembleAll } = jest.requireActual<{ assembleAll: (folder: string, image?: string) => void }>(
  '../../../scripts/lib/deploys/charts',
);
const { findHelm } = jest.requireActual<{ findHelm: () => string }>('../../../scripts/lib/deploys/helm');

interface Step {
  name?: string;
  run?: string;
  uses?: string;
  with?: Record<string, unknown>;
}
interface Workflow {
  permissions?: Record<string, string>;
  jobs: Record<string, { 'timeout-minutes'?: number; steps: Step[] }>;
}
const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((file): [string, Workflow] => [
  file,
  parseYaml(readFileSync(join(folder, file), 'utf8')) as Workflow,
]);
const stepsOf = ({ jobs }: Workflow): Step[] => Object.values(jobs).flatMap(({ steps }) => steps);

describe.each(workflows)('%s', (_file, workflow) => {
  it('says what it may do, and ends by itself', () => {
    expect(Object.keys(workflow.permissions ?? {})).toContain('contents');
    for (const job of Object.values(workflow.jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  it('has scripts that a shell reads, and commands that there are', () => {
    const known = (name: string): boolean => {
      const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
        scripts: Record<string, string>;
      };
      return name === 'test' || name in scripts;
    };
    for (const { run = '' } of stepsOf(workflow)) {
      // What GitHub puts in place of its expressions is a word.
      execFileSync('bash', ['-n'], { input: run.replace(/\$\{\{[^}]*\}\}/g, 'word') });
      for (const [, name = ''] of run.matchAll(/npm run (?:--silent )?([\w:]+)/g))
        expect([name, known(name)]).toEqual([name, true]);
    }
  });
});

it('charts are written only where nothing else has their names: what is there is removed', () => {
  const other = mkdtempSync(join(tmpdir(), 'charts-'));
  try {
    mkdirSync(join(other, 'k6'));
    writeFileSync(join(other, 'k6', 'study.ts'), 'a script');
    const message = 'was not written by an earlier run: it would be removed.';
    expect(() => assembleAll(other)).toThrow(message);
    expect(readdirSync(other, { recursive: true }).sort()).toEqual(['k6', 'k6/study.ts']);
    rmSync(join(other, 'k6'), { recursive: true });
    symlinkSync(join(root, 'charts', 'k6'), join(other, 'k6')); // the checkout's own
    expect(() => assembleAll(other)).toThrow(message);
    expect(readdirSync(other)).toEqual(['k6']);
  } finally {
    rmSync(other, { recursive: true });
  }
});

it('kind is the version that the node image of kind-config.yaml was made for', () => {
  const [, workflow] = workflows.find(([file]) => file === 'cluster.yaml') ?? [];
  const step = workflow && stepsOf(workflow).find(({ uses }) => uses?.startsWith('helm/kind-action@'));
  const [, version] =
    /# The image that kind ([\d.]+) was released with/.exec(
      readFileSync(join(root, 'kind-config.yaml'), 'utf8'),
    ) ?? [];
  expect(step?.with).toMatchObject({ version: `v${version ?? ''}.0` });
});

describe('charts that are released', () => {
  const target = mkdtempSync(join(tmpdir(), 'release-'));
  afterAll(() => rmSync(target, { recursive: true, force: true }));
  const digest = `sha256:${'a'.repeat(64)}`;

  it('run the released image without a value, by its content', async () => {
    assembleAll(target, `ghcr.io/owner/concert-api:1.2.3@${digest}`);
    const args = ['template', 'concert', join(target, 'concert')];
    const { stdout } = await promisify(execFile)(findHelm(), args, { maxBuffer: 64 * 1024 * 1024 });
    const ours = podsOf(parse(stdout)).flatMap(({ spec }) => spec.containers.map(({ image }) => image));
    expect(ours.filter((image) => image.includes('concert-api'))).toEqual(
      Array(ours.filter((image) => image.includes('concert-api')).length).fill(
        `ghcr.io/owner/concert-api:1.2.3@${digest}`,
      ),
    );
    expect(ours).toContain(`ghcr.io/owner/concert-api:1.2.3@${digest}`);
  });

  it('are not made for a name that is no image', () => {
    expect(() => assembleAll(target, 'ghcr.io/owner/concert-api@latest')).toThrow('is no image');
  });
});
