/** Message keys: UUIDv7 (RFC 9562 §5.7). It reads no clock and draws no chance. */

/**
 * Lay out a UUIDv7 from a time in ms since the Unix epoch and 10 random bytes.
 *
 * A time that does not fit 48 bits is brought to the nearest that does.
 */
export function uuid7(ms: number, random: Uint8Array): string {
  const time = Math.min(Math.max(0, Math.floor(ms)), 2 ** 48 - 1);
  const bytes = [...random.subarray(0, 10)];
  bytes[0] = 0x70 | ((bytes[0] ?? 0) & 0x0f);
  bytes[2] = 0x80 | ((bytes[2] ?? 0) & 0x3f);
  const tail = Array.from({ length: 10 }, (_, at) => hex(bytes[at] ?? 0, 2)).join("");
  const head = hex(time, 12);
  return [
    head.slice(0, 8),
    head.slice(8),
    tail.slice(0, 4),
    tail.slice(4, 8),
    tail.slice(8, 20),
  ].join("-");
}

/** Give the time in a UUIDv7, in ms since the Unix epoch, or null when it is none. */
export function keyMs(key: string): number | null {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(key)) {
    return null;
  }
  return Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
