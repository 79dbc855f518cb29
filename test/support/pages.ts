import { globSync, readFileSync } from 'node:fs'

export type Fence = { language: string; text: string }

/** A Markdown page: its fenced blocks, and the rest. */
export type Page = { path: string; prose: string; fences: readonly Fence[] }

const FENCE = /^( *)```(\w*)\n([^]*?)^\1```$/gm

/** All pages of the repository, whatever folder they are in. */
export function allPages(): Page[] {
  return globSync(['*.md', '.github/*.md', '{cdk,functions,lib,test}/**/*.md']).sort().map(readPage)
}

export function readPage(path: string): Page {
  const text = readFileSync(path, 'utf8')
  return {
    path,
    prose: text.replace(FENCE, ''),
    fences: [...text.matchAll(FENCE)].map(([, indent = '', language = '', inside = '']) => ({
      language,
      text: inside.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    })),
  }
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf({ prose }: Page): string[] {
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}
