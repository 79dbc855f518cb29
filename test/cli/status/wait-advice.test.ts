import { expect, test } from 'vitest'
import { typedFor } from '../../../lib/cli/stack/options.ts'
import { waitAdviceText } from '../../../lib/cli/status/wait-advice.ts'

test.each(['http_400', 'http_502', 'timeout', 'network'])(
  'of people who wait for %s nobody says what is said of dead letters',
  (reason) => {
    const advice = waitAdviceText(reason, 'main', typedFor({}))
    expect(advice).toContain('it goes on by itself')
    expect(advice).not.toContain('72 hours')
  },
)

test('who waits for a token is told the command that stores it, for this stack and destination', () => {
  expect(waitAdviceText('token_not_set', 'main', typedFor({ stack: 'Shop' }))).toBe(
    'Nobody has put a token in yet: npm run -s cli -- token set main --stack Shop',
  )
  expect(waitAdviceText('graph_190', 'main', typedFor({ stack: 'Shop' }))).toMatch(
    /access token.*\. npm run -s cli -- token set main --stack Shop$/,
  )
})
