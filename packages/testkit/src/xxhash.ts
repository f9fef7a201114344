/**
 * XXH32 and XXH64 with seed 0, word for word after the specification: for the frames that tests build.
 *
 * @module
 */

interface Kind {
  readonly bits: bigint;
  readonly primes: readonly [bigint, bigint, bigint, bigint, bigint];
  /** Of a lane; of the lanes when they are added; of a whole word, a half one and a byte at the end. */
  readonly laneRotation: bigint;
  readonly shifts: readonly [bigint, bigint, bigint];
}

const XXH32: Kind = {
  bits: 32n,
  primes: [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn, 0x27d4eb2fn, 0x165667b1n],
  laneRotation: 13n,
  shifts: [15n, 13n, 16n],
};
const XXH64: Kind = {
  bits: 64n,
  primes: [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n],
  laneRotation: 31n,
  shifts: [33n, 29n, 32n],
};

function little(bytes: Uint8Array, at: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
}

function hash(kind: Kind, bytes: Uint8Array): bigint {
  const { bits, primes, laneRotation, shifts } = kind;
  const [p1, p2, p3, p4, p5] = primes;
  const cut = (value: bigint): bigint => BigInt.asUintN(Number(bits), value);
  const rotate = (value: bigint, by: bigint): bigint => cut((cut(value) << by) | (cut(value) >> (bits - by)));
  const round = (lane: bigint, input: bigint): bigint => cut(rotate(lane + input * p2, laneRotation) * p1);
  const word = Number(bits) / 8;
  let at = 0;
  let sum = p5;
  if (bytes.length >= 4 * word) {
    const lanes = [p1 + p2, p2, 0n, -p1].map(cut);
    for (; at + 4 * word <= bytes.length; ) {
      for (let i = 0; i < 4; i++, at += word) lanes[i] = round(lanes[i] ?? 0n, little(bytes, at, word));
    }
    sum = [1n, 7n, 12n, 18n].reduce((total, by, i) => total + rotate(lanes[i] ?? 0n, by), 0n);
    if (bits === 64n) for (const lane of lanes) sum = cut((cut(sum) ^ round(0n, lane)) * p1 + p4);
  }
  sum = cut(sum + BigInt(bytes.length));
  if (bits === 64n) {
    for (; at + 8 <= bytes.length; at += 8) sum = cut(rotate(sum ^ round(0n, little(bytes, at, 8)), 27n) * p1 + p4);
  }
  for (; at + 4 <= bytes.length; at += 4) {
    const input = little(bytes, at, 4);
    sum = bits === 64n ? cut(rotate(sum ^ cut(input * p1), 23n) * p2 + p3) : cut(rotate(sum + input * p3, 17n) * p4);
  }
  for (; at < bytes.length; at++) {
    const byte = little(bytes, at, 1);
    sum = bits === 64n ? cut(rotate(sum ^ cut(byte * p5), 11n) * p1) : cut(rotate(sum + byte * p5, 11n) * p1);
  }
  sum = cut((sum ^ (sum >> shifts[0])) * p2);
  sum = cut((sum ^ (sum >> shifts[1])) * p3);
  return sum ^ (sum >> shifts[2]);
}

/** The XXH32 of bytes. */
export function xxh32(bytes: Uint8Array): number {
  return Number(hash(XXH32, bytes));
}

/** The XXH64 of bytes. */
export function xxh64(bytes: Uint8Array): bigint {
  return hash(XXH64, bytes);
}
