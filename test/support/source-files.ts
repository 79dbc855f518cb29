import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export type SourceFile = {
  path: string
  text: string
  /** What it imports from files of this repository, with the names. */
  imports: { path: string; names: string[] }[]
  exports: string[]
}

const IMPORT = /^import (?:type )?(?:(\w+)|\{([^}]*)\}|\* as (\w+)) from '(\.[^']*)'/gm
const DYNAMIC_IMPORT = /(?:const \{([^}]*)\} = )?await import\('(\.[^']*)'\)/g
const EXPORT = /^export (?:async )?(?:abstract )?(?:function|const|let|class|type) (\w+)/gm

/** The TypeScript files of a folder, read for what they import and export. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .sort()
    .map((path) => {
      const text = readFileSync(path, 'utf8')
      const imports = [
        ...[...text.matchAll(IMPORT)].map(([, alone, list, all, target]) => ({ list: list ?? alone ?? all, target })),
        ...[...text.matchAll(DYNAMIC_IMPORT)].map(([, list, target]) => ({ list, target })),
      ].map(({ list = '', target = '' }) => ({ path: join(path, '..', target), names: namesOf(list) }))
      return { path, text, imports, exports: [...text.matchAll(EXPORT)].map(([, name = '']) => name) }
    })
}

function namesOf(list: string): string[] {
  return list
    .split(',')
    .map((name) =>
      name
        .trim()
        .replace(/^type /, '')
        .replace(/\s*(?: as |:).*$/, ''),
    )
    .filter(Boolean)
}
