import { createHmac, randomBytes } from 'node:crypto'

type ReceiptHandles = {
  sign: (queue: string, handle: string) => string
  /** The handle that was signed for this queue; undefined when none was. */
  open: (queue: string, signed: string) => string | undefined
}

/** Receipt handles that carry a signature. So they are recognised without being remembered. */
export function createReceiptHandles(key: Buffer = randomBytes(32)): ReceiptHandles {
  const sign = (queue: string, handle: string) =>
    `${handle}.${createHmac('sha256', key).update(`${queue} ${handle}`).digest('base64url')}`
  return {
    sign,
    open(queue, signed) {
      const handle = signed.slice(0, Math.max(0, signed.lastIndexOf('.')))
      return sign(queue, handle) === signed ? handle : undefined
    },
  }
}
