import { defineConfig } from 'vitest/config'

/** Apart from the other tests, because these need an installed Chromium. */
export default defineConfig({
  test: {
    include: ['test/clients/browser/*.browser.ts', 'test/local/console/browser/*.browser.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
