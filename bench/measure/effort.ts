/** How long to measure: the full run, and the quick one that only shows that everything works. */

export interface Effort {
  /** An inner loop is made long enough for one sample to take this. */
  readonly sampleNs: number;
  /** Warm-up before calibration, per implementation and case. */
  readonly warmNs: number;
  /** Samples per implementation and case ... */
  readonly samples: number;
  /** ... or as many as fit in this time ... */
  readonly budgetNs: number;
  /** ... but never fewer than this. */
  readonly fewestSamples: number;
}

export const FULL: Effort = { sampleNs: 2e6, warmNs: 1e8, samples: 25, budgetNs: 2e9, fewestSamples: 5 };
/** Many calls are under way at once before the device is waited for. */
export const FULL_GPU: Effort = {
  sampleNs: 2e7,
  warmNs: 2e8,
  samples: 15,
  budgetNs: 1e9,
  fewestSamples: 5,
};
export const QUICK: Effort = { sampleNs: 2e6, warmNs: 2e7, samples: 7, budgetNs: 2e8, fewestSamples: 3 };
