import { readFileSync } from 'node:fs'
import { run } from './command.ts'
import type { Environment } from './command.ts'

/** The block that makes shell variables of the outputs. */
const OUTPUTS = 'Deploy from zero 2'

const FENCE = /^( *)```sh\n([^]*?)^\1```$/gm

/** The blocks of cdk/README.md that call AWS or the endpoint, by `heading` or `heading 2`, `heading 3`. */
function blocks(): Map<string, string> {
  const sections = readFileSync('cdk/README.md', 'utf8').split(/^##+ /m)
  return new Map(
    sections.flatMap((section) =>
      [...section.matchAll(FENCE)]
        .map(([, indentation = '', text = '']) => text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''))
        .filter((script) => /\b(?:aws|curl) /.test(script))
        .map((script, index) => {
          const heading = section.slice(0, section.indexOf('\n'))
          return [index === 0 ? heading : `${heading} ${index + 1}`, script] as const
        }),
    ),
  )
}

/** The commands of the operator's guide, to be pasted into a shell; it knows which were never pasted. */
export function openGuide() {
  const all = blocks()
  const left = new Set(all.keys())
  return {
    /** What a block prints. `given` are words of it, such as `<token>`, and what a person would write in their place. */
    paste: async (name: string, env: Environment, given: Readonly<Record<string, string>> = {}): Promise<string> => {
      const block = all.get(name)
      if (block === undefined)
        throw new Error(`cdk/README.md has no commands "${name}"; there are: ${[...all.keys()].join(', ')}`)
      left.delete(name)
      const script = Object.entries(given).reduce((text, [word, value]) => text.replaceAll(word, value), block)
      return await run('bash', ['-euo', 'pipefail', '-c', script], env)
    },
    /** The environment with the outputs of the stack, as the guide's own commands make them. */
    outputs: async (env: Environment): Promise<Environment> => {
      const printed = await run('bash', ['-euo', 'pipefail', '-c', `${all.get(OUTPUTS) ?? ''}\nenv -0`], env)
      left.delete(OUTPUTS)
      const variables = printed.split('\0').map((line) => line.split(/=(.*)/s))
      // Outputs begin with one capital letter, and everything else is in capitals.
      const made = variables.filter(([name = '']) => /^[A-Z][a-z]/.test(name))
      return { ...env, ...(Object.fromEntries(made) as Environment) }
    },
    left: (): string[] => [...left],
  }
}

export type Guide = ReturnType<typeof openGuide>
