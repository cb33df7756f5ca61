// npm run lab -- bench|faults|fuzz|mutation|capacity|admission|audit|draw|pages …: what measures and breaks the product (lab/).
const { runCommand } = require('./lib/arguments/subcommands');

runCommand('lab', {
  bench: require('./lab/bench'),
  faults: require('./lab/faults'),
  fuzz: require('./lab/fuzz'),
  mutation: require('./lab/mutation'),
  capacity: require('./lab/capacity'),
  admission: require('./lab/admission'),
  audit: require('./lab/audit'),
  draw: require('./lab/draw'),
  pages: require('./lab/pages'),
});
