// For programs that a command runs: node --require.
require('./output').watchOutput();
