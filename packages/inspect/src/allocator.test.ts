import { describe, expect, it } from 'vitest';
import { ALLOCATORS, allocationSize } from './allocator.ts';

describe('size classes', () => {
  it.each([
    [
      'jemalloc-q8',
      [1, 8, 9, 18, 56, 57, 64, 65, 81, 128, 129, 513, 8192, 8193, 70_004],
      [8, 8, 16, 24, 56, 64, 64, 80, 96, 128, 160, 640, 8192, 10_240, 81_920],
    ],
    ['jemalloc-q16', [1, 9, 18, 33, 64, 100, 129], [8, 16, 32, 48, 64, 112, 160]],
    ['glibc', [1, 24, 25, 40, 41, 1000, 131_072], [24, 24, 40, 40, 56, 1000, 135_152]],
    ['libc', [1, 8, 9, 100], [16, 16, 24, 112]],
  ] as const)('%s', (allocator, sizes, blocks) => {
    expect(sizes.map((size) => allocationSize(allocator, size))).toEqual(blocks);
  });

  it.each(ALLOCATORS)('%s never hands out less, and never less for more', (allocator) => {
    let last = 0;
    for (let size = 1; size < 70_000; size++) {
      const block = allocationSize(allocator, size);
      if (block < size || block < last) expect.fail(`${block} for ${size}`);
      last = block;
    }
    expect(allocationSize(allocator, 2 ** 40 + 1)).toBeGreaterThan(2 ** 40);
  });
});
