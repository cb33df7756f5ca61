import { startService, type RunningService } from '../../src/service';
import { testConfig } from './config';

/** One process' worth of the product, in this process; ready when it resolves. Stop it when done. */
export async function startTestService(
  overrides: Record<string, string | number> = {},
): Promise<RunningService & { url: string; managementUrl: string; queueId: string }> {
  const config = testConfig(overrides);
  const service = await startService(config);
  const url = `http://127.0.0.1:${service.port}`;
  const managementUrl = `http://127.0.0.1:${service.managementPort ?? service.port}`;
  for (let ready = false; !ready;) ready = (await fetch(`${url}/health/ready`)).ok;
  return { ...service, url, managementUrl, queueId: config.QUEUE_ID };
}
