// What a web page would import.
import { compilePolicy } from '@sluice/guard'

export const standard = compilePolicy('standard')
