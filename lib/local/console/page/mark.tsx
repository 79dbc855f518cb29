import type { Tone } from './words.ts'

/** A state: its colour, and always its word. */
export function Mark({ tone, word }: { tone: Tone; word: string }) {
  return (
    <span class="mark" data-tone={tone}>
      {word}
    </span>
  )
}
