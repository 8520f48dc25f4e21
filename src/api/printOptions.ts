/** How arrays are printed, for all of a session. */
import { checkCount } from '../ir/arguments.ts';
import { changePrinting, printSettings, type PrintOptions } from './printing.ts';

/**
 * Sets how arrays are printed from now on, in the current session; what is left out stays. Throws an `OptionError` for
 * numbers out of range.
 *
 * ```ts
 * lz.setPrintOptions({ precision: 2 });
 * console.log(lz.array([1 / 3, 2]).toString()); // [0.33 2.  ]
 * lz.setPrintOptions({ precision: 8 });
 * ```
 */
export function setPrintOptions(options: PrintOptions = {}): void {
  checkCount('setPrintOptions', arguments.length, 1);
  changePrinting('setPrintOptions', options);
}

/** How arrays are printed now. `lz.getPrintOptions().lineWidth` is `75`. */
export function getPrintOptions(): Required<PrintOptions> {
  checkCount('getPrintOptions', arguments.length, 0);
  return { ...printSettings() };
}
