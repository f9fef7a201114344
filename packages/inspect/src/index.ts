export { ALLOCATORS, type Allocator, allocationSize } from './allocator.ts';
export { type KeyFacts, KeyMeter, type KeyMeterOptions } from './key-meter.ts';
export { DEFAULT_THRESHOLDS, type MemoryOptions, type MemoryProfile, type Thresholds } from './memory-profile.ts';
