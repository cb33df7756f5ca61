import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { unpack } from '../../../lab/k8s/load/k6-job.ts';
import { readArguments } from '../../../lab/k8s/options.ts';
import { readManifest, valuesOf } from '../../../lab/k8s/cluster/manifest.ts';
import { render, root, UNWATCHED } from '../../charts/support';

describe('npm run experiment', () => {
  it('takes variants, variables and options', () => {
    const args = ['hpa', 'cpu', 'RATE=5', '--runs', '2', '--factor', '0.4', '--id', 'one'];
    expect(readArguments(args)).toMatchObject({
      name: 'hpa',
      only: ['cpu'],
      variables: { RATE: '5' },
      runs: 2,
      factor: 0.4,
      id: 'one',
    });
  });

  it.each([
    [['flight'], 'There is no experiment "flight"'],
    [['hpa', '--runs', '0'], '--runs'],
    [['size', '--speed', '2'], '--speed'],
    [['size', '--id', 'a', '--id', 'b'], "Option '--id' is given twice."],
    [['size', 'RATE=1', 'RATE=2'], 'RATE is given twice.'],
    [['size', '--id', '../../elsewhere'], '--id: 1 to 50 letters'],
    [['hpa', 'cup'], 'There is no variant "cup"'],
  ])('refuses %j', (args, why) => {
    expect(() => readArguments(args)).toThrow(why);
  });

  it('refuses numbers that are not in plain digits', () => {
    for (const runs of ['1e1', '0x2', '02', ' ', '1.5', '-1', ''])
      expect(() => readArguments(['hpa', `--runs=${runs}`])).toThrow('--runs');
    for (const factor of ['1e-1', '.5', '0x1', '0', '0.0', 'Infinity'])
      expect(() => readArguments(['size', `--factor=${factor}`])).toThrow('--factor');
  });

  it('finds the results at the end of a log', () => {
    const packed = (text: string): string => gzipSync(text).toString('base64').replace(/.{20}/g, '$&\n');
    const log = `some lines\n=== summary.json\n${packed('{"a":1}')}\n=== k6.ndjson\n${packed('b\n')}\n===\n`;
    const files = unpack(log);
    expect(files['summary.json']?.toString()).toBe('{"a":1}');
    expect(files['k6.ndjson']?.toString()).toBe('b\n');
    expect(unpack('k6 could not start\n')).toEqual({});
  });

  it.each([0.1, 1])('has pods times %d that the chart takes', async (factor) => {
    for (const file of readdirSync(join(root, 'k8s/experiments'))) {
      const manifest = readManifest(file.replace('.yaml', ''), factor);
      const values = { ...UNWATCHED, 'concert-api': valuesOf(manifest) };
      const api = (await render({ chart: 'concert', values })).find(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'concert-api',
      );
      expect(JSON.stringify(api)).toContain(`{"cpu":"${Math.round(manifest.size.cpu * 1000)}m","memory"`);
    }
  });

  it('scales the signals that grow with a pod', () => {
    expect(readManifest('hpa-in-flight', 0.4).hpa).toMatchObject({ cpu: '100', requestsInFlight: '8' });
  });
});
