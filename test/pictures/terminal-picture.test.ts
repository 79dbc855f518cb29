import { expect, test } from 'vitest'
import { runsOf, terminalPicture } from './terminal-picture.ts'

test('colours and weights last until they are taken back, also over lines, and pieces keep their column', () => {
  const plain: string[] = []
  expect(runsOf('a \x1b[1m\x1b[31mbold red\x1b[39m\x1b[22m b\r\n\x1b[2mdim\ndim too\x1b[22m')).toEqual([
    [
      { column: 0, text: 'a ', classes: plain },
      { column: 2, text: 'bold red', classes: ['red', 'bold'] },
      { column: 10, text: ' b', classes: plain },
    ],
    [{ column: 0, text: 'dim', classes: ['dim'] }],
    [{ column: 0, text: 'dim too', classes: ['dim'] }],
  ])
})

test('a line that was shown for a while is not in the picture, and its text is escaped', () => {
  const picture = terminalPicture('status', 'Reading …\r\x1b[2K<done> & "out"\n', 80)
  expect(picture).toContain('&lt;done&gt; &amp; &quot;out&quot;')
  expect(picture).not.toContain('Reading')
})
