import { expect, test } from 'vitest'
import { printable, printableLines } from '../../lib/cli/terminal/terminal.ts'
import { introduction } from '../../lib/local/introduction.ts'
import { readableLine } from '../../lib/local/readable-line.ts'
import { OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'
import { cli } from './typed.ts'

const HOSTILE = 'Buy\x1b[31m\x07\u202eexe\u2066\u2028\nnow'
const CONTROL = /[^\P{Cc}\n]|\p{Bidi_Control}|[\u2028\u2029]/u

test('a name that would control the terminal, or turn the line around, is shown without that', () => {
  expect(printable(HOSTILE)).toBe('Buy [31m  exe   now')
  expect(printableLines(HOSTILE)).toBe('Buy [31m  exe  \nnow')
  expect(printable('Zoë 😀 שלום')).toBe('Zoë 😀 שלום')
})

test.each([[[HOSTILE]], [['status', `--${HOSTILE}`]], [['explain', HOSTILE]], [['status', '--url', HOSTILE]]])(
  'what was typed wrong is repeated without it: %j',
  async (args) => {
    const { status, stderr } = await cli(args)
    expect(status).toBe(2)
    expect(stderr).toContain('Buy')
    expect(stderr).not.toMatch(CONTROL)
  },
)

test('the local stack tells names of its settings, and lines of logs, without it', () => {
  const settings = settingsOf({ destinations: [aDestination({ events: { [HOSTILE]: OTHER_AUDIENCE } })] })
  const lines = introduction(settings, { writeKey: 'key', destinationsPath: 'x.json' })
  expect(lines).toHaveLength(2)
  expect(lines.join('')).toContain(`event ${printable(HOSTILE)} → audience`)
  const logged = readableLine('Ingest', JSON.stringify({ message: 'events_ignored', suggestion: HOSTILE }))
  expect(logged).toContain(`suggestion=${printable(HOSTILE)}`)
})
