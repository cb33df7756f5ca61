// The limit of the HTTP benchmarks: node:http and nothing else, answering one prepared text.
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';

const { body, contentType, readsJson, port } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as {
  body: string;
  contentType: string;
  readsJson: boolean;
  port: number;
};
const headers = { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) };

function answer(res: ServerResponse): void {
  res.writeHead(200, headers);
  res.end(body);
}

const server = createServer((req, res) => {
  if (!readsJson) {
    answer(res);
    return;
  }
  let text = '';
  req.setEncoding('utf8');
  req.on('data', (part: string) => (text += part));
  req.on('end', () => {
    JSON.parse(text);
    answer(res);
  });
});
server.keepAliveTimeout = 65_000; // as ours
server.listen(port, '127.0.0.1');
