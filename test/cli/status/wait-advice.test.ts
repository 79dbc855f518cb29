import { expect, test } from 'vitest'
import { waitAdviceText } from '../../../lib/cli/status/wait-advice.ts'

test.each(['http_400', 'http_502', 'timeout', 'network'])(
  'of people who wait for %s nobody says what is said of dead letters',
  (reason) => {
    const advice = waitAdviceText(reason, 'main')
    expect(advice).toContain('it goes on by itself')
    expect(advice).not.toContain('72 hours')
  },
)
