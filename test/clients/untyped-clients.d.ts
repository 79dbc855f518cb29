declare module 'analytics-node' {
  export default class Analytics {
    constructor(writeKey: string, options: { host: string; flushAt?: number })
    identify(message: object, callback: (error?: unknown) => void): void
    track(message: object, callback: (error?: unknown) => void): void
    flush(): Promise<unknown>
  }
}
