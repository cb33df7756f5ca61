// Runs Stryker with the options in argv, as a separate process, which can be ended and leaves nothing open.
async function main() {
  const { Stryker } = await import('@stryker-mutator/core');
  await new Stryker(JSON.parse(process.argv[2])).runMutationTest();
}

main().then(
  () => process.exit(0),
  () => process.exit(1), // Stryker has said why
);
