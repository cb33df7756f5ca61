import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { readPages } from '../../../src/modules/pages/files.ts';
import { dist, root } from '../../bench/lib/context.ts';

export interface PageServer {
  url: string;
  close(): void;
}

/** The built pages and nothing else: the scenes answer the requests to the API. */
export async function servePages(): Promise<PageServer> {
  const { readPages: read } = dist('modules/pages/files.js') as { readPages: typeof readPages };
  const files = read(join(root, 'dist', 'web'), {
    queueId: 'main',
    maxWaitSeconds: 86_400,
    idleSeconds: 0,
    hasProofOfWork: false,
    signInUrl: '',
    isJoinedElsewhere: false,
    extensionSeconds: 180,
  });
  if (files === undefined) throw new Error('The pages have not been built.');
  const byPath = new Map(files.map((file) => [file.path, file]));
  const server = createServer((req, res) => {
    const file = byPath.get(req.url ?? '');
    if (file === undefined) res.writeHead(404).end();
    else res.writeHead(200, { 'Content-Type': file.type }).end(file.forms.identity);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
