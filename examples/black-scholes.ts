// Black and Scholes: the fair prices of European options, calls and puts from one pass over the market data.
import * as lz from '../src/index.ts';

type Floats = lz.LazyArray<'float64'>;

/** The normal distribution function by Abramowitz and Stegun 26.2.17: off by 7.5e-8 at most. */
const normalCdf = (x: Floats): Floats => {
  const k = lz.divide(1, x.abs().mul(0.2316419).add(1));
  const coefficients = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  const polynomial = coefficients.reduce((sum, c) => sum.add(c).mul(k), lz.zeros([]));
  const density = x.square().div(-2).exp();
  const tail = density.mul(polynomial).div(Math.sqrt(2 * Math.PI));
  return lz.where(x.less(0), tail, lz.subtract(1, tail));
};

const [rate, volatility] = [0.02, 0.3];
const spot = lz.linspace(80, 120, 5);
const strike = 100;
const years = lz.array([0.25, 0.5, 1, 2, 3]);

const deviation = years.sqrt().mul(volatility);
const drift = years.mul(rate + volatility ** 2 / 2);
const d1 = lz.log(spot.div(strike)).add(drift).div(deviation);
const d2 = d1.sub(deviation);
const discounted = years.mul(-rate).exp().mul(strike);
const call = spot.mul(normalCdf(d1)).sub(discounted.mul(normalCdf(d2)));
const put = call.sub(spot).add(discounted); // put-call parity

const explanation = lz.explain([call, put]);
await lz.evaluate([call, put]);
console.log(`spot  ${String(spot)}\ncall  ${String(call)}\nput   ${String(put)}`);
console.log(String(explanation));
