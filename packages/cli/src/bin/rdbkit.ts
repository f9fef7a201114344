import { nodeHost } from '../app/node-host.ts';
import { runProgram } from '../app/program.ts';
import { program } from '../rdbkit/program.ts';

process.exitCode = await runProgram(program, nodeHost());
