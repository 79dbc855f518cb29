/** A text in lines of at most so many letters, cut between words. Each line begins with the indentation. */
export function wrapped(text: string, columns: number, indentation = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' '))
    if (line !== '' && indentation.length + line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }

  return [...lines, line].map((each) => `${indentation}${each}`).join('\n')
}
