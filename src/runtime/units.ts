/** Bytes and times as people read them. */

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}

export const formatTime = (microseconds: number): string =>
  microseconds < 1000
    ? `${Number(microseconds.toPrecision(2))} us`
    : `${Number((microseconds / 1000).toPrecision(2))} ms`;
