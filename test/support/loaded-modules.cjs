// Preloaded into a process: at its end it writes which modules of OpenTelemetry's SDK and of kafkajs it
// has loaded.
const { writeFileSync } = require('node:fs');

process.on('exit', () => {
  const loaded = Object.keys(require.cache).filter((file) =>
    /@opentelemetry.(?:sdk|exporter|otlp|resources)|node_modules.kafkajs/.test(file),
  );
  writeFileSync(process.env.LOADED_MODULES_FILE, JSON.stringify(loaded));
});
