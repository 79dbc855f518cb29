/** Addresses of this machine are for tests; Docker gives it another name. */
const THIS_MACHINE = ['127.0.0.1', 'localhost', '[::1]', 'host.docker.internal']

/** Whether personal data may be sent to an address: over https, or without leaving this machine. */
export function isPrivateAddress(text: string): boolean {
  const address = URL.parse(text)
  if (address?.protocol === 'https:') return true
  return address?.protocol === 'http:' && THIS_MACHINE.includes(address.hostname)
}
