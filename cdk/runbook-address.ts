/** The path of the operator's guide in the project. */
const PATH = 'cdk/README.md'

/**
 * The https address of the operator's guide in the `repository` of package.json (a text or an object), or its path if
 * there is none.
 */
export function runbookAddress(repository: unknown): string {
  const isObject = typeof repository === 'object' && repository !== null && 'url' in repository
  const given = isObject ? repository.url : repository
  const url = typeof given === 'string' ? given.replace(/^git\+/, '').replace(/\.git$/, '') : ''
  return url.startsWith('https://') ? `${url}/blob/HEAD/${PATH}` : PATH
}
