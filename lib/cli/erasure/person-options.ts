import { Option } from '@commander-js/extra-typings'

// All are of one person. They stand in the shell's history; a file or - does not.
export const EMAIL = new Option('--email <email...>', 'who is meant: one person, by everything given')
export const PHONE = new Option('--phone <phone...>')
export const EXTERN_ID = new Option('--extern-id <id...>')
export const MADID = new Option('--madid <id...>')
