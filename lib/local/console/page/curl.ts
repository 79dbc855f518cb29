/** A command that sends the text to the stack, for any POSIX shell. Its address is that of the page. */
export function curlCommand(origin: string, writeKey: string, text: string): string {
  const path = isOneTrackCall(text) ? '/v1/track' : '/v1/webhook'
  return [
    `curl -w '\\n' -u ${quoted(`${writeKey}:`)} ${quoted(`${origin}${path}`)}`,
    `  -H 'content-type: application/json' --data-raw ${quoted(text)}`,
  ].join(' \\\n')
}

function isOneTrackCall(text: string): boolean {
  try {
    const { type, event } = JSON.parse(text) as { type?: unknown; event?: unknown }
    return event !== undefined && (type === undefined || type === 'track')
  } catch {
    return false
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
