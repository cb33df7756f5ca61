// A property that fails is not made smaller: nobody reads the example, and it would take minutes for each mutant.
require('fast-check').configureGlobal({ endOnFailure: true });
