import { configDefaults, defineConfig } from 'vitest/config';

// Workspace packages resolve to their sources, so that a test never sees stale output.
const SOURCE = 'rdbkit-source';

export default defineConfig({
  resolve: { conditions: [SOURCE, 'module', 'node', 'development|production'] },
  ssr: {
    resolve: { conditions: [SOURCE, 'module', 'node', 'development|production'], externalConditions: [SOURCE, 'node'] },
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'benchmarks/src/**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/dist/**'],
    globalSetup: '.ci/bundle.mjs',
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: false,
    // A slow suite asks for more time itself: vi.setConfig({ testTimeout }) at the top of the file.
    testTimeout: 30_000,
  },
});
