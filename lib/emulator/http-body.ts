import type { IncomingMessage } from 'node:http'

/** The body of a request, or undefined when it is longer than `limit` bytes. It is read to its end in any case. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // A client that is still sending would not see an answer, so the rest is read and dropped.
    if (size <= limit) chunks.push(chunk)
  }
  return size <= limit ? Buffer.concat(chunks) : undefined
}
