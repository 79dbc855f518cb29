import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import config from '../vitest.config.ts'

process.env.LONG_TESTS = 'yes'

const { projects: _, ...shared } = config.test ?? {}
const triesLonger = (file: string) => readFileSync(file, 'utf8').includes("/support/long.ts'")

/** `npm run test:long`: what is tried longer than in `npm test`, and what stands here alone. Two files at a time. */
export default defineConfig({
  test: {
    ...shared,
    include: [...globSync('test/**/*.test.ts').filter(triesLonger), 'test/**/*.long.ts'],
    maxWorkers: 2,
  },
})
