// One process of the product with traces off, which listens twice: at PORT as it is, and at UNTRACED_PORT with an app whose
// tracer has empty methods. All else is shared, so the two differ in nothing but the tracer.
import type { Tracer } from '../../../src/platform/observability/traces/tracer.ts';
import { dist } from '../lib/context.ts';

const { createApps } = dist('app.js') as typeof import('../../../src/app.ts');
const { loadConfig } = dist('config/config.js') as typeof import('../../../src/config/config.ts');
const { HttpServer } = dist('http/server.js') as typeof import('../../../src/http/server.ts');
const tracer = dist('platform/observability/traces/tracer.js') as {
  Tracer: new () => Tracer;
};
const { startService } = dist('service.js') as typeof import('../../../src/service.ts');

const nothing = (): undefined => undefined;
const empty = {
  isOn: false,
  active: nothing,
  traceparent: nothing,
  server: nothing,
  child: nothing,
  continued: nothing,
  within: (_span: unknown, work: () => unknown) => work(),
  ending: (_span: unknown, work: () => unknown) => work(),
  run: (_name: string, _options: unknown, work: () => unknown) => work(),
  together: (_name: string, _attributes: unknown, _requests: unknown, work: () => unknown) => work(),
};

async function main(): Promise<void> {
  const config = loadConfig();
  const service = await startService(config);
  // The services are made already; only what createApps makes itself gets the other tracer.
  service.container.registerInstance(tracer.Tracer, empty as unknown as Tracer);
  const untraced = new HttpServer(createApps(service.container).main, {
    host: config.HOST,
    port: Number(process.env.UNTRACED_PORT),
    requestMs: config.HTTP_REQUEST_TIMEOUT_MS,
    idleMs: config.HTTP_SOCKET_TIMEOUT_MS,
    maxConnections: 0,
    onDrop: nothing,
    graceMs: 0,
  });
  await untraced.listen();
  process.on('SIGTERM', () => {
    void Promise.all([untraced.close(), service.stop()]).then(() => process.exit(0));
  });
}

void main();
