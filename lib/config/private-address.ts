/** Addresses of this machine are for tests; Docker gives it another name. */
const THIS_MACHINE = ['127.0.0.1', 'localhost', '[::1]', 'host.docker.internal']

/** Whether personal data may be sent to an address: over https, or without leaving this machine. */
export function isPrivateAddress(text: string): boolean {
  const address = URL.parse(text)
  if (address?.protocol === 'https:') return true
  return address?.protocol === 'http:' && THIS_MACHINE.includes(address.hostname)
}

/** Whether an address says only where something is: without user, password, query and fragment, it holds no secret. */
export function isBareAddress(text: string): boolean {
  const address = URL.parse(text)
  return address !== null && address.username === '' && address.password === '' && !/[?#]/.test(text)
}

/** What is wrong with an address that is not bare, as the end of a sentence. */
export const NOT_BARE = 'must have no user, password, "?" or "#": a token in it would be printed and logged'
