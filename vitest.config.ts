import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Node compiles what many processes load, such as CDK, only once.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/node')

/** They measure the most memory that their process ever held, so each has one of its own. */
const ALONE = ['test/fuzz/ingest.test.ts', 'test/track/request.test.ts']

export default defineConfig({
  test: {
    globalSetup: 'test/global-setup.ts',
    // No test is about time: a busy machine only takes longer.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    projects: [
      // Files share a process: each loads only what no other has, and CDK's first stack is the slow one.
      { extends: true, test: { name: 'together', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false } },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
  },
})
