/**
 * Allocators: how many bytes a block really takes.
 *
 * @module
 */

/**
 * What a server's memory comes from:
 *
 * - `jemalloc-q8`: the jemalloc that Redis and Valkey bring along, with a quantum of 8 bytes. What a server uses unless built otherwise.
 * - `jemalloc-q16`: a jemalloc with the usual quantum of 16 bytes, as the packages of distributions link it.
 * - `glibc`: the C library's own, whose usable sizes servers count since Redis 5.0.
 * - `libc`: any C library's under Redis up to 4.0, which counts the size that was asked for and 8 bytes of its own.
 */
export type Allocator = 'jemalloc-q8' | 'jemalloc-q16' | 'glibc' | 'libc';

/** Every {@link Allocator}, the usual one first. */
export const ALLOCATORS: readonly Allocator[] = ['jemalloc-q8', 'jemalloc-q16', 'glibc', 'libc'];

/** From this size on glibc takes a block from the system, until a first such block has been given back. */
const MMAP_FROM_BYTES = 128 * 1024;
const PAGE_BYTES = 4096;

/**
 * Bytes that a block of `size` bytes takes, as the server counts them in `used_memory`.
 *
 * @param size - Bytes asked for; at least 1.
 *
 * @example
 * ```ts
 * import { allocationSize } from '@rdbkit/inspect';
 * console.log(allocationSize('jemalloc-q8', 20), allocationSize('jemalloc-q16', 20)); // 24 32
 * ```
 */
export function allocationSize(allocator: Allocator, size: number): number {
  switch (allocator) {
    case 'jemalloc-q8':
      return size <= 64 ? roundUp(size, 8) : sizeClass(size);
    case 'jemalloc-q16':
      return size <= 8 ? 8 : size <= 128 ? roundUp(size, 16) : sizeClass(size);
    case 'glibc':
      if (size <= 24) return 24;
      return size < MMAP_FROM_BYTES ? roundUp(size + 8, 16) - 8 : roundUp(size + 16, PAGE_BYTES) - 16;
    case 'libc':
      return roundUp(size + 8, 8);
  }
}

/** jemalloc above its small classes: four sizes for each doubling. */
function sizeClass(size: number): number {
  if (size <= 0x40000000) {
    const step = 1 << (29 - Math.clz32(size - 1));
    return (size + step - 1) & -step;
  }
  return roundUp(size, 2 ** (Math.floor(Math.log2(size - 1)) - 2));
}

function roundUp(size: number, step: number): number {
  const rest = size % step;
  return rest === 0 ? size : size + step - rest;
}
