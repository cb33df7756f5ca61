// Preloaded into a process: at its end it writes which modules of OpenTelemetry's SDK it has loaded.
const { writeFileSync } = require('node:fs');

process.on('exit', () => {
  const sdk = Object.keys(require.cache).filter((file) =>
    /@opentelemetry.(?:sdk|exporter|otlp|resources)/.test(file),
  );
  writeFileSync(process.env.LOADED_MODULES_FILE, JSON.stringify(sdk));
});
