import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AwsAnswer } from './answer.ts'

export type TableService = {
  call: (action: string, input: Record<string, unknown>) => Promise<AwsAnswer>
  close: () => Promise<void>
}

/**
 * DynamoDB: dynalite on a free loopback port, with the tables of the template. Items never expire and there are no
 * transactions in it. `tables` are CreateTable requests.
 */
export async function startTableService(tables: readonly Record<string, unknown>[]): Promise<TableService> {
  const { default: dynalite } = (await import('dynalite')) as unknown as { default: Dynalite }
  const server = dynalite({ createTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const running = new Set<Promise<AwsAnswer>>()

  async function send(action: string, input: Record<string, unknown>): Promise<AwsAnswer> {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${action}`,
        'x-amz-date': '20200101T000000Z',
        // dynalite looks for the three parts of a signature and checks none of them.
        authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local',
      },
      body: JSON.stringify(input),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  const service: TableService = {
    call(action, input) {
      const answer = send(action, input).finally(() => running.delete(answer))
      running.add(answer)
      return answer
    },
    async close() {
      // A write to a closed database ends this whole process, and a killed function may have left some writes.
      await Promise.allSettled(running)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
  for (const table of tables) {
    const { status, body } = await service.call('CreateTable', table)
    if (status !== 200) throw new Error(`table ${String(table.TableName)} cannot be created: ${JSON.stringify(body)}`)
  }
  return service
}

type Dynalite = (options: { createTableMs: number }) => Server
