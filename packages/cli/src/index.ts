export * from '@rdbkit/aof';
export * from '@rdbkit/bytes';
export * from '@rdbkit/commands';
export * from '@rdbkit/inspect';
export * from '@rdbkit/rdb';
export * from '@rdbkit/resp';
