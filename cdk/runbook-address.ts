/** The operator's guide, as the project has it. */
const PATH = 'cdk/README.md'

/** The operator's guide at the https address that package.json has as `repository`, text or object; its path without one. */
export function runbookAddress(repository: unknown): string {
  const isObject = typeof repository === 'object' && repository !== null && 'url' in repository
  const given = isObject ? repository.url : repository
  const url = typeof given === 'string' ? given.replace(/^git\+/, '').replace(/\.git$/, '') : ''
  return url.startsWith('https://') ? `${url}/blob/HEAD/${PATH}` : PATH
}
