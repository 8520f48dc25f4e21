/** WebGPU's flags: constants of the standard, which not every host has as globals. */
export const bufferUsage = {
  mapRead: 0x0001,
  copySource: 0x0004,
  copyDestination: 0x0008,
  uniform: 0x0040,
  storage: 0x0080,
  queryResolve: 0x0200,
} as const;

export const mapRead = 0x0001;

/** What arrays, temporaries and scratch on the device may be used for. */
export const storageUsage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;
