/** A part of an expression that an evaluation stored for later ones, as explain tells of it. */

/** A part that an evaluation stores for later ones. */
export interface KeptPart {
  /** What it is, and its shape. */
  readonly name: string;
  readonly bytes: number;
  readonly reason: KeepReason;
}

export const keepReasons = {
  'computed-before': 'an earlier evaluation computed it as well',
  'needed-before': 'what was computed at this place of the expression was needed again the last times',
} as const;

export type KeepReason = keyof typeof keepReasons;
