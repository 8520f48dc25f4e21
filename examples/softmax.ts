// Softmax over the rows of a table, in the form that does not overflow: written as four steps, run as one kernel
// that keeps a row in cache from its maximum to its quotients.
import * as lz from '../src/index.ts';

const softmax = (x: lz.LazyArray<'float64'>) => {
  const powers = x.sub(x.max({ axis: -1, keepdims: true })).exp();
  return powers.div(powers.sum({ axis: -1, keepdims: true }));
};

const scores = lz.array([
  [1, 2, 3],
  [0, 0, 0],
  [1000, 1001, 1002],
]);
const probabilities = softmax(scores);

console.log('softmax of each row:');
console.log(String(probabilities));
console.log('each row sums to', String(probabilities.sum(-1)));

console.log('\nHow it is computed:');
console.log(softmax(scores).explain().toString('plan'));
console.log('Why the steps are one kernel:');
console.log(softmax(scores).explain().toString('why'));
