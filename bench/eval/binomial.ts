const CONFIDENCE = 0.95;
const STEPS = 100;

/**
 * Largest rate (0..1) that `found` events in `tries` leave possible with 95 % confidence, one-sided: the upper limit of
 * Clopper and Pearson, 1934. For 0 events it is 3 / tries, the rule of three.
 */
export function rateUpperBound(found: number, tries: number): number {
  if (tries === 0 || found >= tries) return 1;
  let [low, high] = [found / tries, 1];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (atMost(found, tries, middle) > 1 - CONFIDENCE) low = middle;
    else high = middle;
  }
  return high;
}

/** The chance of at most `found` events in `tries` at this rate. */
function atMost(found: number, tries: number, rate: number): number {
  let logTerm = tries * Math.log1p(-rate);
  let sum = Math.exp(logTerm);
  const logOdds = Math.log(rate) - Math.log1p(-rate);
  for (let k = 1; k <= found; k++) {
    logTerm += logOdds + Math.log((tries - k + 1) / k);
    sum += Math.exp(logTerm);
  }
  return sum;
}
