import { cases } from '../cases';
import { charts, helm, type Manifest, parse, podsOf, type Values, withoutFiles } from '../support';

const NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** The label controller-revision-hash of a StatefulSet's pods: the name, a hyphen and up to ten letters. */
const MOST_OF_A_STATEFUL_SET = 52;

const valuesOf = (chart: string): Values => cases.find((one) => one.chart === chart)?.values ?? {};

async function rendered(release: string, chart: string, values: Values = {}): Promise<Manifest[]> {
  const args = ['template', release, `charts/${chart}`, '--namespace', 'shop'];
  return parse(withoutFiles((await helm(args, { ...valuesOf(chart), ...values })).stdout));
}

const refusal = (release: string, chart: string, values: Values = {}): Promise<string> =>
  rendered(release, chart, values).then(
    () => 'Helm takes this name.',
    (error: unknown) => (error as { stderr: string }).stderr,
  );

/** What Kubernetes would refuse. */
function faultsIn(manifests: Manifest[]): string[] {
  const names = manifests.map(({ kind, metadata: { name } }) => ({ kind, name }));
  const same = names.filter(
    (one, i) => names.findIndex(({ kind, name }) => kind === one.kind && name === one.name) !== i,
  );
  const tooLong = names.filter(
    ({ kind, name }) => kind === 'StatefulSet' && name.length > MOST_OF_A_STATEFUL_SET,
  );
  const labels = manifests.flatMap(({ metadata }) => Object.values(metadata.labels ?? {}));
  const podLabels = podsOf(manifests).flatMap((pod) => Object.values(pod.labels));
  return [
    // Names of what is no address may be longer: of roles and config maps.
    ...names
      .filter(
        ({ kind }) =>
          !['ConfigMap', 'ClusterRole', 'ClusterRoleBinding', 'ResourceQuota', 'PriorityClass'].includes(
            kind,
          ),
      )
      .filter(({ name }) => !NAME.test(name))
      .map(({ kind, name }) => `${kind} ${name}`),
    ...[...same, ...tooLong].map(({ kind, name }) => `${kind} ${name}`),
    ...[...labels, ...podLabels].filter((value) => value.length > 63),
  ];
}

describe('the name of a release', () => {
  it.each(charts)('of 53 letters gives %s names that Kubernetes takes', async (chart) => {
    expect(faultsIn(await rendered(`${'r'.repeat(50)}-9z`, chart))).toEqual([]);
  });

  it.each([1, 2, 30, 40, 41, 45, 52])(
    'of %s letters gives the umbrella names that Kubernetes takes',
    async (length) => {
      const release = `${'opening-of-the-season-in-seoul-and-busan-and-everywhere'.slice(0, length - 1)}x`;
      expect(faultsIn(await rendered(release, 'concert'))).toEqual([]);
    },
  );

  it('keeps two long ones apart that differ at the end', async () => {
    const [a = [], b = []] = await Promise.all(
      ['a', 'b'].map((end) => rendered(`${'r'.repeat(52)}${end}`, 'redis')),
    );
    const service = (of: Manifest[]): string | undefined =>
      of.find(({ kind }) => kind === 'Service')?.metadata.name;
    expect(service(a)).toMatch(NAME);
    expect(service(a)).not.toBe(service(b));
  });

  it.each([
    ['kafka-ui', 'kafka and kafka-ui'],
    ['redis-mariadb', 'mariadb and redis'],
    ['my-grafana-prometheus', 'grafana and prometheus'],
  ])('%s is refused: it gives %s one name', async (release, parts) => {
    const values = { mariadb: { enabled: true }, redis: { enabled: true }, kafka: { enabled: true } };
    const others = {
      'kafka-ui': { enabled: true },
      grafana: { enabled: true },
      prometheus: { enabled: true },
    };
    const answer = await refusal(release, 'concert', { ...values, ...others });
    expect(answer).toMatch(new RegExp(`"${release}" gives ${parts} the same name`));
  });

  it.each(charts)('with a dot is refused by %s, in clear words', async (chart) => {
    expect(await refusal('my.release', chart)).toMatch(
      /The release's name "my.release" must be lower-case letters/,
    );
  });

  it.each(['1st', '9', '2026-opening', '1.2'])(
    '%s is refused: a Service begins with a letter',
    async (release) => {
      expect(await refusal(release, 'mariadb')).toContain(`The release's name "${release}" must be`);
    },
  );

  it.each(['true', 'null', 'on', 'n'])('%s is refused: YAML does not read it as text', async (word) => {
    expect(await refusal(word, 'redis')).toMatch(`The release's name must not be "${word}"`);
  });

  it.each(['Upper', 'under_score', '-x', 'x-'])('%s is refused, by Helm itself or by us', async (release) => {
    expect(await refusal(release, 'redis')).toMatch(/must|invalid|Invalid|unknown/);
  });

  it.each(['My', '1st', 'a.b', 'x-'])('cannot be overridden by %s', async (name) => {
    expect(await refusal('shop', 'redis', { fullnameOverride: name })).toMatch(/fullnameOverride/);
    expect(await refusal('shop', 'redis', { nameOverride: name })).toMatch(/nameOverride/);
  });
});
