declare const redis: {
  probe: (urls: { REDIS_URL: string }) => Promise<void>;
  serverOptions: (server: { port: number; dir: string }) => string[];
};
export = redis;
