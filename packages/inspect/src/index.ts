export { ALLOCATORS, type Allocator, allocationSize } from './allocator.ts';
export { type JsonOptions, JsonWriter } from './export/jsonl.ts';
export { type ExportOptions, KeyExport } from './export/key-export.ts';
export { type BinaryForm, JsonBuffer } from './internal/json-buffer.ts';
export { type KeyFacts, KeyMeter, type KeyMeterOptions } from './key-meter.ts';
export { DEFAULT_THRESHOLDS, type MemoryOptions, type MemoryProfile, type Thresholds } from './memory-profile.ts';
export { ObjectEncodings } from './object-encoding.ts';
